#include "scenario/story.hpp"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <optional>
#include <set>
#include <sstream>
#include <thread>

namespace samband::scenario {
namespace {

constexpr auto kArrivalMax = std::chrono::seconds(20);

Error wrong(const std::filesystem::path& file, const std::string& at, const std::string& what) {
  return fail(Errc::invalid_config, file.string() + " " + at, what);
}

std::string text(const json::object& o, std::string_view key) { return std::string(string_at(o, key)); }

// What stands at "/a/b"; null when nothing does.
const json::value* inside(const json::object& o, std::string_view pointer) {
  pointer.remove_prefix(1);
  const auto slash = pointer.find('/');
  const json::value* found = o.if_contains(pointer.substr(0, slash));
  if (slash == std::string_view::npos || found == nullptr) return found;
  return found->is_object() ? inside(found->get_object(), pointer.substr(slash)) : nullptr;
}

std::vector<std::string> texts(const json::object& o, std::string_view key) {
  std::vector<std::string> out;
  if (const auto* list = o.if_contains(key); list && list->is_array())
    for (const json::value& each : list->get_array())
      if (each.is_string()) out.emplace_back(each.get_string());
  return out;
}

std::string joined(const std::vector<std::string>& list, const char* with = ", ") {
  std::string out;
  for (const std::string& each : list) out += (out.empty() ? "" : with) + each;
  return out.empty() ? "-" : out;
}

// "21:00" or "working day 10:00".
bool is_hour(std::string_view words) {
  constexpr std::string_view kWorking = "working day ";
  if (words.starts_with(kWorking)) words.remove_prefix(kWorking.size());
  const auto digit = [&](std::size_t i) { return words[i] >= '0' && words[i] <= '9'; };
  return words.size() == 5 && words[2] == ':' && digit(0) && digit(1) && digit(3) && digit(4);
}

class Player final : public Stage {
 public:
  Player(const std::filesystem::path& folder, const json::object& root, Agencies& agencies,
         const std::function<void(const std::string&)>& say)
      : folder_(folder), root_(root), agencies_(agencies), say_(say) {}

  // As one of many plays of the same steps: names are this play's own, and ${a:NAME} stands for what it was given.
  Result<void> act_as(const std::string& scope, const std::map<std::string, std::string>& given, Time now,
                      const json::object& step) override {
    scope_ = scope;
    given_ = &given;
    now_ = now;
    return act(step);
  }
  const Outcome& outcome() const override { return outcome_; }

  Result<Outcome> play() {
    auto now = agencies_.now();
    if (!now) return now.error();
    now_ = *now;
    born_by_ = now_;
    const json::array& steps = root_.at("steps").get_array();
    for (step_ = 0; step_ < steps.size(); ++step_) {
      const json::object& step = steps[step_].as_object();
      if (const std::string words = text(step, "say"); !words.empty()) say_("\n" + words);
      auto done = act(step);
      if (!done)
        return fail(done.error().code, "step " + std::to_string(step_ + 1) + ", " + done.error().where,
                    done.error().message);
    }
    return std::move(outcome_);
  }

 private:
  // ---- what a step does ------------------------------------------------------------------------------------------

  Result<void> act(const json::object& step) {
    if (step.contains("send")) return send(step);
    if (step.contains("file")) return send_file(step);
    if (step.contains("assess")) return assess(step);
    if (step.contains("consent")) return consent(step);
    if (step.contains("revoke")) return revoke(step);
    if (step.contains("take")) return take(step);
    if (step.contains("report")) return report(step);
    if (step.contains("pass")) return pass(step);
    if (step.contains("inbox")) return inbox(step);
    if (step.contains("look")) return look(step);
    return {};
  }

  Result<void> send(const json::object& step) {
    json::value data = expanded(step.at("send"));
    if (!data.is_object()) return fail(Errc::invalid_config, "send", "must be an object");
    json::object& object = data.get_object();
    name_persons(object);
    const std::string id = message_id(text(step, "name"));
    const std::string kind = text(object, "kind");
    const json::object message{{"specversion", "1.0"},
                               {"id", id},
                               {"source", "urn:samband:party:" + text(step, "as")},
                               {"type", "se.samband.notice." + kind + ".v1"},
                               {"time", to_rfc3339(now_)},
                               {"datacontenttype", "application/json"},
                               {"data", std::move(data)}};
    return deliver(step, "/v1/messages", json::serialize(message), "application/json");
  }

