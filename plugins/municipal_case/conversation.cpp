#include "municipal_case/conversation.hpp"

#include <algorithm>

#include "common/delivery.hpp"
#include "municipal_case/code_lists.hpp"
#include "municipal_case/request_bodies.hpp"
#include "notice_text/notice_text.hpp"

namespace samband::municipal {
namespace {

using namespace case_errand;
using plugin::http_reason;
using plugin::HttpVerdict;
using plugin::string_at;
using plugin::verdict_of;
using sdk::Action;
using sdk::Event;
using sdk::Step;

constexpr std::string_view kJsonHeaders = R"({"accept":"application/json","content-type":"application/json"})";
constexpr std::string_view kReadHeaders = R"({"accept":"application/json"})";

enum class Stage { proposals, before, create, reconcile, attach, errand, update };
constexpr std::string_view kStageNames[] = {"proposals", "before", "create", "reconcile", "attach", "errand", "update"};

struct State {
  Stage stage = Stage::proposals;
  std::optional<Choice> choice;
  std::vector<std::int64_t> seen;  // looked like ours before we posted
  std::int64_t id = 0;             // the actualisation
  std::int64_t part = 0;           // document being written
  std::string errand;              // its id, when it was there already

  bool of_errand() const { return stage == Stage::errand || stage == Stage::update; }

  std::string text() const {
    json::object o{{"stage", kStageNames[static_cast<int>(stage)]}};
    if (choice) o["choice"] = choice->to_json();
    if (!seen.empty()) o["seen"] = json::value_from(seen);
    if (id) o["id"] = id;
    if (part) o["part"] = part;
    if (!errand.empty()) o["errand"] = errand;
    return json::serialize(o);
  }

  // A state that this version does not understand begins again at the safe end: nothing is created before the list of
  // what exists has been read, but an actualisation made under the unknown state may be doubled.
  static State read(std::string_view text) {
    State s;
    auto parsed = plugin::parse_json(text, {1u << 20, 8});
    const auto* value = std::get_if<json::value>(&parsed);
    const auto* o = value ? value->if_object() : nullptr;
    if (!o) return s;
    const auto name = string_at(*o, "stage");
    const auto* end = std::end(kStageNames);
    const auto* it = std::find(std::begin(kStageNames), end, name);
    if (it == end) return s;
    s.stage = static_cast<Stage>(it - std::begin(kStageNames));
    if (const auto* choice = plugin::object_at(*o, "choice")) s.choice = Choice::from_json(*choice);
    if (const auto* seen = plugin::array_at(*o, "seen"))
      for (const auto& v : *seen)
        if (v.is_int64()) s.seen.push_back(v.get_int64());
    if (const auto* v = o->if_contains("id"); v && v->is_int64()) s.id = v->get_int64();
    if (const auto* v = o->if_contains("part"); v && v->is_int64() && v->get_int64() > 0) s.part = v->get_int64();
    s.errand = string_at(*o, "errand");
    const bool needs_choice = s.stage != Stage::proposals && !s.of_errand();
    if ((needs_choice && !s.choice) || (s.stage == Stage::attach && !s.id)) return State{};
    if (s.stage == Stage::update && s.errand.empty()) s.stage = Stage::errand;
    return s;
  }
};

class Delivery {
 public:
  Delivery(const CaseConfig& config, const json::object& exchange, State state)
      : config_(config), exchange_(exchange), state_(std::move(state)), number_(subject_number(exchange)) {}

  // (Re)does what the stage is about. A POST whose fate is unknown is looked for first.
  Step enter() {
    if (state_.stage == Stage::create) state_.stage = Stage::reconcile;
    // The number may have been withheld by the fresh decision before this attempt; what is created is still finished.
    const bool by_errand = config_.api == CaseApi::errand || (number_.empty() && state_.stage != Stage::attach);
    if (by_errand && !state_.of_errand()) state_ = errand();
    return perform();
  }

  Step timed_out() {
    if (state_.stage == Stage::create) state_.stage = Stage::reconcile;
    return later("timed_out");
  }

