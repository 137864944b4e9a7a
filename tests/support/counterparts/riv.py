#!/usr/bin/env python3
"""A hospital's referral service: takes ProcessRequest, ProcessRequestConfirmation and ProcessRequestOutcome of
clinicalprocess:activity:request 1.0 as SOAP 1.1 on POST /riv.

Strict about the envelope, SOAPAction, the logical address and the elements that it reads (interop.riv holds the whole
against the published schemas). Records: kind referral or status, key = the request's, confirmation's or outcome's id; the
same id again is answered OK and recorded as a duplicate. It refuses a person number that is none as VALIDATION_ERROR.
"""
import re
import xml.etree.ElementTree as ET
from xml.sax.saxutils import escape, quoteattr

from counterpart import Answer, Counterpart, Refusal, run

SOAP = "{http://schemas.xmlsoap.org/soap/envelope/}"
CORE = "urn:riv:clinicalprocess:activity:request:1"
RESPONDER = "urn:riv:clinicalprocess:activity:request:{}Responder:1"
ADDRESS = "{urn:riv:itintegration:registry:1}LogicalAddress"
# operation -> what it carries, where its id stands, kind of the record
OPERATIONS = {"ProcessRequest": ("request", "requestId", "referral"),
              "ProcessRequestConfirmation": ("requestConfirmation", "requestConfirmationId", "status"),
              "ProcessRequestOutcome": ("requestOutcome", "requestOutcomeId", "status")}


class Riv(Counterpart):
    def __init__(self, arguments, received):
        super().__init__(arguments.party, received)
        self.unit = arguments.unit

    def error(self, refusal):
        fault = f"<s:Fault><faultcode>s:Client</faultcode><faultstring>{escape(refusal.what)}</faultstring></s:Fault>"
        return self.envelope(refusal.status, fault)

    @staticmethod
    def envelope(status, body):
        return Answer(status, f'<s:Envelope xmlns:s="{SOAP[1:-1]}"><s:Body>{body}</s:Body></s:Envelope>', "text/xml; charset=utf-8")

    def handle(self, request):
        if request.method != "POST" or request.path.rstrip("/") != "/riv":
            raise Refusal(404, "no such service")
        if request.media_type() != "text/xml" or b"<!DOCTYPE" in request.body:
            raise Refusal(415, "must be SOAP 1.1 without a document type")
        try:
            envelope = ET.fromstring(request.body)
        except ET.ParseError:
            raise Refusal(400, "is not well-formed") from None
        address, body = envelope.find(f"{SOAP}Header/{ADDRESS}"), envelope.find(f"{SOAP}Body")
        if envelope.tag != SOAP + "Envelope" or address is None or address.text != self.unit or body is None or len(body) != 1:
            raise Refusal(400, "must be an envelope with this unit's logical address")
        operation = body[0].tag.split("}")[-1]
        if operation not in OPERATIONS or body[0].tag != "{" + RESPONDER.format(operation) + "}" + operation:
            raise Refusal(400, "is no operation of the contract")
        if request.headers.get("soapaction") != f'"{RESPONDER.format(operation)}:{operation}"':
            raise Refusal(400, "SOAPAction does not fit")
        return self.take(operation, body[0], request.body.decode())

    def take(self, operation, call, text):
        element, id_element, kind = OPERATIONS[operation]
        document = call.find(f"{{{CORE}}}{element}")
        number = document.find(f"{{{CORE}}}patient/{{{CORE}}}personId") if document is not None else None
        own = document.find(f"{{{CORE}}}{id_element}") if document is not None else None
        if own is None or number is None or not re.fullmatch(r"[0-9]{8}[0-9pPtTfF][0-9]{3}", number.get("extension", "")):
            return self.result(operation, "ERROR", "<c:errorCode>VALIDATION_ERROR</c:errorCode>")
        before = self.received.find(own.get("extension"), kind)
        record = self.received.add(own.get("extension"), kind, text, log_id=before["log_id"] if before else f"LOG-{len(self.received.all()) + 1}")
        return self.result(operation, "OK", f"<c:logId>{record['log_id']}</c:logId>")

    def result(self, operation, code, more):
        return self.envelope(200, f"<r:{operation}Response xmlns:r={quoteattr(RESPONDER.format(operation))} xmlns:c={quoteattr(CORE)}><r:result>"
                                  f"<c:resultCode>{code}</c:resultCode>{more}</r:result></r:{operation}Response>")


if __name__ == "__main__":
    run(Riv, __doc__, lambda parser: parser.add_argument("--unit", default="SE9999000038-H001", help="the HSA id that it answers for"))
