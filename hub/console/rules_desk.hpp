// Where two rules officers publish rules from their browsers: the same registry, roles and leaves as `samband policy
// publish` and `approve` and the API. Who is no rules officer sees which rules are in force, and changes nothing.
//
// GET  /rules          the published set and the proposals
// POST /rules          {reason}: proposes what lies in the hub's rules folder
// GET  /rules/{hash}   one set, and for a proposal what it would change, in words (rules officers)
// POST /rules/{hash}   approves and publishes
// A form counts only from the console's own pages (Origin). Thread-safe.
#pragma once
#include "admin/rule_registry.hpp"
#include "console/pages.hpp"
#include "transport/http.hpp"

namespace samband {

class RulesDesk {
 public:
  RulesDesk(RuleRegistry& rules, const Pages& pages) : rules_(rules), pages_(pages) {}
  static bool is_path(std::string_view path) { return path == "/rules" || path.starts_with("/rules/"); }
  // Status and body (HTML); of a form that went through, 303 and the path to go on to.
  struct Answer {
    int status = 200;
    std::string body, location;
  };
  Answer answer(const HttpRequest&, const Caller&, Language) const;

 private:
  Answer all(const Caller&, Language, int status, std::string_view problem) const;
  Answer one(const std::string& hash, const Caller&, Language, int status, std::string_view problem) const;
  RuleRegistry& rules_;
  const Pages& pages_;
};

}  // namespace samband
