#include "transport/http.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <functional>

#include "transport/http_policy.hpp"

namespace samband {

std::string_view HttpRequest::header(std::string_view lower_case_name) const {
  for (const auto& [name, value] : headers)
    if (name == lower_case_name) return value;
  return {};
}

std::string_view HttpRequest::path() const {
  const std::string_view whole = target;
  return whole.substr(0, whole.find('?'));
}

namespace {

// Every "name=value" or "name" of the query; stops when `each` says so.
void for_each_parameter(std::string_view target, const std::function<bool(std::string_view, std::string_view)>& each) {
  const auto mark = target.find('?');
  if (mark == std::string_view::npos) return;
  auto rest = target.substr(mark + 1);
  while (!rest.empty()) {
    const auto end = rest.find('&');
    const auto pair = rest.substr(0, end);
    const auto equals = pair.find('=');
    const auto value = equals == std::string_view::npos ? std::string_view() : pair.substr(equals + 1);
    if (!each(pair.substr(0, equals), value)) return;
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  }
}

}  // namespace

std::string HttpRequest::query(std::string_view name) const {
  std::string found;
  for_each_parameter(target, [&](std::string_view each, std::string_view value) {
    if (each != name) return true;
    found = percent_decode(value).value_or(std::string());
    return false;
  });
  return found;
}

std::vector<std::string_view> HttpRequest::query_names() const {
  std::vector<std::string_view> names;
  for_each_parameter(target, [&](std::string_view each, std::string_view) {
    names.push_back(each);
    return true;
  });
  return names;
}

Result<void> check_query(const HttpRequest& request, std::initializer_list<std::string_view> known) {
  constexpr std::size_t kNameMax = 20;
  std::vector<std::string_view> seen;
  for (const std::string_view name : request.query_names()) {
    const bool unknown = std::find(known.begin(), known.end(), name) == known.end();
    if (!unknown && std::find(seen.begin(), seen.end(), name) == seen.end()) {
      seen.push_back(name);
      continue;
    }
    // Anything may stand there, also a person: only what looks like a name of a parameter is repeated.
    const bool plain = !name.empty() && name.size() <= kNameMax &&
                       std::all_of(name.begin(), name.end(), [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; });
    std::string takes;
    for (const std::string_view each : known) takes += (takes.empty() ? "" : ", ") + std::string(each);
    const std::string named = plain ? " `" + std::string(name) + "`" : std::string();
    return fail(
        Errc::invalid_input, "?" + (plain ? std::string(name) : std::string("*")),
        unknown ? "no such query parameter here" + named + "; this resource takes " + (takes.empty() ? "none" : takes)
                : "the query parameter" + named + " stands once");
  }
  return {};
}

Task<void> sleep_for(std::chrono::milliseconds duration) {
  const auto executor = co_await asio::this_coro::executor;
  asio::steady_timer timer(executor);
  timer.expires_after(duration);
  co_await timer.async_wait(asio::use_awaitable);
}

}  // namespace samband
