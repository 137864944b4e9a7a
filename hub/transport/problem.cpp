#include <boost/json.hpp>

#include "transport/http.hpp"

namespace samband {
namespace {

struct Remedy {
  int status;
  std::string_view title;
};

Remedy remedy_of(Errc code) {
  switch (code) {
    case Errc::invalid_input:
      return {400, "The request cannot be understood"};
    case Errc::unauthorised:
      return {401, "A known client certificate is needed"};
    case Errc::forbidden:
      return {403, "Not allowed for this party"};
    case Errc::not_found:
      return {404, "There is no such thing here"};
    case Errc::conflict:
      return {409, "In conflict with what is already there"};
    case Errc::too_large:
      return {413, "Over a limit"};
    case Errc::rejected:
      return {422, "Understood, but not accepted"};
    case Errc::busy:
      return {503, "Busy: try again"};
    case Errc::unavailable:
      return {503, "Not available: try again later"};
    case Errc::timed_out:
      return {504, "No answer in time"};
    case Errc::invalid_config:
    case Errc::internal:
      break;
  }
  return {500, "Internal error"};
}

}  // namespace

HttpResponse problem(int status, std::string_view code, std::string_view title, std::string_view detail,
                     std::string_view pointer) {
  boost::json::object document;
  document["type"] = "urn:samband:problem:" + std::string(code);
  document["title"] = title;
  document["status"] = status;
  document["code"] = code;
  if (!detail.empty()) document["detail"] = detail;
  if (!pointer.empty()) document["pointer"] = pointer;
  HttpResponse response;
  response.status = status;
  response.content_type = "application/problem+json";
  response.body = boost::json::serialize(document);
  return response;
}

HttpResponse problem(const Error& error) {
  const auto [status, title] = remedy_of(error.code);
  // What went wrong inside is for the log: file names and internals do not go out.
  if (status == 500) return problem(500, to_string(error.code), title, {});
  const bool is_pointer = error.where.starts_with('/');
  auto detail = error.message;
  if (!is_pointer && !error.where.empty()) detail += " (" + error.where + ")";
  auto response = problem(status, to_string(error.code), title, detail,
                          is_pointer ? std::string_view(error.where) : std::string_view());
  if (error.code == Errc::busy) response.headers.emplace_back("retry-after", "1");
  return response;
}

HttpResponse json_response(int status, std::string body) {
  HttpResponse response;
  response.status = status;
  response.body = std::move(body);
  return response;
}

}  // namespace samband
