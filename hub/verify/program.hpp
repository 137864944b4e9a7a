// The program `samband-verify` as a function: what main and the tests call.
#pragma once
#include <iosfwd>
#include <string>
#include <vector>

namespace samband::verify {

struct Surroundings {
  std::ostream& out;
  std::ostream& err;
  std::string lang;       // of the environment: "sv_SE.UTF-8"
  bool terminal = false;  // progress may be shown on `err`
};

// Answers the exit code: 0 valid, 1 invalid, 2 unusable input or wrong use.
int run(const std::vector<std::string>& arguments, const Surroundings&);

}  // namespace samband::verify
