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
                           kGuardian = "guardian", kOfficer = "privacy_officer";
constexpr std::size_t kReviewedFactsMax = 5000;

// What a reviewer can answer about a disclosure.
constexpr std::string_view kReviewed[] = {"individual_assessment", "identity_established",     "guardian_harm",
                                          "harm_test_clear",       "investigation_not_harmed", "document_released",
                                          "location_release"};

// What the leaf of a report commits to. Whoever files the report keeps it: with the nonce it opens the commitment.
struct Record {
  std::string id, details;
  Bytes nonce;
  std::uint64_t leaf_index = 0;
};

// What was given out, to whom and on whose word: a leaf before it leaves.
struct GivenOut {
  std::string what;  // "access_report" | "access_worksheet"
  std::string_view requester, reason, reviewer, text;
  json::value facts = nullptr;  // what the reviewer recorded
};

Result<Record> record(const AccessParts& parts, const Party& by, const GivenOut& given) {
  const Time now = parts.clock.now();
  Record out;
  out.id = new_id(now);
  json::object details{{"requester", given.requester},
                       {"reason", given.reason},
                       {"reviewedBy", given.reviewer},
                       {"reportSha256", crypto::sha256_hex(given.text)}};
  if (!given.facts.is_null()) details["facts"] = given.facts;
  out.details = json::serialize(details);
  const Commitment commitment = commit_to(out.details);
  out.nonce = commitment.nonce;
  Leaf leaf = make_leaf(LeafType::assessment, now, by.id, {}, out.id, "reported");
  leaf.codes = {given.what, std::string(given.requester), std::string(given.reason)};
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

// Every leaf about the person, whoever sent what: the operator makes it for a supervisor.
HttpResponse for_supervisor(const AccessParts& parts, const Caller& caller, const json::object& body,
                            const std::string& subject_ref) {
  if (caller.party->actor_type != "operator" || caller.official != nullptr)
    return problem(fail(Errc::forbidden, "certificate", "only the hub's operator makes a supervisor's report"));
  const std::string_view reviewer = string_at(body, "reviewedBy");
  if (reviewer.empty())
    return problem(
        fail(Errc::invalid_input, "/reviewedBy", "no report without a review: the id of the official who made it"));
  const Official* official = parts.parties.official(reviewer);
  if (!official || !official->has_role(kOfficer))
    return problem(fail(Errc::forbidden, "/reviewedBy", "is no official with the role privacy_officer"));
  auto report = supervisor_report(parts.store, parts.index, subject_ref);
  if (!report) return problem(report.error());
  auto recorded =
      record(parts, *caller.party, {"access_report", kSupervisor, string_at(body, "reason"), reviewer, report->text});
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
    if (std::find(std::begin(kReviewed), std::end(kReviewed), code) == std::end(kReviewed))
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
  const json::value* prepare = body.if_contains("prepare");
  const bool to_review = prepare && prepare->is_bool() && prepare->get_bool();
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
  auto recorded = record(parts, *caller.party,
                         {to_review ? "access_worksheet" : "access_report", question.by_guardian ? kGuardian : kSelf,
                          string_at(body, "reason"), question.reviewer, *text,
                          review ? *find_pointer(*review, "/facts") : json::value(nullptr)});
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