  Result<void> send_file(const json::object& step) {
    std::ifstream in(folder_ / text(step, "file"), std::ios::binary);
    if (!in) return fail(Errc::invalid_config, text(step, "file"), "cannot be read");
    std::stringstream body;
    body << in.rdbuf();
    message_id(text(step, "name"));
    const std::string type = text(step, "type");
    return deliver(step, "/v1/in/" + text(step, "adapter"), expanded_text(body.str()),
                   type.empty() ? "application/json" : type);
  }

  Result<void> deliver(const json::object& step, const std::string& path, const std::string& body,
                       const std::string& type) {
    const std::string who = text(step, "as");
    auto answer = agencies_.call(who, "POST", path, body, type);
    if (!answer) return answer.error();
    if (const auto* status = step.if_contains("status")) {
      expect("the answer's status", std::to_string(answer->status), json::serialize(*status));
      if (answer->status >= 400) say_("  " + who + ": refused, " + answer->in_words());
      return {};
    }
    if (answer->status != 200) {
      expect(who + " is answered", answer->in_words(), "200");
      return {};
    }
    const std::string name = text(step, "name");
    const json::object whole = answer->body.as_object();
    if (auto kept = keep_consents(who, name); !kept) return kept.error();
    if (whole.contains("rows")) return rows(step, who, name, whole);
    // A body of several messages has an answer for each; the story speaks of the first.
    const json::object& first = whole.contains("messages") ? whole.at("messages").as_array().at(0).as_object() : whole;
    if (const auto* list = whole.if_contains("messages"))
      say_("  " + std::to_string(list->as_array().size()) + " messages in one body");
    if (const auto* warnings = first.if_contains("warnings"); warnings && warnings->is_array())
      for (const json::value& w : warnings->get_array())
        say_("  note: " + text(w.as_object(), "code") + " at " + text(w.as_object(), "where"));
    std::map<std::string, json::object> by_recipient;
    if (const auto* exchanges = first.if_contains("exchanges"); exchanges && exchanges->is_array())
      for (const json::value& each : exchanges->get_array()) {
        const json::object& e = each.as_object();
        exchanges_[scope_ + name + " > " + text(e, "recipient")] = text(e, "id");
        by_recipient.emplace(text(e, "recipient"), e);
        show(e);
      }
    if (const auto* wanted = step.if_contains("expect"); wanted && wanted->is_object()) {
      for (const auto& [recipient, want] : wanted->get_object()) {
        const auto found = by_recipient.find(std::string(recipient));
        if (found == by_recipient.end()) {
          expect("an exchange to " + std::string(recipient), "none", "one");
          continue;
        }
        check_exchange(found->second, want);
      }
      for (const auto& [recipient, e] : by_recipient)
        if (!wanted->get_object().contains(recipient)) expect("no other recipient", recipient, "none");
    }
    return {};
  }

  // A file of rows has an answer for each row: row 2 of "file" becomes "file:2", and "expect" says what became of each.
  Result<void> rows(const json::object& step, const std::string& who, const std::string& name,
                    const json::object& whole) {
    const json::object& counts = whole.at("rows").as_object();
    for (const json::value& each : whole.at("results").as_array()) {
      const json::object& result = each.as_object();
      const std::string row = json::serialize(result.at("row"));
      if (const auto* problem = result.if_contains("problem")) {
        say_("  row " + row + ": refused, column " + text(result, "column") + ": " +
             text(problem->as_object(), "detail"));
        continue;
      }
      say_("  row " + row + ":");
      if (const auto* warnings = result.if_contains("warnings"); warnings && warnings->is_array())
        for (const json::value& w : warnings->get_array())
          say_("  note: " + text(w.as_object(), "code") + " at " + text(w.as_object(), "where"));
      for (const json::value& sent : result.at("exchanges").as_array()) {
        const std::string to = text(sent.as_object(), "recipient"), id = text(sent.as_object(), "id");
        exchanges_[scope_ + name + ":" + row + " > " + to] = id;
        auto full = agencies_.call(who, "GET", "/v1/exchanges/" + id);
        if (!full) return full.error();
        if (full->status == 200) show(full->body.as_object());
      }
    }
    if (const auto* want = step.if_contains("expect"); want && want->is_object())
      for (const auto& [key, value] : want->get_object())
        expect("rows " + std::string(key), counts.contains(key) ? json::serialize(counts.at(key)) : "none",
               json::serialize(value));
    return {};
  }

