#!/usr/bin/env python3
"""Health care through the real hub: tests are ordered and their results go to the orderer alone, with consent; referrals go
by age; a hospital refers by RIV-TA and says what became of a referral by it; a consent comes with a Bundle."""
import json
import sys
import unittest
import pathlib
import uuid

SOURCE = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(SOURCE / "tests" / "support"))
import people  # noqa: E402
import samband_client as build  # noqa: E402
from hub_case import PERMITTED, HubCase, new_id, replaced  # noqa: E402
from hub_harness import wait_for  # noqa: E402

CASES = SOURCE / "plugins" / "health" / "cases"
CONSENT_DAYS = "2027-12-31T00:00:00.000Z"
CATEGORIES = ["identity", "contact", "protection", "case_reference", "schedule", "misuse", "test_result"]
FHIR = "application/fhir+json"


def consent(person, recipients, purposes=("substance_test",), categories=CATEGORIES):
    return {"person": {"personalNumber": person["personalNumber"]}, "giver": "self", "recipients": list(recipients), "purposes": list(purposes),
            "categories": list(categories), "validTo": CONSENT_DAYS, "evidenceSha256": "ab" * 32, "language": "sv"}


def order(sender, person):
    return build.canonical("test.order", sender, {"persons": [build.as_person(person)],
                                                  "payload": {"substances": ["THC"], "orderNumber": "B 7-26", "orderedBy": {"name": "Beställare Prov"}}})


def result(exchange_id, person, to=None):
    """A DiagnosticReport of the clinic, about the order's exchange."""
    performer = {"identifier": {"system": "urn:oid:1.2.752.29.4.19", "value": "SE9999000038-C002"}, "display": "Kurator Prov"}
    report = {"resourceType": "DiagnosticReport", "status": "final", "code": {"text": "Drogscreening"}, "subject": {"reference": "Patient/p"},
              "basedOn": [{"identifier": {"system": "urn:samband:exchange", "value": exchange_id}}], "performer": [performer], "conclusion": "negativ",
              "effectiveDateTime": "2026-11-21T10:00:00+01:00"}
    return FHIR, json.dumps({"resourceType": "Bundle", "type": "transaction", "id": new_id(), "timestamp": build.now(),
                             "entry": [{"resource": {**build.fhir_patient(person), "id": "p"}}, {"resource": report}]})


class ConsentsThatTravel(HubCase):
    """The case system orders a test. The consent that comes with the order is registered, carries the order, and goes on with it
    as a FHIR Consent: that consent alone, and of it what this exchange rests on."""

    SYSTEMS = ["maria-ungdom"]
    OTHERS = "cd" * 32

    def order(self, *consents):
        message = build.municipal("test_order", new_id(), client=build.client(people.ADULT_19), consents=list(consents),
                                  test_order={"substances": ["THC"], "orderedBy": {"name": "Kaj Handläggare"}, "orderNumber": "SN-P-17"})
        return self.to(self.send("social-board", "municipal_case", message), "maria-ungdom")

    def test_the_consent_of_the_order_is_registered_and_goes_on_and_no_other(self):
        self.assertNotIn(self.order()["outcome"], PERMITTED)
        other = {**consent(people.ADULT_19, ["maria-ungdom"], ["care_referral"], ["identity", "health"]), "evidenceSha256": self.OTHERS}
        unused = self.call("social-board", "POST", "/v1/consents", other, expect=201)["id"]
        terms = {**consent(people.ADULT_19, ["maria-ungdom", "bup"], ["substance_test", "care_follow_up"]), "person": "p1"}
        exchange = self.order(terms)
        self.assertIn(exchange["outcome"], PERMITTED, exchange)
        registered = {c["id"] for c in self.call("social-board", "GET", "/v1/consents")["consents"]} - {unused}
        self.assertEqual(len(registered), 1)
        self.wait_state("social-board", exchange["id"])
        (record,) = self.received_of("maria-ungdom", exchange["id"])
        (given,) = [e["resource"] for e in record["body"]["entry"] if e["resource"]["resourceType"] == "Consent"]
        self.assertIn({"system": "urn:samband:consent", "value": registered.pop()}, given["identifier"])
        provision = given["provision"]
        self.assertEqual([a["reference"]["identifier"]["value"] for a in provision["actor"]], ["maria-ungdom"])
        self.assertEqual([p["code"] for p in provision["purpose"]], ["substance_test"])
        sent = json.dumps(record["body"])
        for absent in (unused, "ab" * 32, self.OTHERS, "care_follow_up"):
            self.assertNotIn(absent, sent)


