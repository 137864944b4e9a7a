// Bodies of the requests to the case system. Pure, thread-safe.
#pragma once
#include <string>
#include <string_view>

#include "case_errand/errand.hpp"
#include "municipal_case/code_lists.hpp"

namespace samband::municipal {
using case_errand::Document;

struct Multipart {
  std::string content_type, body;
};
Multipart attachment_form(const Document&, const Choice&, std::string_view sender);

std::string actualisation_body(std::string_view person_id, const Choice&);

}  // namespace samband::municipal
