// Which exchanges a rule set can tell apart. A flow is sender, recipient, kind, purpose and initiative; flows that the
// same rules speak of, from a holder with the same provisions, for a purpose with the same needs, are one
// neighbourhood: nothing that is asked afterwards can be answered differently in two of them. Immutable after
// construction: thread-safe.
#pragma once
#include <set>

#include "unit/confidentiality/support.hpp"

namespace samband::proof {

using Strings = std::vector<std::string>;

struct Flow {
  std::string holder, recipient, kind, purpose;
  Initiative initiative = Initiative::own;
};

// Is the code in the list, which may be "*"?
bool names(const Strings& list, std::string_view code);
bool speaks_of(const Rule&, const Flow&);

struct Neighbourhood {
  Flow flow;                       // one of them stands for all
  std::vector<const Rule*> rules;  // that can speak of it, whatever the settings
  bool gated = false;
  bool new_purpose = false;
  bool first_of_holder = false;        // no earlier neighbourhood with rules has these provisions
  std::vector<const Rule*> first_for;  // rules that no earlier neighbourhood has
  // Facts that some condition or obligation of these rules asks for, without those that have a slice of their own.
  Strings facts;
  std::set<int> cuts;  // years at which an age condition begins or ends to hold
  bool emergency = false, agreement = false, consent = false;
  Strings needed;    // one category of each class that the purpose needs
  Strings unneeded;  // one that it does not
  Strings others;    // one role of each class beside the person whom the message is about
  Strings about;     // one or both of subject and tenant
};

// Those with rules first, then those that no rule speaks of. `flows` gets how many flows they stand for.
std::vector<Neighbourhood> neighbourhoods(const RuleSet&, std::size_t& flows);

// What the conditions of a rule wish the facts to be.
struct Wish {
  std::string code;
  bool value = true;
};
std::vector<Wish> wishes(const Rule&, const Neighbourhood&);

}  // namespace samband::proof
