#!/usr/bin/env python3
"""The hub delivers to a FHIR R4 server that Samband did not write: its Bundles are taken, judged as R4, found again by search,
and sent twice they make nothing twice. Skips, and says so, when Node.js or the packages are not to be had."""
import http.client
import json
import pathlib
import shutil
import ssl
import subprocess
import sys
import unittest
import urllib.parse

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "support"))
import people  # noqa: E402
import plugin_driver as driver  # noqa: E402
import samband_client as build  # noqa: E402
from hub_case import PERMITTED, HubCase, new_id  # noqa: E402
from hub_harness import SAMBAND, SOURCE  # noqa: E402

BINARY = SAMBAND.parent.parent
CASES = SOURCE / "plugins" / "health" / "cases"
EXCHANGE = "urn:samband:exchange"
FHIR = "application/fhir+json"


def node_modules():
    """The packages, installed once by the lock file; skips when npm or its registry is not there."""
    if not shutil.which("node") or not shutil.which("npm"):
        raise unittest.SkipTest("nodejs and npm are not installed (./dev install peers)")
    folder = BINARY / "interop/fhir"
    lock, stamp = (HERE / "fhir/package-lock.json").read_bytes(), folder / "installed-lock.json"
    if not stamp.exists() or stamp.read_bytes() != lock:
        folder.mkdir(parents=True, exist_ok=True)
        for name in ("package.json", "package-lock.json", ".npmrc"):
            shutil.copy(HERE / "fhir" / name, folder / name)
        done = subprocess.run(["npm", "ci", "--ignore-scripts"], cwd=folder, capture_output=True, text=True, timeout=300)
        if done.returncode != 0:
            raise unittest.SkipTest("npm ci does not reach a registry")
        stamp.write_bytes(lock)
    return folder / "node_modules"


