#include "scenario/player.hpp"

#include <fstream>
#include <set>
#include <sstream>
#include <thread>

#include "scenario/account.hpp"
#include "scenario/names.hpp"
#include "scenario/script.hpp"

namespace samband::scenario {
namespace {

constexpr auto kArrivalMax = std::chrono::seconds(20);

class Player final : public Stage {
 public:
  Player(const std::filesystem::path& folder, const json::object& root, Agencies& agencies,
         const std::function<void(const std::string&)>& say)
      : folder_(folder), root_(root), agencies_(agencies), account_(say), names_(root) {}

  // As one of many plays of the same steps: names are this play's own, and ${a:NAME} stands for what it was given.
  Result<void> act_as(const std::string& scope, const std::map<std::string, std::string>& given, Time now,
                      const json::object& step) override {
    names_.enter(scope, given);
    names_.set_now(now);
    return act(step);
  }
  const Outcome& outcome() const override { return account_.outcome(); }

  Result<Outcome> play() {
    auto now = agencies_.now();
    if (!now) return now.error();
    names_.begin(*now);
    const json::array& steps = root_.at("steps").get_array();
    for (std::size_t i = 0; i < steps.size(); ++i) {
      account_.begin_step(i + 1);
      const json::object& step = steps[i].as_object();
      if (const std::string words = text(step, "say"); !words.empty()) account_.say("\n" + words);
      auto done = act(step);
      if (!done)
        return fail(done.error().code, "step " + std::to_string(i + 1) + ", " + done.error().where,
                    done.error().message);
    }
    return account_.outcome();
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
    json::value data = names_.expanded(step.at("send"));
    if (!data.is_object()) return fail(Errc::invalid_config, "send", "must be an object");
    json::object& object = data.get_object();
    names_.name_persons(object);
    const std::string id = names_.message_id(text(step, "name"));
    const std::string kind = text(object, "kind");
    const json::object message{{"specversion", "1.0"},
                               {"id", id},
                               {"source", "urn:samband:party:" + text(step, "as")},
                               {"type", "se.samband.notice." + kind + ".v1"},
                               {"time", to_rfc3339(names_.now())},
                               {"datacontenttype", "application/json"},
                               {"data", std::move(data)}};
    return deliver(step, "/v1/messages", json::serialize(message), "application/json");
  }

  Result<void> send_file(const json::object& step) {
    std::ifstream in(folder_ / text(step, "file"), std::ios::binary);
    if (!in) return fail(Errc::invalid_config, text(step, "file"), "cannot be read");
    std::stringstream body;
    body << in.rdbuf();
    names_.message_id(text(step, "name"));
    const std::string type = text(step, "type");
    return deliver(step, "/v1/in/" + text(step, "adapter"), names_.expanded_text(body.str()),
                   type.empty() ? "application/json" : type);
  }