  // The consents that a message carried are registered with it: under its name they can be revoked.
  Result<void> keep_consents(const std::string& who, const std::string& name) {
    if (given_ != nullptr) return {};  // one of many plays: nobody asks for them by name
    auto answer = agencies_.call(who, "GET", "/v1/consents");
    if (!answer) return answer.error();
    if (answer->status != 200) return {};
    for (const json::value& each : answer->body.as_object().at("consents").as_array())
      if (const std::string id = text(each.as_object(), "id"); known_consents_.insert(id).second)
        consents_[scope_ + name].push_back(id);
    return {};
  }

  Result<void> assess(const json::object& step) {
    json::value facts = expanded(step.at("facts"));
    auto answer =
        agencies_.call(text(step, "as"), "POST", "/v1/exchanges/" + exchange(text(step, "assess")) + "/assessments",
                       json::serialize(json::object{{"facts", std::move(facts)}}));
    if (!answer) return answer.error();
    if (answer->status != 200) {
      const auto* status = step.if_contains("status");
      expect(text(step, "as") + " assesses", answer->in_words(), status ? json::serialize(*status) : "200",
             status && json::serialize(*status) == std::to_string(answer->status));
      return {};
    }
    const json::object& e = answer->body.as_object();
    show(e);
    if (const auto* want = step.if_contains("expect")) check_exchange(e, *want);
    return {};
  }

  Result<void> consent(const json::object& step) {
    json::value body = expanded(step.at("consent"));
    // {"is": "kim"}: by name and birth date, as the story's persons are known.
    if (auto* person = body.is_object() ? body.get_object().if_contains("person") : nullptr;
        person != nullptr && person->is_object())
      if (const std::string is = text(person->get_object(), "is"); !is.empty()) {
        json::object named;
        for (const char* key : {"givenName", "familyName", "birthDate"})
          if (const auto* value = inside(root_, "/persons/" + is + "/" + key)) named[key] = expanded(*value);
        *person = std::move(named);
      }
    auto answer = agencies_.call(text(step, "as"), "POST", "/v1/consents", json::serialize(body));
    if (!answer) return answer.error();
    expect(text(step, "as") + " registers a consent", answer->status == 201 ? "201" : answer->in_words(), "201");
    if (answer->status != 201) return {};
    const std::string id = text(answer->body.as_object(), "id");
    consents_[scope_ + text(step, "name")].push_back(id);
    known_consents_.insert(id);
    say_("  " + text(step, "as") + ": a consent is registered, leaf " +
         json::serialize(answer->body.as_object().at("leafIndex")));
    return {};
  }

  Result<void> revoke(const json::object& step) {
    const std::string who = text(step, "as");
    const std::vector<std::string>& list = consents_[scope_ + text(step, "revoke")];
    expect(who + " has consents to revoke", list.empty() ? "none" : "some", "some");
    std::map<std::string, std::size_t> ended{{"withdrawn", 0}, {"recalled", 0}};
    for (const std::string& id : list) {
      auto answer = agencies_.call(who, "POST", "/v1/consents/" + id + "/revocations", "{}");
      if (!answer) return answer.error();
      expect(who + " revokes a consent", answer->status == 200 ? "200" : answer->in_words(), "200");
      if (answer->status != 200) return {};
      for (auto& [key, count] : ended) count += answer->body.as_object().at(key).as_array().size();
    }
    say_("  " + who + ": the consent is revoked; withdrawn " + std::to_string(ended["withdrawn"]) + ", recalled " +
         std::to_string(ended["recalled"]));
    for (const auto& [key, count] : ended)
      if (const auto* want = step.if_contains(key))
        expect("exchanges " + key, std::to_string(count), json::serialize(*want));
    return {};
  }