class RegionalServer(HubCase):
    SERVERS = ("maria-ungdom", "bup")
    PORTS = {"maria-ungdom": 19102, "bup": 19103}

    @classmethod
    def setUpClass(cls):
        cls.modules = node_modules()
        super().setUpClass()

    @classmethod
    def prepare(cls, hub):
        for party in cls.SERVERS:
            server = subprocess.Popen(["node", HERE / "fhir/server.cjs", cls.modules, str(hub.port(cls.PORTS[party])), hub.certs, party],
                                      stdout=subprocess.PIPE, text=True)
            cls.addClassCleanup(server.stdout.close)
            cls.addClassCleanup(server.wait)
            cls.addClassCleanup(server.terminate)
            assert server.stdout.readline().strip() == "ready", "the server did not start"

    def ask(self, party, method, path, body=None):
        """(status, resource) of the party's server, asked as the hub asks it."""
        context = ssl.create_default_context(cafile=self.hub.certs / "ca.pem")
        context.load_cert_chain(self.hub.certs / "hub-client.pem", self.hub.certs / "hub-client.key")
        connection = http.client.HTTPSConnection("localhost", self.hub.port(self.PORTS[party]), timeout=30, context=context)
        try:
            connection.request(method, "/fhir" + path, body=json.dumps(body) if body is not None else None, headers={"content-type": FHIR})
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read())
        finally:
            connection.close()

    def found(self, party, kind, system, value):
        status, bundle = self.ask(party, "GET", f"/{kind}?identifier={urllib.parse.quote(system + '|' + value)}")
        self.assertEqual(status, 200, bundle)
        return [e["resource"] for e in bundle.get("entry", [])]

    def one(self, party, kind, exchange_id):
        resources = self.found(party, kind, EXCHANGE, exchange_id)
        self.assertEqual(len(resources), 1)
        return resources[0]

    # -- through the hub ----------------------------------------------------------------------------------------------

    def test_a_referral_arrives_and_is_found(self):
        exchange = self.to(self.send("social-board", "municipal_case", build.referral(people.CHILD_15, new_id(), need_for_care=True)), "bup")
        self.assertIn(exchange["outcome"], PERMITTED)
        done = self.wait_state("social-board", exchange["id"])
        task, request = self.one("bup", "Task", exchange["id"]), self.one("bup", "ServiceRequest", exchange["id"])
        self.assertEqual(done["externalReference"], "Task/" + task["id"])
        self.assertEqual(task["focus"]["reference"], "ServiceRequest/" + request["id"])
        (patient,) = self.found("bup", "Patient", "http://electronichealth.se/identifier/personnummer", people.CHILD_15["personalNumber"])
        self.assertEqual(request["subject"]["reference"], "Patient/" + patient["id"])

    def test_a_test_is_ordered_and_its_result_read_from_the_report(self):
        number = people.ADULT_19["personalNumber"]
        for holder, recipient in (("bup", "maria-ungdom"), ("maria-ungdom", "bup")):
            self.call(holder, "POST", "/v1/consents", {
                "person": {"personalNumber": number}, "giver": "self", "recipients": [recipient], "purposes": ["substance_test"],
                "categories": ["identity", "misuse", "case_reference", "schedule", "test_result"], "validTo": "2027-12-31T00:00:00.000Z",
                "evidenceSha256": "ab" * 32, "language": "sv"}, expect=201)
        order = json.loads((CASES / "decode_order/in.json").read_text(encoding="utf-8")) | {"id": new_id(), "timestamp": build.now()}
        order["entry"][0]["resource"]["identifier"][0]["value"] = number
        exchange = self.to(self.send("bup", "health", (FHIR, json.dumps(order))), "maria-ungdom")
        self.assertIn(exchange["outcome"], PERMITTED)
        self.wait_state("bup", exchange["id"])
        self.assertEqual(self.one("maria-ungdom", "ServiceRequest", exchange["id"])["orderDetail"], [{"text": "THC"}, {"text": "Amfetamin"}])
        # The consent that the order rests on is there, as R4 has it, and of it this recipient and purpose.
        (given,) = self.found("maria-ungdom", "Consent", EXCHANGE, exchange["id"] + "/consent/0")
        self.assertEqual((given["status"], given["organization"][0]["identifier"]["value"]), ("active", "bup"))
        self.assertEqual([p["code"] for p in given["provision"]["purpose"]], ["substance_test"])
        self.assertNotIn("sourceReference", given)
        report = json.loads((CASES / "decode_result/in.json").read_text(encoding="utf-8")) | {"id": new_id(), "timestamp": build.now()}
        report["entry"][0]["resource"]["identifier"][0]["value"] = number
        report["entry"][1]["resource"]["basedOn"][0]["identifier"]["value"] = exchange["id"]
        result = self.to(self.send("maria-ungdom", "health", (FHIR, json.dumps(report))), "bup")
        self.assertIn(result["outcome"], PERMITTED)
        self.wait_state("maria-ungdom", result["id"])
        got = self.one("bup", "DiagnosticReport", result["id"])
        self.assertEqual(got["conclusion"], "THC: positiv; Amfetamin: negativ")
        self.assertEqual(self.one("bup", "Task", result["id"])["focus"]["reference"], "DiagnosticReport/" + got["id"])

    # -- what the adapter writes, straight to the server --------------------------------------------------------------

    def bundle(self, exchange):
        action, _ = driver.Plugin(BINARY / "lib/samband-health.so").step(driver.DELIVER, exchange, b"", driver.STARTED)
        return json.loads(action["body"])

    def test_every_kind_is_r4_and_twice_makes_nothing_twice(self):
        for folder in sorted(CASES.glob("encode_*")):
            with self.subTest(folder.name):
                exchange = json.loads((folder / "in.json").read_text(encoding="utf-8")) | {"exchangeId": new_id()}
                for _ in range(2):
                    status, answer = self.ask("bup", "POST", "", self.bundle(exchange))
                    self.assertEqual(status, 200, answer)
                    self.assertEqual({e["response"]["status"][0] for e in answer["entry"]}, {"2"}, answer)
                self.one("bup", "Task", exchange["exchangeId"])

    def test_every_step_of_a_referral_is_r4(self):
        exchange = json.loads((CASES / "encode_status_full/in.json").read_text(encoding="utf-8"))
        for step in ("received", "accepted", "declined", "completion_requested", "forwarded", "queued", "first_visit_booked", "no_show", "first_visit",
                     "in_progress", "confirmed", "completed", "broken_off"):
            with self.subTest(step):
                exchange["exchangeId"] = new_id()
                exchange["data"]["payload"]["status"] = step
                status, answer = self.ask("bup", "POST", "", self.bundle(exchange))
                self.assertEqual((status, answer["entry"][0]["response"]["status"][:3]), (200, "201"), answer)

    def test_the_server_judges(self):
        exchange = json.loads((CASES / "encode_referral/in.json").read_text(encoding="utf-8"))
        for change in ({"status": "aktiv!"}, {"intent": None}, {"colour": "red"}):
            exchange["exchangeId"] = new_id()
            bundle = self.bundle(exchange)
            request = next(e["resource"] for e in bundle["entry"] if e["resource"]["resourceType"] == "ServiceRequest")
            request |= change
            for key in [k for k, v in change.items() if v is None]:
                del request[key]
            status, answer = self.ask("bup", "POST", "", bundle)
            refused = status >= 400 or any(not e["response"]["status"].startswith("2") for e in answer["entry"])
            self.assertTrue(refused, f"{change}: {answer}")


if __name__ == "__main__":
    unittest.main()
