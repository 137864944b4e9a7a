// The decision's own cost: 30 fields, two persons, 200 rules, with explanation. `./dev bench policy` runs it and puts
// other engines beside it on the same pairs (policy_peers.mjs). Prints one JSON object; figures in microseconds.
#include <algorithm>
#include <ctime>
#include <iostream>

#include "confidentiality/field_judge.hpp"
#include "support.hpp"

namespace {

using namespace samband;
using samband::testing::World;

// Processor time of this thread, in microseconds: other work on the machine does not count.
double now_us() {
  timespec spent{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &spent);
  return static_cast<double>(spent.tv_sec) * 1e6 + static_cast<double>(spent.tv_nsec) / 1e3;
}

// The shipped rules, and the same again for other kinds of messages until there are 200.
std::shared_ptr<const RuleSet> two_hundred_rules() {
  auto set = std::make_shared<RuleSet>(*samband::testing::shipped_rules());
  const auto shipped = set->rules;
  for (std::size_t i = 0; set->rules.size() < 200; ++i) {
    Rule rule = shipped[i % shipped.size()];
    rule.id += "-" + std::to_string(i / shipped.size() + 2);
    for (auto& kind : rule.kinds) {
      const auto place = static_cast<std::size_t>(code_index(message_kinds(), kind) + 1);
      kind = message_kinds()[(place + i / shipped.size()) % message_kinds().size()];
    }
    set->rules.push_back(std::move(rule));
  }
  set->build_index();
  return set;
}

World exchange() {
  World w("police", "social_board", "police.suspicion", "youth_offence_notice");
  w.person("subject", 16);
  w.person("guardian", 45);
  const char* categories[] = {"identity", "address",   "contact",   "home_area", "family",
                              "event",    "suspicion", "mediation", "custody",   "misuse"};
  for (std::size_t i = 0; i < 30; ++i) {
    w.field(categories[i % 10], {i % 3 == 0 ? "p2" : "p1"});
    w.fields.back().pointer = "/payload/some/where/" + std::to_string(i);
  }
  w.fact("reasonable_suspicion", true, "p1", "").fact("prison_in_scale", true, "p1", "");
  w.nearest_change = false;
  return w;
}

json::object spread(std::vector<double> us) {
  std::sort(us.begin(), us.end());
  const auto at = [&](double share) {
    return us[static_cast<std::size_t>(share * static_cast<double>(us.size() - 1))];
  };
  return {{"p50", at(0.5)}, {"p99", at(0.99)}};
}

template <class Work>
json::object timed(int times, Work work) {
  std::vector<double> us;
  us.reserve(static_cast<std::size_t>(times));
  std::size_t kept = 0;
  for (int i = 0; i < times; ++i) {
    const auto start = now_us();
    kept += work();
    us.push_back(now_us() - start);
  }
  auto out = spread(std::move(us));
  out["kept"] = kept;  // so that no compiler drops the work
  return out;
}

int measure() {
  const auto rules = two_hundred_rules();
  const auto w = exchange();
  const auto request = w.request();
  auto held = w;  // the facts are missing, a document waits: everything has something that would change it
  held.facts.clear();
  held.fields.clear();
  for (int i = 0; i < 30; ++i) held.field(i % 2 == 0 ? "identity" : "misuse", {i % 3 == 0 ? "p2" : "p1"});
  const auto plain = held.request();
  auto asked = plain;
  asked.nearest_change = true;
  if (DecisionMaker::decide(request, *rules).outcome() != Outcome::released) return 1;

  json::object out{{"rules", rules->rules.size()}, {"fields", request.fields.size()}};
  // The decision carries its explanation as values: per field outcome, covers, what cleared each, action; duty; rules.
  out["decide"] = timed(20'000, [&] { return DecisionMaker::decide(request, *rules).fields().size(); });
  out["decide_and_json"] =
      timed(5'000, [&] { return explanation(DecisionMaker::decide(request, *rules), *rules).size(); });
  out["decide_and_words"] =
      timed(5'000, [&] { return explain_in_words(DecisionMaker::decide(request, *rules), *rules, "sv").size(); });
  out["held"] = timed(5'000, [&] { return DecisionMaker::decide(plain, *rules).fields().size(); });
  out["held_with_nearest_change"] =
      timed(5'000, [&] { return DecisionMaker::decide(asked, *rules).nearest_change().size(); });

  // One cover check: many judgements of fields with known covers, divided by the number of pairs.
  const Situation situation(request, *rules, *rules->index);
  const FieldJudge judge(situation);
  const int suspicion = code_index(data_categories(), "suspicion"), misuse = code_index(data_categories(), "misuse");
  std::vector<double> each;
  for (int run = 0; run < 200; ++run) {
    std::size_t pairs = 0;
    const auto start = now_us();
    for (int i = 0; i < 500; ++i) pairs += judge.check(suspicion, 0) + judge.check(misuse, 0);
    each.push_back((now_us() - start) / static_cast<double>(pairs));
  }
  out["cover_check"] = spread(std::move(each));
  std::cout << json::serialize(out) << "\n";
  return 0;
}

}  // namespace

int main() { return measure(); }
