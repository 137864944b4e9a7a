#include "intake/intake.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <functional>

#include "base/id.hpp"
#include "identity/personal_number.hpp"
#include "identity/read_message.hpp"
#include "intake/assessors.hpp"
#include "keys/crypto.hpp"
#include "keys/jws.hpp"
#include "keys/period.hpp"
#include "person_numbers/find.hpp"

namespace samband {
namespace {

bool has(const std::vector<std::string>& list, std::string_view value) {
  return std::find(list.begin(), list.end(), value) != list.end();
}

// Upper and lower case and spaces differ between systems that mean the same person.
void append_normalised(std::string& out, std::string_view text) {
  for (const char c : text)
    if (!std::isspace(static_cast<unsigned char>(c)))
      out += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  out += '\x1f';
}

// SFS 1978:314 form 3 and the notices beside it have no personnummer: one that slipped into any text is taken out and
// said so, and is never a reason to refuse the notice.
bool has_no_numbers(std::string_view kind) {
  return kind == "rent.arrears" || kind == "tenancy.disturbance" || kind == "housing.contact_request";
}

// Keys are no free text: what is replaced must still find what it refers to (Intake::sender_key).
constexpr std::array<std::string_view, 6> kKeys = {
    "/id", "/data/conversationId", "/data/refToMessageId", "/data/correctionOf", "/data/retracts", "/data/relatesTo"};

void strip_numbers(json::value& value, const std::string& where, person_numbers::Shape shape,
                   const std::function<std::string(std::string_view)>& key_for, json::array& warnings) {
  using person_numbers::Shape;
  if (auto* object = value.if_object()) {
    for (auto& member : *object) {
      // The bytes of an attachment (Base64) are no text; a named person releases it or not.
      if (member.key() == "content" && where.rfind("/data/attachments/", 0) == 0) continue;
      strip_numbers(member.value(), where + "/" + std::string(member.key()),
                    member.key() == "phone" ? Shape::phone : Shape::any, key_for, warnings);
    }
  } else if (auto* array = value.if_array()) {
    for (std::size_t i = 0; i < array->size(); ++i)
      strip_numbers((*array)[i], where + "/" + std::to_string(i), shape, key_for, warnings);
  } else if (value.is_string()) {
    std::string text(value.get_string());
    if (std::find(kKeys.begin(), kKeys.end(), where) != kKeys.end()) {
      if (auto key = key_for(text); key != text)
        text = std::move(key);
      else
        return;
    } else if (person_numbers::strip(text, shape) == 0) {
      return;
    }
    value = text;
    std::string place = where;
    person_numbers::strip(place);  // the sender chose the keys
    warnings.push_back(json::object{{"code", "personnummer_stripped"}, {"where", std::move(place)}});
  }
}

// Where a number stood in a place that the schema has a form for (a municipality, a date), nothing is left, and a media
// type is that of any bytes: so the notice is refused for what it lacks, never for the number that was in it.
void leave_out_misfits(const Schema& schema, json::value& data, json::array& warnings) {
  constexpr std::size_t kPlacesMax = 256;  // 50 persons and 16 attachments have fewer
  for (const Error& problem : schema.validate(data, kPlacesMax)) {
    const auto slash = problem.where.rfind('/');
    if (slash == std::string::npos) continue;
    const json::value* found = find_pointer(data, problem.where);
    const json::value* above = find_pointer(data, std::string_view(problem.where).substr(0, slash));
    if (!found || !found->is_string() || !above || !above->is_object()) continue;
    if (std::string_view(found->get_string()).find(person_numbers::kStripped) == std::string_view::npos) continue;
    const std::string key = problem.where.substr(slash + 1);
    auto& object = const_cast<json::object&>(above->get_object());  // of `data`, which is the caller's to change
    if (key == "mediaType")
      object[key] = "application/octet-stream";
    else
      object.erase(key);
    json::value warning = json::object{{"code", "personnummer_stripped"}, {"where", "/data" + problem.where}};
    if (std::find(warnings.begin(), warnings.end(), warning) == warnings.end()) warnings.push_back(std::move(warning));
  }
}

// Who it is said not to be known for sure: a number is then somebody's guess.
bool identity_in_doubt(const Case& c, std::size_t i) {
  const Person& person = c.message.persons[i];
  const json::value* said = find_pointer(c.message.data, "/persons/" + std::to_string(i) + "/identityEstablished");
  if (said && said->is_bool() && !said->get_bool()) return true;
  return std::any_of(c.message.facts.begin(), c.message.facts.end(), [&](const Fact& f) {
    return f.code == "identity_established" && f.value == Truth::no &&
           (f.person_ref == person.ref || f.person_ref.empty());
  });
}

// What a canonical payload states counts as the same statement in `facts` would; so does what is said of a person.
void add_stated_facts(Case& c) {
  const auto given = c.message.facts;
  for (std::size_t i = 0; i < c.message.persons.size(); ++i) {
    const json::value* said = find_pointer(c.message.data, "/persons/" + std::to_string(i) + "/identityEstablished");
    const std::string& ref = c.message.persons[i].ref;
    const bool answered = std::any_of(given.begin(), given.end(), [&](const Fact& f) {
      return f.code == "identity_established" && (f.person_ref == ref || f.person_ref.empty());
    });
    if (said && said->is_bool() && !answered)
      c.message.facts.push_back(
          Fact{"identity_established", said->get_bool() ? Truth::yes : Truth::no, ref, {}, {}, c.message.sent_at});
  }
  auto stated = stated_facts(*c.kind, c.message.data, c.fields, c.message.facts, c.message.sent_at);
  c.message.facts.insert(c.message.facts.end(), stated.begin(), stated.end());
}

// What is category envelope goes with every exchange, also to those who may not know who it is about.
std::optional<Error> number_in_clear(const Case& c, Date today) {
  for (const Field& field : c.fields) {
    if (field.category != "envelope") continue;
    const json::value* value = find_pointer(c.message.data, field.pointer);
    if (value && value->is_string() && names_a_person(value->get_string(), today))
      return fail(Errc::invalid_input, field.pointer, "must not be an identity number");
  }
  return std::nullopt;
}

Error at_data(Error e) {
  e.where = "/data" + e.where;
  return e;
}

}  // namespace

std::string subject_reference(const KeyStore& keys, const Person& person, const json::value& data, std::size_t index) {
  if (!person.id_number.reveal().empty()) return keys.subject_ref(person.id_number.reveal());
  std::string text = "name\x1f";
  const std::string base = "/persons/" + std::to_string(index);
  for (const char* field :
       {"/givenName", "/familyName", "/birthDate", "/address/street", "/address/apartment", "/address/postalCode"}) {
    const json::value* v = find_pointer(data, base + field);
    append_normalised(text, v && v->is_string() ? std::string_view(v->get_string()) : std::string_view());
  }
  return keys.subject_ref(text);
}

Intake::Intake(const Kinds& kinds, KeyStore& keys, PluginHost& plugins, const Parties& parties,
               const Signatures& signatures, Limits limits)
    : kinds_(kinds), keys_(keys), plugins_(plugins), parties_(parties), signatures_(signatures), limits_(limits) {}

std::string Intake::sender_key(const Party& sender, std::string_view key) const {
  if (!key_may_name_a_person(key)) return std::string(key);
  std::string out = "pnr-" + keys_.subject_ref("key\x1f" + sender.id + "\x1f" + std::string(key));
  // In letters alone: no digits that could be taken for a number in turn.
  for (char& c : out)
    if (c >= '0' && c <= '9') c = static_cast<char>('g' + (c - '0'));
  return out;
}

Result<Intake::Body> Intake::read(const Incoming& in, Time now) const {
  if (!in.signature.empty()) {
    const auto kid = jws::key_id(in.signature);
    if (!kid || *kid != in.sender->id)
      return fail(Errc::invalid_input, "x-jws-signature", "expected a detached JWS whose kid is the sender's party id");
    if (auto good = jws::verify_detached(in.signature, in.body, in.public_key); !good)
      return fail(good.error().code, "x-jws-signature", "is not of this body by the key of the sender's certificate");
  }
  std::vector<std::string> texts;
  if (in.adapter.empty()) {
    texts.push_back(in.body);
  } else {
    if (!has(in.sender->inbound, in.adapter) || !plugins_.has(in.adapter))
      return fail(Errc::forbidden, "adapter", "this party may not send through this adapter");
    auto decoded = plugins_.decode(in.adapter, in.media_type, in.headers_json, in.body);
    if (!decoded) return decoded.error();
    texts = std::move(*decoded);
    if (texts.empty()) return fail(Errc::invalid_input, "body", "the adapter found no message in it");
  }
  Body body;
  if (!in.adapter.empty() && is_row(texts.front())) {
    body.rows = std::move(texts);
    return body;
  }
  for (std::size_t i = 0; i < texts.size(); ++i) {
    auto c = check(*in.sender, std::move(texts[i]), now, false);
    if (!c) return c.error();
    c->content_hash = crypto::sha256(texts.size() == 1 ? in.body : in.body + '#' + std::to_string(i));
    c->sender_signature = in.signature;
    body.cases.push_back(std::move(*c));
  }
  return body;
}

Result<Case> Intake::read(const Incoming& in, Row row, Time now) const {
  auto c = check(*in.sender, std::move(row.text), now, false);
  if (!c) return c.error();
  c->content_hash = std::move(row.content_hash);
  c->sender_signature = in.signature;
  return c;
}

Result<Case> Intake::make(const Party& sender, json::value canonical, Time now, std::int64_t about_key) const {
  auto c = check(sender, json::serialize(canonical), now, true, about_key);
  if (c) c->content_hash = crypto::sha256(c->canonical);
  return c;
}

Result<Case> Intake::check(const Party& sender, std::string text, Time now, bool by_hub, std::int64_t about_key) const {
  auto canonical = parse_json(text);
  if (!canonical) return canonical.error();
  const json::object* envelope = canonical->if_object();
  if (!envelope) return fail(Errc::invalid_input, "", "a canonical message is a JSON object");
  const json::value* data = envelope->if_contains("data");
  if (!data || !data->is_object()) return fail(Errc::invalid_input, "/data", "must be an object");
  const std::string_view id = string_at(*envelope, "id");
  if (id.empty() || id.size() > 128) return fail(Errc::invalid_input, "/id", "must be a string of 1 to 128 characters");

  if (!by_hub && id.substr(0, 8) == "samband:")
    return fail(Errc::invalid_input, "/id", "ids that begin with 'samband:' are the hub's own");

  const std::string_view kind_name = string_at(data->get_object(), "kind");
  const Kind* kind = kinds_.find(kind_name);
  if (!kind) return fail(Errc::invalid_input, "/data/kind", "unknown message kind");
  if (!by_hub && !has(sender.kinds, kind->name))
    return fail(Errc::forbidden, "/data/kind", "this party may not send this message kind");
  if (has_no_numbers(kind->name)) {
    json::array warnings;
    const auto key_for = [&](std::string_view key) { return sender_key(sender, key); };
    // Not by operator[]: it may move all members even where the key is there, and `data` points to one.
    for (const char* part : {"id", "data"})
      strip_numbers(*canonical->get_object().if_contains(part), std::string("/") + part, person_numbers::Shape::any,
                    key_for, warnings);
    if (!warnings.empty() || text.find(person_numbers::kStripped) != std::string::npos) {  // or the adapter took it out
      leave_out_misfits(kind->schema, *canonical->get_object().if_contains("data"), warnings);
      json::value& all = canonical->get_object()["sambandwarnings"];
      if (!all.is_array()) all = json::array{};
      for (json::value& warning : warnings) all.get_array().push_back(std::move(warning));
      text = json::serialize(*canonical);
      data = canonical->get_object().if_contains("data");
    }
  }
  auto problems = kind->schema.validate(*data, 1);
  if (!problems.empty()) return at_data(std::move(problems.front()));

  auto message = read_message(*canonical, stockholm_date(now));
  if (!message) return message.error();
  Case c;
  c.message = std::move(*message);
  c.message.id = new_id(now);
  c.message.sender = sender.id;
  c.message.received_at = now;
  const auto skew = c.message.sent_at > now ? c.message.sent_at - now : std::chrono::milliseconds{0};
  if (skew > limits_.clock_skew_max)
    return fail(Errc::invalid_input, "/time",
                "lies more than " + std::to_string(limits_.clock_skew_max.count()) +
                    " seconds in the future: check the sender's clock");
  for (std::size_t i = 0; i < c.message.persons.size(); ++i) {
    // `ref` names a person in leaves, receipts and explanations: it must not be one.
    if (!person_numbers::find(c.message.persons[i].ref, person_numbers::Shape::dated).empty())
      return fail(Errc::invalid_input, "/data/persons/" + std::to_string(i) + "/ref", "must not be an identity number");
  }
  if (c.message.persons.size() > limits_.persons_max)
    return fail(Errc::too_large, "/data/persons", "too many persons in one message");
  c.kind = kind;
  c.canonical = std::move(text);
  if (auto named = name_persons(c); !named) return named.error();
  c.fields = fields_of(*kind, c.message.data, c.message.persons);
  if (kind->name == "known.query" || kind->name == "stay.query") {
    // The answer would be about whoever the number really belongs to.
    for (std::size_t i = 0; i < c.message.persons.size(); ++i)
      if (identity_in_doubt(c, i))
        return fail(Errc::invalid_input, "/data/persons/" + std::to_string(i) + "/identityEstablished",
                    "a question whether somebody is known needs an established identity: telephone instead");
  }
  if (!by_hub) {
    if (auto found = number_in_clear(c, stockholm_date(now))) return at_data(std::move(*found));
  }
  prove_assessors(c, sender, signatures_);
  add_stated_facts(c);
  auto key = c.subject_refs.empty() && about_key != 0 ? keys_.payload_key(about_key)
                                                      : keys_.payload_key(c.subject_refs, period_of(kind->name, now));
  if (!key) return key.error();
  c.key_id = key->id;
  c.key = std::move(key->key);
  return c;
}

Result<Case> Intake::reread(const std::string& text, std::string id, std::string sender, Time received_at,
                            std::int64_t key_id) const {
  auto canonical = parse_json(text);
  if (!canonical) return fail(Errc::internal, "store", "a stored message cannot be read");
  auto message = read_message(*canonical, stockholm_date(received_at));
  if (!message) return fail(Errc::internal, "store", "a stored message cannot be read");
  Case c;
  c.message = std::move(*message);
  c.message.id = std::move(id);
  c.message.sender = std::move(sender);
  c.message.received_at = received_at;
  c.kind = kinds_.find(c.message.kind);
  if (!c.kind) return fail(Errc::internal, "store", "a stored message has a kind that this hub does not know");
  c.canonical = text;
  if (auto named = name_persons(c); !named) return named.error();
  c.fields = fields_of(*c.kind, c.message.data, c.message.persons);
  // As it counts today: an official who is gone proves nothing more.
  static const Party kNobody;
  const Party* party = parties_.find(c.message.sender);
  prove_assessors(c, party ? *party : kNobody, signatures_);
  add_stated_facts(c);
  auto key = keys_.payload_key(key_id);
  if (!key) return key.error();
  c.key_id = key_id;
  c.key = std::move(key->key);
  return c;
}

Result<void> Intake::name_persons(Case& c) const {
  auto& persons = c.message.persons;
  for (std::size_t i = 0; i < persons.size(); ++i) {
    // The hub's own messages about an earlier exchange carry the reference itself, not the number. Where the identity
    // is not established nothing is matched by it: neither a consent nor another message of whoever has that number.
    if (persons[i].subject_ref.empty())
      persons[i].subject_ref = identity_in_doubt(c, i)
                                   ? keys_.subject_ref("unestablished\x1f" + c.message.id + "\x1f" + persons[i].ref)
                                   : subject_reference(keys_, persons[i], c.message.data, i);
    c.subject_refs.push_back(persons[i].subject_ref);
  }
  std::sort(c.subject_refs.begin(), c.subject_refs.end());
  c.subject_refs.erase(std::unique(c.subject_refs.begin(), c.subject_refs.end()), c.subject_refs.end());
  return {};
}

}  // namespace samband
