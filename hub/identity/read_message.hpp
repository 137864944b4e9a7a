// Canonical JSON -> Message with its persons: the place where identity numbers are parsed and birth dates found.
// Pure, thread-safe.
#pragma once
#include "model/message.hpp"

namespace samband {

// Reads the envelope and the typed parts out of a canonical message (docs/vocabulary.md) whose `data` schema has been
// checked. `where` of an error is a JSON pointer; never a value. Birth dates come from birthDate, else from a valid
// personnummer or samordningsnummer; interim numbers leave the age unknown. An invalid number is invalid_input.
// Party, hub id and receivedAt are the caller's to fill.
Result<Message> read_message(const json::value& canonical, Date today);

}  // namespace samband
