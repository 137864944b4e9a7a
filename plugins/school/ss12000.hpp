// SS12000's Person object (Skolverket's reference API) <-> a person of the canonical message. Pure, thread-safe.
//
// Read strictly: a member that SS12000 does not have is refused, so that a misspelt securityMarking never passes as
// "not protected". Where the pupil goes to school (enrolments) and the school's own accounts are not carried over: they
// say where somebody is, and nobody asked.
#pragma once
#include <vector>

#include "common/canonical.hpp"
#include "common/object_reader.hpp"

namespace samband::school {
namespace json = boost::json;

// `in` reads the Person object; the caller adds ref and role, and finishes it. A marking that is not one of SS12000's
// three counts as the strictest, and a warning says so.
json::object read_ss12000_person(plugin::ObjectReader& in, std::vector<plugin::Warning>&);

// A released person, as an SS12000 Person with `role` and `ref` beside; what was not released leaves no trace.
json::object ss12000_person(const json::object& person);

}  // namespace samband::school