class SubstanceTests(HubCase):
    SYSTEMS = ["maria-ungdom", "bup"]

    def agree(self, holder, *recipients):
        return self.call(holder, "POST", "/v1/consents", consent(people.ADULT_19, recipients), expect=201)["id"]

    def ordered(self, orderer):
        """An order that has arrived, as an exchange id that the clinic knows."""
        self.agree(orderer, "maria-ungdom")
        exchange = self.to(self.send(orderer, None, order(orderer, people.ADULT_19)), "maria-ungdom")
        self.assertIn(exchange["outcome"], PERMITTED, exchange)
        self.wait_state(orderer, exchange["id"])
        return exchange["id"]

    def test_1_the_clinic_gets_a_laboratory_request(self):
        exchange_id = self.ordered("school-south")
        (record,) = self.received_of("maria-ungdom", exchange_id)
        request = next(e["resource"] for e in record["body"]["entry"] if e["resource"]["resourceType"] == "ServiceRequest")
        self.assertEqual(request["category"][0]["coding"][0], {"system": "http://snomed.info/sct", "code": "108252007"})
        self.assertEqual(request["orderDetail"], [{"text": "THC"}])

    def test_2_the_result_goes_to_the_orderer_and_to_nobody_else(self):
        # The person allows the board and BUP too: what keeps the result from them is that they did not order it.
        given = self.agree("maria-ungdom", "school-south", "social-board", "bup", "housing-coordinator")
        for orderer in ("school-south", "social-board", "bup", "housing-coordinator"):
            with self.subTest(orderer):
                exchange_id = self.ordered(orderer)
                answer = self.send("maria-ungdom", "health", result(exchange_id, people.ADULT_19))
                self.assertEqual([e["recipient"] for e in answer["exchanges"]], [orderer])
                exchange = self.to(answer, orderer)
                self.assertIn(exchange["outcome"], PERMITTED, exchange)
                self.assertIn({"category": "test_result", "count": 2}, exchange["fields"]["released"])
                for other in {"school-south", "social-board", "bup", "housing-coordinator"} - {orderer}:
                    self.call(other, "GET", f"/v1/exchanges/{exchange['id']}", expect=404)
                    self.assertNotIn(exchange["id"], [x["id"] for x in self.inbox(other)] if other != "bup" else [])
        entries = [x for x in self.inbox("school-south") if x["kind"] == "test.result"]
        self.assertEqual([(x["data"]["payload"]["result"], x["data"]["payload"]["sampledAt"]) for x in entries], [("negativ", "2026-11-21T09:00:00.000Z")])
        # Withdrawn: the next result stays where it is.
        exchange_id = self.ordered("school-south")
        self.call("maria-ungdom", "POST", f"/v1/consents/{given}/revocations", {}, expect=200)
        exchange = self.to(self.send("maria-ungdom", "health", result(exchange_id, people.ADULT_19)), "school-south")
        self.assertNotIn(exchange["outcome"], PERMITTED)
        self.assertEqual(exchange["reason"], "consent_revoked")
        self.assertEqual(exchange["fields"]["released"], [])

    def test_3_without_a_consent_of_its_own_no_result_leaves(self):
        exchange_id = self.ordered("social-board")  # the board's consent lets the order out, not the result
        for given in ("bup", "hospital"):
            self.agree("maria-ungdom", given)
        exchange = self.to(self.send("maria-ungdom", "health", result(exchange_id, people.ADULT_19)), "social-board")
        self.assertNotIn(exchange["outcome"], PERMITTED)
        self.assertEqual(exchange["fields"]["released"], [])

    def test_4_only_whoever_got_the_order_answers_it(self):
        exchange_id = self.ordered("school-south")
        for sender, about in (("maria-ungdom", str(uuid.uuid4())), ("maria-ungdom", "nothing")):
            self.send(sender, "health", result(about, people.ADULT_19), expect=404)
        self.send("bas", "health", result(exchange_id, people.ADULT_19), expect=403)  # not a kind of its
        # A referral is no order.
        referral = self.to(self.send("social-board", "municipal_case", build.referral(people.ADULT_19, new_id(), need_for_care=True)), "maria-ungdom")
        if referral["outcome"] in PERMITTED:
            self.send("maria-ungdom", "health", result(referral["id"], people.ADULT_19), expect=422)


