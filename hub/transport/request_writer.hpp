// Where a request goes, and its bytes: head and body in one string, so that it is one write. Thread-safe.
#pragma once
#include <string>

#include "transport/http.hpp"

namespace samband {

struct Address {
  std::string host, port, base_path, host_header, server_name;
  bool tls = true, name_is_ip = false;
};
// Of an endpoint's url. Errors: invalid_config.
Result<Address> parse_address(const EndpointOptions&);
// Replaces what `out` held, keeps its memory. False when something of the request could split it.
bool write_request(const Address&, const ClientRequest&, std::string& out);

}  // namespace samband
