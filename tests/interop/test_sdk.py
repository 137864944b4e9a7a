#!/usr/bin/env python3
"""SDK messages and receipts beside DIGG's own files (../shared/testdata/sdk): what the adapters write is valid by DIGG's and
OASIS's schemas (xmllint), every valid example is read, and what is not right is refused with a receipt of the right code.
Skips, and says so, without the files or xmllint."""
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
import uuid
import xml.etree.ElementTree as ET

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "support"))
import people  # noqa: E402
import plugin_driver as driver  # noqa: E402
import samband_client as build  # noqa: E402
from hub_harness import SAMBAND, SOURCE  # noqa: E402

SDK = SOURCE.parent / "shared" / "testdata" / "sdk"
LIB = SAMBAND.parent.parent / "lib"
MESSAGES = SOURCE / "tests" / "unit" / "model" / "messages"
XHE = "{http://docs.oasis-open.org/bdxr/ns/XHE/1/AggregateComponents}PayloadContent"
SDK_MESSAGE = "{urn:riv:infrastructure:messaging:MessageWithAttachments:3}messagePayload"
CAC = "{urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2}"
CBC = "{urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2}"
AT = "2026-11-22T01:10:02.000Z"
CONFIG = {"party": "police-west", "hub": {"participantId": "0203:samband.example", "functionalAddress": "sdk.example.0203:samband.example"},
          "agency": {"participantId": "0203:police-west.example"}}
TESTBED = ("0203:testb.testbed.inera.se", "sdk.testbed.0203:testb.testbed.inera.se"), ("0203:testa.testbed.inera.se", "sdk.testbed.0203:testa.testbed.inera.se")
ADAPTERS = ("police", "kronofogden")


def adapter(name):
    return driver.Plugin(LIB / f"samband-{name}.so", CONFIG)


def need(path):
    if not path.exists():
        raise unittest.SkipTest(f"DIGG's {path.name} is not here (../shared/testdata/sdk)")
    return path


def envelope(payload, message_id, sender, recipient):
    """A bare messagePayload, as DIGG's examples of content are, in the envelope that carries it."""
    _, text = build.xhe("x", {}, message_id, sender, recipient)
    start, end = text.index("<m:messagePayload>"), text.index("</m:messagePayload>") + len("</m:messagePayload>")
    payload = re.sub(r"^\ufeff?<\?xml[^>]*\?>", "", payload).strip()
    return text[:start] + payload + text[end:]


def receipt(plugin, body):
    """The codes of the receipt that the sender of `body` gets, after the refusal that led to it."""
    try:
        plugin.decode("application/xml", body)
    except driver.PluginError as error:
        problem = {"code": "invalid_input", "pointer": error.where, "detail": str(error), "status": 400}
    else:
        return "ACCEPTED", None, None
    xml = plugin.render_answer({"answer": problem, "request": {"mediaType": "application/xml", "body": body, "receivedAt": AT}})
    response = ET.fromstring(xml).find(f"{CAC}DocumentResponse")
    line = response.find(f"{CAC}LineResponse/{CAC}Response")
    return (response.findtext(f"{CAC}Response/{CBC}ResponseCode"), line.findtext(f"{CBC}ResponseCode"),
            line.findtext(f"{CAC}Status/{CBC}StatusReasonCode"))


