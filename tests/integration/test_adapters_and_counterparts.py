#!/usr/bin/env python3
"""Adapters against the counterparts, over mutual TLS and with every fault a counterpart plays: one delivery each, whatever
happens. Also: what the builders of the test client make is what the adapters read. No hub is needed."""
import http.client
import json
import os
import pathlib
import ssl
import sys
import tempfile
import unittest
import uuid

SOURCE = pathlib.Path(os.environ.get("SAMBAND_SOURCE_DIR", pathlib.Path(__file__).resolve().parents[2]))
LIB = pathlib.Path(os.environ.get("SAMBAND_BINARY_DIR", SOURCE / "build" / "dev")) / "lib"
sys.path.insert(0, str(SOURCE / "tests" / "support"))
import people  # noqa: E402
import plugin_driver as driver  # noqa: E402
import samband_client as build  # noqa: E402
from hub_harness import Counterparts, free_ports, make_certificates  # noqa: E402

FAULTS = [{}, {"fail": 1}, {"fail": 3}, {"twice": 1}, {"half": 1}, {"half": 2}, {"half": 3}, {"half": 4}, {"twice": 2, "fail": 2}]


def need(name):
    module = LIB / f"samband-{name}.so"
    if not module.exists():
        raise unittest.SkipTest(f"{module.name} is not built")
    return module


def exchange(kind, purpose, person, payload, role="subject", **data):
    return {"exchangeId": str(uuid.uuid4()), "messageId": "m-1", "kind": kind, "purpose": purpose, "createdAt": build.now(), "now": build.now(),
            "sender": {"party": "police-west", "name": "Polisen Väst", "participantId": "0203:police-west.example",
                       "functionalAddress": "sdk.example.0203:police-west.example"},
            "recipient": {"party": "kronofogden", "participantId": "0203:kronofogden.example",
                          "functionalAddress": "sdk.example.0203:kronofogden.example"},
            "data": {"kind": kind, "persons": [build.as_person(person, role=role)], "payload": payload, **data}}


def suspicion():
    return exchange("police.suspicion", "youth_offence_notice", people.YOUTH_17,
                    {"suspicionLevel": "skaligen_misstankt", "offence": {"text": "ringa narkotikabrott"}})


def arrears():
    tenant = {k: people.GUARDIAN_45[k] for k in ("givenName", "familyName", "address")}
    return exchange("rent.arrears", "rent_arrears_notice", tenant, {"amount": 845000, "currency": "SEK", "rooms": 3}, role="tenant")


def referral():
    return exchange("care.referral", "care_referral", people.CHILD_15, {"service": "bup", "question": "Bedömning"},
                    attachments=[{"name": "skola.pdf", "mediaType": "application/pdf", "content": "JVBERi0="}])


def receipt():
    return {**exchange("exchange.receipt", "receipt", people.YOUTH_17, {}),
            "data": {"kind": "exchange.receipt", "payload": {"exchangeId": str(uuid.uuid4()), "receivedAt": build.now(), "receiptLeaf": 7}}}


def test_result():
    return exchange("test.result", "substance_test", people.YOUTH_17,
                    {"exchangeId": str(uuid.uuid4()), "substances": ["THC"], "result": "negativ", "sampledAt": build.now()})


