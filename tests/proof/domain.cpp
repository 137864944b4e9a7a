#include "domain.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <set>

namespace samband::proof {
namespace {

using namespace std::chrono_literals;
using testing::World;
using Strings = std::vector<std::string>;

bool names(const Strings& list, std::string_view item) {
  return std::any_of(list.begin(), list.end(), [&](const auto& each) { return each == item || each == "*"; });
}

// One code of every class; `signature` says what the rule set makes of a code.
template <class Signature>
Strings classes(std::span<const std::string_view> codes, Signature signature) {
  std::map<std::string, std::string> by_signature;
  for (const auto code : codes) by_signature.try_emplace(signature(std::string(code)), code);
  Strings out;
  for (auto& [key, code] : by_signature) out.push_back(code);
  std::sort(out.begin(), out.end());
  return out;
}

template <class Items, class Member>
std::string membership(const Items& items, Member member, const std::string& code) {
  std::string out;
  for (const auto& item : items) out += names(member(item), code) ? '1' : '0';
  return out + ' ';
}

struct Flow {
  std::string holder, recipient, kind, purpose;
  Initiative initiative = Initiative::own;
};

bool speaks_of(const Rule& r, const Flow& f) {
  return names(r.from, f.holder) && names(r.to, f.recipient) && names(r.kinds, f.kind) &&
         names(r.purposes, f.purpose) && names(r.initiative, to_string(f.initiative));
}

// When the decision is made and when the subject was born.
struct Age {
  Time now;
  std::optional<Date> born;
};

std::vector<Age> ages(const std::set<int>& cuts) {
  const Time noon = testing::at("2026-11-22T11:00:00Z");
  std::vector<Age> out{{noon, std::nullopt}, {noon, testing::day("1986-01-01")}, {noon, testing::day("2017-01-01")}};
  for (const int cut : cuts) {
    for (const char* birthday : {"11-22", "11-23"})  // that many years old today; a day short of it
      out.push_back({noon, testing::day(std::to_string(2026 - cut) + "-" + birthday)});
    // 29 February: grows older at the midnight in Stockholm that begins 1 March.
    for (int year = 2026; year <= 2027; ++year) {
      const Date born{std::chrono::year{year - cut}, std::chrono::February, std::chrono::day{29}};
      if (!born.ok()) continue;
      out.push_back({testing::at(std::to_string(year) + "-02-28T22:59:59.999Z"), born});
      out.push_back({testing::at(std::to_string(year) + "-02-28T23:00:00Z"), born});
    }
  }
  return out;
}

enum class Given {
  none,
  self,
  self_assessed,
  both_guardians,
  both_harm,
  both_unknown,
  with_child,
  one_guardian,
  one_sole,
  one_not_sole,
  revoked,
  expired,
  not_begun,
  other_recipient,
  other_holder,
  agreement,
  agreement_ended,
  kLast
};

void add_consent(World& w, Given given) {
  if (given == Given::none) return;
  Strings categories;
  for (const auto category : data_categories()) categories.emplace_back(category);
  const auto child = [&](const char* giver) {
    for (const auto& p : w.persons)
      w.consent(p.ref, categories, p.ref == "p1" ? giver : "self").maturity_assessor = "eva";
  };
  const bool guardians = given >= Given::both_guardians && given <= Given::one_not_sole;
  child(!guardians                     ? "self"
        : given == Given::with_child   ? "both_guardians_and_child"
        : given >= Given::one_guardian ? "guardian"
                                       : "both_guardians");
  for (auto& c : w.consents) {
    if (given == Given::self) c.maturity_assessor.clear();
    if (given == Given::revoked) c.revoked_at = w.now;
    if (given == Given::expired) c.valid_to = w.now;
    if (given == Given::not_begun) c.valid_from = w.now + 1ms;
    if (given == Given::other_recipient) c.recipients = {"other"};
    if (given == Given::other_holder) c.holder = "other";
    if (given == Given::agreement || given == Given::agreement_ended) c.agreement = "sig";
  }
  if (guardians && given != Given::both_unknown) w.fact("guardian_harm", given == Given::both_harm, "p1");
  if (given == Given::one_sole || given == Given::one_not_sole) w.fact("sole_custody", given == Given::one_sole, "p1");
}

// A number in mixed radix: one value of each dimension.
class Dimensions {
 public:
  explicit Dimensions(std::vector<std::uint64_t> sizes) : sizes_(std::move(sizes)) {}
  std::uint64_t total() const {
    std::uint64_t out = 1;
    for (const auto size : sizes_) out *= size;
    return out;
  }
  std::vector<std::size_t> at(std::uint64_t number) const {
    std::vector<std::size_t> out;
    for (const auto size : sizes_) {
      out.push_back(number % size);
      number /= size;
    }
    return out;
  }

