// What a check came to, in words for people in two languages. This room shares no code with the rest of the hub: what
// it says about the hub's log must not rest on the hub's own reading of it. Values.
#pragma once
#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace samband::verify {

struct Words {
  std::string en, sv;
};

// The program's exit codes. `unusable`: there was nothing to judge (no such file, no such key, another format).
enum class Verdict { valid = 0, invalid = 1, unusable = 2 };

struct Problem {
  Verdict verdict = Verdict::invalid;
  std::string where;  // file, entry or line
  Words words;
};

inline Problem invalid(std::string where, Words words) {
  return {Verdict::invalid, std::move(where), std::move(words)};
}
inline Problem unusable(std::string where, Words words) {
  return {Verdict::unusable, std::move(where), std::move(words)};
}

template <class T>
class Result {
 public:
  Result(T value) : state_(std::move(value)) {}
  Result(Problem problem) : state_(std::move(problem)) {}
  explicit operator bool() const { return state_.index() == 0; }
  T& operator*() { return std::get<0>(state_); }
  const T& operator*() const { return std::get<0>(state_); }
  T* operator->() { return &std::get<0>(state_); }
  const T* operator->() const { return &std::get<0>(state_); }
  const Problem& problem() const { return std::get<1>(state_); }

 private:
  std::variant<T, Problem> state_;
};

// One thing that was found out: a line for people, a member of the JSON answer.
struct Fact {
  std::string key;
  Words label, text;
  std::string json;  // already JSON
};

struct Outcome {
  static constexpr std::size_t kProblemsShown = 20;

  Words summary;  // of a valid one
  std::vector<Fact> facts;
  std::vector<Words> notices;  // true, worth knowing, no reason to reject
  std::vector<Problem> problems;
  std::uint64_t problem_count = 0;

  // The words are made only when they will be shown: a log can have ten million wrong entries.
  bool wants_words() const { return problems.size() < kProblemsShown; }
  void add(Problem problem) {
    ++problem_count;
    if (wants_words()) problems.push_back(std::move(problem));
  }
  Verdict verdict() const {
    Verdict verdict = Verdict::valid;
    for (const Problem& p : problems)
      if (verdict != Verdict::invalid) verdict = p.verdict;
    return verdict;
  }

  void fact(std::string key, Words label, const std::string& text);  // the same in both languages; a JSON string
  void fact(std::string key, Words label, Words text);               // JSON: the English words
  void number(std::string key, Words label, std::uint64_t);
};

}  // namespace samband::verify
