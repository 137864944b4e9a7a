#include "verify/outcome.hpp"

#include "verify/text.hpp"

namespace samband::verify {

void Outcome::fact(std::string key, Words label, const std::string& text) {
  fact(std::move(key), std::move(label), Words{text, text});
}

void Outcome::fact(std::string key, Words label, Words text) {
  std::string json = json_quoted(text.en);
  facts.push_back({std::move(key), std::move(label), std::move(text), std::move(json)});
}

void Outcome::number(std::string key, Words label, std::uint64_t value) {
  const std::string text = std::to_string(value);
  facts.push_back({std::move(key), std::move(label), {text, text}, text});
}

}  // namespace samband::verify
