// samband-verify: checks the hub's log, receipts and reports offline, and logs of others in the same public formats.
#include <unistd.h>

#include <cstdlib>
#include <exception>
#include <iostream>

#include "verify/program.hpp"

int main(int argc, char** argv) {
  std::string lang;
  for (const char* name : {"LC_ALL", "LC_MESSAGES", "LANG"})
    if (const char* value = std::getenv(name); lang.empty() && value != nullptr) lang = value;
  try {
    return samband::verify::run({argv + 1, argv + argc}, {std::cout, std::cerr, lang, ::isatty(STDERR_FILENO) == 1});
  } catch (const std::exception& e) {
    std::cerr << "samband-verify: internal error: " << e.what() << "\n";
    return 2;
  }
}