  Step answered(const sdk::Wire& answer) {
    const auto verdict = verdict_of(answer.status);
    switch (state_.stage) {
      case Stage::proposals:
        // The system does not know the person: the neutral errand, where a caseworker registers who it is.
        if (answer.status == 404) return go(Stage::errand);
        if (verdict != HttpVerdict::accepted) return not_accepted(verdict, answer);
        return choose(answer.body);
      case Stage::before:
      case Stage::reconcile:
        if (verdict != HttpVerdict::accepted) return not_accepted(verdict, answer);
        return compare(answer.body);
      case Stage::create:
        return created(verdict, answer);
      case Stage::attach:
        if (answer.status == 404) return look_again(answer);
        if (verdict != HttpVerdict::accepted) return not_accepted(verdict, answer);
        return attached();
      case Stage::errand:
        if (answer.status == 409) return bring_up_to_date(answer);
        if (verdict != HttpVerdict::accepted) return not_accepted(verdict, answer);
        return done(errand_reference(answer));
      case Stage::update:
        if (answer.status == 404) {
          state_ = errand();  // it was removed meanwhile
          return later("update_http_404");
        }
        if (verdict != HttpVerdict::accepted) return not_accepted(verdict, answer);
        return done(state_.errand);
    }
    return later("malformed_answer");
  }

 private:
  static State errand() {
    State s;
    s.stage = Stage::errand;
    return s;
  }

  Step perform() {
    switch (state_.stage) {
      case Stage::proposals:
        return act(Action::http("GET", "/Actualisations/Proposals?personId=" + number_, std::string(kReadHeaders), {}));
      case Stage::before:
      case Stage::reconcile:
        return act(Action::http("GET",
                                "/Actualisations?personId=" + number_ + "&startDate=" + state_.choice->date +
                                    "&endDate=" + state_.choice->date,
                                std::string(kReadHeaders), {}));
      case Stage::create:
        return act(Action::http("POST", "/Actualisations", std::string(kJsonHeaders),
                                actualisation_body(number_, *state_.choice)));
      case Stage::attach: {
        const auto document = document_part(exchange_, static_cast<std::size_t>(state_.part));
        if (!document) return done(std::to_string(state_.id));
        auto form = attachment_form(*document, *state_.choice, plugin::party_name(exchange_, "sender"));
        auto headers = json::serialize(json::object{{"content-type", form.content_type}});
        return act(Action::http("POST", "/Actualisations/" + std::to_string(state_.id) + "/Attachments",
                                std::move(headers), std::move(form.body)));
      }
      case Stage::errand:
        return act(Action::http("POST", config_.errands_path, std::string(kJsonHeaders), errand_body(exchange_)));
      case Stage::update:
        return act(Action::http("PATCH", config_.errands_path + "/" + state_.errand, std::string(kJsonHeaders),
                                errand_update_body(exchange_)));
    }
    return later("malformed_state");
  }

  Step choose(std::string_view proposals) {
    auto date = swedish_date(string_at(exchange_, "now"));
    if (date.empty()) return later("no_time");
    auto chosen = choose_entries(proposals, config_, string_at(exchange_, "kind"), std::move(date));
    if (chosen.malformed) return later("malformed_answer");
    if (!chosen.choice) return refuse("code_list_" + std::string(chosen.missing));
    state_.choice = std::move(chosen.choice);
    return go(Stage::before);
  }

  Step compare(std::string_view list) {
    auto ids = matching_ids(list, *state_.choice);
    if (!ids) return later("malformed_answer");
    if (state_.stage == Stage::before) {
      state_.seen = std::move(*ids);
      return go(Stage::create);
    }
    std::erase_if(*ids, [&](std::int64_t id) {
      return std::find(state_.seen.begin(), state_.seen.end(), id) != state_.seen.end();
    });
    if (ids->empty()) return go(Stage::create);
    // More than one: another notice about the same person came in meanwhile. The newest is as good as any: both are
    // this board's, about this person, of this sort and date.
    state_.id = *std::max_element(ids->begin(), ids->end());
    return go(Stage::attach);
  }

  Step created(HttpVerdict verdict, const sdk::Wire& answer) {
    if (verdict == HttpVerdict::rejected) return refuse(http_reason(answer.status));
    const auto id = verdict == HttpVerdict::accepted ? bare_id(answer.body) : std::nullopt;
    if (!id) {
      state_.stage = Stage::reconcile;
      return later(verdict == HttpVerdict::accepted ? "malformed_answer" : http_reason(answer.status));
    }
    state_.id = *id;
    return go(Stage::attach);
  }

