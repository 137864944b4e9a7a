// What a notice becomes in a case system, whatever way it gets there: the neutral errand (after Sundsvall's
// CareManagement model), and the documents that go with it. Pure, thread-safe.
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "common/json_tools.hpp"

namespace samband::case_errand {
namespace json = boost::json;

// One document. part 0 is the notice as text, part n the n-th released attachment.
struct Document {
  std::string title, file_name, media_type, content;
};
// Nothing when there is no such part. An attachment that is not valid base64 is passed over with a note as its content,
// so that one bad file does not hold back the notice.
std::optional<Document> document_part(const json::object& exchange, std::size_t part);
std::size_t document_parts(const json::object& exchange);

// The neutral errand (after Sundsvall's CareManagement model): everything in one request, idempotent by
// externalReference.
std::string errand_body(const json::object& exchange);
// The same without what the municipality may have changed since (status) and what never changes (externalReference).
std::string errand_update_body(const json::object& exchange);
std::string recall_body(const json::object& exchange);

// Twelve digits of the person whom the notice is about; "" when there is none that the interface can take.
std::string subject_number(const json::object& exchange);

}  // namespace samband::case_errand
