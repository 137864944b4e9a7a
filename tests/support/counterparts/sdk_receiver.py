#!/usr/bin/env python3
"""An agency's SDK message service behind its access point: takes XHE with MessageWithAttachments v3 on POST /sdk and
answers a UBL ApplicationResponse, as DIGG's specification of contents says.

Checks the structure, that ids and addresses of envelope and message agree, that the recipient is this party, and the XSD
when xmllint and the public schemas are there (SAMBAND_TESTDATA, or shared/testdata beside the sources). A message id that
came before is REJECTED BV duplicate. Records: kind message (key = message id = exchange id; body = XML, notice as JSON).
"""
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import time
import uuid
import xml.etree.ElementTree as tree
from xml.sax.saxutils import escape

from counterpart import Answer, Counterpart, Refusal, run

X = "{http://docs.oasis-open.org/bdxr/ns/XHE/1/ExchangeHeaderEnvelope}"
A = "{http://docs.oasis-open.org/bdxr/ns/XHE/1/AggregateComponents}"
B = "{http://docs.oasis-open.org/bdxr/ns/XHE/1/BasicComponents}"
M = "{urn:riv:infrastructure:messaging:MessageWithAttachments:3}"
S = "{urn:samband:notice:1}"
UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
XML_MAX = 30 << 20


class Rejected(Exception):
    def __init__(self, reason, detail, place, text):
        super().__init__(text)
        self.reason, self.detail, self.place, self.text = reason, detail, place, text


def test_data():
    named = os.environ.get("SAMBAND_TESTDATA")
    return pathlib.Path(named) if named else pathlib.Path(__file__).resolve().parents[4] / "shared" / "testdata"


def text_at(element, *path):
    for name in path:
        element = element.find(name) if element is not None else None
    return (element.text or "").strip() if element is not None else ""


def notice_value(element):
    """The extension's mapping, read by an independent hand (plugins/digg_sdk/README.md)."""
    children = list(element)
    if not children:
        text = element.text or ""
        kind = element.get("t")
        return {"n": lambda: float(text) if "." in text or "e" in text.lower() else int(text), "b": lambda: text == "true"}.get(kind, lambda: text)()
    if children[0].tag == S + "item":
        return [notice_value(c) for c in children]
    return {c.tag.removeprefix(S): notice_value(c) for c in children}


