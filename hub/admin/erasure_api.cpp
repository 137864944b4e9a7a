#include "admin/erasure_api.hpp"

#include "admin/subject.hpp"
#include "identity/peer.hpp"

namespace samband {
namespace {

constexpr std::string_view kErasures = "/v1/erasures", kRuns = "/v1/retention-runs";

json::array texts(const std::vector<std::string>& list) {
  json::array out;
  for (const auto& each : list) out.emplace_back(each);
  return out;
}

json::object shown(const Erased& done, bool dry_run) {
  json::object out{{"dryRun", dry_run},
                   {"keys", done.keys},
                   {"messages", done.messages},
                   {"exchanges", done.exchanges},
                   {"consents", done.consents},
                   {"live", texts(done.live)},
                   {"reviews", texts(done.reviews)},
                   {"periods", texts(done.periods)}};
  if (done.id.empty()) return out;
  out["id"] = done.id;
  out["leafIndex"] = static_cast<std::int64_t>(done.leaf_index);
  out["traces"] = done.traces;
  return out;
}

bool flag(const json::object& body, const char* name) {
  const json::value* value = body.if_contains(name);
  return value && value->is_bool() && value->get_bool();
}

HttpResponse answer(Eraser& eraser, const KeyStore& keys, const Parties& parties, const Clock& clock,
                    const HttpRequest& request) {
  const auto caller = identify(request.peer, parties);
  if (!caller) return problem(caller.error());
  if (caller->party->actor_type != "operator" || caller->official != nullptr)
    return problem(fail(Errc::forbidden, "certificate", "only the hub's operator erases"));
  // `?dryRun=true` would be a wish that nobody hears: the body says it.
  if (auto asked = check_query(request, {}); !asked) return problem(asked.error());
  if (request.method != "POST") {
    auto response = problem(405, "method_not_allowed", "Method not allowed", "this resource answers POST");
    response.headers.emplace_back("allow", "POST");
    return response;
  }
  JsonLimits limits;
  limits.bytes_max = 64u << 10;
  limits.depth_max = 6;
  auto parsed = parse_json(request.body.empty() ? std::string_view("{}") : std::string_view(request.body), limits);
  if (!parsed) return problem(parsed.error());
  if (!parsed->is_object()) return problem(fail(Errc::invalid_input, "", "must be a JSON object"));
  const json::object& body = parsed->get_object();
  const bool dry_run = flag(body, "dryRun");
  Result<Erased> done = fail(Errc::not_found, "", "");
  if (request.path() == kRuns) {
    done = eraser.weed(dry_run, caller->party->id);
  } else {
    auto subject = subject_of(keys, body, stockholm_date(clock.now()));
    if (!subject) return problem(subject.error());
    ErasureOrder order;
    order.subject_ref = std::move(*subject);
    order.basis = string_at(body, "basis");
    order.decision = string_at(body, "decision");
    order.party = caller->party->id;
    order.force = flag(body, "force");
    order.dry_run = dry_run;
    done = eraser.erase(order);
  }
  if (!done) return problem(done.error());
  return json_response(200, json::serialize(shown(*done, dry_run)));
}

}  // namespace

bool is_erasure_path(std::string_view path) { return path == kErasures || path == kRuns; }

Handler erasure_handler(Eraser& eraser, const KeyStore& keys, const Parties& parties, const Clock& clock) {
  return [&eraser, &keys, &parties, &clock](HttpRequest request) -> Task<HttpResponse> {
    co_return answer(eraser, keys, parties, clock, request);
  };
}

}  // namespace samband
