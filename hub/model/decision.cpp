#include "model/decision.hpp"

#include <algorithm>

namespace samband {
namespace {

// Length first, so that no text can pretend to be two.
void append_part(std::string& out, std::string_view text) {
  out += std::to_string(text.size());
  out += ':';
  out += text;
  out += ' ';
}

void append_sorted(std::string& out, std::string_view name, std::vector<std::string> codes) {
  std::sort(codes.begin(), codes.end());
  codes.erase(std::unique(codes.begin(), codes.end()), codes.end());
  out += name;
  out += '=';
  for (const auto& code : codes) append_part(out, code);
  out += '\n';
}

}  // namespace

// Names everything that decides which bytes leave and on which ground, and nothing that varies without meaning: the
// order of lists, the clock of a duty, withheld fields, and the grounds that would have helped. A hold is a question to
// the sender: another question is another hold, else the record would go on asking what has been answered.
std::string Decision::fingerprint() const {
  std::string out = "outcome=";
  out += to_string(outcome_);
  out += '\n';
  std::vector<std::string> released;
  for (const auto& field : fields_) {
    if (field.outcome != FieldOutcome::release) continue;
    std::string line;
    append_part(line, field.field.pointer);
    append_part(line, field.action);
    released.push_back(std::move(line));
  }
  append_sorted(out, "released", std::move(released));
  append_sorted(out, "rules", rules_);
  append_sorted(out, "consents", consents_);
  append_sorted(out, "obligations", obligations_);
  if (ttl_.count() != 0) out += "ttl=" + std::to_string(ttl_.count()) + '\n';
  if (outcome_ == Outcome::held) append_sorted(out, "missing", missing_);
  return out;
}

}  // namespace samband