class AdaptersAndCounterparts(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="samband-counterparts-")
        path = pathlib.Path(cls.folder.name)
        cls.certs = path / "certs"
        make_certificates(cls.certs)
        cls.running = Counterparts(cls.certs, path)
        cls.ports = {}
        for (script, party), port in zip([("lifecare", "social-board"), ("errands", "social-board"), ("fhir", "bup"), ("landlord", "landlord-private"),
                                          ("sdk_receiver", "kronofogden")], free_ports(5)):
            cls.running.start(script, party, port)
            cls.ports[script] = port

    @classmethod
    def tearDownClass(cls):
        cls.running.close()
        cls.folder.cleanup()

    def sender(self, script, base, party="hub-client"):
        context = ssl.create_default_context(cafile=self.certs / "ca.pem")
        context.load_cert_chain(self.certs / f"{party}.pem", self.certs / f"{party}.key")

        def send(method, path, headers, body):
            connection = http.client.HTTPSConnection("localhost", self.ports[script], timeout=10, context=context)
            try:
                connection.request(method, base + path, body=body or None, headers=headers)
                answer = connection.getresponse()
                return answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read()
            except http.client.HTTPException as error:
                raise OSError("the answer was cut") from error
            finally:
                connection.close()

        return send

    def received(self, script, party, key):
        return [r for r in self.running.received(script, party) if r["key"] == key]

    def each_fault(self, script, party):
        for fault in FAULTS:
            with self.subTest(**fault):
                self.running.mode(script, party, **{"fail": 0, "twice": 0, "half": 0, **fault})
                yield fault

    def test_case_system_gets_one_actualisation_under_every_fault(self):
        plugin = driver.Plugin(need("municipal_case"), json.loads((SOURCE / "plugins/municipal_case/sample-config.json").read_text()))
        send = self.sender("lifecare", "/lifecare-fc/apifc/v1")
        for fault in self.each_fault("lifecare", "social-board"):
            before = len(self.running.received("lifecare", "social-board", "actualisation"))
            message = suspicion()
            action, attempts = driver.converse(plugin, message, send)
            self.assertEqual(attempts > 1, bool(fault), "a fault that costs no attempt was not played")
            self.assertEqual(action["kind"], driver.DELIVERED, action["reason"])
            all_records = self.running.received("lifecare", "social-board", "actualisation")
            self.assertEqual(len(all_records), before + 1)
            self.assertEqual(action["reference"], str(all_records[-1]["id"]))
            documents = self.received("lifecare", "social-board", message["exchangeId"])
            self.assertGreaterEqual(len(documents), 1)
            self.assertTrue(all(d["actualisation"] == all_records[-1]["id"] for d in documents))
            self.assertIn("- Misstankegrad: skäligen misstänkt", documents[0]["body"]["Content"])

    def test_case_system_gets_one_errand(self):
        for script, api, base in (("lifecare", "lifecare", "/lifecare-fc/apifc/v1"), ("errands", "errand", "/case-api/v1")):
            plugin, send = driver.Plugin(need("municipal_case"), {"api": api}), self.sender(script, base)
            for _ in self.each_fault(script, "social-board"):
                for message in (arrears(),) if api == "lifecare" else (arrears(), suspicion()):
                    action, _ = driver.converse(plugin, message, send)
                    self.assertEqual(action["kind"], driver.DELIVERED, action["reason"])
                    records = self.received(script, "social-board", message["exchangeId"])
                    self.assertEqual(len([r for r in records if r["kind"] == "errand" and not r["duplicate"]]), 1)
                    self.assertEqual(records[0]["id"], action["reference"])
                    self.assertEqual(records[0]["body"]["data"], message["data"])

    def test_health_system_gets_one_task_under_every_fault(self):
        plugin, send = driver.Plugin(need("health")), self.sender("fhir", "/fhir")
        for _ in self.each_fault("fhir", "bup"):
            for message in (referral(), suspicion(), receipt(), test_result()):
                action, _ = driver.converse(plugin, message, send)
                self.assertEqual(action["kind"], driver.DELIVERED, action["reason"])
                records = self.received("fhir", "bup", message["exchangeId"])
                self.assertEqual(len([r for r in records if not r["duplicate"]]), 1)
                self.assertEqual(action["reference"], "Task/" + records[0]["id"])
                self.assertTrue(all(r["body"] == records[0]["body"] for r in records), "sent again means: the same bytes")

    def test_landlord_and_sdk_get_one_each(self):
        for name, script, party, base, make in [("landlord", "landlord", "landlord-private", "/notices", receipt),
                                                ("kronofogden", "sdk_receiver", "kronofogden", "/sdk", receipt),
                                                ("police", "sdk_receiver", "kronofogden", "/sdk", suspicion)]:
            plugin, send = driver.Plugin(need(name)), self.sender(script, base)
            for _ in self.each_fault(script, party):
                message = make()
                action, _ = driver.converse(plugin, message, send)
                self.assertEqual(action["kind"], driver.DELIVERED, action["reason"])
                records = self.received(script, party, message["exchangeId"])
                self.assertEqual(len([r for r in records if not r["duplicate"]]), 1)
                if script == "sdk_receiver":
                    self.assertEqual(records[0]["notice"]["data"]["payload"], message["data"]["payload"])

    def test_recalls_arrive(self):
        recalled = str(uuid.uuid4())
        message = {**exchange("exchange.recall", "receipt", people.YOUTH_17, {}),
                   "data": {"kind": "exchange.recall", "payload": {"exchangeId": recalled, "reasonCode": "consent_revoked", "at": build.now()}}}
        for name, script, party, base in [("municipal_case", "lifecare", "social-board", "/lifecare-fc/apifc/v1"), ("municipal_case", "errands", "social-board", "/case-api/v1"),
                                          ("health", "fhir", "bup", "/fhir")]:
            self.running.mode(script, party, fail=0, twice=1, half=0)
            action, _ = driver.converse(driver.Plugin(need(name)), message, self.sender(script, base), driver.RECALL)
            self.assertEqual(action["kind"], driver.DELIVERED, action["reason"])
            self.assertEqual(self.received(script, party, recalled)[0]["kind"], "recall")

    def test_counterparts_refuse_what_is_not_their_format(self):
        lifecare, fhir = self.sender("lifecare", "/lifecare-fc/apifc/v1"), self.sender("fhir", "/fhir")
        for script, party in (("lifecare", "social-board"), ("fhir", "bup")):
            self.running.mode(script, party, fail=0, twice=0, half=0)
        number = people.YOUTH_17["personalNumber"]
        good = {"PersonId": number, "Date": "2026-11-22", "Type": 2, "FromWho": 100, "Reason": 20, "OrganisationId": 4, "OrganisationUnitId": "U1"}
        for change in ({"Type": 99}, {"Reason": 10}, {"Extra": 1}, {"Type": "2"}, {"OrganisationUnitId": "U2"}, {"PersonId": number[:-1] + "1"}):
            status, _, body = lifecare("POST", "/Actualisations", {"content-type": "application/json"}, json.dumps(good | change).encode())
            self.assertEqual((status, "Message" in json.loads(body)), (400, True), change)
        self.assertEqual(lifecare("GET", f"/Actualisations/Proposals?personId={number}&key=x", {}, b"")[0], 400)
        self.assertEqual(lifecare("GET", "/Other", {}, b"")[0], 404)
        for bundle in ({"resourceType": "Bundle", "type": "batch"}, {"resourceType": "Bundle", "type": "transaction", "entry": []},
                       {"resourceType": "Bundle", "type": "transaction", "entry": [{"fullUrl": "urn:uuid:" + str(uuid.uuid4()), "request": {"method": "POST", "url": "Task"},
                                                                                  "resource": {"resourceType": "Task", "status": "aktiv", "intent": "order"}}]}):
            status, _, body = fhir("POST", "", {"content-type": "application/fhir+json"}, json.dumps(bundle).encode())
            self.assertIn(status, (400, 422))
            self.assertEqual(json.loads(body)["resourceType"], "OperationOutcome")
        self.assertEqual(self.sender("lifecare", "/lifecare-fc/apifc/v1", "landlord-private")("GET", f"/Actualisations/Proposals?personId={number}", {}, b"")[0], 403)
        with self.assertRaises(OSError):
            self.sender("fhir", "/fhir", "stranger")("GET", "/metadata", {}, b"")

    def test_records_survive_a_kill(self):
        plugin, send, message = driver.Plugin(need("health")), self.sender("fhir", "/fhir"), referral()
        self.running.mode("fhir", "bup", fail=0, twice=0, half=0)
        first, _ = driver.converse(plugin, message, send)
        self.running.kill9("fhir", "bup")
        self.running.start("fhir", "bup", self.ports["fhir"])
        again, _ = driver.converse(plugin, message, send)
        self.assertEqual(again["reference"], first["reference"])
        self.assertEqual([r["duplicate"] for r in self.received("fhir", "bup", message["exchangeId"])], [False, True])

    def test_adapters_read_what_the_builders_make(self):
        new = lambda: str(uuid.uuid4())  # noqa: E731
        made = [("police", "police.suspicion", build.police_suspicion(people.YOUTH_17, new())),
                ("police", "police.lob", build.police_lob(people.ADULT_22, new())),
                ("police", "police.offer", build.police_offer(people.ADULT_19, new(), accepted=True)),
                ("police", "police.offer", build.police_offer(people.ADULT_22, new(), accepted=False)),
                ("police", "sig.information", build.sig_information(people.YOUTH_17, new())),
                ("kronofogden", "eviction.time", build.eviction_time(people.GUARDIAN_45, new(), children=2)),
                ("landlord", "rent.arrears", build.landlord_arrears(people.GUARDIAN_45, new(), slip_in_number=True)),
                ("landlord", "tenancy.disturbance", build.landlord_disturbance(people.GUARDIAN_45, new())),
                ("landlord", "tenancy.disturbance", build.landlord_disturbance(people.GUARDIAN_45, new(), serious=True)),
                ("landlord", "housing.contact_request", build.landlord_contact(people.GUARDIAN_45, new())),
                ("municipal_case", "care.referral", build.referral(people.CHILD_15, new(), need_for_care=True, guardians=[people.GUARDIAN_45])),
                ("municipal_case", "concern.report", build.concern(people.CHILD_15, new())),
                ("municipal_case", "sig.information", build.sig_from_board(people.YOUTH_17, new())),
                ("municipal_case", "care.status", build.municipal_status(people.YOUTH_17, new(), "accepted", new())),
                ("health", "care.status", build.task_status(people.CHILD_15, new(), "accepted", new(), need_for_care=True, visit_at=build.now(86400))),
                ("health", "care.status", build.task_status(people.PROTECTED_17, new(), "declined", new(), reason="no_capacity"))]
        schemas = SOURCE / "hub" / "model" / "schemas"
        for adapter, kind, (media_type, body) in made:
            with self.subTest(adapter=adapter, kind=kind):
                messages = driver.Plugin(need(adapter)).decode(media_type, body)
                self.assertEqual([m["data"]["kind"] for m in messages], [kind])
                data = messages[0]["data"]
                self.assertTrue((schemas / f"{kind}.schema.json").exists())
                if adapter == "landlord":
                    self.assertNotIn(people.GUARDIAN_45["personalNumber"][8:], json.dumps(data))
                else:
                    self.assertEqual(len(data["persons"][0]["personalNumber"]), 12)


if __name__ == "__main__":
    if not (SOURCE / "certs" / "make-dev-certs.sh").exists():
        print("skipped: no script for development certificates")
        sys.exit(77)
    unittest.main(warnings="ignore")  # the harness leaves pipes to the interpreter
