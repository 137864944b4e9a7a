#include "identity/read_message.hpp"

#include <algorithm>

#include "identity/personal_number.hpp"

namespace samband {
namespace {

constexpr std::size_t kPersonsMax = 64;
constexpr std::size_t kFactsMax = 200;
constexpr std::size_t kWarningsMax = 100;
constexpr std::size_t kIdLengthMax = 200;
constexpr std::size_t kRefLengthMax = 64;

// Reads members and keeps the first error, so that the functions below say what a message is and nothing else.
class Reader {
 public:
  explicit Reader(Date today) : today_(today) {}
  Date today() const { return today_; }
  bool failed() const { return error_.has_value(); }
  const Error& error() const { return *error_; }
  void warn(const char* code, std::string where) {
    warnings_.push_back(json::object{{"code", code}, {"where", std::move(where)}});
  }
  const json::array& warnings() const { return warnings_; }
  void refuse(std::string where, const char* what) {
    if (!error_) error_ = fail(Errc::invalid_input, std::move(where), what);
  }

  // Absent or null reads as "".
  std::string text(const json::object& object, std::string_view key, const std::string& at,
                   std::size_t length_max = kIdLengthMax) {
    const json::value* value = object.if_contains(key);
    if (value == nullptr || value->is_null()) return {};
    if (!value->is_string()) {
      refuse(at + "/" + std::string(key), "expected a string");
      return {};
    }
    const json::string& s = value->get_string();
    if (s.size() > length_max) {
      refuse(at + "/" + std::string(key), "too long");
      return {};
    }
    return std::string(s);
  }
  std::string required_text(const json::object& object, std::string_view key, const std::string& at) {
    std::string value = text(object, key, at);
    if (value.empty()) refuse(at + "/" + std::string(key), "required");
    return value;
  }
  std::string code(const json::object& object, std::string_view key, const std::string& at,
                   std::span<const std::string_view> list, bool required) {
    std::string value = required ? required_text(object, key, at) : text(object, key, at);
    if (!value.empty() && !contains(list, value)) refuse(at + "/" + std::string(key), "unknown code");
    return value;
  }
  std::optional<Time> time(const json::object& object, std::string_view key, const std::string& at) {
    const std::string value = text(object, key, at);
    if (value.empty()) return std::nullopt;
    const auto time = parse_rfc3339(value);
    if (time) return *time;
    refuse(at + "/" + std::string(key), "expected an RFC 3339 time");
    return std::nullopt;
  }
  const json::array* array(const json::object& object, std::string_view key, const std::string& at, std::size_t max) {
    const json::value* value = object.if_contains(key);
    if (value == nullptr || value->is_null()) return nullptr;
    const json::array* array = value->if_array();
    if (array == nullptr) {
      refuse(at + "/" + std::string(key), "expected an array");
    } else if (array->size() > max) {
      refuse(at + "/" + std::string(key), "too many elements");
      array = nullptr;
    }
    return array;
  }

