// What an HTTP status means for a delivery, decided once for every adapter that posts and reads an answer.
// Pure, thread-safe.
#pragma once
#include "common/json_tools.hpp"

namespace samband::plugin {

enum class HttpVerdict { accepted, retry, rejected };
// 2xx accepted; 408, 425, 429, 5xx and nonsense come back later; every other answer is a no for good.
HttpVerdict verdict_of(int http_status);
// "http_503": a reason code without anything of the answer's text.
std::string http_reason(int http_status);
// A code that may come from outside, cut down to [A-Za-z0-9._-] and 40 characters; "other" when nothing is left.
std::string safe_code(std::string_view);
// "reference" of a JSON answer ("" when the body is empty, is not JSON or has none).
std::string reference_of(std::string_view body);
}  // namespace samband::plugin