  // The recipient finds it in its inbox, reads it and acknowledges.
  Result<void> take(const json::object& step) {
    const std::string who = text(step, "as"), id = exchange(text(step, "take"));
    auto found = wait_inbox(who, [&](const json::object& e) { return text(e, "id") == id; });
    if (!found) return found.error();
    expect(who + " finds " + text(step, "take") + " in its inbox", found->empty() ? "nothing" : "it", "it");
    if (found->empty()) return {};
    const std::string content = json::serialize(found->front().as_object().at("data"));
    check_content(step, who, content);
    auto answer = agencies_.call(who, "POST", "/v1/inbox/" + id + "/ack",
                                 json::serialize(json::object{{"reference", text(step, "reference")}}));
    if (!answer) return answer.error();
    expect(who + " acknowledges", answer->status == 200 ? "200" : answer->in_words(), "200");
    if (answer->status == 200) say_("  " + who + ": received at " + text(answer->body.as_object(), "acknowledgedAt"));
    return {};
  }

  Result<void> report(const json::object& step) {
    json::value body = expanded(step.at("step"));
    const std::string who = text(step, "as"), id = exchange(text(step, "report"));
    const std::string status(body.is_object() ? string_at(body.get_object(), "status") : "");
    auto answer = agencies_.call(who, "POST", "/v1/exchanges/" + id + "/status", json::serialize(body));
    if (!answer) return answer.error();
    if (const auto* refused = step.if_contains("status")) {
      expect(who + " reports " + status, std::to_string(answer->status), json::serialize(*refused));
      if (answer->status >= 400) say_("  " + who + ": " + answer->in_words());
      return {};
    }
    expect(who + " reports " + status, answer->status == 200 ? "200" : answer->in_words(), "200");
    if (answer->status != 200) return {};
    say_("  " + who + ": " + status);
    const json::object& back = answer->body.as_object().at("statusMessage").as_object();
    for (const json::value& each : back.at("exchanges").as_array()) {
      const json::object& e = each.as_object();
      say_("     back to " + text(e, "recipient") + ": " + text(e, "outcome") + " (" + text(e, "reason") + ")");
      exchanges_[scope_ + text(step, "name") + " > " + text(e, "recipient")] = text(e, "id");
      if (const auto* want = step.if_contains("expect"))
        expect("the step on its way back", text(e, "outcome"), std::string(want->as_string()));
    }
    return {};
  }

  // "21:00" or "working day 10:00": when it is that time next in Stockholm.
  std::optional<Time> next_time(std::string words) const {
    constexpr std::string_view kWorking = "working day ";
    const bool working = words.starts_with(kWorking);
    if (working) words.erase(0, kWorking.size());
    if (words.size() != 5 || words[2] != ':') return std::nullopt;
    const int minute = std::atoi(words.c_str()) * 60 + std::atoi(words.c_str() + 3);
    Date day = stockholm_date(now_);
    for (;;) {
      const Time at = stockholm_midnight(day) + std::chrono::minutes(minute);
      if (at > now_ && (!working || is_working_day(day))) return at;
      day = Date(std::chrono::sys_days(day) + std::chrono::days(1));
    }
  }

  Result<void> pass(const json::object& step) {
    const std::string words = text(step, "pass");
    const auto date = parse_date(words);
    const auto hour = next_time(words);
    auto there = agencies_.pass_to(date ? stockholm_midnight(*date) : hour ? *hour : now_ + *parse_delay(words));
    if (!there) return there.error();
    now_ = *there;
    say_("  ... " + (date || hour ? "until" : words + " later:") + " " + to_rfc3339(now_));
    return {};
  }

