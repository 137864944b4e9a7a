#include "admin/admin.hpp"

namespace samband {
namespace {

HttpResponse text(int status, std::string_view content_type, std::string body) {
  HttpResponse response;
  response.status = status;
  response.content_type = content_type;
  response.body = std::move(body);
  return response;
}

HttpResponse state(bool good, const std::string& warning = {}) {
  return text(good ? 200 : 503, "text/plain; charset=utf-8", (good ? "ok\n" : "not ok\n") + warning);
}

struct Admin {
  Metrics& metrics;
  std::function<bool()> healthy, ready;
  std::function<std::string()> warning;

  HttpResponse answer(const HttpRequest& request) const {
    if (request.method != "GET" && request.method != "HEAD") {
      auto response = problem(405, "method_not_allowed", "Only GET and HEAD", {});
      response.headers.emplace_back("allow", "GET, HEAD");
      return response;
    }
    const auto path = request.path();
    if (path == "/metrics") {
      // Asking first also lets main refresh the gauges that it sets when it is asked.
      const bool works = healthy(), takes = ready();
      metrics.set_state(works, works && takes);
      return text(200, "text/plain; version=0.0.4; charset=utf-8", metrics.text());
    }
    if (path == "/healthz") return state(healthy(), warning ? warning() : std::string());
    if (path == "/readyz") return state(healthy() && ready());
    return problem(404, "not_found", "There is no such thing here", {});
  }
};

Task<HttpResponse> serve(std::shared_ptr<const Admin> admin, HttpRequest request) { co_return admin->answer(request); }

}  // namespace

Handler admin_handler(Metrics& metrics, std::function<bool()> healthy, std::function<bool()> ready,
                      std::function<std::string()> warning) {
  const auto admin =
      std::make_shared<const Admin>(Admin{metrics, std::move(healthy), std::move(ready), std::move(warning)});
  return [admin](HttpRequest request) { return serve(admin, std::move(request)); };
}

}  // namespace samband
