#include "transport/response_writer.hpp"

#include <algorithm>
#include <charconv>
#include <ctime>

#include "transport/http_policy.hpp"

namespace samband {
namespace {

std::string_view reason_of(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 201:
      return "Created";
    case 202:
      return "Accepted";
    case 204:
      return "No Content";
    case 301:
      return "Moved Permanently";
    case 302:
      return "Found";
    case 303:
      return "See Other";
    case 304:
      return "Not Modified";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 409:
      return "Conflict";
    case 410:
      return "Gone";
    case 413:
      return "Content Too Large";
    case 415:
      return "Unsupported Media Type";
    case 417:
      return "Expectation Failed";
    case 422:
      return "Unprocessable Content";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 501:
      return "Not Implemented";
    case 502:
      return "Bad Gateway";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    case 505:
      return "HTTP Version Not Supported";
    default:
      return "Status";
  }
}

// RFC 9110 section 5.6.7, made once a second and thread.
std::string_view date_now() {
  thread_local std::time_t last = 0;
  thread_local char text[32];
  thread_local std::size_t length = 0;
  const auto now = std::time(nullptr);
  if (now != last) {
    std::tm parts{};
    gmtime_r(&now, &parts);
    length = std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &parts);  // the C locale's English names
    last = now;
  }
  return {text, length};
}

void append_number(std::string& out, std::uint64_t number) {
  char digits[24];
  const auto end = std::to_chars(digits, digits + sizeof digits, number).ptr;
  out.append(digits, static_cast<std::size_t>(end - digits));
}

}  // namespace

bool write_response(const HttpResponse& response, ResponseForm form, std::string& out) {
  out.clear();
  if (response.status < 200 || response.status > 599 || !is_field_value(response.content_type)) return false;
  const bool has_body = response.status != 204 && response.status != 304;
  bool has_cache_control = false;
  for (const auto& [name, value] : response.headers) {
    if (!is_token(name) || !is_field_value(value)) return false;
    // Framing is this function's alone.
    if (name == "content-length" || name == "transfer-encoding" || name == "connection") return false;
    if (name == "cache-control") has_cache_control = true;
  }
  out.reserve(512 + response.body.size());
  out += "HTTP/1.1 ";
  append_number(out, static_cast<std::uint64_t>(response.status));
  out += ' ';
  out += reason_of(response.status);
  out += "\r\nDate: ";
  out += date_now();
  if (has_body) {
    if (!response.body.empty()) {
      out += "\r\nContent-Type: ";
      out += response.content_type;
    }
    out += "\r\nContent-Length: ";
    append_number(out, response.body.size());
  }
  // Answers may hold personal data: nobody on the way keeps them unless the handler says so.
  if (!has_cache_control) out += "\r\nCache-Control: no-store";
  out += "\r\nX-Content-Type-Options: nosniff";
  for (const auto& [name, value] : response.headers) {
    out += "\r\n";
    out += name;
    out += ": ";
    out += value;
  }
  if (!form.keep_alive) out += "\r\nConnection: close";
  out += "\r\n\r\n";
  if (has_body && !form.head_only) out += response.body;
  return true;
}

}  // namespace samband
