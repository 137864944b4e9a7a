#include "console/rules_desk.hpp"

#include <algorithm>

#include "confidentiality/words.hpp"

namespace samband {
namespace {

constexpr std::string_view kRoot = "/rules";

bool is_officer(const Caller& caller) { return caller.official && caller.official->has_role("rules_officer"); }

// Every browser says where a form comes from. Another site's form would come with this person's certificate too.
bool is_own_form(const HttpRequest& request) {
  const auto host = request.header("host");
  return !host.empty() && request.header("origin") == "https://" + std::string(host);
}

// application/x-www-form-urlencoded
std::string form_value(const HttpRequest& request, std::string_view name) {
  HttpRequest form;
  form.target = "/?" + request.body;
  std::replace(form.target.begin(), form.target.end(), '+', ' ');
  return form.query(name);
}

// What the registry said, with the place where there is one.
std::string in_words(const Error& e) { return e.where.empty() ? e.message : e.where + ": " + e.message; }

int status_of(const Error& e) { return problem(e).status; }

}  // namespace

RulesDesk::Answer RulesDesk::answer(const HttpRequest& request, const Caller& caller, Language language) const {
  const std::string hash(request.path().size() > kRoot.size() ? request.path().substr(kRoot.size() + 1) : "");
  const auto show = [&](int status, std::string_view problem) {
    return hash.empty() ? all(caller, language, status, problem) : one(hash, caller, language, status, problem);
  };
  if (request.method != "POST") return show(200, "");
  if (!is_own_form(request)) return show(403, word(language, "form_foreign"));
  if (!is_officer(caller)) return show(403, word(language, "rules_not_yours"));
  const auto done = hash.empty()
                        ? rules_.propose(*caller.official, json::object{{"reason", form_value(request, "reason")}})
                        : rules_.approve(*caller.official, hash);
  if (!done) return show(status_of(done.error()), in_words(done.error()));
  const std::string to(hash.empty() ? "/rules/" + std::string(string_at(*done, "hash")) : std::string(kRoot));
  return {303, "", to + "?lang=" + std::string(code_of(language))};
}

RulesDesk::Answer RulesDesk::all(const Caller& caller, Language language, int status, std::string_view problem) const {
  const auto list = rules_.list();
  if (!list) return {503, pages_.notice(503, language), ""};
  return {status, pages_.rules(*list, caller, is_officer(caller), problem, language), ""};
}

RulesDesk::Answer RulesDesk::one(const std::string& hash, const Caller& caller, Language language, int status,
                                 std::string_view problem) const {
  const auto set = rules_.show(hash);
  if (!set) {
    const int why = set.error().code == Errc::not_found ? 404 : 503;
    return {why, pages_.notice(why, language), ""};
  }
  RuleSetPage page{*set, "", "", false};
  // Comparing is work; only who may approve causes it.
  if (string_at(*set, "state") == "proposed" && is_officer(caller)) {
    auto changes = rules_.changes(hash, language == Language::swedish);
    page.changes = changes ? std::move(*changes) : in_words(changes.error());
    const auto by = string_at(*set, "proposedBy");
    page.may_approve = changes && !by.empty() && by != caller.official->id;
    if (changes && !page.may_approve) page.waits = word(language, by.empty() ? "rules_no_proposer" : "rules_two");
  }
  return {status, pages_.rule_set(page, caller, problem, language), ""};
}

}  // namespace samband