  // What lies in an inbox: kind, which exchange it is about, how many (one or more when it does not say), and what its
  // content says.
  Result<void> inbox(const json::object& step) {
    const std::string who = text(step, "as");
    const json::object want = expanded(step.at("inbox")).as_object();
    const std::string about = text(want, "about").empty() ? "" : exchange(text(want, "about"));
    const auto fits = [&](const json::object& e) {
      const auto* payload = inside(e, "/data/payload/exchangeId");
      return text(e, "kind") == text(want, "kind") &&
             (about.empty() || (payload && payload->is_string() && payload->get_string() == about));
    };
    const auto* count = want.if_contains("count");
    auto found = wait_inbox(who, fits, count ? static_cast<std::size_t>(count->as_int64()) : 1);
    if (!found) return found.error();
    const std::string got = std::to_string(found->size());
    expect(who + "'s inbox: " + text(want, "kind"), got, count ? json::serialize(*count) : "1 or more",
           count ? got == json::serialize(*count) : !found->empty());
    std::string contents;
    for (const json::value& each : *found) {
      const json::object& e = each.as_object();
      std::string said;
      if (const auto* payload = find_pointer(each, "/data/payload"); payload && payload->is_object())
        for (const char* key :
             {"deadline", "due", "missed", "reasonCode", "status", "inquiry", "known", "rule", "reason"})
          if (const auto* value = payload->get_object().if_contains(key))
            said += std::string(said.empty() ? "" : ", ") + key + " " +
                    (value->is_string() ? std::string(value->get_string()) : json::serialize(*value));
      say_("  " + who + " reads " + text(e, "kind") + " from " + text(e, "sender") + (said.empty() ? "" : ": " + said));
      contents += json::serialize(e.at("data")) + "\n";
      const std::string name = text(step, "name");
      if (!name.empty()) exchanges_[scope_ + name + " > " + who] = text(e, "id");
      if (want.contains("take")) {
        auto answer = agencies_.call(who, "POST", "/v1/inbox/" + text(e, "id") + "/ack", "{}");
        if (!answer) return answer.error();
      }
    }
    check_content(step, who, contents);
    return {};
  }

  // Where an exchange stands, as one of its parties sees it; "recipient kind" finds the newest to that party.
  Result<void> look(const json::object& step) {
    const std::string who = text(step, "as"), of = text(step, "look");
    std::string id = exchange(of);
    if (const std::string kind = text(step, "kind"); !kind.empty()) {
      auto list = agencies_.call(who, "GET", "/v1/exchanges?limit=1000");
      if (!list) return list.error();
      if (const auto* all = list->body.is_object() ? list->body.get_object().if_contains("exchanges") : nullptr)
        for (const json::value& each : all->as_array())
          if (text(each.as_object(), "kind") == kind && text(each.as_object(), "recipient") == of)
            id = text(each.as_object(), "id");
      exchanges_[scope_ + text(step, "name") + " > " + of] = id;
    }
    auto answer = agencies_.call(who, "GET", "/v1/exchanges/" + id);
    if (!answer) return answer.error();
    if (answer->status != 200) {
      expect(who + " looks at " + of, answer->in_words(), "200");
      return {};
    }
    show(answer->body.as_object());
    if (const auto* want = step.if_contains("expect")) check_exchange(answer->body.as_object(), *want);
    return {};
  }

  // ---- what is expected ------------------------------------------------------------------------------------------

  void expect(const std::string& what, const std::string& got, const std::string& wanted) {
    expect(what, got, wanted, got == wanted);
  }
  void expect(const std::string& what, const std::string& got, const std::string& wanted, bool met) {
    ++outcome_.expectations;
    if (met) return;
    const std::string line =
        "step " + std::to_string(step_ + 1) + ": " + what + ": got " + got + ", expected " + wanted;
    outcome_.unexpected.push_back(line);
    say_("  UNEXPECTED " + line);
  }

  static std::vector<std::string> categories(const json::object& e, const char* group) {
    std::vector<std::string> out;
    const auto* list = inside(e, std::string("/fields/") + group);
    if (list && list->is_array())
      for (const json::value& each : list->get_array()) out.push_back(text(each.as_object(), "category"));
    std::sort(out.begin(), out.end());
    out.erase(std::unique(out.begin(), out.end()), out.end());
    return out;
  }

