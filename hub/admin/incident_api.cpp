#include "admin/incident_api.hpp"

#include "identity/peer.hpp"

namespace samband {
namespace {

constexpr std::string_view kIncidents = "/v1/incidents";
constexpr int kListedMax = 1000;

json::object shown(const IncidentRow& row, Time now) {
  const Time limit = row.aware_at + kIncidentReportWithin;
  const auto scope = parse_json(row.scope);
  json::object out{{"id", row.id},
                   {"kind", row.kind},
                   {"openedBy", row.party},
                   {"openedAt", to_rfc3339(row.opened_at)},
                   {"awareAt", to_rfc3339(row.aware_at)},
                   {"reportBy", to_rfc3339(limit)},
                   {"late", row.closed_at ? row.reported_at && *row.reported_at > limit : now > limit},
                   {"from", row.first_leaf},
                   {"to", row.last_leaf},
                   {"scope", scope ? *scope : json::value(nullptr)},
                   {"leafIndex", row.leaf_index}};
  if (!row.closed_at) return out;
  out["result"] = row.result;
  out["closedAt"] = to_rfc3339(*row.closed_at);
  if (row.reported_at) out["reportedAt"] = to_rfc3339(*row.reported_at);
  if (row.closing_leaf_index) out["closingLeafIndex"] = *row.closing_leaf_index;
  return out;
}

Result<HttpResponse> show_one(const Incidents& incidents, Store& store, const std::string& id, Time now) {
  auto row = store.incident(id);
  if (!row) return row.error();
  if (!*row) return fail(Errc::not_found, "id", "no incident has this id");
  json::object out = shown(**row, now);
  for (const auto& [name, record] :
       {std::pair{"opening", incidents.opened(**row)}, std::pair{"closing", incidents.closed(**row)}}) {
    if (!record) return record.error();
    out[name] = *record;
  }
  auto exchanges = incidents.exchanges(**row);
  if (!exchanges) return exchanges.error();
  json::array ids;
  for (const std::string& each : *exchanges) ids.emplace_back(each);
  out["exchanges"] = std::move(ids);
  return json_response(200, json::serialize(out));
}

Result<HttpResponse> list(Store& store, const HttpRequest& request, Time now) {
  auto rows = store.incidents(request.query("before"), kListedMax);
  if (!rows) return rows.error();
  json::array out;
  for (const IncidentRow& row : *rows) out.push_back(shown(row, now));
  return json_response(200, json::serialize(json::object{{"incidents", std::move(out)}}));
}

Result<std::optional<Time>> time_in(const json::object& body, const char* name) {
  if (!body.contains(name)) return std::optional<Time>();
  auto time = parse_rfc3339(string_at(body, name));
  if (!time) return fail(Errc::invalid_input, std::string("/") + name, "must be a time as 2026-11-22T10:00:00Z");
  return std::optional<Time>(*time);
}

Result<std::uint64_t> index_in(const json::object& body, const char* name) {
  const json::value* value = body.if_contains(name);
  if (value != nullptr && value->is_int64() && value->get_int64() >= 0)
    return static_cast<std::uint64_t>(value->get_int64());
  return fail(Errc::invalid_input, std::string("/") + name, "must be the index of a leaf");
}

Result<json::object> body_of(const HttpRequest& request) {
  JsonLimits limits;
  limits.bytes_max = 64u << 10;
  limits.depth_max = 2;
  auto parsed = parse_json(request.body, limits);
  if (!parsed) return parsed.error();
  if (!parsed->is_object()) return fail(Errc::invalid_input, "", "must be a JSON object");
  return std::move(parsed->get_object());
}

Result<HttpResponse> open_one(Incidents& incidents, const HttpRequest& request, const std::string& party, Time now) {
  auto body = body_of(request);
  if (!body) return body.error();
  const auto first = index_in(*body, "from"), last = index_in(*body, "to");
  if (!first || !last) return (first ? last : first).error();
  auto aware = time_in(*body, "awareAt");
  if (!aware) return aware.error();
  IncidentOpening opening{party,  std::string(string_at(*body, "kind")), *first, *last,
                          *aware, std::string(string_at(*body, "text"))};
  auto row = incidents.open(opening);
  if (!row) return row.error();
  return json_response(201, json::serialize(shown(*row, now)));
}

Result<HttpResponse> close_one(Incidents& incidents, const HttpRequest& request, const std::string& party,
                               std::string id, Time now) {
  auto body = body_of(request);
  if (!body) return body.error();
  auto reported = time_in(*body, "reportedAt");
  if (!reported) return reported.error();
  IncidentClosing closing{party, std::move(id), std::string(string_at(*body, "result")), *reported,
                          std::string(string_at(*body, "text"))};
  auto row = incidents.close(closing);
  if (!row) return row.error();
  return json_response(200, json::serialize(shown(*row, now)));
}

HttpResponse method_not_allowed(const char* allowed) {
  auto response =
      problem(405, "method_not_allowed", "Method not allowed", std::string("this resource answers ") + allowed);
  response.headers.emplace_back("allow", allowed);
  return response;
}

HttpResponse answer(Incidents& incidents, Store& store, const Parties& parties, const Clock& clock,
                    const HttpRequest& request) {
  const auto caller = identify(request.peer, parties);
  if (!caller) return problem(caller.error());
  if (caller->party->actor_type != "operator" || caller->official != nullptr)
    return problem(fail(Errc::forbidden, "certificate", "only the hub's operator keeps the record of incidents"));
  const Time now = clock.now();
  const bool all = request.path() == kIncidents, get = request.method == "GET", post = request.method == "POST";
  auto asked = all && get ? check_query(request, {"before"}) : check_query(request, {});
  if (!asked) return problem(asked.error());
  Result<HttpResponse> out = fail(Errc::not_found, "", "no such resource");
  if (all) {
    if (!get && !post) return method_not_allowed("GET, POST");
    out = get ? list(store, request, now) : open_one(incidents, request, caller->party->id, now);
  } else {
    std::string id(request.path().substr(kIncidents.size() + 1));
    constexpr std::string_view kClose = "/close";
    if (id.ends_with(kClose)) {
      if (!post) return method_not_allowed("POST");
      id.resize(id.size() - kClose.size());
      out = close_one(incidents, request, caller->party->id, std::move(id), now);
    } else {
      if (!get) return method_not_allowed("GET");
      out = show_one(incidents, store, id, now);
    }
  }
  return out ? std::move(*out) : problem(out.error());
}

}  // namespace

bool is_incident_path(std::string_view path) {
  return path == kIncidents || (path.starts_with(kIncidents) && path[kIncidents.size()] == '/');
}

Handler incident_handler(Incidents& incidents, Store& store, const Parties& parties, const Clock& clock) {
  return [&incidents, &store, &parties, &clock](HttpRequest request) -> Task<HttpResponse> {
    co_return answer(incidents, store, parties, clock, request);
  };
}

}  // namespace samband
