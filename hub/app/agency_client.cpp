#include "app/agency_client.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include "transport/http.hpp"

namespace samband::cli {

std::vector<OptionSpec> agency_options(const std::string& as) {
  return {{"config", "DIR", "configuration folder", ""},
          {"as", "PARTY", "party whose certificate is used", as, false, as.empty()},
          {"url", "URL", "agency API (default: the hub of the configuration)", ""},
          {"cert", "FILE", "certificate (default: PARTY.pem beside the hub's)", ""},
          {"key", "FILE", "its key (default: PARTY.key beside the hub's)", ""},
          {"ca", "FILE", "CA of the hub's certificate", ""},
          {"json", "", "print the answer as JSON", ""}};
}

Result<json::value> call(const Arguments& arguments, const Config& config, const std::string& method,
                         const std::string& path, const std::string& body) {
  const std::string party = arguments.get("as");
  const auto& folder = config.certs_dir;
  const auto pick = [&](const char* option, const std::filesystem::path& otherwise) {
    return arguments.has(option) ? arguments.get(option) : otherwise.string();
  };
  EndpointOptions endpoint;
  endpoint.name = "hub";
  endpoint.url = pick("url", "https://" + config.agency.address + ":" + std::to_string(config.agency.port));
  endpoint.files.certificate = pick("cert", folder / (party + ".pem"));
  endpoint.files.key = pick("key", folder / (party + ".key"));
  endpoint.files.ca = pick("ca", config.server.ca);

  asio::io_context io;
  std::vector<EndpointOptions> endpoints;
  endpoints.push_back(endpoint);
  Client client(io, std::move(endpoints));
  ClientRequest request;
  request.method = method;
  request.path = path;
  request.headers.emplace_back("content-type", "application/json");
  request.body = body;
  Result<ClientResponse> response = fail(Errc::unavailable, endpoint.url, "no answer");
  asio::co_spawn(
      io,
      [&]() -> Task<void> {
        response = co_await client.send("hub", std::move(request));
        client.close();
      },
      asio::detached);
  io.run();
  if (!response) return fail(response.error().code, endpoint.url, response.error().message);
  auto parsed = parse_json(response->body);
  if (!parsed)
    return fail(Errc::unavailable, endpoint.url,
                "the answer is not JSON (status " + std::to_string(response->status) + ")");
  if (response->status >= 400) {
    const json::object& problem = parsed->is_object() ? parsed->get_object() : (*parsed = json::object{}).get_object();
    std::string where(string_at(problem, "pointer"));
    return fail(Errc::rejected, where.empty() ? std::to_string(response->status) : where,
                std::string(string_at(problem, "code")) + ": " + std::string(string_at(problem, "detail")));
  }
  return std::move(*parsed);
}

}  // namespace samband::cli
