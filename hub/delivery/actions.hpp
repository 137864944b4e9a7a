// Numbers of the plugin ABI that delivery speaks (plugins/sdk/plugin_abi.h; only plugin_host includes the ABI itself,
// and asserts that these agree), and headers between JSON and lists. Pure.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "transport/http.hpp"

namespace samband {

inline constexpr std::uint32_t kConversationDeliver = 1, kConversationPoll = 2, kConversationRecall = 3;
inline constexpr std::uint32_t kEventStarted = 1, kEventHttpResponse = 2, kEventTimedOut = 4, kEventResumed = 5;
inline constexpr std::uint32_t kActionHttp = 1, kActionWait = 3, kActionDelivered = 4, kActionRejected = 5,
                               kActionRetry = 6;

// {"content-type":"..."} -> lower-case list; what an adapter may not set (host, content-length, transfer-encoding,
// connection, idempotency-key) and anything with control characters is dropped.
Headers headers_from(std::string_view headers_json);
std::string headers_to(const Headers&);

// Does something in a request target look like a personnummer or samordningsnummer, percent-encoded or not? URLs end up
// in access logs and proxies. UUIDs are passed over: one in some thousands has such a run of digits by chance.
bool has_personal_number(std::string_view target);

}  // namespace samband
