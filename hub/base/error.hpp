// What can go wrong and what the caller can do about it.
// Error codes are named by remedy; texts describe shape and place, never a person. Values, thread-compatible.
#pragma once
#include <boost/system/result.hpp>
#include <stdexcept>
#include <string>
#include <string_view>

namespace samband {

enum class Errc {
  invalid_input,   // the sender must change the message
  invalid_config,  // the operator must change a file
  unauthorised,    // no or unknown certificate
  forbidden,       // known party, not allowed this
  not_found,
  conflict,  // same id, other content; or a step that the life cycle forbids
  too_large,
  busy,         // try again later (Retry-After)
  unavailable,  // peer or network
  rejected,     // peer answered no
  timed_out,
  internal,  // a bug or a broken disk; fail closed
};

std::string_view to_string(Errc);

struct Error {
  Errc code = Errc::internal;
  std::string where;    // JSON pointer, file:line:column, or a stage name; never a value
  std::string message;  // about the shape
};

template <class T = void>
using Result = boost::system::result<T, Error>;

// Found by argument-dependent lookup when .value() is called on an error: a bug in the caller.
[[noreturn]] void throw_exception_from_error(const Error&, const boost::source_location&);

inline Error fail(Errc code, std::string where, std::string message) {
  return Error{code, std::move(where), std::move(message)};
}

}  // namespace samband
