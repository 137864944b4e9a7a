// A value that must not reach logs, metrics, error texts or URLs. It has no stream operator and no implicit
// conversion; `reveal()` is the one place to search for. Value type.
#pragma once
#include <utility>

namespace samband {
template <class T>
class Redacted {
 public:
  Redacted() = default;
  explicit Redacted(T value) : value_(std::move(value)) {}
  const T& reveal() const { return value_; }
  bool operator==(const Redacted&) const = default;

 private:
  T value_{};
};
}  // namespace samband
