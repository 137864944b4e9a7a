// samband-policy-proof domain [--whole] [--jobs N]   the engine against the naive reference, cell by cell; every rule,
//                                                    provision and cut point must have been met, or it fails by name
// samband-policy-proof cases N [--seed S]            JSON Lines for Cedar (cedar.py)
// Exit code 0 when everything agrees and is covered, 1 when not, 2 for wrong use.
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <iostream>
#include <mutex>
#include <random>
#include <thread>

#include "cedar_cases.hpp"
#include "coverage.hpp"
#include "domain.hpp"

namespace {

using namespace samband;

int domain(proof::Extent extent, int jobs) {
  const auto rules = samband::testing::narrow_rules();
  const auto start = std::chrono::steady_clock::now();
  const proof::Domain domain(*rules);
  proof::Coverage coverage(*rules);
  proof::Size size;
  std::uint64_t wrong = 0;
  std::atomic<std::size_t> next = 0;
  std::mutex mutex;
  const auto work = [&] {
    proof::Coverage own(*rules);
    proof::Size visited;
    const auto visit = [&](const samband::testing::World& w, const RuleSet& set, const Rule* about) {
      const auto request = w.request();
      const auto decision = DecisionMaker::decide(request, set);
      own.see(w, set, about, samband::testing::Reference{request, set}, decision);
      const auto difference = samband::testing::disagreement(request, set, decision);
      if (difference.empty()) return;
      const std::lock_guard lock(mutex);
      if (++wrong <= 10)
        std::cout << "DISAGREE " << w.holder.actor_type << " -> " << w.recipient.actor_type << " " << w.kind << " "
                  << w.purpose << ": " << difference << "\n";
    };
    for (auto plot = next++; plot < domain.plots(extent); plot = next++) visited.add(domain.walk(plot, extent, visit));
    const std::lock_guard lock(mutex);
    coverage.merge(own);
    size.add(visited);
  };
  std::vector<std::thread> threads;
  for (int i = 1; i < jobs; ++i) threads.emplace_back(work);
  work();
  for (auto& thread : threads) thread.join();
  const auto missing = coverage.missing(), stale = coverage.stale();
  for (const auto& what : missing) std::cout << "NOT COVERED " << what << "\n";
  for (const auto& what : stale) std::cout << "COVERED AFTER ALL " << what << "\n";
  const std::chrono::duration<double> spent = std::chrono::steady_clock::now() - start;
  std::cout << "domain: " << size.cells << " cells in " << size.requests << " requests, "
            << (extent == proof::Extent::whole ? "the whole domain" : "the part for every run") << "; "
            << domain.neighbourhoods() << " neighbourhoods of " << domain.flows() << " flows; " << coverage.met()
            << " of " << coverage.needed() << " things to meet met; " << wrong << " disagreements; " << spent.count()
            << " s\n";
  return wrong == 0 && missing.empty() && stale.empty() ? 0 : 1;
}

int usage() {
  std::cerr << "samband-policy-proof domain [--whole] [--jobs N] | cases N [--seed S]\n";
  return 2;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return usage();
  const std::string what = argv[1];
  auto extent = proof::Extent::test;
  int jobs = 1, i = 2;
  std::uint64_t cases = 0, seed = std::random_device{}();
  if (const char* given = std::getenv("SAMBAND_SEED")) seed = std::strtoull(given, nullptr, 10);
  if (what == "cases" && argc > 2) cases = std::strtoull(argv[i++], nullptr, 10);
  for (; i < argc; ++i) {
    const std::string option = argv[i];
    if (option == "--whole" && what == "domain") {
      extent = proof::Extent::whole;
    } else if (option == "--jobs" && what == "domain" && i + 1 < argc) {
      jobs = static_cast<int>(std::strtol(argv[++i], nullptr, 10));
    } else if (option == "--seed" && what == "cases" && i + 1 < argc) {
      seed = std::strtoull(argv[++i], nullptr, 10);
    } else {
      return usage();
    }
  }
  if (what == "domain" && jobs > 0 && jobs <= 64) return domain(extent, jobs);
  if (what != "cases" || cases == 0) return usage();
  proof::write_cedar_cases(cases, seed, std::cout);
  return 0;
}
