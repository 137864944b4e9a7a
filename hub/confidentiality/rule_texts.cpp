#include "confidentiality/rule_texts.hpp"

#include "model/vocabulary.hpp"

namespace samband {
namespace {

std::optional<int> small_number(std::string_view digits) {
  if (digits.empty() || digits.size() > 3) return std::nullopt;
  int value = 0;
  for (const char c : digits) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + (c - '0');
  }
  return value <= 200 ? std::optional(value) : std::nullopt;
}

std::optional<Condition> age_condition(std::string_view text) {
  Condition out{.type = Condition::Type::person_age, .code = {}, .codes = {}};
  const auto rest = text.substr(3);
  if (rest.starts_with(">=")) {
    const auto age = small_number(rest.substr(2));
    if (!age) return std::nullopt;
    out.age_min = *age;
  } else if (rest.starts_with("<")) {
    const bool assumed = rest == "<18_or_assumed";
    const auto age = assumed ? 18 : small_number(rest.substr(1));
    if (!age || *age == 0) return std::nullopt;
    out.age_max = *age - 1;
    if (assumed) out.code = "assumed_under_18";
  } else if (rest.starts_with(" ")) {
    const auto dash = rest.find('-');
    if (dash == std::string_view::npos) return std::nullopt;
    const auto low = small_number(rest.substr(1, dash - 1)), high = small_number(rest.substr(dash + 1));
    if (!low || !high || *low > *high) return std::nullopt;
    out.age_min = *low;
    out.age_max = *high;
  } else {
    return std::nullopt;
  }
  return out;
}

}  // namespace

std::optional<Condition> parse_condition(std::string_view text) {
  using Type = Condition::Type;
  const auto simple = [](Type type, bool expected = true) {
    return Condition{.type = type, .code = {}, .codes = {}, .expected = expected};
  };
  if (text == "consent") return simple(Type::consent);
  if (text == "agreement") return simple(Type::agreement);
  if (text == "emergency") return simple(Type::emergency);
  if (text == "protected") return simple(Type::protected_identity);
  if (text == "not_protected") return simple(Type::protected_identity, false);
  if (text.starts_with("age")) return age_condition(text);
  if (text.starts_with("fact:") || text.starts_with("not_fact:")) {
    auto out = simple(Type::fact, text.starts_with("fact:"));
    out.code = text.substr(text.find(':') + 1);
    if (!contains(fact_codes(), out.code)) return std::nullopt;
    return out;
  }
  if (text.starts_with("any_fact:")) {
    auto out = simple(Type::fact_or);
    for (auto rest = text.substr(9);;) {
      const auto bar = rest.find('|');
      const auto code = rest.substr(0, bar);
      if (!contains(fact_codes(), code)) return std::nullopt;
      out.codes.emplace_back(code);
      if (bar == std::string_view::npos) return out;
      rest.remove_prefix(bar + 1);
    }
  }
  return std::nullopt;
}

std::string text_of(const Condition& condition) {
  using Type = Condition::Type;
  switch (condition.type) {
    case Type::fact:
      return (condition.expected ? "fact:" : "not_fact:") + condition.code;
    case Type::fact_or: {
      std::string out = "any_fact:";
      for (const auto& code : condition.codes) out += (out.back() == ':' ? "" : "|") + code;
      return out;
    }
    case Type::person_age: {
      const std::string low = std::to_string(condition.age_min), high = std::to_string(condition.age_max);
      const std::string assumed = condition.code.empty() ? "" : "_or_assumed";
      if (condition.age_min == 0) return "age<" + std::to_string(condition.age_max + 1) + assumed;
      return (condition.age_max >= 200 ? "age>=" + low : "age " + low + "-" + high) + assumed;
    }
    case Type::agreement:
      return "agreement";
    case Type::emergency:
      return "emergency";
    case Type::protected_identity:
      return condition.expected ? "protected" : "not_protected";
    case Type::consent:
      return "consent";
  }
  return "condition";
}

std::optional<std::chrono::minutes> parse_ttl(std::string_view text) {
  const auto space = text.find(' ');
  const auto number = small_number(text.substr(0, space));
  if (!number || *number == 0 || space == std::string_view::npos) return std::nullopt;
  const auto unit = text.substr(space + 1);
  if (unit == "minutes" || (unit == "minute" && *number == 1)) return std::chrono::minutes{*number};
  if (unit == "hours" || (unit == "hour" && *number == 1)) return std::chrono::hours{*number};
  return std::nullopt;
}

}  // namespace samband
