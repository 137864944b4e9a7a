// Reads one JSON object of a case file: every key at most once, no key unread, codes from closed lists. Mistakes are
// collected with their JSON pointer, so that whoever writes cases sees all of them at once; they never name a value.
// Lives for one object: not shared between threads. Internal to hub/confidentiality.
#pragma once
#include <algorithm>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"
#include "model/vocabulary.hpp"

namespace samband {

class ObjectReader {
 public:
  using Problems = std::vector<Error>;
  static constexpr std::size_t kProblemsMax = 20;

  ObjectReader(const json::object& object, std::string pointer, Problems& problems)
      : object_(object), pointer_(std::move(pointer)), problems_(problems) {}

  // The member, by its name here (`birth_date`) or as the API writes it (`birthDate`); nullptr when absent.
  const json::value* take(std::string_view key) {
    read_.insert(std::string(key));
    const auto* plain = object_.if_contains(key);
    const std::string camel = camel_case(key);
    if (camel == key) return plain;
    read_.insert(camel);
    const auto* other = object_.if_contains(camel);
    if (plain != nullptr && other != nullptr) report(key, "is given twice, as " + camel + " too");
    return plain != nullptr ? plain : other;
  }
  bool has(std::string_view key) { return take(key) != nullptr; }

  std::string text(std::string_view key, std::string fallback = {}) {
    const auto* value = take(key);
    if (value == nullptr) return fallback;
    if (!value->is_string() || value->get_string().empty() || value->get_string().size() > 200) {
      report(key, "expects a text of 1 to 200 characters");
      return fallback;
    }
    return std::string(value->get_string());
  }
  std::string code(std::string_view key, std::span<const std::string_view> list, std::string fallback = {}) {
    auto value = text(key, std::move(fallback));
    if (!value.empty() && std::find(list.begin(), list.end(), value) == list.end())
      report(key, "unknown code (docs/vocabulary.md)");
    return value;
  }
  bool flag(std::string_view key, bool fallback) {
    const auto* value = take(key);
    if (value == nullptr) return fallback;
    if (!value->is_bool()) {
      report(key, "expects true or false");
      return fallback;
    }
    return value->get_bool();
  }
  // One text, or a list of them.
  std::vector<std::string> texts(std::string_view key, std::vector<std::string> fallback = {}) {
    const auto* value = take(key);
    if (value == nullptr) return fallback;
    std::vector<std::string> out;
    if (value->is_string()) {
      out.emplace_back(value->get_string());
    } else if (value->is_array()) {
      for (const auto& item : value->get_array()) {
        if (item.is_string()) out.emplace_back(item.get_string());
        if (!item.is_string()) report(key, "expects texts");
      }
    } else {
      report(key, "expects a text or a list of texts");
    }
    return out;
  }
  std::vector<std::string> codes(std::string_view key, std::span<const std::string_view> list,
                                 std::vector<std::string> fallback = {}) {
    auto out = texts(key, std::move(fallback));
    for (const auto& each : out)
      if (std::find(list.begin(), list.end(), each) == list.end()) report(key, "unknown code (docs/vocabulary.md)");
    return out;
  }
  const json::object* object(std::string_view key) {
    const auto* value = take(key);
    if (value == nullptr) return nullptr;
    if (!value->is_object()) report(key, "expects an object");
    return value->if_object();
  }
  // Objects that have names: a list (the name is `id`, else `prefix` and the place in the list) or an object by name.
  // `read` gets name, object and its pointer.
  template <class Read>
  void named(std::string_view key, std::string_view prefix, Read read) {
    const auto* value = take(key);
    if (value == nullptr) return;
    std::set<std::string> seen;
    const auto one = [&](const std::string& name, const json::value& item, const std::string& where) {
      const auto* object = item.if_object();
      if (object == nullptr) return add(where, "expects an object");
      if (!is_name(name)) return add(where, "a name is a letter and up to 39 letters, digits, - or _; never a number");
      if (!seen.insert(name).second) return add(where, "this name is used twice");
      read(name, *object, where);
    };
    if (const auto* list = value->if_array()) {
      for (std::size_t i = 0; i < list->size(); ++i) {
        std::string name = std::string(prefix) + std::to_string(i + 1);
        if (const auto* object = (*list)[i].if_object()) {
          if (const auto* id = object->if_contains("id"); id != nullptr && id->is_string()) name = id->get_string();
        }
        one(name, (*list)[i], place(key) + "/" + std::to_string(i));
      }
    } else if (const auto* by_name = value->if_object()) {
      for (const auto& [name, item] : *by_name) one(std::string(name), item, to_pointer(place(key), name));
    } else {
      report(key, "expects a list or an object");
    }
  }

  void report(std::string_view key, std::string message) { add(place(key), std::move(message)); }
  void add(std::string where, std::string message) {
    const bool said = std::any_of(problems_.begin(), problems_.end(),
                                  [&](const Error& e) { return e.where == where && e.message == message; });
    if (!said && problems_.size() < kProblemsMax)
      problems_.push_back(fail(Errc::invalid_input, std::move(where), std::move(message)));
  }
  void done() {
    for (const auto& [key, value] : object_)
      if (!read_.contains(std::string(key))) add(to_pointer(pointer_, key), "unknown key");
  }
  std::string place(std::string_view key) const { return to_pointer(pointer_, key); }
  const std::string& pointer() const { return pointer_; }
  Problems& problems() { return problems_; }

  // A key that does not look like a name may be somebody's number: it is shown as *.
  static std::string to_pointer(const std::string& base, std::string_view key) {
    const auto digits = std::count_if(key.begin(), key.end(), [](char c) { return c >= '0' && c <= '9'; });
    return base + "/" + (is_word(key) && digits < 6 ? std::string(key) : "*");
  }
  static bool is_name(std::string_view name) {
    const auto digits = std::count_if(name.begin(), name.end(), [](char c) { return c >= '0' && c <= '9'; });
    return is_word(name) && name.size() <= 40 && digits < 6 &&
           ((name[0] >= 'a' && name[0] <= 'z') || (name[0] >= 'A' && name[0] <= 'Z'));
  }

 private:
  static bool is_word(std::string_view text) {
    return !text.empty() && text.size() <= 64 && std::all_of(text.begin(), text.end(), [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
             c == '.';
    });
  }
  static std::string camel_case(std::string_view key) {
    std::string out;
    for (std::size_t i = 0; i < key.size(); ++i) {
      if (key[i] == '_' && i + 1 < key.size()) {
        out += static_cast<char>(key[++i] - 'a' + 'A');
      } else {
        out += key[i];
      }
    }
    return out;
  }

  const json::object& object_;
  std::string pointer_;
  Problems& problems_;
  std::set<std::string, std::less<>> read_;
};

}  // namespace samband
