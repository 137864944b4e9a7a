// C2SP tlog-proof@v1: the text of a receipt. Pure, thread-safe.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "verify/merkle.hpp"
#include "verify/outcome.hpp"

namespace samband::verify {

struct Proof {
  std::optional<std::string> extra;
  std::uint64_t index = 0;
  std::vector<Hash> hashes;
  std::string checkpoint;
};
Result<Proof> parse_proof(std::string_view, const std::string& where);

}  // namespace samband::verify