  Result<void> deliver(const json::object& step, const std::string& path, const std::string& body,
                       const std::string& type) {
    const std::string who = text(step, "as");
    auto answer = agencies_.call(who, "POST", path, body, type);
    if (!answer) return answer.error();
    if (const auto* status = step.if_contains("status")) {
      account_.expect("the answer's status", std::to_string(answer->status), json::serialize(*status));
      if (answer->status >= 400) account_.say("  " + who + ": refused, " + answer->in_words());
      return {};
    }
    if (answer->status != 200) {
      account_.expect(who + " is answered", answer->in_words(), "200");
      return {};
    }
    const std::string name = text(step, "name");
    const json::object whole = answer->body.as_object();
    if (auto kept = keep_consents(who, name); !kept) return kept.error();
    if (whole.contains("rows")) return rows(step, who, name, whole);
    // A body of several messages has an answer for each; the story speaks of the first.
    const json::object& first = whole.contains("messages") ? whole.at("messages").as_array().at(0).as_object() : whole;
    if (const auto* list = whole.if_contains("messages"))
      account_.say("  " + std::to_string(list->as_array().size()) + " messages in one body");
    if (const auto* warnings = first.if_contains("warnings"); warnings && warnings->is_array())
      for (const json::value& w : warnings->get_array())
        account_.say("  note: " + text(w.as_object(), "code") + " at " + text(w.as_object(), "where"));
    std::map<std::string, json::object> by_recipient;
    if (const auto* exchanges = first.if_contains("exchanges"); exchanges && exchanges->is_array())
      for (const json::value& each : exchanges->get_array()) {
        const json::object& e = each.as_object();
        names_.keep_exchange(name, text(e, "recipient"), text(e, "id"));
        by_recipient.emplace(text(e, "recipient"), e);
        account_.show(e);
      }
    if (const auto* wanted = step.if_contains("expect"); wanted && wanted->is_object()) {
      for (const auto& [recipient, want] : wanted->get_object()) {
        const auto found = by_recipient.find(std::string(recipient));
        if (found == by_recipient.end()) {
          account_.expect("an exchange to " + std::string(recipient), "none", "one");
          continue;
        }
        account_.check_exchange(found->second, want);
      }
      for (const auto& [recipient, e] : by_recipient)
        if (!wanted->get_object().contains(recipient)) account_.expect("no other recipient", recipient, "none");
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
        account_.say("  row " + row + ": refused, column " + text(result, "column") + ": " +
                     text(problem->as_object(), "detail"));
        continue;
      }
      account_.say("  row " + row + ":");
      if (const auto* warnings = result.if_contains("warnings"); warnings && warnings->is_array())
        for (const json::value& w : warnings->get_array())
          account_.say("  note: " + text(w.as_object(), "code") + " at " + text(w.as_object(), "where"));
      for (const json::value& sent : result.at("exchanges").as_array()) {
        const std::string to = text(sent.as_object(), "recipient"), id = text(sent.as_object(), "id");
        names_.keep_exchange(name + ":" + row, to, id);
        auto full = agencies_.call(who, "GET", "/v1/exchanges/" + id);
        if (!full) return full.error();
        if (full->status == 200) account_.show(full->body.as_object());
      }
    }
    if (const auto* want = step.if_contains("expect"); want && want->is_object())
      for (const auto& [key, value] : want->get_object())
        account_.expect("rows " + std::string(key), counts.contains(key) ? json::serialize(counts.at(key)) : "none",
                        json::serialize(value));
    return {};
  }

  // The consents that a message carried are registered with it: under its name they can be revoked.
  Result<void> keep_consents(const std::string& who, const std::string& name) {
    if (names_.one_of_many()) return {};  // one of many plays: nobody asks for them by name
    auto answer = agencies_.call(who, "GET", "/v1/consents");
    if (!answer) return answer.error();
    if (answer->status != 200) return {};
    for (const json::value& each : answer->body.as_object().at("consents").as_array())
      if (const std::string id = text(each.as_object(), "id"); known_consents_.insert(id).second)
        names_.consents(name).push_back(id);
    return {};
  }

  Result<void> assess(const json::object& step) {
    json::value facts = names_.expanded(step.at("facts"));
    auto answer = agencies_.call(text(step, "as"), "POST",
                                 "/v1/exchanges/" + names_.exchange(text(step, "assess")) + "/assessments",
                                 json::serialize(json::object{{"facts", std::move(facts)}}));
    if (!answer) return answer.error();
    if (answer->status != 200) {
      const auto* status = step.if_contains("status");
      account_.expect(text(step, "as") + " assesses", answer->in_words(), status ? json::serialize(*status) : "200",
                      status && json::serialize(*status) == std::to_string(answer->status));
      return {};
    }
    const json::object& e = answer->body.as_object();
    account_.show(e);
    if (const auto* want = step.if_contains("expect")) account_.check_exchange(e, *want);
    return {};
  }