  Step attached() {
    ++state_.part;
    if (static_cast<std::size_t>(state_.part) < document_parts(exchange_)) return perform();
    return done(std::to_string(state_.id));
  }

  // The id leads nowhere: the answer that gave it was damaged, or the actualisation was removed.
  Step look_again(const sdk::Wire& answer) {
    state_.stage = Stage::reconcile, state_.id = 0, state_.part = 0;
    return later("attach_" + http_reason(answer.status));
  }

  Step bring_up_to_date(const sdk::Wire& conflict) {
    auto id = errand_reference(conflict);
    const bool plain = !id.empty() && id.size() <= 64 && std::all_of(id.begin(), id.end(), [](char c) {
      return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_';
    });
    if (!plain) return refuse("errand_conflict_without_id");
    state_.errand = std::move(id);
    return go(Stage::update);
  }

  std::string errand_reference(const sdk::Wire& answer) const {
    auto parsed = plugin::parse_json(answer.body, {64u << 10, 8});
    if (const auto* value = std::get_if<json::value>(&parsed); value && value->is_object())
      if (auto id = string_at(value->get_object(), "id"); !id.empty()) return std::string(id.substr(0, 128));
    auto headers = plugin::parse_json(answer.headers_json, {64u << 10, 4});
    if (const auto* value = std::get_if<json::value>(&headers); value && value->is_object()) {
      const auto location = string_at(value->get_object(), "location");
      return std::string(location.substr(location.rfind('/') + 1).substr(0, 128));
    }
    return {};
  }

  Step not_accepted(HttpVerdict verdict, const sdk::Wire& answer) {
    const auto reason = std::string(kStageNames[static_cast<int>(state_.stage)]) + "_" + http_reason(answer.status);
    return verdict == HttpVerdict::retry ? later(reason) : refuse(reason);
  }

  Step go(Stage next) {
    state_.stage = next;
    if (next == Stage::errand) state_ = errand();
    return perform();
  }
  Step act(Action action) const { return {std::move(action), state_.text(), {}}; }
  Step later(std::string reason) const { return {Action::retry(std::move(reason)), state_.text(), {}}; }
  // The state stays: an operator may take the dead letter up again where it stopped.
  Step refuse(std::string reason) const { return {Action::rejected(std::move(reason)), state_.text(), {}}; }
  Step done(std::string reference) const { return {Action::delivered(std::move(reference)), {}, {}}; }

  const CaseConfig& config_;
  const json::object& exchange_;
  State state_;
  std::string number_;
};

}  // namespace

sdk::Result<Step> deliver(const CaseConfig& config, const json::object& exchange, std::string_view state, Event event,
                          const sdk::Wire& wire) {
  Delivery delivery(config, exchange, State::read(state));
  switch (event) {
    case Event::started:
    case Event::resumed:
      return delivery.enter();
    case Event::timed_out:
      return delivery.timed_out();
    case Event::http_response:
      return delivery.answered(wire);
    case Event::file:
      break;
  }
  return sdk::Error{HUB_UNSUPPORTED, "event", "this conversation takes no such event"};
}

sdk::Result<Step> recall(const CaseConfig& config, const json::object& exchange, Event event, const sdk::Wire& wire) {
  switch (event) {
    case Event::started:
    case Event::resumed:
      return Step{
          Action::http("POST", config.recalls_path, std::string(kJsonHeaders), recall_body(exchange)), "{}", {}};
    case Event::timed_out:
      return Step{Action::retry("timed_out"), "{}", {}};
    case Event::http_response: {
      const auto verdict = verdict_of(wire.status);
      // 409: it was recalled already.
      if (verdict == HttpVerdict::accepted || wire.status == 409) return Step{Action::delivered("recalled"), {}, {}};
      if (verdict == HttpVerdict::retry) return Step{Action::retry("recall_" + http_reason(wire.status)), "{}", {}};
      return Step{Action::rejected("recall_" + http_reason(wire.status)), "{}", {}};
    }
    case Event::file:
      break;
  }
  return sdk::Error{HUB_UNSUPPORTED, "event", "this conversation takes no such event"};
}

}  // namespace samband::municipal
