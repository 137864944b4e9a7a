#include "transport/request_writer.hpp"

#include <boost/asio/ip/address.hpp>
#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

#include "transport/http_policy.hpp"

namespace samband {
namespace {

bool is_ip_address(const std::string& text) {
  boost::system::error_code error;
  asio::ip::make_address(text, error);
  return !error;
}

}  // namespace

Result<Address> parse_address(const EndpointOptions& options) {
  const auto place = "endpoint " + options.name;
  const auto url = boost::urls::parse_uri(options.url);
  if (!url || url->has_query() || url->has_fragment() || url->has_userinfo() || url->host().empty())
    return fail(Errc::invalid_config, place, "url is not https://host:port/path");
  Address address;
  address.tls = url->scheme() == "https";
  address.host = url->host_address();
  if (url->has_port() && !url->port().empty() && url->port_number() == 0)
    return fail(Errc::invalid_config, place, "url has no usable port");
  address.port = url->port_number() != 0 ? std::string(url->port()) : address.tls ? "443" : "80";
  address.base_path = std::string(url->encoded_path());
  while (address.base_path.ends_with('/')) address.base_path.pop_back();
  address.host_header = std::string(url->encoded_host_and_port());
  address.server_name = options.server_name.empty() ? address.host : options.server_name;
  address.name_is_ip = is_ip_address(address.server_name);
  if (address.tls) return address;
  boost::system::error_code error;
  const auto ip = asio::ip::make_address(address.host, error);
  if (url->scheme() != "http" || !options.allow_plain || error || !ip.is_loopback())
    return fail(Errc::invalid_config, place, "only https is allowed");
  return address;
}

bool write_request(const Address& address, const ClientRequest& request, std::string& out) {
  const auto target = address.base_path + request.path;
  if (!is_token(request.method) || !is_origin_target(target.empty() ? "/" : target)) return false;
  out.clear();
  out.reserve(512 + request.body.size());
  out += request.method;
  out += ' ';
  out += target.empty() ? "/" : target;
  out += " HTTP/1.1\r\nHost: ";
  out += address.host_header;
  for (const auto& [name, value] : request.headers) {
    if (!is_token(name) || !is_field_value(value) || name == "content-length" || name == "transfer-encoding" ||
        name == "host" || name == "connection")
      return false;
    out += "\r\n";
    out += name;
    out += ": ";
    out += value;
  }
  if (!request.body.empty() || (request.method != "GET" && request.method != "HEAD")) {
    out += "\r\nContent-Length: ";
    out += std::to_string(request.body.size());
  }
  out += "\r\n\r\n";
  out += request.body;
  return true;
}

}  // namespace samband
