// Bytes of a response: head and body in one string, so that a response is one write and, when short, one TLS record.
// Thread-safe.
#pragma once
#include <string>

#include "transport/http.hpp"

namespace samband {

struct ResponseForm {
  bool keep_alive = true;
  bool head_only = false;  // the answer to HEAD: length, but no body
};
// Replaces what `out` held, keeps its memory. False, and nothing written, when a header of the response could split it.
bool write_response(const HttpResponse&, ResponseForm, std::string& out);

}  // namespace samband
