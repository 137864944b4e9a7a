// Retention periods: a payload key seals what came of one class in one month, so that weeding out a month of a class is
// destroying its keys. A period is written "<class>/<yyyy-mm>"; the class is a message kind, "quarantine" for what
// could not be read, "incident" for breaches on record, or "legacy" for keys made before there were periods. Months are
// Stockholm's. Pure, thread-safe.
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "base/time.hpp"

namespace samband {

inline constexpr std::string_view kQuarantineClass = "quarantine", kLegacyClass = "legacy", kIncidentClass = "incident";

// Of the keys that seal what belongs to consents: a month that does not come, because a consent is kept until it is
// erased.
inline constexpr std::string_view kConsentPeriod = "consent/2999-12";

std::string period_of(std::string_view retention_class, Time at);
// The class of a period; "" when the text is none.
std::string_view class_of(std::string_view period);
// The first instant after its month. Empty: the text is no period.
std::optional<Time> period_end(std::string_view period);

}  // namespace samband