class WhatWeWrite(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        if not shutil.which("xmllint"):
            raise unittest.SkipTest("xmllint is not here")
        cls.xhe = need(SDK / "xhe-xsd" / "XHE-1.0.xsd")
        cls.message = need(SDK / "infrastructure_messaging_MessageWithAttachments_3.0.xsd")

    def is_valid(self, schema, xml):
        with tempfile.NamedTemporaryFile(suffix=".xml") as file:
            file.write(xml)
            file.flush()
            done = subprocess.run(["xmllint", "--nonet", "--noout", "--huge", "--schema", schema, file.name], capture_output=True, text=True, timeout=60)
        return done.returncode == 0, done.stderr

    def validate(self, xml):
        for schema, part in ((self.xhe, xml), (self.message, ET.tostring(ET.fromstring(xml).find(f".//{XHE}/{SDK_MESSAGE}")))):
            valid, why = self.is_valid(schema, part)
            self.assertTrue(valid, why)

    def exchange(self, data, **more):
        party = {"party": "police-west", "name": "Polisen", "participantId": "0203:police-west.example", "functionalAddress": "sdk.example.police"}
        board = {"party": "social-board", "name": "Socialnämnden", "participantId": "0203:social-board.example", "functionalAddress": "sdk.example.board"}
        return {"exchangeId": str(uuid.uuid4()), "messageId": "m-1", "conversationId": str(uuid.uuid4()), "sender": board, "recipient": party,
                "kind": data["kind"], "purpose": "receipt", "createdAt": AT, "now": AT, "data": data, **more}

    def written(self, plugin, exchange):
        action, _ = plugin.step(driver.DELIVER, exchange, b"", driver.STARTED)
        self.assertEqual(action["kind"], driver.HTTP, action["reason"])
        return action["body"]

    def test_every_kind_is_valid(self):
        kinds = sorted(MESSAGES.glob("*.json"))
        self.assertGreater(len(kinds), 30)
        for path in kinds:
            message = json.loads(path.read_text(encoding="utf-8"))
            for name in ADAPTERS:
                with self.subTest(adapter=name, kind=path.stem):
                    self.validate(self.written(adapter(name), self.exchange(message["data"])))
        print(f"{len(kinds)} kinds valid by XHE-1.0.xsd and MessageWithAttachments_3.0.xsd, from each of {len(ADAPTERS)} adapters")

    def test_a_sender_that_is_not_on_sdk_is_valid_too(self):
        exchange = self.exchange({"kind": "exchange.receipt", "payload": {"exchangeId": "x", "receivedAt": AT}}, sender={"party": "landlord-private"})
        xml = self.written(adapter("police"), exchange)
        self.validate(xml)
        self.assertIn(CONFIG["hub"]["participantId"].encode(), xml)

    def test_a_wrong_document_is_seen(self):
        xml = self.written(adapter("police"), self.exchange({"kind": "exchange.receipt", "payload": {"exchangeId": "x", "receivedAt": AT}}))
        with self.assertRaises(AssertionError):
            self.validate(xml.replace(b"<m:confidentiality>true", b"<m:confidentiality>maybe"))
        with self.assertRaises(AssertionError):
            self.validate(xml.replace(b"<xhb:XHEVersionID>1.0</xhb:XHEVersionID>", b""))


class Receipts(unittest.TestCase):
    """UBL's schema is not among the files: a receipt of ours must look like DIGG's examples, element by element."""

    def shape(self, element):
        return [element.tag.split("}")[1], [self.shape(child) for child in element]]

    def example(self, name):
        return ET.parse(need(SDK / "kvittens" / name)).getroot()

    def test_accepted_looks_like_diggs(self):
        answer = {"messageId": "019abcde", "senderMessageId": str(uuid.uuid4()), "receivedAt": AT, "exchanges": []}
        ours, theirs = ET.fromstring(adapter("police").render_answer(answer)), self.example("Kvittens_AP-Accepterat.xml")
        self.assertEqual(self.shape(ours), self.shape(theirs))
        for path in (f"{CBC}CustomizationID", f"{CBC}ProfileID", f"{CAC}DocumentResponse/{CAC}Response/{CBC}ResponseCode"):
            self.assertEqual(ours.findtext(path), theirs.findtext(path))

    def test_rejected_looks_like_diggs(self):
        _, body = build.police_suspicion(people.YOUTH_17, str(uuid.uuid4()))
        body = body.replace("<m:confidentiality>true", "<m:confidentiality>maybe")
        request = {"mediaType": "application/xml", "body": body, "receivedAt": AT}
        ours = ET.fromstring(adapter("police").render_answer({"answer": {"code": "invalid_input", "detail": "x"}, "request": request}))
        theirs = self.example("Kvittens_RE-AnnatFel.xml")
        response = theirs.find(f"{CAC}DocumentResponse")
        response.remove(response.findall(f"{CAC}LineResponse")[1])  # theirs found two
        self.assertEqual(self.shape(ours), self.shape(theirs))


class Examples(unittest.TestCase):
    def decode(self, body):
        return adapter("police").decode("application/xml", body)

    def test_every_valid_example_is_read(self):
        bodies = {"xhe_unencrypted_payload.xml": need(SDK / "example" / "xhe_unencrypted_payload.xml").read_text(encoding="utf-8-sig")}
        for folder, name, parties in (("example", "messageWithAttachments3.xml", TESTBED),
                                      ("felhantering", "min.xml", (("0203:test.sender.inera.se", "test.instance.inera.se"),
                                                                   ("0203:test.recipient.inera.se", "test.function")))):
            text = need(SDK / folder / name).read_text(encoding="utf-8-sig")
            message_id = re.search(r"messageId>([^<]+)<", text).group(1)
            bodies[name] = envelope(text, message_id, *parties)
        for name, body in bodies.items():
            with self.subTest(name):
                (message,) = self.decode(body)
                self.assertEqual(message["data"]["kind"], "document.message")
                self.assertIn(message["data"]["text"], body)

    def test_what_is_not_right_is_refused_with_its_code(self):
        wrong = need(SDK / "felhantering" / "TF2.4.1.xml").read_text(encoding="utf-8-sig")
        parties = ("0203:test.sender.inera.se", "test.instance.inera.se"), ("0203:test.recipient.inera.se", "test.function")
        message_id = "232cd54e-5aab-4518-b35c-d81bb053a590"
        time, conversation = "3 Sept. 2019", "d81bb053a590Ö"
        encrypted = need(SDK / "example" / "xhe_encrypted_payload.xml").read_text(encoding="utf-8-sig")
        older = need(SDK / "xhe-example" / "XHE-tm-base.xml").read_text(encoding="utf-8-sig")
        right = wrong.replace(time, "2019-09-03T12:04:13.123Z").replace(conversation, "d81bb053a590")
        cases = {"TF2.4.1.xml": (wrong, "SV", "structure"),
                 "its conversation id alone": (wrong.replace(time, "2019-09-03T12:04:13.123Z"), "BV", "invariant"),
                 "its time as DIGG's pattern refuses it": (right.replace("13.123Z", "13.123"), "BV", "invariant"),
                 "an empty element": (right.replace("Teststring", " "), "BV", "invariant"),
                 "another codebook": (right.replace("iso6523-actorid-upis", "teststring", 1), "BV", "invariant"),
                 "another recipient than the envelope's": (right.replace("0203:test.recipient", "0203:other.recipient"), "BV", "security"),
                 "another function than the envelope's": (right.replace(">test.function<", ">other<"), "BV", "security"),
                 "another sender than the envelope's": (right.replace("0203:test.sender", "0203:other.sender"), "BV", "security"),
                 "another message than the envelope's": (right.replace("<ns2:messageId>232c", "<ns2:messageId>232d"), "BV", "invariant")}
        for name, (text, reason, detail) in cases.items():
            with self.subTest(name):
                self.assertEqual(receipt(adapter("police"), envelope(text, message_id, *parties)), ("REJECTED", reason, detail))
        self.assertEqual(receipt(adapter("police"), envelope(right, message_id, *parties))[0], "ACCEPTED")
        for name, body in {"xhe_encrypted_payload.xml": encrypted, "XHE-tm-base.xml, version 2": older}.items():
            with self.subTest(name):
                self.assertEqual(receipt(adapter("police"), body), ("REJECTED", "BV", "not-supported"))


if __name__ == "__main__":
    unittest.main()
