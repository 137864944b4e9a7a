// samband-policy-proof domain [--cells N] [--part I/N] [--seed S]   the engine against the naive reference, cell by
// cell samband-policy-proof cases N [--seed S]                           JSON Lines for Cedar (cedar.py) Exit code 0
// when everything agrees, 1 when not, 2 for wrong use.
#include <chrono>
#include <cstring>
#include <iostream>
#include <random>

#include "cedar_cases.hpp"
#include "domain.hpp"
#include "reference.hpp"

namespace {

using namespace samband;

int domain(const proof::Tour& tour) {
  const auto rules = samband::testing::shipped_rules();
  std::uint64_t wrong = 0;
  const auto start = std::chrono::steady_clock::now();
  const auto size = proof::walk(*rules, tour, [&](const samband::testing::World& w) {
    const auto request = w.request();
    const auto difference = samband::testing::disagreement(request, *rules, DecisionMaker::decide(request, *rules));
    if (difference.empty() || ++wrong > 10) return;
    std::cout << "DISAGREE " << w.holder.actor_type << " -> " << w.recipient.actor_type << " " << w.kind << " "
              << w.purpose << ": " << difference << "\n";
  });
  const std::chrono::duration<double> spent = std::chrono::steady_clock::now() - start;
  std::cout << "domain: " << size.cells << " cells in " << size.requests << " of " << size.requests_all << " requests, "
            << size.flows << " flows, seed " << tour.seed << ", part " << tour.part + 1 << "/" << tour.parts << ", "
            << wrong << " disagreements, " << spent.count() << " s\n";
  return wrong == 0 && size.cells > 0 ? 0 : 1;
}

int usage() {
  std::cerr << "samband-policy-proof domain [--cells N] [--part I/N] [--seed S] | cases N [--seed S]\n";
  return 2;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return usage();
  const std::string what = argv[1];
  proof::Tour tour;
  tour.seed = std::random_device{}();
  if (const char* given = std::getenv("SAMBAND_SEED")) tour.seed = std::strtoull(given, nullptr, 10);
  std::uint64_t cases = 0;
  int i = 2;
  if (what == "cases" && argc > 2) cases = std::strtoull(argv[i++], nullptr, 10);
  for (; i + 1 < argc; i += 2) {
    const std::string option = argv[i];
    if (option == "--cells") {
      tour.cells_max = std::strtoull(argv[i + 1], nullptr, 10);
    } else if (option == "--seed") {
      tour.seed = std::strtoull(argv[i + 1], nullptr, 10);
    } else if (option == "--part") {
      char* rest = nullptr;
      tour.part = static_cast<int>(std::strtol(argv[i + 1], &rest, 10)) - 1;
      tour.parts = *rest == '/' ? static_cast<int>(std::strtol(rest + 1, nullptr, 10)) : 0;
      if (tour.part < 0 || tour.part >= tour.parts) return usage();
    } else {
      return usage();
    }
  }
  if (i != argc) return usage();
  if (what == "domain") return domain(tour);
  if (what != "cases" || cases == 0) return usage();
  proof::write_cedar_cases(cases, tour.seed, std::cout);
  return 0;
}