  // "released", or {"outcome", "reason", "released": [...], "withheld": [...], "held": [...], "missing": [...],
  // "ground": part of a citation, "state", "life", "alternative", "proof": true}: what is named must be so, lists
  // exactly. `proof`: the recipient has received it, on a day that the log proves.
  void check_exchange(const json::object& e, const json::value& want) {
    const std::string about = text(e, "kind") + " to " + text(e, "recipient");
    if (want.is_string()) return expect(about, text(e, "outcome"), std::string(want.get_string()));
    const json::object& w = want.as_object();
    for (const char* key : {"outcome", "reason", "state", "life", "alternative"})
      if (w.contains(key)) expect(about + ": " + key, text(e, key), text(w, key));
    for (const char* key : {"released", "withheld", "held"})
      if (w.contains(key)) {
        auto wanted = texts(w, key);
        std::sort(wanted.begin(), wanted.end());
        expect(about + ": " + key, joined(categories(e, key)), joined(wanted));
      }
    if (w.contains("missing")) {
      auto wanted = texts(w, "missing"), got = texts(e, "missing");
      std::sort(wanted.begin(), wanted.end());
      std::sort(got.begin(), got.end());
      expect(about + ": missing", joined(got), joined(wanted));
    }
    if (w.contains("proof")) {
      const auto* proof = inside(e, "/acknowledgementReceipt/proof");
      const bool dated = proof && proof->is_string() && !text(e, "acknowledgedAt").empty();
      expect(about + ": dated proof of receipt", dated ? "true" : "false", json::serialize(w.at("proof")));
    }
    if (const std::string ground = text(w, "ground"); !ground.empty()) {
      const std::string grounds = joined(texts(e, "grounds"), "; ");
      expect(about + ": ground", grounds, "..." + ground + "...", grounds.find(ground) != std::string::npos);
    }
  }

  void check_content(const json::object& step, const std::string& who, const std::string& content) {
    for (const std::string& each : texts(step, "contains"))
      expect(who + " reads \"" + each + "\"", content.find(expanded_text(each)) == std::string::npos ? "no" : "yes",
             "yes");
    for (const std::string& each : texts(step, "lacks"))
      expect(who + " reads \"" + each + "\"", content.find(expanded_text(each)) == std::string::npos ? "no" : "yes",
             "no");
  }

  void show(const json::object& e) {
    const auto group = [&](const char* name, bool why) {
      std::vector<std::string> parts;
      const auto* list = inside(e, std::string("/fields/") + name);
      if (list && list->is_array())
        for (const json::value& each : list->get_array()) {
          const json::object& f = each.as_object();
          std::string part = text(f, "category") + " " + json::serialize(f.at("count"));
          if (why) {
            const auto provisions = texts(f, "provisions");
            part += " [" + (provisions.empty() ? text(f, "reason") : joined(provisions)) + "]";
          }
          parts.push_back(std::move(part));
        }
      return parts;
    };
    std::string outcome = text(e, "outcome");
    std::transform(outcome.begin(), outcome.end(), outcome.begin(),
                   [](char c) { return static_cast<char>(std::toupper(c)); });
    say_("  " + text(e, "sender") + " -> " + text(e, "recipient") + "  " + text(e, "kind") + " for " +
         text(e, "purpose") + ": " + outcome + " (" + text(e, "reason") + ")");
    say_("     released  " + joined(group("released", false)));
    say_("     withheld  " + joined(group("withheld", true)));
    if (const auto held = group("held", true); !held.empty())
      say_("     held      " + joined(held) + "   until " + joined(texts(e, "missing"), " or "));
    const auto* due = inside(e, "/duty/due");
    say_("     ground    " + joined(texts(e, "grounds"), "; ") +
         (due && due->is_string() ? "   duty due " + std::string(due->get_string()) : std::string()));
    if (const std::string other = text(e, "alternative"); !other.empty()) say_("     instead   " + other);
    if (const std::string life = text(e, "life"); !life.empty()) say_("     life      " + life);
    if (const auto* leaf = inside(e, "/acknowledgementReceipt/leafIndex"))
      say_("     received  " + text(e, "acknowledgedAt") + ", proof at leaf " + json::serialize(*leaf));
  }

  // ---- inboxes ---------------------------------------------------------------------------------------------------

  template <class Fits>
  Result<json::array> list_inbox(const std::string& who, const Fits& fits) {
    json::array out;
    std::string after;
    for (;;) {
      auto answer = agencies_.call(who, "GET", "/v1/inbox?wait=0" + (after.empty() ? "" : "&after=" + after));
      if (!answer) return answer.error();
      if (answer->status != 200) return fail(Errc::unavailable, who, answer->in_words());
      const json::array& page = answer->body.as_object().at("exchanges").as_array();
      if (page.empty()) return out;
      for (const json::value& each : page) {
        if (fits(each.as_object())) out.push_back(each);
        after = text(each.as_object(), "id");
      }
    }
  }