 private:
  std::vector<std::uint64_t> sizes_;
};

// Harm test and release of a document: 0 unanswered, 1 yes, 2 no.
constexpr std::array<std::pair<std::size_t, std::size_t>, 6> kAnswered{
    {{0, 0}, {1, 1}, {0, 1}, {1, 0}, {2, 1}, {1, 2}}};
constexpr std::array kConsentsOfTheGuarded{Given::none, Given::self_assessed, Given::both_guardians, Given::revoked};

// Everything about one flow that its rules and provisions can tell apart.
class FlowDomain {
 public:
  FlowDomain(const RuleSet& set, Flow flow) : set_(set), flow_(std::move(flow)) {
    std::vector<const Rule*> rules;
    for (const auto& r : set.rules)
      if (speaks_of(r, flow_)) rules.push_back(&r);
    known_ = !rules.empty();
    bool emergency = false, agreement = false;
    std::set<int> cuts;
    std::set<std::string> facts;
    for (const auto* r : rules)
      for (const auto& c : r->conditions) {
        if (c.type == Condition::Type::person_age && c.age_min > 0) cuts.insert(c.age_min);
        if (c.type == Condition::Type::person_age && c.age_max < 200) cuts.insert(c.age_max + 1);
        emergency = emergency || c.type == Condition::Type::emergency;
        agreement = agreement || c.type == Condition::Type::agreement;
        consent_ = consent_ || c.type == Condition::Type::consent;
        if (!c.code.empty()) facts.insert(c.code);
        facts.insert(c.codes.begin(), c.codes.end());
      }
    if (names(set.gate.recipients, flow_.recipient)) facts.insert("recipient_reservation");
    for (const auto* own :
         {"harm_test_clear", "location_release", "document_released", "guardian_harm", "sole_custody"})
      facts.erase(own);  // dimensions of their own
    facts_.assign(facts.begin(), facts.end());
    if (consent_) cuts.insert({15, 18});
    ages_ = ages(cuts);
    const std::vector<const Provision*> provisions = [&] {
      std::vector<const Provision*> out;
      for (const auto& p : set.provisions)
        if (names(p.holders, flow_.holder)) out.push_back(&p);
      return out;
    }();
    const Purpose* purpose = set.purpose(flow_.purpose);
    categories_ = classes(data_categories(), [&](const std::string& c) {
      const bool special =
          c == "envelope" || c == "official" || c == "document" || c == "protection" || c == "identity";
      return membership(
                 provisions, [](auto* p) { return p->categories; }, c) +
             membership(
                 rules, [](auto* r) { return r->categories; }, c) +
             membership(
                 set.no_secrecy, [](auto& n) { return n.categories; }, c) +
             (purpose != nullptr && names(purpose->needs, c) ? "needed" : "") + (special ? c : "");
    });
    roles_ = classes(person_roles(), [&](const std::string& role) {
      return membership(
                 provisions, [](auto* p) { return p->persons; }, role) +
             membership(
                 rules, [](auto* r) { return r->persons; }, role) +
             (role == "subject" || role == "tenant" ? "whom the message is about" : "");
    });
    std::erase_if(roles_, [](const auto& role) { return role == "subject" || role == "tenant"; });
    // Two slices. Protection and restriction stand beside the rules (each must allow on its own), so they meet every
    // fact, but not every age and form of consent.
    const std::uint64_t consents = consent_ ? static_cast<std::uint64_t>(Given::kLast) : 1;
    std::vector<std::uint64_t> open{ages_.size(), 1, 1, kAnswered.size(), consents};
    std::vector<std::uint64_t> guarded{3, 6, 2, 2, consent_ ? kConsentsOfTheGuarded.size() : 1};
    for (auto* sizes : {&open, &guarded}) {
      sizes->push_back(agreement ? 3 : 1);
      sizes->push_back(emergency ? 3 : 1);
      for (std::size_t i = 0; i < facts_.size(); ++i) sizes->push_back(3);
    }
    // A restricted recipient changes nothing for those who are not protected.
    open[2] = 2;
    open_ = Dimensions(known_ ? std::move(open) : std::vector<std::uint64_t>{1, 2, 2});
    guarded_ = Dimensions(known_ ? std::move(guarded) : std::vector<std::uint64_t>{0});
  }
  bool known() const { return known_; }
  std::uint64_t requests() const { return open_.total() + guarded_.total(); }

