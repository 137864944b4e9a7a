// Message -> candidate exchanges, one per recipient. Data from config/routes.toml. Immutable: thread-safe.
// The answer never says why a route did not match (that could tell the sender what only the recipient's side knows).
#pragma once
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/time_limit.hpp"
#include "model/message.hpp"
#include "model/party.hpp"

namespace samband {

// What the recipient of an exchange is to have done by when. Steps are those of docs/vocabulary.md, "Life cycle".
struct StepDeadline {
  std::string id;                   // "personal_talk"; unique within the route
  std::string starts = "received";  // sent | received | served | a step. served: the later of service and receipt
  std::vector<std::string> met_by;  // any of these; a step that ends the life ends the deadline too
  TimeLimit within;
  std::optional<std::chrono::milliseconds> remind;  // so long before its end
  std::string escalate_to;                          // party; "" = the recipient's duty function
};

struct Route {
  std::string id;
  std::vector<std::string> kinds;
  std::vector<std::string> from;            // actor types; empty = any
  std::vector<std::string> municipalities;  // of the subject (or of payload/premises for tenancy kinds); empty = any
  std::vector<std::string> districts;
  int age_min = 0, age_max = 200;         // of the subject on the day; unknown age matches only if both are default
  int from_minute = 0, to_minute = 1440;  // local time of day, [from, to); may wrap over midnight
  bool working_days_only = false, non_working_days_only = false;
  bool addressed = false;  // only for a message that names its recipient: what is asked of one is not asked of all
  std::string agreement;   // must be in force with both parties in it; "" = none
  std::string to;          // party id
  std::string purpose;
  // Whom the route would fit but for the age gets an exchange that is refused with this reason, and the party or
  // service that takes persons of that age is named. Empty: the route just does not match.
  std::string reason_if_refused;
  std::string alternative;  // said when the age does not fit, and outside the hours of a route that has any
  std::vector<StepDeadline> deadlines;
};

struct Candidate {
  const Party* recipient = nullptr;
  std::string purpose;
  std::string route_id;
  bool restricted = false;   // recipient was replaced by its restricted recipient, because a person is protected
  std::string refused = {};  // reason code: the age does not fit, and the route says so; outside_hours; agreement_ended
  std::string alternative = {};
  std::optional<Time> opens_at = {};  // outside_hours: when the route next takes it
};

// "15-20" (both included), "<18", "<=17", ">20", ">=18", "18" -> ages from 0 to 200. false: none of these.
bool parse_age(std::string_view text, int& min, int& max);

// Is the route open at this minute (of 1440) of a working day, or of another?
bool is_open(const Route&, bool working_day, int minute);

class Routes {
 public:
  // When `agreements` are given, a route may name no other. Errors: invalid_config with file:line:column.
  static Result<Routes> load(const std::filesystem::path& file, const Parties&,
                             const std::vector<Agreement>* agreements = nullptr);
  // Candidates in file order, at most one per (recipient, purpose). An explicit address in the message keeps only
  // candidates to that party (and cannot add one). A subject with protected identity is routed to the recipient's
  // restricted_recipient where one is named. What would be carried but for the hour, and is carried nowhere else
  // for its purpose, is refused with `outside_hours` and when it opens; a duty goes all the same (exchange/journey).
  std::vector<Candidate> candidates(const Message&, const Party& sender, const Parties&, const std::vector<Agreement>&,
                                    Time now) const;
  const std::vector<Route>& all() const { return routes_; }
  const Route* find(std::string_view id) const;  // null: no such route (any more)

 private:
  std::vector<Route> routes_;
};

}  // namespace samband
