// A notice as a Swedish document (Markdown that also reads as plain text), made of the released fields and nothing
// else. For recipients whose interface takes no fields for what the notice says. Pure, thread-safe.
//
// The sender's words cannot pass for ours: one-line values are kept on one line,
// free text is quoted line by line ("> "), so that only this code writes a line such as "Utbyte: <id>".
#pragma once
#include <string>
#include <string_view>

#include "common/json_tools.hpp"

namespace samband::plugin {

// `exchange` is what step() receives (plugin_abi.h): exchangeId, sender, recipient, kind, purpose, now, data.
// Absent fields leave no trace. The line "Utbyte: <exchangeId>" is always there.
std::string notice_text(const json::object& exchange);

// "Underrättelse om misstänkt brott" for police.suspicion; a plain "Meddelande" for a kind without a title.
std::string_view notice_title(std::string_view kind);

// Swedish for a member name, a code list entry; the code itself when there is none.
std::string_view swedish_label(std::string_view member);
std::string_view swedish_code(std::string_view code);

// Name of the exchange's "sender" or "recipient", else its party id; "" when absent.
std::string_view party_name(const json::object& exchange, std::string_view which);

// Without control characters (line breaks become spaces), cut at max_bytes on a character boundary.
std::string one_line(std::string_view text, std::size_t max_bytes = 1000);
// 4350000 öre -> "43 500,00 kr".
std::string kronor(std::int64_t ore);
}  // namespace samband::plugin
