// Reads a sender's JSON member by member: strict types, no member left unread, every error with a JSON pointer.
// An unknown member is refused at its parent (a misspelt "protection" must not pass as "not protected"), and is never
// named: a key is the sender's text and may hold a value. Not thread-safe; one per message.
#pragma once
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "common/json_tools.hpp"

namespace samband::plugin {

// Collects the first error; after it every read is a no-op, so that callers check once.
class Problem {
 public:
  void set(std::string where, std::string message) {
    if (!error_) error_ = sdk::invalid(std::move(where), std::move(message));
  }
  const std::optional<sdk::Error>& error() const { return error_; }
  explicit operator bool() const { return error_.has_value(); }

 private:
  std::optional<sdk::Error> error_;
};

class ObjectReader {
 public:
  ObjectReader(const json::object& object, std::string where, Problem& problem)
      : object_(object), where_(std::move(where)), problem_(problem) {}

  // nullptr when absent; a null value counts as a wrong type.
  const json::value* take(std::string_view key);
  // "" when absent. A text is valid UTF-8 (the parser saw to it), not empty, at most max bytes.
  std::string text(std::string_view key, std::size_t max = 1000);
  std::string required_text(std::string_view key, std::size_t max = 1000);
  // RFC 3339 in UTC, as the hub writes it; "" when absent.
  std::string instant(std::string_view key);
  std::string required_instant(std::string_view key);
  std::optional<bool> boolean(std::string_view key);
  std::optional<std::int64_t> integer(std::string_view key);
  const json::object* object(std::string_view key);
  const json::array* array(std::string_view key, std::size_t max = 50);

  // Copies a member when it is there.
  void copy_text(json::object& to, std::string_view key, std::size_t max = 1000);
  void copy_instant(json::object& to, std::string_view key);
  void copy_boolean(json::object& to, std::string_view key);

  void finish();  // refuses members that nobody read
  std::string at(std::string_view key) const;
  Problem& problem() { return problem_; }

 private:
  const json::object& object_;
  std::string where_;
  Problem& problem_;
  std::set<std::string, std::less<>> taken_;
};

}  // namespace samband::plugin