  template <class Fits>
  Result<json::array> wait_inbox(const std::string& who, const Fits& fits, std::size_t wanted = 1) {
    const auto until = std::chrono::steady_clock::now() + kArrivalMax;
    for (;;) {
      auto found = list_inbox(who, fits);
      if (!found || found->size() >= wanted || std::chrono::steady_clock::now() > until) return found;
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
  }

  // ---- names and placeholders ------------------------------------------------------------------------------------

  std::string message_id(const std::string& name) {
    const std::string id = (name.empty() ? "message" : name) + "-" + std::to_string(++messages_);
    ids_[scope_ + name] = id;
    return id;
  }

  // "name > recipient", as sent earlier.
  std::string exchange(const std::string& name) const {
    const auto found = exchanges_.find(scope_ + name);
    return found == exchanges_.end() ? name : found->second;
  }

  // {"is": "kim", "role": "subject"}: the story's person of that name, and what is said here.
  void name_persons(json::object& data) {
    auto* persons = data.if_contains("persons");
    if (!persons || !persons->is_array()) return;
    int number = 0;
    for (json::value& each : persons->get_array()) {
      json::object& person = each.as_object();
      ++number;
      if (const std::string name = text(person, "is"); !name.empty()) {
        person.erase("is");
        if (const auto* known = inside(root_, "/persons/" + name); known && known->is_object()) {
          json::object whole = expanded(*known).as_object();
          for (const auto& [key, value] : person) whole[key] = value;
          person = std::move(whole);
        }
      }
      if (!person.contains("ref")) person["ref"] = "p" + std::to_string(number);
      if (!person.contains("role")) person["role"] = "subject";
    }
  }

  json::value expanded(const json::value& value) const {
    if (value.is_string()) {
      const std::string source(value.get_string());
      std::string said = expanded_text(source);
      // A given value alone may be of another type than text.
      if (source.starts_with("${a:") && source.find('}') == source.size() - 1) {
        if (said == "true" || said == "false") return json::value(said == "true");
        if (!said.empty() && said.size() < 10 &&
            std::all_of(said.begin(), said.end(), [](char c) { return c >= '0' && c <= '9'; }))
          return json::value(static_cast<std::int64_t>(std::atoll(said.c_str())));
      }
      return json::value(std::move(said));
    }
    if (value.is_array()) {
      json::array out;
      for (const json::value& each : value.get_array()) out.push_back(expanded(each));
      return out;
    }
    if (value.is_object()) {
      json::object out;
      for (const auto& [key, each] : value.get_object()) out[key] = expanded(each);
      return out;
    }
    return value;
  }

  std::string expanded_text(std::string source) const {
    for (std::size_t at = 0; (at = source.find("${", at)) != std::string::npos;) {
      const std::size_t end = source.find('}', at);
      if (end == std::string::npos) break;
      const std::string value = placeholder(source.substr(at + 2, end - at - 2));
      source.replace(at, end - at + 1, value);
      at += value.size();
    }
    return source;
  }

  // now, now+2h, now-3d; today, today-20d; age:19 (a birth date); id:NAME (a message's id); exchange:NAME > PARTY.
  std::string placeholder(const std::string& name) const {
    for (const std::string_view word : {"now", "today"}) {
      if (!name.starts_with(word)) continue;
      const auto later =
          name == word ? std::chrono::milliseconds(0) : parse_delay(std::string_view(name).substr(word.size()));
      if (later) return word == "now" ? to_rfc3339(now_ + *later) : to_string(stockholm_date(now_ + *later));
    }
    if (name.starts_with("age:")) {
      const Date day = stockholm_date(born_by_ ? *born_by_ : now_);  // nobody's birthday moves while a story is told
      const Date born{day.year() - std::chrono::years(std::atoi(name.c_str() + 4)), day.month(), std::chrono::day(1)};
      return to_string(Date(std::chrono::sys_days(born) - std::chrono::days(120)));
    }
    if (name.starts_with("id:")) {
      const auto found = ids_.find(scope_ + name.substr(3));
      return found == ids_.end() ? name : found->second;
    }
    if (name.starts_with("exchange:")) return exchange(name.substr(9));
    if (name.starts_with("a:") && given_ != nullptr) {
      const auto found = given_->find(name.substr(2));
      if (found != given_->end()) return found->second;
    }
    return "${" + name + "}";
  }

  const std::filesystem::path& folder_;
  const json::object& root_;
  Agencies& agencies_;
  const std::function<void(const std::string&)>& say_;
  Outcome outcome_;
  Time now_{};
  std::optional<Time> born_by_;  // the story's beginning
  std::size_t step_ = 0;
  int messages_ = 0;
  std::string scope_;
  const std::map<std::string, std::string>* given_ = nullptr;
  std::map<std::string, std::string> ids_, exchanges_;
  std::map<std::string, std::vector<std::string>> consents_;
  std::set<std::string> known_consents_;
};

}  // namespace

std::optional<std::chrono::milliseconds> parse_delay(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  int n = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), n);
  if (error != std::errc()) return std::nullopt;
  const std::string_view unit = text.substr(static_cast<std::size_t>(end - text.data()));
  if (unit == "d") return std::chrono::hours(24) * n;
  if (unit == "h") return std::chrono::hours(n);
  if (unit == "m") return std::chrono::minutes(n);
  return std::nullopt;
}

