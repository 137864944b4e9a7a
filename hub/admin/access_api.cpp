#include "admin/access_api.hpp"

#include <algorithm>

#include "access/supervisor_report.hpp"
#include "admin/subject.hpp"
#include "base/id.hpp"
#include "identity/peer.hpp"
#include "keys/crypto.hpp"

namespace samband {
namespace {

constexpr std::string_view kReports = "/v1/access-reports", kSupervisor = "supervisor";

// What the leaf of a report commits to. Whoever files the report keeps it: with the nonce it opens the commitment.
struct Record {
  std::string id, details;
  Bytes nonce;
  std::uint64_t leaf_index = 0;
};

Result<Record> record(const AccessParts& parts, const Party& by, std::string_view requester, std::string_view reason,
                      std::string_view reviewer, std::string_view report) {
  const Time now = parts.clock.now();
  Record out;
  out.id = new_id(now);
  out.details = json::serialize(json::object{{"requester", requester},
                                             {"reason", reason},
                                             {"reviewedBy", reviewer},
                                             {"reportSha256", crypto::sha256_hex(report)}});
  const Commitment commitment = commit_to(out.details);
  out.nonce = commitment.nonce;
  Leaf leaf = make_leaf(LeafType::assessment, now, by.id, {}, out.id, "reported");
  leaf.codes = {"access_report", std::string(requester), std::string(reason)};
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

Result<void> check_review(const Parties& parties, const json::object& body) {
  const auto& reasons = access_reasons();
  if (std::find(reasons.begin(), reasons.end(), string_at(body, "reason")) == reasons.end())
    return fail(Errc::invalid_input, "/reason", "is not a reason for a report");
  const std::string_view reviewer = string_at(body, "reviewedBy");
  if (reviewer.empty())
    return fail(Errc::invalid_input, "/reviewedBy", "no report without a review: the id of the official who made it");
  const Official* official = parties.official(reviewer);
  if (!official || !official->has_role("privacy_officer"))
    return fail(Errc::forbidden, "/reviewedBy", "is no official with the role privacy_officer");
  return {};
}

HttpResponse answer(const AccessParts& parts, const HttpRequest& request) {
  const auto caller = identify(request.peer, parts.parties);
  if (!caller) return problem(caller.error());
  if (caller->party->actor_type != "operator" || caller->official != nullptr)
    return problem(fail(Errc::forbidden, "certificate", "only the hub's operator makes a supervisor's report"));
  if (auto asked = check_query(request, {}); !asked) return problem(asked.error());
  if (request.method != "POST") {
    auto response = problem(405, "method_not_allowed", "Method not allowed", "this resource answers POST");
    response.headers.emplace_back("allow", "POST");
    return response;
  }
  JsonLimits limits;
  limits.bytes_max = 64u << 10;
  limits.depth_max = 6;
  auto parsed = parse_json(request.body, limits);
  if (!parsed) return problem(parsed.error());
  if (!parsed->is_object()) return problem(fail(Errc::invalid_input, "", "must be a JSON object"));
  const json::object& body = parsed->get_object();
  if (string_at(body, "requester") != kSupervisor)
    return problem(fail(Errc::invalid_input, "/requester", "expected supervisor"));
  if (auto reviewed = check_review(parts.parties, body); !reviewed) return problem(reviewed.error());
  auto subject = subject_of(parts.keys, body, stockholm_date(parts.clock.now()));
  if (!subject) return problem(subject.error());
  auto report = supervisor_report(parts.store, parts.index, *subject);
  if (!report) return problem(report.error());
  auto recorded = record(parts, *caller->party, kSupervisor, string_at(body, "reason"), string_at(body, "reviewedBy"),
                         report->text);
  if (!recorded) return problem(recorded.error());
  return shown(*recorded, report->text);
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
