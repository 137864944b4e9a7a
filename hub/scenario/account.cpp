#include "scenario/account.hpp"

#include <algorithm>

#include "scenario/script.hpp"

namespace samband::scenario {
namespace {

std::vector<std::string> categories(const json::object& e, const char* group) {
  std::vector<std::string> out;
  const auto* list = inside(e, std::string("/fields/") + group);
  if (list && list->is_array())
    for (const json::value& each : list->get_array()) out.push_back(text(each.as_object(), "category"));
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

}  // namespace

void Account::expect(const std::string& what, const std::string& got, const std::string& wanted) {
  expect(what, got, wanted, got == wanted);
}
void Account::expect(const std::string& what, const std::string& got, const std::string& wanted, bool met) {
  ++outcome_.expectations;
  if (met) return;
  const std::string line = "step " + std::to_string(step_) + ": " + what + ": got " + got + ", expected " + wanted;
  outcome_.unexpected.push_back(line);
  say("  UNEXPECTED " + line);
}

void Account::check_exchange(const json::object& e, const json::value& want) {
  const std::string about = text(e, "kind") + " to " + text(e, "recipient");
  if (want.is_string()) return expect(about, text(e, "outcome"), std::string(want.get_string()));
  const json::object& w = want.as_object();
  for (const char* key : {"outcome", "reason", "state", "life", "alternative"})
    if (w.contains(key)) expect(about + ": " + key, text(e, key), text(w, key));
  for (const char* key : {"released", "withheld", "held"})
    if (w.contains(key)) {
      auto wanted = texts(w, key);
      std::sort(wanted.begin(), wanted.end());
      expect(about + ": " + key, joined(categories(e, key)), joined(wanted));
    }
  if (w.contains("missing")) {
    auto wanted = texts(w, "missing"), got = texts(e, "missing");
    std::sort(wanted.begin(), wanted.end());
    std::sort(got.begin(), got.end());
    expect(about + ": missing", joined(got), joined(wanted));
  }
  if (w.contains("grounds"))
    expect(about + ": grounds", joined(texts(e, "grounds"), "; "), joined(texts(w, "grounds"), "; "));
  if (w.contains("proof")) {
    const auto* proof = inside(e, "/acknowledgementReceipt/proof");
    const bool dated = proof && proof->is_string() && !text(e, "acknowledgedAt").empty();
    expect(about + ": dated proof of receipt", dated ? "true" : "false", json::serialize(w.at("proof")));
  }
  if (const std::string ground = text(w, "ground"); !ground.empty()) {
    const std::string grounds = joined(texts(e, "grounds"), "; ");
    expect(about + ": ground", grounds, "..." + ground + "...", grounds.find(ground) != std::string::npos);
  }
}

void Account::show(const json::object& e) const {
  const auto group = [&](const char* name, bool why) {
    std::vector<std::string> parts;
    const auto* list = inside(e, std::string("/fields/") + name);
    if (list && list->is_array())
      for (const json::value& each : list->get_array()) {
        const json::object& f = each.as_object();
        std::string part = text(f, "category") + " " + json::serialize(f.at("count"));
        if (why) {
          const auto provisions = texts(f, "provisions");
          part += " [" + (provisions.empty() ? text(f, "reason") : joined(provisions)) + "]";
        }
        parts.push_back(std::move(part));
      }
    return parts;
  };
  std::string outcome = text(e, "outcome");
  std::transform(outcome.begin(), outcome.end(), outcome.begin(),
                 [](char c) { return static_cast<char>(std::toupper(c)); });
  say("  " + text(e, "sender") + " -> " + text(e, "recipient") + "  " + text(e, "kind") + " for " + text(e, "purpose") +
      ": " + outcome + " (" + text(e, "reason") + ")");
  say("     released  " + joined(group("released", false)));
  say("     withheld  " + joined(group("withheld", true)));
  if (const auto held = group("held", true); !held.empty())
    say("     held      " + joined(held) + "   until " + joined(texts(e, "missing"), " or "));
  const auto* due = inside(e, "/duty/due");
  say("     ground    " + joined(texts(e, "grounds"), "; ") +
      (due && due->is_string() ? "   duty due " + std::string(due->get_string()) : std::string()));
  if (const std::string other = text(e, "alternative"); !other.empty()) say("     instead   " + other);
  if (const std::string life = text(e, "life"); !life.empty()) say("     life      " + life);
  if (const auto* leaf = inside(e, "/acknowledgementReceipt/leafIndex"))
    say("     received  " + text(e, "acknowledgedAt") + ", proof at leaf " + json::serialize(*leaf));
}

}  // namespace samband::scenario