  Result<void> consent(const json::object& step) {
    json::value body = names_.expanded(step.at("consent"));
    // {"is": "kim"}: by name and birth date, as the story's persons are known.
    if (auto* person = body.is_object() ? body.get_object().if_contains("person") : nullptr;
        person != nullptr && person->is_object())
      if (const std::string is = text(person->get_object(), "is"); !is.empty()) {
        json::object named;
        for (const char* key : {"givenName", "familyName", "birthDate"})
          if (const auto* value = inside(root_, "/persons/" + is + "/" + key)) named[key] = names_.expanded(*value);
        *person = std::move(named);
      }
    auto answer = agencies_.call(text(step, "as"), "POST", "/v1/consents", json::serialize(body));
    if (!answer) return answer.error();
    account_.expect(text(step, "as") + " registers a consent", answer->status == 201 ? "201" : answer->in_words(),
                    "201");
    if (answer->status != 201) return {};
    const std::string id = text(answer->body.as_object(), "id");
    names_.consents(text(step, "name")).push_back(id);
    known_consents_.insert(id);
    account_.say("  " + text(step, "as") + ": a consent is registered, leaf " +
                 json::serialize(answer->body.as_object().at("leafIndex")));
    return {};
  }

  Result<void> revoke(const json::object& step) {
    const std::string who = text(step, "as");
    const std::vector<std::string>& list = names_.consents(text(step, "revoke"));
    account_.expect(who + " has consents to revoke", list.empty() ? "none" : "some", "some");
    std::map<std::string, std::size_t> ended{{"withdrawn", 0}, {"recalled", 0}};
    for (const std::string& id : list) {
      auto answer = agencies_.call(who, "POST", "/v1/consents/" + id + "/revocations", "{}");
      if (!answer) return answer.error();
      account_.expect(who + " revokes a consent", answer->status == 200 ? "200" : answer->in_words(), "200");
      if (answer->status != 200) return {};
      for (auto& [key, count] : ended) count += answer->body.as_object().at(key).as_array().size();
    }
    account_.say("  " + who + ": the consent is revoked; withdrawn " + std::to_string(ended["withdrawn"]) +
                 ", recalled " + std::to_string(ended["recalled"]));
    for (const auto& [key, count] : ended)
      if (const auto* want = step.if_contains(key))
        account_.expect("exchanges " + key, std::to_string(count), json::serialize(*want));
    return {};
  }

  // The recipient finds it in its inbox, reads it and acknowledges.
  Result<void> take(const json::object& step) {
    const std::string who = text(step, "as"), id = names_.exchange(text(step, "take"));
    auto found = wait_inbox(who, [&](const json::object& e) { return text(e, "id") == id; });
    if (!found) return found.error();
    account_.expect(who + " finds " + text(step, "take") + " in its inbox", found->empty() ? "nothing" : "it", "it");
    if (found->empty()) return {};
    const std::string content = json::serialize(found->front().as_object().at("data"));
    check_content(step, who, content);
    auto answer = agencies_.call(who, "POST", "/v1/inbox/" + id + "/ack",
                                 json::serialize(json::object{{"reference", text(step, "reference")}}));
    if (!answer) return answer.error();
    account_.expect(who + " acknowledges", answer->status == 200 ? "200" : answer->in_words(), "200");
    if (answer->status == 200)
      account_.say("  " + who + ": received at " + text(answer->body.as_object(), "acknowledgedAt"));
    return {};
  }

  Result<void> report(const json::object& step) {
    json::value body = names_.expanded(step.at("step"));
    const std::string who = text(step, "as"), id = names_.exchange(text(step, "report"));
    const std::string status(body.is_object() ? string_at(body.get_object(), "status") : "");
    auto answer = agencies_.call(who, "POST", "/v1/exchanges/" + id + "/status", json::serialize(body));
    if (!answer) return answer.error();
    if (const auto* refused = step.if_contains("status")) {
      account_.expect(who + " reports " + status, std::to_string(answer->status), json::serialize(*refused));
      if (answer->status >= 400) account_.say("  " + who + ": " + answer->in_words());
      return {};
    }
    account_.expect(who + " reports " + status, answer->status == 200 ? "200" : answer->in_words(), "200");
    if (answer->status != 200) return {};
    account_.say("  " + who + ": " + status);
    const json::object& back = answer->body.as_object().at("statusMessage").as_object();
    for (const json::value& each : back.at("exchanges").as_array()) {
      const json::object& e = each.as_object();
      account_.say("     back to " + text(e, "recipient") + ": " + text(e, "outcome") + " (" + text(e, "reason") + ")");
      names_.keep_exchange(text(step, "name"), text(e, "recipient"), text(e, "id"));
      if (const auto* want = step.if_contains("expect"))
        account_.expect("the step on its way back", text(e, "outcome"), std::string(want->as_string()));
    }
    return {};
  }