class Referrals(HubCase):
    SYSTEMS = ["maria-ungdom", "bup", "bas", "social-board"]

    def refer(self, person):
        return self.send("social-board", "municipal_case", build.referral(person, new_id(), need_for_care=True))

    def test_by_age(self):
        for person, clinic in ((people.CHILD_15, "bup"), (people.YOUTH_17, "bup"), (people.ADULT_19, "maria-ungdom"), (people.ADULT_22, "bas"),
                               (people.GUARDIAN_45, "bas")):
            with self.subTest(person["birthDate"]):
                self.assertEqual([e["recipient"] for e in self.refer(person)["exchanges"]], [clinic])

    def test_an_adult_reaches_dependency_care_by_consent_and_the_steps_come_back(self):
        allowed = consent(people.ADULT_22, ["bas"], ["care_referral"], ["identity", "contact", "health", "misuse", "social_situation"])
        self.call("social-board", "POST", "/v1/consents", allowed, expect=201)
        exchange = self.to(self.refer(people.ADULT_22), "bas")
        self.assertIn(exchange["outcome"], PERMITTED)
        self.wait_state("social-board", exchange["id"])
        (record,) = self.received_of("bas", exchange["id"])
        self.assertIn("Patient", [e["resource"]["resourceType"] for e in record["body"]["entry"]])
        for status, reason in (("accepted", None), ("first_visit_booked", None), ("no_show", None), ("broken_off", "person_declined")):
            self.send("bas", "health", build.task_status(people.ADULT_22, exchange["id"], status, new_id(), reason=reason,
                                                             visit_at=build.now(86400) if status == "first_visit_booked" else None))
        self.assertEqual(self.exchange("bas", exchange["id"])["life"], "broken_off")

    def test_a_person_without_a_number_consents_by_name_and_birth_date(self):
        named = {k: people.ADULT_22[k] for k in ("givenName", "familyName", "birthDate")}
        terms = consent(people.ADULT_22, ["bas"], ["care_referral"], ["identity", "contact", "health", "misuse", "social_situation"])

        def refer():
            who = {**named, "protection": "none", "municipality": "0999", "district": "south"}
            return self.to(self.send("social-board", "municipal_case", build.referral(who, new_id())), "bas")["outcome"]

        def register(person, expect=201):
            return self.call("social-board", "POST", "/v1/consents", {**terms, "person": person}, expect)

        self.assertNotIn(refer(), PERMITTED)
        for wrong in ({"birthDate": ""}, {"birthDate": "2999-01-01"}, {"familyName": " "}, {"personalNumber": ""}):
            with self.subTest(wrong=wrong):
                register({**named, **wrong}, 400)
        # Of the same name and another day, or at an address that the message does not say: perhaps somebody else.
        register({**named, "birthDate": "1990-01-01"})
        register({**named, "address": {"street": "Testgatan 1", "postalCode": "99901"}})
        self.assertNotIn(refer(), PERMITTED)
        given = register(named)
        self.assertIn(refer(), PERMITTED)
        self.assertIn(given["id"], [c["id"] for c in self.call("social-board", "GET", "/v1/consents")["consents"]])
        self.call("social-board", "POST", f"/v1/consents/{given['id']}/revocations", {})
        self.assertNotIn(refer(), PERMITTED)

    def test_a_hospital_refers_by_riv_and_a_person_answers_for_it(self):
        xml = (CASES / "riv_decode_request/in.xml").read_text(encoding="utf-8")
        answer = self.send("hospital", "health", ("text/xml", xml))
        exchange = self.to(answer, "social-board")
        self.assertEqual(exchange["outcome"], "held")
        self.assertTrue(self.send("hospital", "health", ("text/xml", xml))["duplicate"])
        assessed = self.assess("hospital", exchange["id"], need_for_care=True, ongoing_misuse=True)
        self.assertIn(assessed["outcome"], PERMITTED)
        self.wait_state("hospital", exchange["id"])
        (record,) = self.received_of("social-board", exchange["id"], "errand")
        self.assertEqual(record["body"]["data"]["payload"]["question"], "Uppföljning efter förgiftning")

    def test_a_hospital_says_by_riv_what_became_of_a_referral(self):
        allowed = consent(people.ADULT_22, ["hospital"], ["care_referral"], ["identity", "health", "misuse"])
        self.call("bas", "POST", "/v1/consents", allowed, expect=201)
        bundle = {"resourceType": "Bundle", "id": new_id(), "type": "transaction", "timestamp": build.now(), "entry": [
            {"resource": {**build.fhir_patient(people.ADULT_22), "id": "p"}},
            {"resource": {"resourceType": "ServiceRequest", "status": "active", "intent": "order", "subject": {"reference": "Patient/p"},
                          "code": {"text": "Avgiftning"}, "performer": [{"identifier": {"system": "urn:samband:party", "value": "hospital"}}]}}]}
        exchange = self.to(self.send("bas", "health", (FHIR, json.dumps(bundle))), "hospital")
        self.assertIn(exchange["outcome"], PERMITTED)
        self.wait_inbox("hospital", lambda x: x["id"] == exchange["id"])
        xml = (CASES / "riv_decode_outcome/in.xml").read_text(encoding="utf-8")
        xml = xml.replace("0193d000-0000-7000-8000-000000000001", exchange["id"]).replace("200703022392", people.ADULT_22["personalNumber"])
        self.call("hospital", "POST", f"/v1/inbox/{exchange['id']}/ack", {})
        self.send("hospital", "health", ("text/xml", xml))
        seen = self.exchange("hospital", exchange["id"])
        self.assertEqual((seen["life"], seen["statuses"][-1]["reasonCode"]), ("declined", "person_declined"))
        # Somebody else's referral it cannot answer.
        self.send("hospital", "health", ("text/xml", xml.replace(exchange["id"], str(uuid.uuid4())).replace("#o-2", "#o-3")), expect=404)

    def test_a_consent_that_comes_with_the_bundle_counts_and_its_absence_too(self):
        bundle = json.loads((CASES / "decode_consent/in.json").read_text(encoding="utf-8"))
        patient = {"system": "http://electronichealth.se/identifier/personnummer", "value": people.GUARDIAN_45["personalNumber"]}
        bundle["entry"][0]["resource"]["identifier"] = [patient]
        del bundle["entry"][3]["resource"]["policy"]
        bundle |= {"id": new_id(), "timestamp": build.now()}
        bundle["entry"].pop(2)  # nobody has assessed anything: only the consent can carry it
        with_consent = self.to(self.send("bas", "health", (FHIR, json.dumps(bundle))), "social-board")
        self.assertIn(with_consent["outcome"], PERMITTED)
        self.assertIn("CARE-CONSENT", with_consent["rules"])
        patient["value"] = people.ADULT_22["personalNumber"]
        bundle["id"] = new_id()
        bundle["entry"].pop()
        without = self.to(self.send("bas", "health", (FHIR, json.dumps(bundle))), "social-board")
        self.assertNotIn(without["outcome"], PERMITTED)

    def test_a_hospitals_concern_reaches_the_board(self):
        bundle = json.loads((CASES / "decode_concern/in.json").read_text(encoding="utf-8")) | {"id": new_id(), "timestamp": build.now()}
        exchange = self.to(self.send("hospital", "health", (FHIR, json.dumps(bundle))), "social-board")
        self.assertEqual((exchange["outcome"], exchange["missing"]), ("held", ["individual_assessment"]), "named in the bundle, and signed by nobody")
        exchange = self.assess("hospital", exchange["id"], individual_assessment=True)
        self.assertIn(exchange["outcome"], PERMITTED)
        self.assertIn("HLT-SN-CHILD", exchange["rules"])


