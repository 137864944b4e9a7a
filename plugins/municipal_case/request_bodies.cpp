#include "municipal_case/request_bodies.hpp"

#include "notice_text/notice_text.hpp"

namespace samband::municipal {
namespace {

void text_part(std::string& body, const std::string& boundary, std::string_view name, std::string_view value) {
  body += "--" + boundary + "\r\nContent-Disposition: form-data; name=\"" + std::string(name) +
          "\"\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n" + std::string(value) + "\r\n";
}

}  // namespace

Multipart attachment_form(const Document& document, const Choice& choice, std::string_view sender) {
  // A boundary that the content does not hold; deterministic, since a step is a pure function.
  std::string boundary = "samband-part";
  for (int n = 0; document.content.find("--" + boundary) != std::string::npos; ++n)
    boundary = "samband-part-" + std::to_string(n);
  std::string body;
  body.reserve(document.content.size() + 1024);
  text_part(body, boundary, "InsertDocumentType", std::to_string(choice.document_type));
  text_part(body, boundary, "InsertDocumentSenderType", std::to_string(choice.sender_type));
  text_part(body, boundary, "Title", document.title);
  if (!sender.empty()) text_part(body, boundary, "SenderName", plugin::one_line(sender, 120));
  body += "--" + boundary + "\r\nContent-Disposition: form-data; name=\"Content\"; filename=\"" + document.file_name +
          "\"\r\nContent-Type: " + document.media_type + "\r\n\r\n" + document.content + "\r\n--" + boundary + "--\r\n";
  return {"multipart/form-data; boundary=" + boundary, std::move(body)};
}

std::string actualisation_body(std::string_view person_id, const Choice& choice) {
  json::object body{{"PersonId", person_id},
                    {"Date", choice.date},
                    {"Type", choice.type},
                    {"FromWho", choice.from_who},
                    {"Reason", choice.reason},
                    {"OrganisationId", choice.organisation},
                    {"OrganisationUnitId", choice.unit}};
  if (choice.working_status) body["WorkingStatus"] = *choice.working_status;
  return json::serialize(body);
}

}  // namespace samband::municipal