Result<json::object> read_file(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) return wrong(file, "", "cannot be read");
  std::stringstream body;
  body << in.rdbuf();
  auto parsed = parse_json(body.str());
  if (!parsed) return wrong(file, parsed.error().where, parsed.error().message);
  if (!parsed->is_object()) return wrong(file, "", "must be a JSON object");
  return std::move(parsed->get_object());
}

// A misspelt step would do nothing and look as if it passed.
Result<void> check_step(const json::value& step) {
  static const std::set<std::string_view> kActs{"send", "file",   "assess", "consent", "revoke",
                                                "take", "report", "pass",   "inbox",   "look"};
  static const std::set<std::string_view> kWords{"say",       "as",       "name",  "adapter",   "type",     "status",
                                                 "expect",    "step",     "kind",  "reference", "contains", "lacks",
                                                 "withdrawn", "recalled", "facts", "if",        "after"};
  if (!step.is_object()) return fail(Errc::invalid_config, "", "must be an object");
  int acts = 0;
  for (const auto& [key, value] : step.get_object()) {
    if (kActs.contains(key))
      ++acts;
    else if (!kWords.contains(key))
      return fail(Errc::invalid_config, "/" + std::string(key), "no step has such a member");
  }
  const json::object& said = step.get_object();
  if (said.contains("after") && !parse_delay(string_at(said, "after")))
    return fail(Errc::invalid_config, "/after", "expected a time like \"20d\", \"2h\" or \"30m\"");
  if (const std::string_view pass = string_at(said, "pass");
      said.contains("pass") && !parse_delay(pass) && !parse_date(pass) && !is_hour(pass))
    return fail(Errc::invalid_config, "/pass",
                "expected a time like \"20d\", a date, \"21:00\" or \"working day 10:00\"");
  if (acts > 1) return fail(Errc::invalid_config, "", "one step does one thing");
  if (acts == 0 && !step.get_object().contains("say")) return fail(Errc::invalid_config, "", "does nothing");
  return {};
}

std::unique_ptr<Stage> open_stage(const std::filesystem::path& folder, const json::object& root, Agencies& agencies,
                                  const std::function<void(const std::string&)>& say) {
  return std::make_unique<Player>(folder, root, agencies, say);
}

Result<Story> Story::load(const std::filesystem::path& file) {
  auto root = read_file(file);
  if (!root) return root.error();
  Story story;
  story.file_ = file;
  story.root_ = std::move(*root);
  story.title_ = text(story.root_, "title");
  const auto* steps = story.root_.if_contains("steps");
  if (!steps || !steps->is_array()) return wrong(file, "/steps", "must be a list");
  for (std::size_t i = 0; i < steps->get_array().size(); ++i)
    if (auto good = check_step(steps->get_array()[i]); !good)
      return wrong(file, "/steps/" + std::to_string(i) + good.error().where, good.error().message);
  return story;
}

Result<Outcome> Story::play(Agencies& agencies, const std::function<void(const std::string&)>& say) {
  const std::filesystem::path folder = file_.parent_path();
  try {
    return Player(folder, root_, agencies, say).play();
  } catch (const std::exception&) {
    // Boost.JSON's word for a member that is of another type than asked for.
    return fail(Errc::invalid_config, file_.string(), "a step has a member of the wrong type, or the hub's answer has");
  }
}

}  // namespace samband::scenario
