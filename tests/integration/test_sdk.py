#!/usr/bin/env python3
"""Agencies on SDK, through the real hub: what comes back for a message that is not right, and documents that no system reads."""
import json
import pathlib
import sys
import unittest
import xml.etree.ElementTree as ET

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import people  # noqa: E402
import samband_client as build  # noqa: E402
from hub_case import PERMITTED, HubCase, new_id, replaced  # noqa: E402
from hub_harness import wait_for  # noqa: E402

CAC = "{urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2}"
M = "{urn:riv:infrastructure:messaging:MessageWithAttachments:3}"
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


def agencies(folder):
    """The board and the police read in their inboxes; the police may ask whether somebody is known; retries come fast."""
    replaced(folder / "parties.toml", ('kinds = ["police.suspicion", ', 'kinds = ["known.query", "police.suspicion", '),
             ('adapter = "municipal_case"\nendpoint = "case-system"\n', ""), ('adapter = "police"\nendpoint = "police"\n', ""))
    replaced(folder / "hub.toml", ("initial_ms = 1000", "initial_ms = 100"), ("max_ms = 3600000", "max_ms = 400"))


class Police(HubCase):
    """The police's notices, to a board that reads them."""

    edit = staticmethod(agencies)

    def entry(self, exchange_id, party="social-board"):
        (entry,) = self.wait_inbox(party, lambda e: e["id"] == exchange_id)
        return entry["data"]

    def take(self, exchange_id, party="social-board"):
        data = self.entry(exchange_id, party)
        self.call(party, "POST", f"/v1/inbox/{exchange_id}/ack", {})
        return data

    def answer_hold(self, exchange_id, **facts):
        listed = [{"code": code, "value": value, "person": "p1", "reasonCode": "assessed_yes" if value else "assessed_no"} for code, value in facts.items()]
        return self.call("police-west-officer", "POST", f"/v1/exchanges/{exchange_id}/assessments", {"facts": listed})

    def post(self, message, recipient="social-board"):
        return self.to(self.send("police-west", "police", message), recipient)

    def concern(self, person=people.CHILD_15, payload=(), **more):
        payload = {"concern": "Våld i hemmet", "violence": True, **dict(payload)}
        guardian = build.as_person(people.GUARDIAN_45, "p2", "guardian", relationTo="p1", informed=False)
        data = {"author": build.OFFICER, "persons": [build.as_person(person, **more), guardian], "payload": payload}
        exchange = self.post(build.xhe("concern.report", data, new_id(), build.POLICE))
        return exchange if exchange["outcome"] in PERMITTED else self.answer_hold(exchange["id"], individual_assessment=True)

    def test_a_notice_of_a_young_suspect_has_mediation_and_detention(self):
        custody = {"kind": "gripen", "start": build.now(-3600), "end": build.now(-600), "grounds": "kollusionsfara"}
        media_type, body = build.police_suspicion(people.YOUTH_17, new_id())
        end = body.index("</s:payload>")
        exchange = self.post((media_type, body[:end] + build.notice_xml("custody", custody) + body[end:]))
        self.assertIn("POL-SN-15-17", exchange["rules"])
        payload = self.take(exchange["id"])["payload"]
        self.assertEqual(payload["mediation"], {"asked": True, "answer": "avböjer"})
        self.assertEqual(payload["custody"], custody)
        # Nobody of 18 goes by the rule for the young.
        self.assertNotIn("POL-SN-15-17", [r for e in self.send("police-west", "police", build.police_suspicion(people.YOUTH_17, new_id(), level="kan_misstankas"))["exchanges"]
                                          for r in e["rules"] if e["outcome"] in PERMITTED])

    def test_a_notice_of_custody_goes_when_the_identity_is_established_and_help_is_needed(self):
        exchange = self.post(build.police_lob(people.ADULT_22, new_id()))
        self.assertEqual(exchange["outcome"], "held")
        self.assertIn(self.answer_hold(exchange["id"], need_of_help=True, interest_balance=True)["outcome"], PERMITTED)
        self.assertEqual(self.take(exchange["id"])["payload"]["custody"]["reason"], "berusad av alkohol")
        unknown = self.post(build.police_lob(people.ADULT_22, new_id(), identity_established=False))
        self.assertEqual((unknown["outcome"], unknown["reason"]), ("refused", "fact_false"))

    def information(self):
        message = build.police("police.information", people.ADULT_22, new_id(), {"policeCaseNo": "5000-K88-26", "circumstances": "Sover i trapphus"})
        exchanges = self.send("police-west", "police", message)["exchanges"]
        self.assertIn(exchanges[0]["recipient"], ("social-board", "social-duty"))  # by the hour
        return exchanges[0]

    def test_what_should_lead_to_action_waits_for_a_named_persons_balance(self):
        """Polislagen 6 §, OSL 10:27: the twin, weighed the other way, stays with the police."""
        for outweighs, outcomes in ((True, PERMITTED), (False, ("refused",))):
            held = self.information()
            self.assertEqual((held["outcome"], held["missing"]), ("held", ["interest_balance"]))
            self.assertIn(self.answer_hold(held["id"], interest_balance=outweighs)["outcome"], outcomes)

    def test_a_report_that_the_guardians_must_not_know_of_reaches_the_board_and_obliges_nobody_to_tell_them(self):
        exchange = self.concern(payload={"doNotInformGuardians": True})
        self.assertIn(exchange["outcome"], PERMITTED)
        self.assertFalse([o for o in exchange["obligations"] if "guardian" in o])
        data = self.take(exchange["id"])
        self.assertIs(data["payload"]["doNotInformGuardians"], True)
        self.assertEqual([p["informed"] for p in data["persons"] if p["role"] == "guardian"], [False])

    def test_the_irk_form_goes_to_the_group_and_needs_a_named_persons_assessment(self):
        payload = {"irk": {"score": 14, "items": [{"code": "skola", "value": 2}]}, "school": "hög frånvaro", "policeReports": "3 anmälningar"}
        exchange = self.post(build.police("sig.nomination", people.CHILD_15, new_id(), payload))
        self.assertEqual(exchange["outcome"], "held")
        again = self.answer_hold(exchange["id"], individual_assessment=True, interest_balance=True)
        self.assertIn(again["outcome"], PERMITTED)
        self.assertEqual(self.take(exchange["id"])["payload"]["irk"]["score"], 14)

    def test_a_correction_goes_to_whoever_got_the_first_and_a_retraction_recalls_it(self):
        first_id = new_id()
        first = self.post(build.police_suspicion(people.YOUTH_17, first_id))
        self.take(first["id"])
        second = self.post(build.police_suspicion(people.YOUTH_17, new_id(), correctionOf=first_id))
        self.assertEqual(self.take(second["id"])["correctionOf"], first_id)
        # Another person was meant: the first is taken back.
        self.send("police-west", "police", build.police_suspicion(people.YOUTH_17, new_id(), level="misstankt", retracts=first_id))
        (recall,) = self.wait_inbox("social-board", lambda e: e["recall"] and e["data"]["payload"]["exchangeId"] == first["id"])
        self.assertEqual(self.exchange("police-west", first["id"])["life"], "recalled")
        self.assertFalse([e for e in self.inbox("social-board") if e["recall"] and e["data"]["payload"]["exchangeId"] == second["id"]])

    # -- nobody knows for sure who it is --------------------------------------------------------------------------------

    def test_without_an_established_identity_nothing_is_matched_by_the_number(self):
        # The consent of whoever has the number opens nothing for somebody who only may be that person.
        allowed = {"person": {"personalNumber": people.ADULT_22["personalNumber"]}, "giver": "self", "recipients": ["bas"], "purposes": ["voluntary_offer"],
                   "categories": ["identity", "contact", "home_area", "event", "misuse", "case_reference", "protection"],
                   "validTo": build.now(86400), "evidenceSha256": "6b" * 32, "language": "sv"}
        self.call("police-west", "POST", "/v1/consents", allowed, expect=201)
        payload = {"offer": {"accepted": True, "at": build.now(-600), "service": "BAS"}, "intervention": "ingripande", "substance": "cannabis"}
        for sure, outcomes in ((True, PERMITTED), (False, ("refused", "held"))):
            person = {**people.ADULT_22, "identityEstablished": sure}
            exchange = self.post(build.police("police.offer", person, new_id(), payload), "bas")
            self.assertIn(exchange["outcome"], outcomes, f"established: {sure}")

    def test_a_report_about_somebody_uncertain_is_delivered_and_says_so(self):
        exchange = self.concern(identityEstablished=False)
        self.assertIn(exchange["outcome"], PERMITTED)
        self.assertIs(self.take(exchange["id"])["persons"][0]["identityEstablished"], False)

    def test_nobody_is_asked_whether_somebody_uncertain_is_known(self):
        for fact in ({}, {"facts": [{"code": "identity_established", "value": False, "person": "p1"}]}):
            person = people.ADULT_22 if fact else {**people.ADULT_22, "identityEstablished": False}
            problem = self.send("police-west", "police", build.police("known.query", person, new_id(), {"asked": True}, **fact), expect=400)
            self.assertEqual(problem["pointer"], "/data/persons/0/identityEstablished")
            self.assertNotIn(people.ADULT_22["personalNumber"], str(problem))


