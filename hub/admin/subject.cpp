#include "admin/subject.hpp"

#include "identity/personal_number.hpp"
#include "intake/intake.hpp"

namespace samband {

Result<std::string> subject_of(const KeyStore& keys, const json::object& body, Date today) {
  const json::value* subject = body.if_contains("subject");
  if (!subject || !subject->is_object()) return fail(Errc::invalid_input, "/subject", "must be an object");
  const json::object& o = subject->get_object();
  if (const std::string_view text = string_at(o, "personalNumber"); !text.empty()) {
    auto number = parse_personal_number(text, today);
    if (!number) return fail(Errc::invalid_input, "/subject/personalNumber", number.error().message);
    return keys.subject_ref(number->digits);
  }
  if (string_at(o, "givenName").empty() && string_at(o, "familyName").empty())
    return fail(Errc::invalid_input, "/subject", "names nobody: personalNumber, or givenName and familyName");
  const json::value data = json::object{{"persons", json::array{*subject}}};
  return subject_reference(keys, Person{}, data, 0);
}

}  // namespace samband
