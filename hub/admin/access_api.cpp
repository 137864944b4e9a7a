#include "admin/access_api.hpp"

#include <algorithm>

#include "access/requester_report.hpp"
#include "access/supervisor_report.hpp"
#include "admin/subject.hpp"
#include "base/id.hpp"
#include "identity/peer.hpp"
#include "keys/crypto.hpp"

namespace samband {
namespace {

constexpr std::string_view kReports = "/v1/access-reports", kSupervisor = "supervisor", kSelf = "self",
                           kGuardian = "guardian", kOfficer = "privacy_officer", kReview = "access_review",
                           kReviewed = "reviewed";
constexpr std::chrono::days kReviewHolds{7};
constexpr std::size_t kReviewedFactsMax = 5000;

// What a reviewer can answer about a disclosure.
constexpr std::string_view kReviewedFacts[] = {"individual_assessment", "identity_established",     "guardian_harm",
                                               "harm_test_clear",       "investigation_not_harmed", "document_released",
                                               "location_release"};

// What the leaf of a report commits to. Whoever files the report keeps it: with the nonce it opens the commitment.
struct Record {
  std::string id, details;
  Bytes nonce;
  std::uint64_t leaf_index = 0;
};

// What was given out or reviewed, for whom and on whose word: a leaf before it leaves.
struct Said {
  std::string_view what;  // kReview | "access_report" | "access_worksheet"
  std::string_view requester, reason, reviewer;
  json::object more;  // into the record
  std::string_view outcome = "reported";
  std::vector<std::uint64_t> relies_on = {};
};
json::object sum_of(std::string_view report) { return {{"reportSha256", crypto::sha256_hex(report)}}; }

Result<Record> record(const AccessParts& parts, const Party& by, const Said& said) {
  const Time now = parts.clock.now();
  Record out;
  out.id = new_id(now);
  json::object details{{"requester", said.requester}, {"reason", said.reason}, {"reviewedBy", said.reviewer}};
  for (const auto& [name, value] : said.more) details[name] = value;
  out.details = json::serialize(details);
  const Commitment commitment = commit_to(out.details);
  out.nonce = commitment.nonce;
  Leaf leaf = make_leaf(LeafType::assessment, now, by.id, {}, out.id, std::string(said.outcome), said.relies_on);
  leaf.codes = {std::string(said.what), std::string(said.requester), std::string(said.reason)};
  leaf.payload_commitment = commitment.digest;
  auto done = parts.ledger.commit_blocking({std::move(leaf)},
                                           [](Txn&, const std::vector<std::uint64_t>&) { return Result<void>(); });
  if (!done) return done.error();
  out.leaf_index = done->leaves.at(0);
  return out;
}

HttpResponse shown(const Record& record, std::string_view report) {
  return json_response(200, json::serialize(json::object{{"id", record.id},
                                                         {"leafIndex", static_cast<std::int64_t>(record.leaf_index)},
                                                         {"record", json::object{{"nonce", to_base64(record.nonce)},
                                                                                 {"details", record.details}}},
                                                         {"report", report}}));
}

Result<void> check_reason(const json::object& body) {
  const auto& reasons = access_reasons();
  if (std::find(reasons.begin(), reasons.end(), string_at(body, "reason")) == reasons.end())
    return fail(Errc::invalid_input, "/reason", "is not a reason for a report");
  return {};
}

bool wants(const json::object& body, std::string_view name) {
  const json::value* value = body.if_contains(name);
  return value && value->is_bool() && value->get_bool();
}

// A privacy officer has found, in person, that a supervisor may be shown everything about this person: a leaf, and the
// words that open it. Whoever makes the report presents them; only here such a leaf is made.
HttpResponse review_for_supervisor(const AccessParts& parts, const Caller& caller, const json::object& body,
                                   const std::string& subject_ref) {
  if (!wants(body, "prepare"))
    return problem(
        fail(Errc::forbidden, "certificate", "a privacy officer reviews; the hub's operator makes the report"));
  const Commitment person = commit_to(subject_ref);
  const std::string_view reason = string_at(body, "reason");
  auto recorded =
      record(parts, *caller.party,
             {kReview,
              kSupervisor,
              reason,
              caller.official->id,
              {{"person", json::object{{"nonce", to_base64(person.nonce)}, {"digest", to_hex(person.digest)}}}},
              kReviewed});
  if (!recorded) return problem(recorded.error());
  const json::object review{{"leafIndex", static_cast<std::int64_t>(recorded->leaf_index)},
                            {"nonce", to_base64(recorded->nonce)},
                            {"details", recorded->details}};
  return shown(*recorded, json::serialize(review) + "\n");
}

struct Review {
  std::uint64_t leaf_index = 0;
  std::string reviewer;
};

// `/review`: does the log hold it, is it about this person, for this reason, and still good? Forbidden otherwise.
Result<Review> review_in(const AccessParts& parts, const json::object& body, const std::string& subject_ref) {
  const json::value* given = body.if_contains("review");
  if (!given || !given->is_object())
    return fail(Errc::invalid_input, "/review",
                "no report without a review: a privacy officer makes it with his or her own certificate (prepare)");
  const Error refused = fail(Errc::forbidden, "/review",
                             "is no review of this person for this reason that a privacy officer made in person");
  const json::object& review = given->get_object();
  const json::value* index = review.if_contains("leafIndex");
  const auto nonce = from_base64(string_at(review, "nonce"));
  const std::string details(string_at(review, "details"));
  if (!index || !index->is_int64() || index->get_int64() < 0 || !nonce) return refused;
  const Review out{static_cast<std::uint64_t>(index->get_int64()), {}};
  auto bytes = parts.ledger.signed_leaf(out.leaf_index);
  if (!bytes) return bytes.error().code == Errc::not_found ? refused : bytes.error();
  const auto leaf = decode_leaf(*bytes);
  const std::vector<std::string> codes{std::string(kReview), std::string(kSupervisor),
                                       std::string(string_at(body, "reason"))};
  if (!leaf || leaf->type != LeafType::assessment || leaf->outcome != kReviewed || leaf->codes != codes ||
      leaf->payload_commitment != crypto::hmac_sha256(*nonce, details))
    return refused;
  const auto said = parse_json(details);  // our own words: the log commits to them
  if (!said || !said->is_object()) return refused;
  const json::value* person = said->get_object().if_contains("person");
  if (!person || !person->is_object()) return refused;
  const auto salt = from_base64(string_at(person->get_object(), "nonce"));
  if (!salt || to_hex(crypto::hmac_sha256(*salt, subject_ref)) != string_at(person->get_object(), "digest"))
    return refused;
  const Official* official = parts.parties.official(string_at(said->get_object(), "reviewedBy"));
  if (!official || !official->has_role(kOfficer)) return refused;
  if (leaf->at + kReviewHolds < parts.clock.now())
    return fail(Errc::forbidden, "/review", "is more than seven days old: let it be made again");
  return Review{out.leaf_index, official->id};
}

// Every leaf about the person, whoever sent what: the operator makes it for a supervisor.
HttpResponse for_supervisor(const AccessParts& parts, const Caller& caller, const json::object& body,
                            const std::string& subject_ref) {
  if (caller.official != nullptr && caller.official->has_role(kOfficer))
    return review_for_supervisor(parts, caller, body, subject_ref);
  if (caller.party->actor_type != "operator" || caller.official != nullptr)
    return problem(fail(Errc::forbidden, "certificate", "only the hub's operator makes a supervisor's report"));
  if (wants(body, "prepare"))
    return problem(fail(Errc::forbidden, "certificate", "only a privacy officer in person reviews a report"));
  const auto review = review_in(parts, body, subject_ref);
  if (!review) return problem(review.error());
  auto report = supervisor_report(parts.store, parts.index, subject_ref);
  if (!report) return problem(report.error());
  json::object more = sum_of(report->text);
  more["review"] = static_cast<std::int64_t>(review->leaf_index);
  auto recorded = record(parts, *caller.party,
                         {"access_report",
                          kSupervisor,
                          string_at(body, "reason"),
                          review->reviewer,
                          std::move(more),
                          "reported",
                          {review->leaf_index}});
  if (!recorded) return problem(recorded.error());
  return shown(*recorded, report->text);
}

// `/review/facts`: what the reviewer says about each disclosure. It may say no more than a reviewer can know.
Result<std::map<std::string, std::vector<Fact>>> facts_in(const json::value& review) {
  std::map<std::string, std::vector<Fact>> out;
  const json::value* list = find_pointer(review, "/facts");
  if (!list || !list->is_array()) return fail(Errc::invalid_input, "/review/facts", "must be an array");
  if (list->get_array().size() > kReviewedFactsMax)
    return fail(Errc::too_large, "/review/facts", "more than one review can hold");
  std::size_t i = 0;
  for (const json::value& each : list->get_array()) {
    const std::string where = "/review/facts/" + std::to_string(i++);
    if (!each.is_object()) return fail(Errc::invalid_input, where, "must be an object");
    const json::object& o = each.get_object();
    const std::string_view code = string_at(o, "code");
    const json::value* value = o.if_contains("value");
    if (std::find(std::begin(kReviewedFacts), std::end(kReviewedFacts), code) == std::end(kReviewedFacts))
      return fail(Errc::invalid_input, where + "/code", "is nothing that a reviewer of a report records");
    if (!value || !value->is_bool()) return fail(Errc::invalid_input, where + "/value", "must be true or false");
    if (string_at(o, "exchange").empty()) return fail(Errc::invalid_input, where + "/exchange", "is missing");
    Fact fact;
    fact.code = code;
    fact.value = value->get_bool() ? Truth::yes : Truth::no;
    fact.person_ref = string_at(o, "person");
    fact.reason_code = value->get_bool() ? "assessed_yes" : "assessed_no";
    out[std::string(string_at(o, "exchange"))].push_back(std::move(fact));
  }
  return out;
}

// What the reviewer's own party has disclosed: its privacy officer in person asks and answers for the review.
HttpResponse for_requester(const AccessParts& parts, const Caller& caller, const json::object& body,
                           const std::string& subject_ref) {
  if (caller.official == nullptr || !caller.official->has_role(kOfficer))
    return problem(fail(Errc::forbidden, "certificate", "only a privacy officer in person reviews and makes a report"));
  AccessQuestion question;
  question.subject_ref = subject_ref;
  question.by_guardian = string_at(body, "requester") == kGuardian;
  question.party = caller.party->id;
  question.reviewer = caller.official->id;
  question.at = parts.clock.now();
  const json::value* review = body.if_contains("review");
  if (review) {
    auto facts = facts_in(*review);
    if (!facts) return problem(facts.error());
    question.facts = std::move(*facts);
  }
  const bool to_review = wants(body, "prepare");
  if (!to_review && !review)
    return problem(
        fail(Errc::invalid_input, "/review", "no report without a review: prepare it, then say what of it holds"));
  const auto rules = parts.rules();
  auto found = disclosures_for({parts.store, parts.reader, parts.parties, *rules}, question);
  if (!found) return problem(found.error());
  Result<std::string> text = worksheet(*found, question);
  const std::string_view language = string_at(body, "lang") == "en" ? "en" : "sv";
  if (!to_review) text = requester_report(parts.store, *found, question, language);
  if (!text) return problem(text.error());
  json::object more = sum_of(*text);
  if (review) more["facts"] = *find_pointer(*review, "/facts");
  auto recorded = record(parts, *caller.party,
                         {to_review ? "access_worksheet" : "access_report", question.by_guardian ? kGuardian : kSelf,
                          string_at(body, "reason"), question.reviewer, std::move(more)});
  if (!recorded) return problem(recorded.error());
  return shown(*recorded, *text);
}

HttpResponse answer(const AccessParts& parts, const HttpRequest& request) {
  const auto caller = identify(request.peer, parts.parties);
  if (!caller) return problem(caller.error());
  if (caller->official == nullptr && caller->party->actor_type != "operator")
    return problem(fail(Errc::forbidden, "certificate", "reports are made by a privacy officer, or by the operator"));
  if (auto asked = check_query(request, {}); !asked) return problem(asked.error());
  if (request.method != "POST") {
    auto response = problem(405, "method_not_allowed", "Method not allowed", "this resource answers POST");
    response.headers.emplace_back("allow", "POST");
    return response;
  }
  JsonLimits limits;
  limits.bytes_max = 1u << 20;
  limits.depth_max = 6;
  auto parsed = parse_json(request.body, limits);
  if (!parsed) return problem(parsed.error());
  if (!parsed->is_object()) return problem(fail(Errc::invalid_input, "", "must be a JSON object"));
  const json::object& body = parsed->get_object();
  const std::string_view requester = string_at(body, "requester");
  if (requester != kSupervisor && requester != kSelf && requester != kGuardian)
    return problem(fail(Errc::invalid_input, "/requester", "expected self, guardian or supervisor"));
  if (auto reason = check_reason(body); !reason) return problem(reason.error());
  auto subject = subject_of(parts.keys, body, stockholm_date(parts.clock.now()));
  if (!subject) return problem(subject.error());
  return requester == kSupervisor ? for_supervisor(parts, *caller, body, *subject)
                                  : for_requester(parts, *caller, body, *subject);
}

}  // namespace

bool is_access_path(std::string_view path) { return path == kReports; }

const std::vector<std::string>& access_reasons() {
  static const std::vector<std::string> kReasons = {"gdpr_15", "supervision", "complaint", "court_order"};
  return kReasons;
}

Handler access_handler(AccessParts parts) {
  return [parts](HttpRequest request) -> Task<HttpResponse> { co_return answer(parts, request); };
}

}  // namespace samband
