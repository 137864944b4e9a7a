// The names of a story and what they stand for: the ids of its messages, exchanges and consents, its persons, and the
// placeholders ${...} of its texts. Single-threaded; `root` must outlive it.
#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "base/time.hpp"

namespace samband::scenario {

class Names {
 public:
  explicit Names(const json::object& root) : root_(root) {}

  void begin(Time now) { now_ = now, born_by_ = now; }
  void set_now(Time now) { now_ = now; }
  Time now() const { return now_; }
  // From here on names are those of one of many plays of the same steps, and ${a:NAME} stands for what it was given.
  void enter(const std::string& scope, const std::map<std::string, std::string>& given) {
    scope_ = scope, given_ = &given;
  }
  bool one_of_many() const { return given_ != nullptr; }

  // A new id for the message of this name.
  std::string message_id(const std::string& name);
  // "name > recipient", as sent earlier.
  std::string exchange(const std::string& name) const;
  void keep_exchange(const std::string& name, const std::string& recipient, std::string id) {
    exchanges_[scope_ + name + " > " + recipient] = std::move(id);
  }
  std::vector<std::string>& consents(const std::string& name) { return consents_[scope_ + name]; }

  // {"is": "kim", "role": "subject"}: the story's person of that name, and what is said here.
  void name_persons(json::object& data);
  json::value expanded(const json::value&) const;
  std::string expanded_text(std::string) const;

 private:
  // now, now+2h, now-3d; today, today-20d; age:19 (a birth date); id:NAME (a message's id); exchange:NAME > PARTY.
  std::string placeholder(const std::string& name) const;

  const json::object& root_;
  Time now_{};
  std::optional<Time> born_by_;  // the story's beginning
  int messages_ = 0;
  std::string scope_;
  const std::map<std::string, std::string>* given_ = nullptr;
  std::map<std::string, std::string> ids_, exchanges_;
  std::map<std::string, std::vector<std::string>> consents_;
};

}  // namespace samband::scenario
