#include "app/hub_parts.hpp"

#include "admin/incidents.hpp"
#include "identity/peer.hpp"

namespace samband {

TlsFiles files_of(const TlsConfig& tls) {
  return {tls.certificate.string(), tls.key.string(), tls.ca.string(), tls.crl.string()};
}

ListenerOptions listener(const ListenerConfig& c, const Config& config, bool tls,
                         ListenerOptions::ClientCertificate client) {
  ListenerOptions o;
  o.name = c.name;
  o.address = c.address;
  o.port = c.port;
  o.tls = tls;
  o.client_certificate = client;
  if (tls) o.files = files_of(config.server);
  o.body_bytes_max = c.body_bytes_max;
  o.header_bytes_max = c.header_bytes_max;
  o.connections_max = c.connections_max;
  o.handshake_timeout = c.handshake_timeout;
  o.header_timeout = c.header_timeout;
  o.body_timeout = c.body_timeout;
  o.handler_timeout = c.handler_timeout;
  o.write_timeout = c.write_timeout;
  o.idle_timeout = c.idle_timeout;
  return o;
}

std::vector<EndpointOptions> endpoints_of(const Config& config) {
  std::vector<EndpointOptions> out;
  for (const EndpointConfig& e : config.endpoints) {
    EndpointOptions o;
    o.name = e.name;
    o.url = e.url;
    o.server_name = e.server_name;
    o.user = e.user;
    o.host_key = e.host_key;
    o.private_key = e.private_key.string();
    o.files = files_of(config.client);
    o.connections_max = e.connections_max;
    o.connect_timeout = e.connect_timeout;
    o.request_timeout = e.request_timeout;
    o.idle_timeout = e.idle_timeout;
    o.response_bytes_max = e.response_bytes_max;
    out.push_back(std::move(o));
  }
  return out;
}

Result<std::optional<SftpTarget>> server_of(const DropInConfig& drop) {
  if (drop.from.url.empty()) return std::optional<SftpTarget>();
  auto target = parse_sftp_url(drop.from.url);
  if (!target) return target.error();
  target->user = drop.from.user;
  target->host_key = drop.from.host_key;
  target->private_key = drop.from.private_key;
  target->connect_timeout = drop.from.connect_timeout;
  return std::optional(std::move(*target));
}

StatusPollRules polls_of(const Config& config) {
  StatusPollRules out;
  for (const StatusPollConfig& each : config.status_poll) out[each.party] = {each.every, each.per_minute, each.kept};
  return out;
}

Patience patience_of(const Config& config) {
  Patience out;
  out.alert_after = config.holds.alert_after;
  out.remind_every = config.holds.remind_every;
  out.expire_after = config.holds.expire_after;
  out.review_working_days = config.reviews.due_within_working_days;
  out.sameness = cli::sameness_of(config);
  return out;
}

Handler log_handler(Ledger& ledger, const Parties& parties) {
  return [&ledger, &parties](HttpRequest request) -> Task<HttpResponse> {
    std::string_view path = request.path();
    if (request.method != "GET" || path.rfind("/log/", 0) != 0)
      co_return problem(404, "not_found", "Not found", "GET /log/checkpoint or /log/tile/...");
    path.remove_prefix(5);
    if (path.rfind("tile/entries/", 0) == 0) {
      auto caller = identify(request.peer, parties);
      if (!caller) co_return problem(caller.error());
      if (caller->party->actor_type != "auditor")
        co_return problem(fail(Errc::forbidden, "log", "entries need an auditor's certificate"));
    }
    auto bytes = ledger.serve_path(path);
    if (!bytes) co_return problem(bytes.error());
    HttpResponse response;
    response.content_type = path == "checkpoint" ? "text/plain; charset=utf-8" : "application/octet-stream";
    response.body = std::move(*bytes);
    co_return response;
  };
}

Result<int> incidents_overdue(Store& store, Time now) {
  constexpr int kPage = 200;
  int overdue = 0;
  for (std::string before;;) {
    auto rows = store.incidents(before, kPage);
    if (!rows) return rows.error();
    for (const IncidentRow& row : *rows)
      if (!row.closed_at && row.aware_at + kIncidentReportWithin < now) ++overdue;
    if (rows->size() < kPage) return overdue;
    before = rows->back().id;
  }
}

}  // namespace samband
