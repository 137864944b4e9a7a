#include "scenario/agencies.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

namespace samband::scenario {
namespace {

std::vector<EndpointOptions> endpoints_of(const Config& config, const std::filesystem::path& certs,
                                          std::uint16_t agency, std::uint16_t admin) {
  std::vector<EndpointOptions> out;
  const auto add = [&](const std::string& who, const std::string& certificate) {
    EndpointOptions o;
    o.name = who;
    o.url = "https://127.0.0.1:" + std::to_string(agency);
    o.server_name = "localhost";
    o.files = {(certs / (certificate + ".pem")).string(),
               (certs / (certificate + ".key")).string(),
               (certs / "ca.pem").string(),
               {}};
    o.connections_max = 1;
    o.request_timeout = std::chrono::seconds(120);
    out.push_back(std::move(o));
  };
  for (const Party& party : config.parties.all()) add(party.id, party.id);
  for (const Official& official : config.parties.officials()) add(official.id, official.id);
  EndpointOptions o;
  o.name = "/admin";
  o.url = "http://127.0.0.1:" + std::to_string(admin);
  o.allow_plain = true;
  o.connections_max = 1;
  o.request_timeout = std::chrono::seconds(600);
  out.push_back(std::move(o));
  return out;
}

Task<void> ask(Client* client, std::string endpoint, ClientRequest request, Result<ClientResponse>* out, bool* done) {
  *out = co_await client->send(std::move(endpoint), std::move(request));
  *done = true;
}

}  // namespace

std::string Answer::in_words() const {
  const json::object* problem = body.if_object();
  if (problem == nullptr) return std::to_string(status);
  return std::to_string(status) + " " + std::string(string_at(*problem, "code")) + " at " +
         std::string(string_at(*problem, "pointer")) + ": " + std::string(string_at(*problem, "detail"));
}

Agencies::Agencies(const Config& config, const std::filesystem::path& certs, std::uint16_t agency_port,
                   std::uint16_t admin_port)
    : client_(io_, endpoints_of(config, certs, agency_port, admin_port)) {}

Agencies::~Agencies() {
  client_.close();
  io_.restart();
  io_.run();
}

Result<Answer> Agencies::send(const std::string& endpoint, ClientRequest request) {
  Result<ClientResponse> response = fail(Errc::unavailable, endpoint, "no answer");
  bool done = false;
  io_.restart();
  asio::co_spawn(io_, ask(&client_, endpoint, std::move(request), &response, &done), asio::detached);
  while (!done && io_.run_one() > 0) {
  }
  if (!response) return response.error();
  Answer answer{response->status, nullptr};
  JsonLimits limits;
  limits.bytes_max = 64u << 20;
  if (auto parsed = parse_json(response->body, limits)) answer.body = std::move(*parsed);
  return answer;
}

Result<Answer> Agencies::call(const std::string& who, const std::string& method, const std::string& path,
                              const std::string& body, const std::string& media_type) {
  ClientRequest request;
  request.method = method;
  request.path = path;
  request.body = body;
  if (!body.empty()) request.headers.emplace_back("content-type", media_type);
  return send(who, std::move(request));
}

Result<Time> Agencies::clock(const std::string& method, const std::string& body) {
  ClientRequest request;
  request.method = method;
  request.path = "/simulation/clock";
  request.body = body;
  if (!body.empty()) request.headers.emplace_back("content-type", "application/json");
  auto answer = send("/admin", std::move(request));
  if (!answer) return answer.error();
  if (answer->status != 200 || !answer->body.is_object())
    return fail(Errc::unavailable, "clock",
                "the hub's time cannot be moved (" + answer->in_words() + "): [simulation] in hub.toml?");
  return parse_rfc3339(string_at(answer->body.get_object(), "now"));
}

Result<Time> Agencies::now() { return clock("GET", {}); }

Result<Time> Agencies::pass_to(Time target) {
  return clock("POST", json::serialize(json::object{{"to", to_rfc3339(target)}}));
}

}  // namespace samband::scenario
