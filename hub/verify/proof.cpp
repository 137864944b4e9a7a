#include "verify/proof.hpp"

#include "verify/text.hpp"

namespace samband::verify {
namespace {

constexpr std::string_view kHeader = "c2sp.org/tlog-proof@v1\n";
constexpr std::size_t kSizeMax = 4 << 20, kHashesMax = 63;

}  // namespace

Result<Proof> parse_proof(std::string_view text, const std::string& where) {
  if (text.size() > kSizeMax) return unusable(where, {"is too long for a receipt", "är för lång för ett kvitto"});
  if (!text.starts_with(kHeader))
    return unusable(where, {"is no receipt: the first line must be c2sp.org/tlog-proof@v1",
                            "är inget kvitto: första raden ska vara c2sp.org/tlog-proof@v1"});
  text.remove_prefix(kHeader.size());
  Proof proof;
  auto line = take_line(text);
  if (line && line->starts_with("extra ")) {
    proof.extra = from_base64(line->substr(6));
    if (!proof.extra)
      return invalid(where, {"has an extra line that is not base64", "har en extra-rad som inte är base64"});
    line = take_line(text);
  }
  const auto index = line && line->starts_with("index ") ? parse_number(line->substr(6)) : std::nullopt;
  if (!index) return invalid(where, {"has no index line", "saknar en index-rad"});
  proof.index = *index;
  for (;;) {
    line = take_line(text);
    if (!line) return invalid(where, {"ends before the checkpoint", "slutar före kontrollpunkten"});
    if (line->empty()) break;
    const auto bytes = from_base64(*line);
    const auto hash = bytes ? to_hash(*bytes) : std::nullopt;
    if (!hash || proof.hashes.size() == kHashesMax)
      return invalid(where, {"has a malformed proof", "har ett felskrivet bevis"});
    proof.hashes.push_back(*hash);
  }
  proof.checkpoint = std::string(text);
  return proof;
}

}  // namespace samband::verify