 private:
  Date today_;
  std::optional<Error> error_;
  json::array warnings_;
};

std::string element(const char* list, std::size_t index) { return std::string(list) + "/" + std::to_string(index); }

bool four_digits(std::string_view s) {
  return s.size() == 4 && std::all_of(s.begin(), s.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// A birth date beside a number that says another one: nobody knows which is right, so the age is unknown.
void read_age(Reader& reader, const json::object& in, const std::string& at, Person& person) {
  if (const std::string number = reader.text(in, "personalNumber", at); !number.empty()) {
    auto parsed = parse_personal_number(number, reader.today());
    if (!parsed) return reader.refuse(at + "/personalNumber", parsed.error().message.c_str());
    person.birth_date = parsed->birth_date;
    person.id_number = Redacted<std::string>(std::move(parsed->digits));
  }
  if (const std::string birth = reader.text(in, "birthDate", at); !birth.empty()) {
    const auto date = parse_date(birth);
    if (!date) return reader.refuse(at + "/birthDate", "expected a date");
    if (*date > reader.today()) return reader.refuse(at + "/birthDate", "date is in the future");
    if (person.birth_date && *person.birth_date != *date) {
      reader.warn("birth_date_contradicts_number", at + "/birthDate");
      person.birth_date.reset();
    } else {
      person.birth_date = *date;
    }
  }
}

Person read_person(Reader& reader, const json::value& value, const std::string& at) {
  Person person;
  const json::object* in = value.if_object();
  if (in == nullptr) {
    reader.refuse(at, "expected an object");
    return person;
  }
  person.ref = reader.required_text(*in, "ref", at);
  if (person.ref.size() > kRefLengthMax) reader.refuse(at + "/ref", "too long");
  person.role = reader.code(*in, "role", at, person_roles(), true);
  read_age(reader, *in, at, person);
  if (const std::string protection = reader.text(*in, "protection", at); !protection.empty()) {
    const auto known = protection_from(protection);
    if (!known) reader.refuse(at + "/protection", "unknown code");
    person.protection = known.value_or(Protection::fictitious);
  }
  person.municipality = reader.text(*in, "municipality", at);
  if (!person.municipality.empty() && !four_digits(person.municipality)) {
    reader.refuse(at + "/municipality", "expected four digits");
  }
  person.district = reader.text(*in, "district", at);
  person.relation_to = reader.text(*in, "relationTo", at);
  return person;
}

void read_persons(Reader& reader, const json::object& data, std::vector<Person>& persons) {
  const json::array* list = reader.array(data, "persons", "/data", kPersonsMax);
  if (list == nullptr) return;
  persons.reserve(list->size());
  for (std::size_t i = 0; i < list->size() && !reader.failed(); ++i) {
    Person person = read_person(reader, (*list)[i], element("/data/persons", i));
    for (const Person& other : persons) {
      if (other.ref == person.ref) reader.refuse(element("/data/persons", i) + "/ref", "used twice");
    }
    persons.push_back(std::move(person));
  }
  const auto known = [&](const std::string& ref) {
    return std::any_of(persons.begin(), persons.end(), [&](const Person& p) { return p.ref == ref; });
  };
  for (std::size_t i = 0; i < persons.size(); ++i) {
    const std::string& to = persons[i].relation_to;
    if (to.empty()) continue;
    if (!known(to)) reader.refuse(element("/data/persons", i) + "/relationTo", "no such person");
    if (to == persons[i].ref) reader.refuse(element("/data/persons", i) + "/relationTo", "names the person itself");
  }
}

Fact read_fact(Reader& reader, const json::value& value, const std::string& at, const Message& message) {
  Fact fact;
  const json::object* in = value.if_object();
  if (in == nullptr) {
    reader.refuse(at, "expected an object");
    return fact;
  }
  fact.code = reader.code(*in, "code", at, fact_codes(), true);
  const json::value* answer = in->if_contains("value");
  if (answer == nullptr || !answer->is_bool()) {
    reader.refuse(at + "/value", "expected true or false");
  } else {
    fact.value = answer->get_bool() ? Truth::yes : Truth::no;
  }
  fact.person_ref = reader.text(*in, "person", at);
  if (!fact.person_ref.empty() && std::none_of(message.persons.begin(), message.persons.end(),
                                               [&](const Person& p) { return p.ref == fact.person_ref; })) {
    reader.refuse(at + "/person", "no such person");
  }
  if (const json::value* assessor = in->if_contains("assessor"); assessor != nullptr && !assessor->is_null()) {
    if (assessor->is_object()) {
      fact.assessor_id = reader.text(assessor->get_object(), "id", at + "/assessor");
    } else {
      reader.refuse(at + "/assessor", "expected an object");
    }
  }
  fact.reason_code = reader.code(*in, "reasonCode", at, reason_codes(), false);
  if (fact.value != Truth::unknown && contradicts(fact.reason_code, fact.value == Truth::yes))
    reader.refuse(at + "/reasonCode", "says the opposite of the value");
  fact.at = reader.time(*in, "at", at).value_or(message.sent_at);
  return fact;
}

// The attributes around `data` travel in clear text through logs and queues of others: no personal number there.
void read_envelope(Reader& reader, const json::object& root, Message& message) {
  if (string_at(root, "specversion") != "1.0") reader.refuse("/specversion", "expected 1.0");
  message.sender_message_id = reader.required_text(root, "id", "");
  reader.required_text(root, "source", "");
  if (const auto sent = reader.time(root, "time", "")) {
    message.sent_at = *sent;
  } else {
    reader.refuse("/time", "required");
  }
  if (const json::array* warnings = reader.array(root, "sambandwarnings", "", kWarningsMax)) {
    message.warnings = *warnings;
  }
  for (const auto& [key, value] : root) {
    if (value.is_string() && names_a_person(value.get_string(), reader.today())) {
      reader.refuse("/" + std::string(key), "identity number outside data");
    }
  }
}

void read_data(Reader& reader, const json::object& root, const json::object& data, Message& message) {
  message.kind = reader.code(data, "kind", "/data", message_kinds(), true);
  const std::string_view type = string_at(root, "type");
  if (!type.starts_with("se.samband.") || type.find("." + message.kind + ".v") == std::string_view::npos) {
    reader.refuse("/type", "does not name the kind of data");
  }
  message.conversation_id = reader.text(data, "conversationId", "/data");
  message.correction_of = reader.text(data, "correctionOf", "/data");
  message.retracts = reader.text(data, "retracts", "/data");
  message.relates_to = reader.text(data, "relatesTo", "/data");
  message.addressed_to = reader.text(data, "to", "/data");
  if (const json::value* emergency = data.if_contains("emergency"); emergency != nullptr && !emergency->is_null()) {
    if (!emergency->is_bool()) reader.refuse("/data/emergency", "expected true or false");
    message.emergency = emergency->is_bool() && emergency->get_bool();
  }
  message.emergency_reason = reader.code(data, "emergencyReason", "/data", emergency_reasons(), false);
  read_persons(reader, data, message.persons);
  if (reader.failed()) return;
  if (const json::array* facts = reader.array(data, "facts", "/data", kFactsMax)) {
    message.facts.reserve(facts->size());
    for (std::size_t i = 0; i < facts->size() && !reader.failed(); ++i) {
      message.facts.push_back(read_fact(reader, (*facts)[i], element("/data/facts", i), message));
    }
  }
}

}  // namespace

Result<Message> read_message(const json::value& canonical, Date today) {
  Reader reader(today);
  Message message;
  const json::object* root = canonical.if_object();
  if (root == nullptr) return fail(Errc::invalid_input, "", "expected an object");
  const json::value* data = root->if_contains("data");
  if (data == nullptr || !data->is_object()) return fail(Errc::invalid_input, "/data", "expected an object");

  read_envelope(reader, *root, message);
  if (!reader.failed()) read_data(reader, *root, data->get_object(), message);
  if (reader.failed()) return reader.error();
  message.warnings.insert(message.warnings.end(), reader.warnings().begin(), reader.warnings().end());
  message.data = *data;
  return message;
}

}  // namespace samband
