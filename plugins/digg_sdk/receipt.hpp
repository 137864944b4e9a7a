// Receipts of SDK messages: UBL 2.1 ApplicationResponse as DIGG profiles it. Pure, thread-safe.
#pragma once
#include <string>
#include <vector>

#include "digg_sdk/xml.hpp"

namespace samband::plugin {

struct SdkFinding {
  std::string line;    // where: an element path or "NA"
  std::string reason;  // SV (structure), BV (rule), SIG (signature)
  std::string detail;  // structure, invariant, duplicate, not-found, not-supported, too-long, forbidden, security ...
  std::string text;    // about the shape; only for receipts that we write
};
struct SdkReceipt {
  std::string id, issued_at;     // issued_at: RFC 3339, UTC
  std::string sender, receiver;  // participant ids
  std::string document_id;       // the message that it answers
  bool accepted = false;
  std::vector<std::string> descriptions;  // written only
  std::vector<SdkFinding> findings;
};

// Errors: not a receipt. Texts of a receipt are not read: they may quote the message.
sdk::Result<SdkReceipt> read_sdk_receipt(std::string_view xml);
std::string write_sdk_receipt(const SdkReceipt&);
}  // namespace samband::plugin
