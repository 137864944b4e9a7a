// C2SP tlog-policy: which logs are known, which witnesses, and how many of them must have cosigned a checkpoint.
// Pure, thread-safe.
#pragma once
#include <string>
#include <vector>

#include "verify/note.hpp"

namespace samband::verify {

struct Policy {
  struct Member {  // a witness, or a group of earlier members
    std::string name;
    Key key;  // of a witness
    std::vector<std::size_t> group;
    std::size_t threshold = 0;  // 0 = a witness
  };
  std::vector<Key> logs;
  std::vector<Member> members;
  std::size_t quorum = kNone;
  static constexpr std::size_t kNone = static_cast<std::size_t>(-1);
};
Result<Policy> parse_policy(std::string_view, const std::string& where);

struct Cosigned {
  std::vector<std::string> witnesses;  // names in the policy
  std::uint64_t newest = 0;            // seconds since 1970
};
// Invalid when the quorum is not reached, or a known witness's signature is wrong.
Result<Cosigned> cosigned(const Note&, const Policy&, const std::string& where);

}  // namespace samband::verify