class Kronofogden(HubCase):
    """An eviction from its time to its end, and the board's answer back as an SDK message."""

    SYSTEMS = ["kronofogden"]

    @staticmethod
    def edit(folder):
        replaced(folder / "parties.toml", ('adapter = "municipal_case"\nendpoint = "case-system"\n', ""))
        replaced(folder / "hub.toml", ("initial_ms = 1000", "initial_ms = 100"), ("max_ms = 3600000", "max_ms = 400"))

    def stage(self, stage, message_id=None, earlier=None, **more):
        if earlier:
            more["refToMessageId"] = earlier
        message = build.eviction_time(people.GUARDIAN_45, message_id or new_id(), stage=stage, **more)
        exchange = self.to(self.send("kronofogden", "kronofogden", message), "social-board")
        self.assertIn(exchange["outcome"], PERMITTED)
        self.wait_inbox("social-board", lambda e: e["id"] == exchange["id"])
        self.call("social-board", "POST", f"/v1/inbox/{exchange['id']}/ack", {})
        return exchange["id"]

    def due(self, exchange_id):
        return self.exchange("social-board", exchange_id)["dueAt"]

    def test_the_board_confirms_the_same_day_and_kronofogden_gets_the_handler_and_its_own_number_back(self):
        message_id = new_id()
        exchange = self.stage("time_set", message_id, children=2, references=[{"system": "dnr", "value": "U-1234-26"}])
        self.assertTrue(self.due(exchange), "the confirmation is awaited today")
        path = f"/v1/exchanges/{exchange}/status"
        self.call("social-board", "POST", path, {"status": "confirmed"}, expect=400)  # nobody is named
        self.call("social-board", "POST", path, {"status": "confirmed", "handler": {"name": "Kaj Handläggare", "phone": "08-465 004 20"}, "recordNumber": "SN 2026-0500"})
        self.assertIsNone(self.due(exchange))
        (back,) = wait_for("a confirmation", lambda: [r for r in self.received("kronofogden") if r["notice"]["kind"] == "care.status"], 30)
        payload = back["notice"]["data"]["payload"]
        self.assertEqual((payload["exchangeId"], payload["status"], payload["handler"]["name"]), (exchange, "confirmed", "Kaj Handläggare"))
        header = ET.fromstring(back["body"])
        # It answers their message, in their conversation.
        (receipt,) = wait_for("a receipt", lambda: [
            r for r in self.received("kronofogden") if r["notice"]["kind"] == "exchange.receipt" and r["notice"]["data"]["payload"]["exchangeId"] == exchange], 30)
        for answer in (header, ET.fromstring(receipt["body"])):
            self.assertEqual([e.text for name in ("refToMessageId", "conversationId") for e in answer.iter(M + name)], [message_id, message_id])
        at = {role: [e.text for r in header.iter(f"{M}{role}") for e in r.iter(f"{M}extension")] for role in ("recipient", "sender")}
        self.assertIn("U-1234-26", at["recipient"])  # echoed
        self.assertIn("SN 2026-0500", at["sender"])
        self.assertNotIn(people.GUARDIAN_45["personalNumber"], json.dumps(payload))

    def test_a_later_stage_ends_what_was_awaited_of_the_earlier(self):
        for stage in ("postponed", "withdrawn", "carried_out", "cancelled"):
            with self.subTest(stage):
                first_id = new_id()
                first = self.stage("time_set", first_id)
                other = self.stage("time_set")
                self.assertTrue(self.due(first))
                later = self.stage(stage, earlier=first_id)
                wait_for("the end of the earlier duty", lambda: self.due(first) is None, 10)
                self.assertTrue(self.due(other), "another case is not touched")
                self.assertTrue(self.due(later), "the later stage is confirmed the same day too")

    def test_the_end_of_a_case_is_confirmed_to_kronofogden_too(self):
        for stage in ("postponed", "withdrawn", "carried_out", "cancelled"):
            with self.subTest(stage):
                exchange = self.stage(stage)
                answer = self.call("social-board", "POST", f"/v1/exchanges/{exchange}/status",
                                   {"status": "confirmed", "handler": {"name": "Kaj Handläggare", "phone": "08-465 004 20"}})
                self.assertIsNone(self.due(exchange))
                self.assertIn(answer["statusMessage"]["exchanges"][0]["outcome"], PERMITTED)
                (back,) = wait_for("a confirmation", lambda: [
                    r for r in self.received("kronofogden") if r["notice"]["kind"] == "care.status" and r["notice"]["data"]["payload"]["exchangeId"] == exchange], 30)
                self.assertEqual(back["notice"]["data"]["payload"]["handler"]["name"], "Kaj Handläggare")
                # The case number ties it to the case, although no message of theirs named another.
                self.assertIn("U-1234-26", [r["value"] for r in back["notice"]["data"]["references"]])
                self.assertNotIn(people.GUARDIAN_45["personalNumber"], back["body"])

    def test_the_end_of_a_case_is_confirmed_by_a_case_system_that_names_the_exchange_alone(self):
        message = build.municipal("status", new_id(), status={"exchangeId": self.stage("withdrawn"), "status": "confirmed",
                                                              "handler": {"name": "Kaj Handläggare", "phone": "08-465 004 20"}})
        self.assertIn(self.to(self.send("social-board", "municipal_case", message), "kronofogden")["outcome"], PERMITTED)

    def test_the_persons_of_a_status_are_those_of_its_exchange_and_no_others(self):
        status = {"exchangeId": self.stage("withdrawn"), "status": "confirmed", "handler": {"name": "Kaj Handläggare", "phone": "08-465 004 20"}}
        other = build.municipal("status", new_id(), client=build.client(people.CHILD_15), status=status)
        refused = self.send("social-board", "municipal_case", other, expect=409)
        self.assertEqual(refused["pointer"], "/data/persons")
        self.assertNotIn(people.CHILD_15["personalNumber"], json.dumps(refused))
        self.assertEqual(self.exchange("social-board", status["exchangeId"])["statuses"], [])
        same = build.municipal("status", new_id(), client=build.client(people.GUARDIAN_45), status=status)
        self.assertIn(self.to(self.send("social-board", "municipal_case", same), "kronofogden")["outcome"], PERMITTED)

    def test_what_is_no_confirmation_of_an_eviction_stays_at_the_board(self):
        path = f"/v1/exchanges/{self.stage('time_set')}/status"
        handler = {"name": "Kaj Handläggare", "phone": "08-465 004 20"}
        for step, learns in (("confirmed", True), ("in_progress", False), ("averted", False)):
            answer = self.call("social-board", "POST", path, {"status": step, "handler": handler})
            self.assertEqual(answer["statusMessage"]["exchanges"][0]["outcome"] in PERMITTED, learns, step)
        # Neither does it by saying of a child that it reports that there is an eviction: a reporter learns one word.
        report = build.xhe("concern.report", {"author": {"id": "kfm-77", "name": "Kronoinspektör Prov"}, "persons": [build.as_person(people.CHILD_15)],
                                              "facts": [{"code": "eviction_notified", "value": True, "person": "p1"}],
                                              "payload": {"concern": "far illa", "observation": "ensamt"}}, new_id(), build.KRONOFOGDEN)
        exchange = self.to(self.send("kronofogden", "kronofogden", report), "social-board")["id"]
        self.assess("kronofogden", exchange, individual_assessment=True)
        self.wait_inbox("social-board", lambda e: e["id"] == exchange)
        self.call("social-board", "POST", f"/v1/inbox/{exchange}/ack", {})
        for step in ("protection_assessed", "inquiry_opened"):
            answer = self.call("social-board", "POST", f"/v1/exchanges/{exchange}/status", {"status": step, "handler": handler})
            self.assertNotIn(answer["statusMessage"]["exchanges"][0]["outcome"], PERMITTED, step)

    def test_children_travel_as_number_and_residency(self):
        with_children = self.stage("time_set", children=2)
        listed = {g["category"]: g["count"] for g in self.exchange("kronofogden", with_children)["fields"]["released"]}
        self.assertEqual(listed.get("children"), 2)
        self.assertNotIn("debt", listed)