  Result<void> pass(const json::object& step) {
    const std::string words = text(step, "pass");
    const auto date = parse_date(words);
    const auto hour = next_time(words, names_.now());
    auto there = agencies_.pass_to(date   ? stockholm_midnight(*date)
                                   : hour ? *hour
                                          : names_.now() + *parse_delay(words));
    if (!there) return there.error();
    names_.set_now(*there);
    account_.say("  ... " + (date || hour ? "until" : words + " later:") + " " + to_rfc3339(names_.now()));
    return {};
  }

  // What lies in an inbox: kind, which exchange it is about, how many (one or more when it does not say), and what its
  // content says.
  Result<void> inbox(const json::object& step) {
    const std::string who = text(step, "as");
    const json::object want = names_.expanded(step.at("inbox")).as_object();
    const std::string about = text(want, "about").empty() ? "" : names_.exchange(text(want, "about"));
    const auto fits = [&](const json::object& e) {
      const auto* payload = inside(e, "/data/payload/exchangeId");
      return text(e, "kind") == text(want, "kind") &&
             (about.empty() || (payload && payload->is_string() && payload->get_string() == about));
    };
    const auto* count = want.if_contains("count");
    auto found = wait_inbox(who, fits, count ? static_cast<std::size_t>(count->as_int64()) : 1);
    if (!found) return found.error();
    const std::string got = std::to_string(found->size());
    account_.expect(who + "'s inbox: " + text(want, "kind"), got, count ? json::serialize(*count) : "1 or more",
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
      account_.say("  " + who + " reads " + text(e, "kind") + " from " + text(e, "sender") +
                   (said.empty() ? "" : ": " + said));
      contents += json::serialize(e.at("data")) + "\n";
      const std::string name = text(step, "name");
      if (!name.empty()) names_.keep_exchange(name, who, text(e, "id"));
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
    std::string id = names_.exchange(of);
    if (const std::string kind = text(step, "kind"); !kind.empty()) {
      auto list = agencies_.call(who, "GET", "/v1/exchanges?limit=1000");
      if (!list) return list.error();
      if (const auto* all = list->body.is_object() ? list->body.get_object().if_contains("exchanges") : nullptr)
        for (const json::value& each : all->as_array())
          if (text(each.as_object(), "kind") == kind && text(each.as_object(), "recipient") == of)
            id = text(each.as_object(), "id");
      names_.keep_exchange(text(step, "name"), of, id);
    }
    auto answer = agencies_.call(who, "GET", "/v1/exchanges/" + id);
    if (!answer) return answer.error();
    if (answer->status != 200) {
      account_.expect(who + " looks at " + of, answer->in_words(), "200");
      return {};
    }
    account_.show(answer->body.as_object());
    if (const auto* want = step.if_contains("expect")) account_.check_exchange(answer->body.as_object(), *want);
    return {};
  }

  void check_content(const json::object& step, const std::string& who, const std::string& content) {
    for (const std::string& each : texts(step, "contains"))
      account_.expect(who + " reads \"" + each + "\"",
                      content.find(names_.expanded_text(each)) == std::string::npos ? "no" : "yes", "yes");
    for (const std::string& each : texts(step, "lacks"))
      account_.expect(who + " reads \"" + each + "\"",
                      content.find(names_.expanded_text(each)) == std::string::npos ? "no" : "yes", "no");
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

  const std::filesystem::path& folder_;
  const json::object& root_;
  Agencies& agencies_;
  Account account_;
  Names names_;
  std::set<std::string> known_consents_;
};

}  // namespace

Result<Outcome> play_steps(const std::filesystem::path& folder, const json::object& root, Agencies& agencies,
                           const std::function<void(const std::string&)>& say) {
  return Player(folder, root, agencies, say).play();
}

std::unique_ptr<Stage> open_stage(const std::filesystem::path& folder, const json::object& root, Agencies& agencies,
                                  const std::function<void(const std::string&)>& say) {
  return std::make_unique<Player>(folder, root, agencies, say);
}

}  // namespace samband::scenario
