#include "witness/witness_api.hpp"

#include "base/log.hpp"

namespace samband {
namespace {

constexpr std::string_view kCheckpoint = "/checkpoint";

// The hash of the origin in the path of a checkpoint.
std::string_view origin_hash(std::string_view path) {
  path.remove_suffix(kCheckpoint.size());
  return path.substr(path.rfind('/') + 1);
}

}  // namespace

Handler witness_handler(Witness& witness, const Clock& clock) {
  return [&witness, &clock](HttpRequest request) -> Task<HttpResponse> {
    HttpResponse response;
    if (request.method == "GET" && request.path().ends_with(kCheckpoint)) {
      Witness::Answer newest = witness.newest_checkpoint(origin_hash(request.path()));
      response.status = newest.status;
      response.content_type = std::move(newest.content_type);
      response.body = std::move(newest.body);
      co_return response;
    }
    if (!request.path().ends_with("/add-checkpoint"))
      co_return problem(404, "not_found", "Not found", "POST /add-checkpoint, GET /<hash of the origin>/checkpoint");
    if (request.method != "POST") co_return problem(405, "method_not_allowed", "Method not allowed", "POST only");
    Witness::Answer answer = witness.add_checkpoint(request.body, clock.now());
    // A known log that does not continue is what a witness is for: its operator hears of it.
    if (!answer.origin.empty() && answer.status != 200)
      log(answer.status == 422 ? LogLevel::error : LogLevel::info, "witness.refused",
          {{"origin", answer.origin}, {"status", std::to_string(answer.status)}});
    response.status = answer.status;
    response.content_type = std::move(answer.content_type);
    response.body = std::move(answer.body);
    co_return response;
  };
}

}  // namespace samband
