#!/usr/bin/env python3
"""docs/openapi.yaml against docs/agency-api.md, against itself, and against the running hub."""
import json
import pathlib
import re
import sys
import unittest
import uuid

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import yaml

import hub_harness
from openapi_check import media_schema, operations, resolve, violations

DOCUMENT = yaml.safe_load((hub_harness.SOURCE / "docs" / "openapi.yaml").read_text(encoding="utf-8"))


def rent_arrears(sender="landlord-private", **more):
    """SFS 1978:314 form 3: no personnummer."""
    return hub_harness.message("rent.arrears", sender, {
        "persons": [{"ref": "p1", "role": "tenant", "givenName": "Test", "familyName": "Testsson", "municipality": "0999",
                     "district": "south", "address": {"street": "Exempelgatan 1", "apartment": "1101", "postalCode": "99901",
                                                      "city": "Exempelstad"}}],
        "payload": {"form": "SFS 1978:314 form 3", "dwelling": True, "rooms": 2, "amount": 845000, "currency": "SEK",
                    "dueDate": "2026-10-31", "interest": "enligt räntelagen", "paymentAccount": "000-0000", "leaseNumber": "EX-1",
                    "landlord": {"name": "Exempel Bostäder AB", "address": "Exempelgatan 2", "phone": "070-1740605"},
                    "premises": {"municipality": "0999", "district": "south"}}}, **more)


class TheDescription(unittest.TestCase):
    def test_every_reference_leads_somewhere(self):
        def walk(node):
            if isinstance(node, dict):
                if "$ref" in node:
                    resolve(DOCUMENT, node)
                for value in node.values():
                    walk(value)
            elif isinstance(node, list):
                for value in node:
                    walk(value)

        walk(DOCUMENT)

    def test_it_lists_the_calls_of_the_agency_api_page(self):
        page = (hub_harness.SOURCE / "docs" / "agency-api.md").read_text(encoding="utf-8")
        in_words = set()
        for row in re.findall(r"^\| (`.*?) \|", page, re.M):
            for method, path in re.findall(r"`(GET|POST|DELETE) (/v1/[^`?]*)", row):
                in_words.add((method, re.sub(r"\{\w+\}", "{}", path)))
        formal = {(method, re.sub(r"\{\w+\}", "{}", path)) for path, method, _ in operations(DOCUMENT)}
        self.assertEqual(in_words, formal)

    def test_its_examples_are_as_its_schemas_say(self):
        answer = DOCUMENT["components"]["examples"]["PartlyReleased"]["value"]
        self.assertEqual([], violations(DOCUMENT, {"$ref": "#/components/schemas/MessageAnswer"}, answer))
        message = DOCUMENT["components"]["schemas"]["Message"]
        for example in message["examples"]:
            self.assertEqual([], violations(DOCUMENT, message, example))

    def test_the_checker_sees_what_is_wrong(self):
        schema = {"$ref": "#/components/schemas/Problem"}
        good = {"type": "urn:samband:problem:busy", "title": "Busy", "status": 503, "code": "busy"}
        self.assertEqual([], violations(DOCUMENT, schema, good))
        for change in ({"status": "503"}, {"code": "Not A Code"}, {"type": "about:blank"}, {"status": 200}):
            self.assertTrue(violations(DOCUMENT, schema, {**good, **change}), change)
        self.assertTrue(violations(DOCUMENT, schema, {k: v for k, v in good.items() if k != "title"}))

    def test_its_codes_are_the_vocabulary(self):
        page = (hub_harness.SOURCE / "docs" / "vocabulary.md").read_text(encoding="utf-8")
        life = re.search(r"## Life cycle of a referral\n(.*?)\n## ", page, re.S).group(1)
        self.assertEqual(re.findall(r"(?m)^\| `(\w+)`", life), [s for s in DOCUMENT["components"]["schemas"]["Status"]["enum"] if s])
        outcomes = re.search(r"Of an exchange: (.*?)\. Of a field", page).group(1)
        self.assertEqual(re.findall(r"`(\w+)`", outcomes), DOCUMENT["components"]["schemas"]["Outcome"]["enum"])


