#include "digg_sdk/receipt.hpp"

#include "common/canonical.hpp"
#include "digg_sdk/xml_writer.hpp"

namespace samband::plugin {
namespace {

constexpr std::string_view kUbl = "urn:oasis:names:specification:ubl:schema:xsd:ApplicationResponse-2";
constexpr std::string_view kCac = "urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2";
constexpr std::string_view kCbc = "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2";
constexpr std::size_t kReceiptBytesMax = 1u << 20;
constexpr std::string_view kScheme = "iso6523-actorid-upis";

void endpoint(XmlWriter& x, std::string_view name, std::string_view participant) {
  x.open(name).leaf("cbc:EndpointID", participant, {{"schemeID", kScheme}}).close();
}

}  // namespace

sdk::Result<SdkReceipt> read_sdk_receipt(std::string_view xml) {
  XmlLimits limits;
  limits.bytes_max = kReceiptBytesMax;
  auto parsed = XmlDocument::parse(xml, limits);
  if (auto* e = std::get_if<sdk::Error>(&parsed)) return *e;
  const auto root = std::get<XmlDocument>(parsed).root();
  if (!root.is(kUbl, "ApplicationResponse")) return sdk::invalid("/", "not an ApplicationResponse");
  const auto document = root.child(kCac, "DocumentResponse");
  const auto code = document.child(kCac, "Response").child(kCbc, "ResponseCode").text();
  if (code != "ACCEPTED" && code != "REJECTED")
    return sdk::invalid("/DocumentResponse/Response/ResponseCode", "neither ACCEPTED nor REJECTED");
  SdkReceipt out;
  out.accepted = code == "ACCEPTED";
  out.id = root.child(kCbc, "ID").text();
  out.document_id = document.child(kCac, "DocumentReference").child(kCbc, "ID").text();
  out.sender = root.child(kCac, "SenderParty").child(kCbc, "EndpointID").text();
  out.receiver = root.child(kCac, "ReceiverParty").child(kCbc, "EndpointID").text();
  for (const auto& line : document.children()) {
    if (!line.is(kCac, "LineResponse")) continue;
    const auto response = line.child(kCac, "Response");
    out.findings.push_back({{},
                            response.child(kCbc, "ResponseCode").text(),
                            response.child(kCac, "Status").child(kCbc, "StatusReasonCode").text(),
                            {}});
  }
  return out;
}

std::string write_sdk_receipt(const SdkReceipt& r) {
  XmlWriter x;
  x.open("ApplicationResponse", {{"xmlns", kUbl}, {"xmlns:cac", kCac}, {"xmlns:cbc", kCbc}});
  x.leaf("cbc:CustomizationID", "urn:fdc:digg.se:edelivery:messagetype:response:1")
      .leaf("cbc:ProfileID", "bdx:noprocess");
  x.leaf("cbc:ID", r.id);
  const auto issued = utc_milliseconds(r.issued_at);
  x.leaf("cbc:IssueDate", std::string_view(issued).substr(0, 10));
  x.leaf("cbc:IssueTime", std::string(std::string_view(issued).substr(11, 8)) + "Z");
  endpoint(x, "cac:SenderParty", r.sender);
  endpoint(x, "cac:ReceiverParty", r.receiver);
  x.open("cac:DocumentResponse").open("cac:Response").leaf("cbc:ResponseCode", r.accepted ? "ACCEPTED" : "REJECTED");
  for (const auto& text : r.descriptions) x.leaf_if("cbc:Description", text);
  x.close();
  x.open("cac:DocumentReference").leaf("cbc:ID", r.document_id).close();
  for (const auto& f : r.findings) {
    x.open("cac:LineResponse").open("cac:LineReference").leaf("cbc:LineID", f.line.empty() ? "NA" : f.line).close();
    x.open("cac:Response").leaf("cbc:ResponseCode", f.reason).open("cac:Status");
    x.leaf_if("cbc:StatusReasonCode", f.detail).leaf("cbc:StatusReason", f.text.empty() ? "NA" : f.text);
    x.close().close().close();
  }
  return x.take();
}

}  // namespace samband::plugin
