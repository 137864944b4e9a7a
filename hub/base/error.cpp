#include "base/error.hpp"

namespace samband {

std::string_view to_string(Errc code) {
  switch (code) {
    case Errc::invalid_input:
      return "invalid_input";
    case Errc::invalid_config:
      return "invalid_config";
    case Errc::unauthorised:
      return "unauthorised";
    case Errc::forbidden:
      return "forbidden";
    case Errc::not_found:
      return "not_found";
    case Errc::conflict:
      return "conflict";
    case Errc::too_large:
      return "too_large";
    case Errc::busy:
      return "busy";
    case Errc::unavailable:
      return "unavailable";
    case Errc::rejected:
      return "rejected";
    case Errc::timed_out:
      return "timed_out";
    case Errc::internal:
      return "internal";
  }
  return "internal";
}

void throw_exception_from_error(const Error& error, const boost::source_location& at) {
  throw std::logic_error("value() on an error: " + std::string(to_string(error.code)) + " at " + error.where + ": " +
                         error.message + " (" + at.file_name() + ":" + std::to_string(at.line()) + ")");
}

}  // namespace samband
