#!/usr/bin/env python3
"""Agencies on SDK, through the real hub: what comes back for a message that is not right, and documents that no system reads."""
import pathlib
import sys
import unittest
import xml.etree.ElementTree as ET

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import people  # noqa: E402
import samband_client as build  # noqa: E402
from hub_case import PERMITTED, HubCase, new_id  # noqa: E402

CAC = "{urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2}"
CBC = "{urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2}"
BOARD = ("0203:social-board.example", "sdk.example.0203:social-board.example")


def document(text, recipient=BOARD, person=None, message_id=None, sender=build.POLICE):
    """An SDK message of people for people: no extension. `person` is named by a reference."""
    media_type, body = build.xhe("x", {}, message_id or new_id(), sender, recipient, label="Kallelse till möte", text=text)
    body = body[:body.index("<s:notice")] + body[body.index("</m:messageBody>"):]
    if person:
        reference = ("<m:reference><m:referenceId><m:root>1.2.752.129.2.1.3.1</m:root>"
                     f"<m:extension>{person['personalNumber']}</m:extension></m:referenceId></m:reference>")
        body = body.replace("</m:subOrganization></m:attention></m:sender>", f"</m:subOrganization>{reference}</m:attention></m:sender>")
    return media_type, body


class Sdk(HubCase):
    SYSTEMS = ["social-board", "police-west", "kronofogden"]

    def receipt(self, message, status, sender="police-west", adapter="police"):
        """(code, reason, detail) of the receipt that a message is answered with."""
        answer = self.hub.request(sender, "POST", f"/v1/in/{adapter}", message[1], {"content-type": message[0], "accept": "application/xml"})
        self.assertEqual((answer.status, answer.media_type), (status, "application/xml"), answer)
        response = ET.fromstring(answer.body).find(f"{CAC}DocumentResponse")
        self.assertIn(response.findtext(f"{CAC}DocumentReference/{CBC}ID"), message[1])
        line = response.find(f"{CAC}LineResponse/{CAC}Response")
        code = response.findtext(f"{CAC}Response/{CBC}ResponseCode")
        return (code, line.findtext(f"{CBC}ResponseCode"), line.findtext(f"{CAC}Status/{CBC}StatusReasonCode")) if line is not None else (code,)

    def answer_hold(self, official, exchange_id, **facts):
        listed = [{"code": code, "value": value, "reasonCode": "assessed_yes" if value else "assessed_no"} for code, value in facts.items()]
        return self.call(official, "POST", f"/v1/exchanges/{exchange_id}/assessments", {"facts": listed})

    # -- receipts -----------------------------------------------------------------------------------------------------

    def test_what_is_refused_gets_a_receipt_with_its_code(self):
        media_type, good = build.police_suspicion(people.YOUTH_17, new_id())
        number = people.YOUTH_17["personalNumber"]
        cases = {"a bad time": (good.replace("<m:creationDateTime>20", "<m:creationDateTime>x"), 400, "SV", "structure"),
                 "another function": (good.replace("<b:HandlingServiceID>sdk", "<b:HandlingServiceID>x"), 400, "BV", "security"),
                 "what the form does not allow": (good.replace("skaligen_misstankt", "kanske"), 400, "BV", "invariant"),
                 "a kind of another agency": (good.replace('kind="police.suspicion"', 'kind="eviction.time"'), 400, "BV", "not-supported"),
                 "a recipient that is not here": (document("Hej", ("0203:x.example", "x"))[1], 422, "BV", "not-found"),
                 "a document for nobody": (document("Hej", build.HUB_ADDRESS)[1], 400, "BV", "not-found")}
        for name, (body, status, reason, detail) in cases.items():
            with self.subTest(name):
                self.assertEqual(self.receipt((media_type, body), status), ("REJECTED", reason, detail))
                answer = self.hub.request("police-west", "POST", "/v1/in/police", body, {"content-type": media_type})
                self.assertEqual((answer.status, answer.media_type), (status, "application/problem+json"))
                self.assertNotIn(number, str(answer.body))

    def test_what_names_no_message_gets_no_receipt(self):
        answer = self.hub.request("police-west", "POST", "/v1/in/police", "<!DOCTYPE x><x/>", {"content-type": build.XML, "accept": "application/xml"})
        self.assertEqual((answer.status, answer.media_type), (400, "application/problem+json"))

    def test_the_same_message_is_received_once_and_another_by_its_id_is_a_duplicate(self):
        message_id = new_id()
        message = build.police_suspicion(people.YOUTH_17, message_id)
        before = len(self.received("social-board"))
        self.assertEqual(self.receipt(message, 200), ("ACCEPTED",))
        self.assertEqual(self.receipt(message, 200), ("ACCEPTED",))
        other = build.police_suspicion(people.CHILD_15, message_id)
        self.assertEqual(self.receipt(other, 409), ("REJECTED", "BV", "duplicate"))
        exchange = self.to(self.send("police-west", "police", message), "social-board")
        self.wait_state("police-west", exchange["id"])
        self.assertEqual(len([r for r in self.received("social-board", "errand") if r["key"] == exchange["id"]]), 1)
        self.assertGreater(len(self.received("social-board")), before)

    # -- documents that no system reads -------------------------------------------------------------------------------

    def held_document(self, **more):
        exchange = self.to(self.send("police-west", "police", document("Vi föreslår ett möte om Alva.", **more)), "social-board")
        self.assertEqual((exchange["kind"], exchange["purpose"], exchange["outcome"]), ("document.message", "unstructured_notice", "held"))
        return exchange["id"]

    def test_a_document_waits_for_a_named_person_and_then_a_caseworker_reads_it(self):
        for person in (None, people.YOUTH_17):
            with self.subTest(named=bool(person)):
                exchange_id = self.held_document(person=person)
                self.assertFalse(self.received_of("social-board", exchange_id))
                # Released, but nobody has weighed it; weighed, but not released: the document stays.
                self.answer_hold("police-west-officer", exchange_id, document_released=True)
                self.assertEqual(self.exchange("police-west", exchange_id)["outcome"], "held")
                self.answer_hold("police-west-officer", exchange_id, interest_balance=True)
                self.assertEqual(self.exchange("police-west", exchange_id)["outcome"], "released")
                self.wait_state("police-west", exchange_id)
                (errand,) = self.received_of("social-board", exchange_id, "errand")
                self.assertEqual(errand["body"]["data"]["text"], "Vi föreslår ett möte om Alva.")
                self.assertEqual(errand["body"]["data"]["payload"]["title"], "Kallelse till möte")
                self.assertEqual("personalNumber" in errand["body"]["data"]["persons"][0], bool(person))

    def test_a_document_that_was_weighed_and_not_released_stays(self):
        exchange_id = self.held_document(person=people.YOUTH_17)
        self.answer_hold("police-west-officer", exchange_id, document_released=False)
        after = self.answer_hold("police-west-officer", exchange_id, interest_balance=True)
        self.assertEqual([g["category"] for g in after["fields"]["withheld"]], ["document"])
        self.wait_state("police-west", exchange_id)
        (errand,) = self.received_of("social-board", exchange_id, "errand")
        self.assertNotIn("text", errand["body"]["data"])
        self.assertNotIn("title", errand["body"]["data"]["payload"])

    def test_a_document_of_kronofogden_needs_the_consent_of_whom_it_is_about(self):
        message = document("Brev", person=people.GUARDIAN_45, sender=build.KRONOFOGDEN)
        exchange = self.to(self.send("kronofogden", "kronofogden", message), "social-board")
        self.assertEqual((exchange["outcome"], exchange["reason"]), ("refused", "consent_missing"))


if __name__ == "__main__":
    unittest.main()