  World request(std::uint64_t number) const {
    const bool guarded = number >= open_.total();
    const auto value = guarded ? guarded_.at(number - open_.total()) : open_.at(number);
    World w(flow_.holder, flow_.recipient, flow_.kind, flow_.purpose);
    w.initiative = flow_.initiative;
    w.nearest_change = false;
    const auto& age = ages_[known_ ? value[0] : 1];
    w.now = age.now;
    w.person("subject", -1).birth_date = age.born;
    for (const auto& role : roles_) w.person(role, 40);
    if (!known_) {
      everything(w);
      if (value[1] == 1) w.persons[0].protection = Protection::protected_registration;
      w.restricted = value[2] == 1;
    } else {
      vary(w, value, guarded);
    }
    for (const auto& category : categories_) {
      w.field(category, {});
      for (const auto& p : w.persons) w.field(category, {p.ref});
    }
    w.field("identity", {"p1"});
    w.fields.back().pointer = "/persons/0/personalNumber";
    return w;
  }

 private:
  static void answer(World& w, const std::string& code, std::size_t what, bool each) {
    if (what == 0) return;
    w.fact(code, what == 1);
    if (each)
      for (const auto& p : w.persons) w.fact(code, what == 1, p.ref);
  }
  // Where no rule speaks of the flow, nothing may open it.
  void everything(World& w) const {
    for (const auto code : fact_codes()) answer(w, std::string(code), code == "guardian_harm" ? 2 : 1, true);
    add_consent(w, Given::agreement);
    w.agreement();
    w.emergency = true;
  }
  void vary(World& w, const std::vector<std::size_t>& value, bool guarded) const {
    if (guarded) {  // the place unanswered, released or refused
      w.persons[0].protection = value[1] < 3 ? Protection::protected_registration : Protection::fictitious;
      answer(w, "location_release", value[1] % 3, false);
    }
    w.restricted = value[2] == 1;
    const auto [harm, document] = kAnswered[value[3]];
    answer(w, "harm_test_clear", harm, true);
    // No category is both a document and under a test of its own, so one dimension serves both.
    answer(w, "document_released", document, false);
    for (const auto& p : set_.provisions)
      if (!p.own_test.empty() && !names(facts_, p.own_test)) answer(w, p.own_test, document, false);
    if (consent_) {
      const auto given = guarded ? kConsentsOfTheGuarded[value[4]] : static_cast<Given>(value[4]);
      add_consent(w, given);
      if (value[5] == 0 && given == Given::agreement) w.agreement("2026-01-01", "2027-12-31");
      if (value[5] == 0 && given == Given::agreement_ended) w.agreement("2026-01-01", "2026-01-02");
    }
    if (value[5] > 0) w.agreement("2026-01-01", value[5] == 1 ? "2027-12-31" : "2026-01-02");
    if (value[6] > 0) {
      w.emergency = true;
      w.emergency_since = value[6] == 1 ? w.now : w.now - 240h;
    }
    for (std::size_t i = 0; i < facts_.size(); ++i) answer(w, facts_[i], value[7 + i], false);
  }

