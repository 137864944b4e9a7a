#include "admin/policy_api.hpp"

#include "identity/peer.hpp"

namespace samband {
namespace {

constexpr std::string_view kRoot = "/v1/policy";

HttpResponse reply(Result<json::object> result, int status = 200) {
  if (!result) return problem(result.error());
  return json_response(status, json::serialize(*result));
}

HttpResponse answer(RuleRegistry& rules, const Parties& parties, const HttpRequest& request) {
  const auto caller = identify(request.peer, parties);
  if (!caller) return problem(caller.error());
  if (auto asked = check_query(request, {}); !asked) return problem(asked.error());
  std::string_view path = request.path();
  path.remove_prefix(kRoot.size());
  const bool get = request.method == "GET", post = request.method == "POST";
  const auto only = [](const char* allow) {
    HttpResponse r =
        problem(405, "method_not_allowed", "Method not allowed", std::string("this resource answers ") + allow);
    r.headers.emplace_back("allow", allow);
    return r;
  };
  if (path.empty()) return get ? reply(rules.list()) : only("GET");
  path.remove_prefix(1);
  const bool proposal = path == "proposals";
  const bool approval = path.starts_with("proposals/") && path.ends_with("/approval") && path.size() > 19;
  if (!proposal && !approval) {
    if (path.find('/') != std::string_view::npos) return problem(404, "not_found", "Not found", "no such resource");
    return get ? reply(rules.show(std::string(path))) : only("GET");
  }
  if (!post) return only("POST");
  if (caller->official == nullptr)
    return problem(
        fail(Errc::forbidden, "certificate", "rules are changed by rules officers in person, not by a system"));
  if (approval) return reply(rules.approve(*caller->official, std::string(path.substr(10, path.size() - 19))));
  JsonLimits limits;
  limits.bytes_max = 8u << 20;
  limits.depth_max = 4;
  auto body = parse_json(request.body, limits);
  if (!body) return problem(body.error());
  return reply(rules.propose(*caller->official, *body), 201);
}

}  // namespace

bool is_policy_path(std::string_view path) {
  return path == kRoot || (path.starts_with(kRoot) && path[kRoot.size()] == '/');
}

Handler policy_handler(RuleRegistry& rules, const Parties& parties) {
  return [&rules, &parties](HttpRequest request) -> Task<HttpResponse> { co_return answer(rules, parties, request); };
}

}  // namespace samband