class SdkReceiver(Counterpart):
    def __init__(self, arguments, received):
        super().__init__(arguments.party, received)
        self.participant = arguments.participant or f"0203:{arguments.party}.example"
        sdk = test_data() / "sdk"
        self.xhe_xsd = sdk / "xhe-xsd" / "XHE-1.0.xsd"
        self.message_xsd = sdk / "infrastructure_messaging_MessageWithAttachments_3.0.xsd"
        self.has_xsd = bool(shutil.which("xmllint")) and self.xhe_xsd.exists() and self.message_xsd.exists()

    def error(self, refusal):
        return Answer(refusal.status, refusal.what, "text/plain")

    def handle(self, request):
        if request.path.rstrip("/") != "/sdk" or request.method != "POST":
            raise Refusal(404, "no such resource")
        if request.media_type() not in ("application/xml", "text/xml"):
            raise Refusal(415, "XML is expected")
        message_id, sender = "unknown", "0203:unknown"
        try:
            root = self.parse(request.body)
            message_id = text_at(root, A + "Header", B + "ID") or message_id
            sender = text_at(root, A + "Header", A + "FromParty", A + "PartyIdentification", B + "ID") or sender
            notice = self.check(root, request.body)
        except Rejected as rejected:
            return Answer(200, self.receipt(message_id, sender, rejected), "application/xml")
        record = self.received.add(message_id, "message", request.body.decode("utf-8"), notice=notice)
        if record["duplicate"]:
            again = Rejected("BV", "duplicate", "/XHE/Header/ID", "the message id came before")
            return Answer(200, self.receipt(message_id, sender, again), "application/xml")
        return Answer(200, self.receipt(message_id, sender, None), "application/xml")

    @staticmethod
    def parse(body):
        if len(body) > XML_MAX:
            raise Rejected("SV", "too-long", "NA", "larger than 30 MB")
        if b"<!DOCTYPE" in body or b"<!ENTITY" in body:
            raise Rejected("SV", "security", "NA", "document types are not accepted")
        try:
            root = tree.fromstring(body)
        except tree.ParseError as error:
            raise Rejected("SV", "structure", "NA", f"not well-formed at line {error.position[0]}") from None
        if root.tag != X + "XHE":
            raise Rejected("SV", "structure", "/", "not an XHE")
        return root

    def check(self, root, body):
        header = root.find(A + "Header")
        payload = root.find(f"{A}Payloads/{A}Payload")
        message = payload.find(f"{A}PayloadContent/{M}messagePayload/{M}message") if payload is not None else None
        if header is None or message is None:
            raise Rejected("SV", "structure", "/XHE", "header or message is missing")
        self.check_xsd(self.xhe_xsd, body, "/XHE")
        self.check_xsd(self.message_xsd, tree.tostring(payload.find(f"{A}PayloadContent/{M}messagePayload")), "/messagePayload")
        for element in payload.find(f"{A}PayloadContent").iter():
            if not list(element) and not (element.text or "").strip():
                raise Rejected("BV", "invariant", "/messagePayload", "empty element")
        inner = message.find(M + "messageHeader")
        xhe_id = text_at(header, B + "ID")
        if not UUID.fullmatch(xhe_id) or text_at(inner, M + "messageId") != xhe_id:
            raise Rejected("BV", "invariant", "/message/messageHeader/messageId", "is not the XHE's id")
        if not UUID.fullmatch(text_at(inner, M + "conversationId")):
            raise Rejected("BV", "invariant", "/message/messageHeader/conversationId", "is not a UUID")
        for role, party in (("sender", "FromParty"), ("recipient", "ToParty")):
            envelope = text_at(header, A + party, A + "PartyIdentification", B + "ID")
            if text_at(inner, M + role, f"{M}{role}ID", M + "extension") != envelope or not envelope.startswith("0203:"):
                raise Rejected("BV", "invariant", f"/message/messageHeader/{role}", "is not the XHE's party")
        if text_at(header, A + "ToParty", A + "PartyIdentification", B + "ID") != self.participant:
            raise Rejected("BV", "not-found", "/XHE/Header/ToParty", "is not this participant")
        address = text_at(inner, M + "recipient", M + "attention", M + "subOrganization", M + "organizationId", M + "extension")
        if not address or address != text_at(payload, B + "HandlingServiceID"):
            raise Rejected("BV", "invariant", "/message/messageHeader/recipient/attention", "is not the HandlingServiceID")
        notice = message.find(f"{M}messageBody/{S}notice")
        return None if notice is None else {"kind": notice.get("kind"), "version": notice.get("version"), "data": notice_value(notice)}

    def check_xsd(self, schema, xml, place):
        if not self.has_xsd:
            return
        with tempfile.NamedTemporaryFile(suffix=".xml") as file:
            file.write(xml)
            file.flush()
            done = subprocess.run(["xmllint", "--nonet", "--noout", "--schema", str(schema), file.name], capture_output=True, text=True)
        if done.returncode:
            raise Rejected("SV", "structure", place, "does not follow the schema")

    def receipt(self, message_id, sender, rejected):
        line = ""
        if rejected:
            line = (f"<cac:LineResponse><cac:LineReference><cbc:LineID>{escape(rejected.place)}</cbc:LineID></cac:LineReference><cac:Response>"
                    f"<cbc:ResponseCode>{rejected.reason}</cbc:ResponseCode><cac:Status><cbc:StatusReasonCode>{rejected.detail}</cbc:StatusReasonCode>"
                    f"<cbc:StatusReason>{escape(rejected.text)}</cbc:StatusReason></cac:Status></cac:Response></cac:LineResponse>")
        instant = time.gmtime()
        return (
            '<?xml version="1.0" encoding="UTF-8"?><ApplicationResponse xmlns="urn:oasis:names:specification:ubl:schema:xsd:ApplicationResponse-2" '
            'xmlns:cac="urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2" '
            'xmlns:cbc="urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2">'
            "<cbc:CustomizationID>urn:fdc:digg.se:edelivery:messagetype:response:1</cbc:CustomizationID><cbc:ProfileID>bdx:noprocess</cbc:ProfileID>"
            f"<cbc:ID>{uuid.uuid4()}</cbc:ID><cbc:IssueDate>{time.strftime('%Y-%m-%d', instant)}</cbc:IssueDate>"
            f"<cbc:IssueTime>{time.strftime('%H:%M:%SZ', instant)}</cbc:IssueTime>"
            f'<cac:SenderParty><cbc:EndpointID schemeID="iso6523-actorid-upis">{escape(self.participant)}</cbc:EndpointID></cac:SenderParty>'
            f'<cac:ReceiverParty><cbc:EndpointID schemeID="iso6523-actorid-upis">{escape(sender)}</cbc:EndpointID></cac:ReceiverParty>'
            f"<cac:DocumentResponse><cac:Response><cbc:ResponseCode>{'REJECTED' if rejected else 'ACCEPTED'}</cbc:ResponseCode></cac:Response>"
            f"<cac:DocumentReference><cbc:ID>{escape(message_id)}</cbc:ID></cac:DocumentReference>{line}</cac:DocumentResponse></ApplicationResponse>")


if __name__ == "__main__":
    run(SdkReceiver, __doc__, lambda parser: parser.add_argument("--participant", help="0203:<domain>; default 0203:<party>.example"))