class HospitalWithRiv(HubCase):
    """The hospital's own service takes referrals and gives statuses by RIV-TA."""

    SYSTEMS = ["hospital", "social-board"]

    @staticmethod
    def edit(folder):
        replaced(folder / "hub.toml",
                 ('module = "samband-health.so"\nsha256 = "file"\n',
                  'module = "samband-health.so"\nsha256 = "file"\n[plugins.config]\ncareUnit = "SE9999000061-HUB"\n'
                  'parties = { hospital = { format = "riv", careUnit = "SE9999000038-H001" }, "social-board" = { careUnit = "SE9999000020-S001" }, '
                  'bas = { careUnit = "SE9999000038-B001" } }\n'),
                 ("initial_ms = 1000", "initial_ms = 100"), ("max_ms = 3600000", "max_ms = 400"))
        replaced(folder / "parties.toml", ('duty_phone = "08-465 004 34"\n', 'duty_phone = "08-465 004 34"\nadapter = "health"\nendpoint = "hospital-riv"\n'))

    def refer(self, *categories):
        """BAS refers somebody to the hospital, by consent."""
        allowed = consent(people.ADULT_22, ["hospital"], ["care_referral"], categories)
        self.call("bas", "POST", "/v1/consents", allowed, expect=201)
        bundle = {"resourceType": "Bundle", "id": new_id(), "type": "transaction", "timestamp": build.now(), "entry": [
            {"resource": {**build.fhir_patient(people.ADULT_22), "id": "p"}},
            {"resource": {"resourceType": "ServiceRequest", "status": "active", "intent": "order", "subject": {"reference": "Patient/p"},
                          "code": {"text": "Avgiftning"}, "performer": [{"identifier": {"system": "urn:samband:party", "value": "hospital"}}]}}]}
        return self.to(self.send("bas", "health", (FHIR, json.dumps(bundle))), "hospital")

    def test_a_referral_arrives_once_under_every_fault(self):
        for fault in ({}, {"fail": 2}, {"twice": 1}, {"half": 1}):
            with self.subTest(**fault):
                self.mode("hospital", **fault)
                exchange = self.refer("identity", "health", "misuse")
                done = self.wait_state("bas", exchange["id"])
                records = [r for r in self.received("hospital", "referral") if r["key"] == "SE9999000061-HUB#" + exchange["id"]]
                self.assertEqual(len([r for r in records if not r["duplicate"]]), 1)
                self.assertEqual(done["externalReference"], records[0]["log_id"])
                self.assertTrue(all(r["body"] == records[0]["body"] for r in records), "sent again means: the same bytes")

    def test_the_board_says_what_became_of_the_hospitals_own_referral(self):
        xml = (CASES / "riv_decode_request/in.xml").read_text(encoding="utf-8").replace("#4711", "#" + new_id())
        media_type, body = "text/xml", xml
        answer = self.hub.request("hospital", "POST", "/v1/in/health", body, {"content-type": media_type, "accept": "text/xml"})
        self.assertEqual((answer.status, answer.media_type), (200, "text/xml"))
        self.assertIn("ProcessRequestResponse", answer.body if isinstance(answer.body, str) else answer.body.decode())
        exchange = self.to(self.send("hospital", "health", (media_type, xml)), "social-board")  # the same again, as JSON
        self.assess("hospital", exchange["id"], need_for_care=True, ongoing_misuse=True)
        self.wait_state("hospital", exchange["id"])
        # What the board may tell rests on the person's consent.
        allowed = consent(people.ADULT_22, ["hospital"], ["care_follow_up"], ["identity", "status", "schedule", "case_reference"])
        self.call("social-board", "POST", "/v1/consents", allowed, expect=201)
        self.call("social-board", "POST", f"/v1/exchanges/{exchange['id']}/status", {"status": "accepted", "recordNumber": "SN 7-26"})
        (record,) = wait_for("a status", lambda: self.received("hospital", "status"), 30)
        request_id = xml.split('requestId extension="')[1].split('"')[0]
        self.assertIn(f'requestId extension="{request_id}"', record["body"])  # their own name for it
        self.assertIn('<status xmlns="urn:samband:riv:1" status="accepted"', record["body"])


if __name__ == "__main__":
    unittest.main()