class TheServer(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.hub = hub_harness.Hub()
        cls.addClassCleanup(cls.hub.close)
        cls.hub.start()
        cls.sent = rent_arrears()
        answer = cls.hub.request("landlord-private", "POST", "/v1/messages", cls.sent)
        assert answer.status == 200, answer
        cls.answer = answer.json()
        cls.exchange = cls.answer["exchanges"][0]
        cls.rules = cls.hub.request("operator", "GET", "/v1/policy").json()["active"]["hash"]

    def hold(self, answer, path, method):
        """The answer must be one that the description knows, with a body as described."""
        operation = DOCUMENT["paths"][path][method.lower()]
        schema = media_schema(DOCUMENT, operation, answer.status, answer.media_type)
        self.assertIsNotNone(schema, f"{method} {path} answered {answer}, which the description does not know")
        value = answer.body.decode() if answer.media_type == "text/plain" else answer.json()
        self.assertEqual([], violations(DOCUMENT, schema, value), f"{method} {path}: {answer}")
        return value

    def test_answers_of_the_sender(self):
        sender, exchange = "landlord-private", self.exchange["id"]
        again = self.hub.request(sender, "POST", "/v1/messages", self.sent)
        self.assertTrue(self.hold(again, "/v1/messages", "POST")["duplicate"])
        for path, target in (("/v1/messages/{id}", f"/v1/messages/{self.answer['messageId']}"),
                             ("/v1/exchanges", "/v1/exchanges?limit=10"), ("/v1/exchanges/{id}", f"/v1/exchanges/{exchange}"),
                             ("/v1/consents", "/v1/consents"), ("/v1/receipts/{id}", f"/v1/receipts/{exchange}"),
                             ("/v1/inbox", "/v1/inbox?wait=0")):
            answer = self.hub.request(sender, "GET", target)
            self.assertEqual(200, answer.status, f"{target}: {answer}")
            self.hold(answer, path, "GET")

    def test_every_described_operation_exists(self):
        for path, method, operation in operations(DOCUMENT):
            with self.subTest(f"{method} {path}"):
                if path.startswith("/v1/messages/"):
                    target = path.replace("{id}", self.answer["messageId"])
                else:
                    target = path
                    for name, value in (("{id}", self.exchange["id"]), ("{adapter}", "landlord"), ("{hash}", self.rules), ("{kind}", "rent.arrears")):
                        target = target.replace(name, value)
                caller = {"/status": "social-board", "/ack": "social-board", "/retry": "operator"}.get(target[target.rfind("/"):],
                                                                                                  "landlord-private")
                # Whatever comes back (an empty object is no valid body of most) tells that the route exists.
                answer = self.hub.request(caller, method, target, {} if method == "POST" else None)
                self.hold(answer, path, method)
                if answer.status == 404:
                    self.assertTrue("revocations" in path or "reviews" in path or "tasks" in path, f"{answer}")
                self.assertNotEqual(405, answer.status)

    def test_what_is_not_described_does_not_exist(self):
        for method, target in (("GET", "/"), ("GET", "/v2/messages"), ("POST", "/v1/nothing"), ("GET", "/metrics"), ("GET", "/readyz"),
                               ("PUT", "/v1/messages"), ("DELETE", f"/v1/messages/{self.answer['messageId']}"),
                               ("GET", f"/v1/exchanges/{self.exchange['id']}/nothing"), ("DELETE", "/v1/consents"),
                               ("POST", "/v1/messages/" + self.answer["messageId"]), ("GET", "/v1/in/landlord")):
            with self.subTest(f"{method} {target}"):
                answer = self.hub.request("landlord-private", method, target, {} if method in ("POST", "PUT") else None)
                self.assertIn(answer.status, (404, 405))
                self.assertEqual("application/problem+json", answer.media_type)
                self.assertEqual([], violations(DOCUMENT, {"$ref": "#/components/schemas/Problem"}, answer.json()))

    def test_problems_describe_shape_and_never_a_value(self):
        canary = "Kanariefågelsson"
        broken = json.loads(json.dumps(self.sent))
        broken["id"] = str(uuid.uuid4())
        broken["data"]["persons"][0]["familyName"] = canary
        broken["data"]["persons"][0]["municipality"] = canary
        bodies = [broken, json.dumps(broken)[:-3], {**broken, "specversion": canary}, {**broken, "time": "2020-01-01T00:00:00.000Z"}]
        for body in bodies:
            answer = self.hub.request("landlord-private", "POST", "/v1/messages", body)
            self.assertEqual(400, answer.status, answer)
            self.hold(answer, "/v1/messages", "POST")
            self.assertNotIn(canary, answer.body.decode())
        self.assertNotIn(canary, self.hub.log())

    def test_the_same_id_with_other_bytes_is_a_conflict(self):
        other = json.loads(json.dumps(self.sent))
        other["data"]["payload"]["rooms"] = 3
        answer = self.hub.request("landlord-private", "POST", "/v1/messages", other)
        self.assertEqual(409, answer.status, answer)
        self.hold(answer, "/v1/messages", "POST")

    def test_a_stranger_learns_nothing(self):
        for target in (f"/v1/messages/{self.answer['messageId']}", f"/v1/exchanges/{self.exchange['id']}",
                       f"/v1/receipts/{self.exchange['id']}"):
            answer = self.hub.request("police-west", "GET", target)
            missing = self.hub.request("police-west", "GET", re.sub(r"[0-9a-f-]{36}", str(uuid.uuid4()), target))
            self.assertIn(answer.status, (403, 404), answer)
            self.assertEqual(missing.status, answer.status, "existing and missing must look alike")


if __name__ == "__main__":
    # The description is checked even where there is no hub to hold it against.
    if not hub_harness.SAMBAND.exists() and not (hub_harness.SOURCE / "hub" / "app" / "CMakeLists.txt").exists():
        print("no hub in this checkout yet: only the description itself is checked")
        unittest.main(defaultTest="TheDescription")
    unittest.main()