class Faults(HubCase):
    """The access point's service fails, delays, answers twice, half-finishes or is away: one message each, none lost."""

    SYSTEMS = ["kronofogden"]

    @staticmethod
    def edit(folder):
        Kronofogden.edit(folder)
        replaced(folder / "hub.toml", ('server_name = "localhost"', 'server_name = "localhost"\nrequest_timeout_ms = 1500'))

    def test_one_receipt_whatever_happens(self):
        # A delayed answer comes after its request was given up, and must not play the next fault: it is the last.
        for fault in ({}, {"fail": 2}, {"twice": 1}, {"half": 1}, {"down": 1}, {"delay": 2500}):
            with self.subTest(**fault):
                self.mode("kronofogden", **fault)
                before = {r["key"] for r in self.received("kronofogden")}
                exchange = self.to(self.send("kronofogden", "kronofogden", build.eviction_time(people.GUARDIAN_45, new_id())), "social-board")
                self.wait_inbox("social-board", lambda e: e["id"] == exchange["id"])
                self.call("social-board", "POST", f"/v1/inbox/{exchange['id']}/ack", {})
                if fault.get("delay") or fault.get("down"):
                    wait_for("an attempt that fails", self.attempted, 30)
                    self.mode("kronofogden")

                def receipts():
                    return [r for r in self.received("kronofogden") if r["key"] not in before and r["notice"]["kind"] == "exchange.receipt"
                            and r["notice"]["data"]["payload"]["exchangeId"] == exchange["id"]]

                wait_for("the receipt", receipts, 30)
                (own,) = [e for e in self.call("social-board", "GET", "/v1/exchanges?limit=1000")["exchanges"] if e["id"] == receipts()[0]["key"]]
                self.wait_state("social-board", own["id"])
                self.assertEqual(len([r for r in receipts() if not r["duplicate"]]), 1)
                self.assertEqual(len(receipts()) > 1, bool({"delay", "twice", "half"} & set(fault)), "the fault was not played")
                self.assertTrue(all(r["body"] == receipts()[0]["body"] for r in receipts()), "sent again means: the same bytes")

    def attempted(self):
        """A receipt was tried and is not delivered."""
        return [e for e in self.call("social-board", "GET", "/v1/exchanges?limit=1000")["exchanges"]
                if e["kind"] == "exchange.receipt" and e["attempts"] > 0 and e["state"] == "queued"]


if __name__ == "__main__":
    unittest.main()