  const RuleSet& set_;
  Flow flow_;
  bool known_ = false, consent_ = false;
  Strings facts_, categories_, roles_;
  std::vector<Age> ages_;
  Dimensions open_{{}}, guarded_{{}};
};

std::vector<Flow> flows(const RuleSet& set) {
  const auto holders = classes(actor_types(), [&](const std::string& code) {
    return membership(
               set.provisions, [](auto& p) { return p.holders; }, code) +
           membership(
               set.no_secrecy, [](auto& n) { return n.holders; }, code) +
           membership(set.rules, [](auto& r) { return r.from; }, code);
  });
  const auto recipients = classes(actor_types(), [&](const std::string& code) {
    return membership(set.rules, [](auto& r) { return r.to; }, code) + (names(set.gate.recipients, code) ? "gate" : "");
  });
  const auto kinds = classes(message_kinds(), [&](const std::string& code) {
    return membership(set.rules, [](auto& r) { return r.kinds; }, code);
  });
  const auto whys = classes(purposes(), [&](const std::string& code) {
    const auto* purpose = set.purpose(code);
    std::string needs;
    if (purpose != nullptr)
      for (const auto* list : {&purpose->needs, &purpose->except}) {
        auto sorted = *list;
        std::sort(sorted.begin(), sorted.end());
        for (const auto& each : sorted) needs += each + ",";
        needs += ";";
      }
    return needs + membership(set.rules, [](auto& r) { return r.purposes; }, code);
  });
  std::vector<Flow> out;
  for (const auto& holder : holders)
    for (const auto& recipient : recipients)
      for (const auto& kind : kinds)
        for (const auto& why : whys)
          for (const auto initiative : {Initiative::own, Initiative::request})
            out.push_back({holder, recipient, kind, why, initiative});
  return out;
}

}  // namespace

Size walk(const RuleSet& set, const Tour& tour, const std::function<void(const World&)>& visit) {
  Size size;
  std::vector<FlowDomain> domains;
  std::uint64_t cells_all = 0;
  for (auto& flow : flows(set)) {
    domains.emplace_back(set, std::move(flow));
    size.requests_all += domains.back().requests();
    cells_all += domains.back().requests() * domains.back().request(0).fields.size();
  }
  // An odd step is coprime with most sizes, so that the sample meets every value of every dimension.
  std::uint64_t step = tour.cells_max == 0 || cells_all <= tour.cells_max ? 1 : cells_all / tour.cells_max + 1;
  if (step % 2 == 0) ++step;
  while (step > 1 && (step % 3 == 0 || step % 5 == 0 || step % 7 == 0 || step % 17 == 0)) step += 2;
  std::uint64_t next = tour.seed % step;
  for (std::size_t i = 0; i < domains.size(); ++i) {
    const auto requests = domains[i].requests();
    if (static_cast<int>(i % static_cast<std::size_t>(tour.parts)) == tour.part && next < requests) {
      ++size.flows;
      for (auto number = next; number < requests; number += step) {
        const auto w = domains[i].request(number);
        visit(w);
        ++size.requests;
        size.cells += w.fields.size();
      }
    }
    next = next >= requests ? next - requests : (step - (requests - next) % step) % step;
  }
  return size;
}

}  // namespace samband::proof
