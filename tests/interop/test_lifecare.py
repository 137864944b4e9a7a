#!/usr/bin/env python3
"""The municipal_case adapter against Lifecare's own recorded answers (WireMock mappings of a public integration) and its
published Swagger, with faults of ours: 5xx, time-outs, and writes of which only half was done."""
import email.parser
import email.policy
import json
import os
import pathlib
import sys
import unittest
from urllib.parse import parse_qsl, urlsplit

SOURCE = pathlib.Path(os.environ.get("SAMBAND_SOURCE_DIR", pathlib.Path(__file__).resolve().parents[2]))
LIB = pathlib.Path(os.environ.get("SAMBAND_BINARY_DIR", SOURCE / "build" / "dev")) / "lib"
LIFECARE = pathlib.Path(os.environ.get("SAMBAND_TESTDATA", SOURCE.parent / "shared" / "testdata")) / "lifecare"
sys.path.insert(0, str(SOURCE / "tests" / "support"))
import plugin_driver as driver  # noqa: E402

BASE = "/lifecare-fc/apifc/v1"
NAMES = {"type": "Ansökan", "reason": "Behov", "fromWho": "Klient"}
CONFIG = {"api": "lifecare", "workingStatus": "Aktiv", "attachmentType": "Bilaga", "attachmentSenderType": "Klient", "otherwise": NAMES,
          "kinds": {"concern.report": NAMES}}
CREATED = 98765  # the id in the recorded answer


def exchange():
    # The person of the recordings; its check digit is wrong, so it belongs to nobody.
    person = {"ref": "p1", "role": "subject", "personalNumber": "199001011234", "givenName": "Test", "familyName": "Testsson"}
    return {"exchangeId": "019abcde-0000-7000-8000-000000000041", "messageId": "m-1", "kind": "concern.report", "purpose": "child_protection",
            "createdAt": "2025-04-01T09:00:00.000Z", "now": "2025-04-01T09:00:00.000Z",
            "sender": {"party": "school-south", "name": "Södra skolan"}, "recipient": {"party": "social-board", "name": "Socialnämnden"},
            "data": {"kind": "concern.report", "persons": [person], "payload": {"concern": "Oro"},
                     "attachments": [{"name": "skola.pdf", "mediaType": "application/pdf", "content": "JVBERi0="}]}}


class Replay:
    """Answers by the mapping files. What was created is in the list from then on, as at the real system."""

    def __init__(self, faults=()):
        self.mappings = [json.loads(f.read_text(encoding="utf-8")) for f in sorted(LIFECARE.glob("wiremock/ActualisationsIT/__files/*/mappings/*.json"))]
        self.faults, self.seen, self.created, self.documents = list(faults), [], [], []

    def answer(self, method, path):
        parts = urlsplit(path)
        query = dict(parse_qsl(parts.query))
        for mapping in self.mappings:
            wanted = mapping["request"]
            if wanted["method"] == method and wanted["urlPath"] == BASE + parts.path and all(
                    query.get(k) == v["equalTo"] for k, v in wanted.get("queryParameters", {}).items()):
                return mapping["response"]
        raise AssertionError(f"no recording of {method} {parts.path}")

    def __call__(self, method, path, headers, body):
        """faults: (the n-th request, 'refuse' before | 'time_out' before | 'lose' after it was done, or a status instead)"""
        n = len(self.seen)
        self.seen.append((method, urlsplit(path).path))
        fault = next((f for at, f in self.faults if at == n), None)
        if isinstance(fault, int):
            return fault, {}, b"out of order"
        if fault == "time_out":
            raise TimeoutError
        response = self.answer(method, path)
        content = json.dumps(response["jsonBody"]) if "jsonBody" in response else response.get("body", "")
        if method == "POST" and path == "/Actualisations":
            self.created.append(json.loads(body))
        elif method == "POST":
            self.documents.append((headers, body))
        elif urlsplit(path).path == "/Actualisations" and self.created:
            listed = json.loads(content)
            listed["Result"] += [{**listed["Result"][0], "Id": CREATED, "Date": c["Date"] + "T00:00:00Z" if len(c["Date"]) == 10 else c["Date"]} for c in self.created]
            content = json.dumps(listed)
        if fault == "lose":
            raise OSError("the answer was lost")
        return response["status"], {k.lower(): v for k, v in response.get("headers", {}).items()}, content.encode()


class Lifecare(unittest.TestCase):
    def setUp(self):
        if not LIFECARE.exists():
            raise unittest.SkipTest("Lifecare's recordings are not here (../shared/testdata/lifecare)")
        self.plugin = driver.Plugin(LIB / "samband-municipal_case.so", CONFIG)

    def deliver(self, *faults):
        replay = Replay(faults)
        action, attempts = driver.converse(self.plugin, exchange(), replay)
        self.assertEqual((action["kind"], action["reference"]), (driver.DELIVERED, str(CREATED)), action["reason"])
        return replay, attempts

    def test_the_recorded_conversation(self):
        replay, attempts = self.deliver()
        self.assertEqual((attempts, [s for s in replay.seen]), (1, [
            ("GET", "/Actualisations/Proposals"), ("GET", "/Actualisations"), ("POST", "/Actualisations"),
            ("POST", f"/Actualisations/{CREATED}/Attachments"), ("POST", f"/Actualisations/{CREATED}/Attachments")]))
        self.assertEqual(replay.created[0], {"PersonId": "199001011234", "Date": replay.created[0]["Date"], "Type": 1, "FromWho": 20, "Reason": 10,
                                             "OrganisationId": 4, "OrganisationUnitId": "U1", "WorkingStatus": 3})

    def test_what_is_sent_is_what_the_swagger_describes(self):
        swagger = json.loads((LIFECARE / "lifecare-fc-api.json").read_text(encoding="utf-8"))
        replay, _ = self.deliver()
        post = next(v["post"] for p, v in swagger["paths"].items() if p.endswith("/Actualisations") and "post" in v)
        reference = next(p["schema"]["$ref"] for p in post["parameters"] if p["in"] == "body")
        described = swagger["definitions"][reference.rsplit("/", 1)[1]]
        self.assertLessEqual(set(replay.created[0]), set(described["properties"]))
        self.assertLessEqual(set(described.get("required", [])), set(replay.created[0]))
        attach = next(v["post"] for p, v in swagger["paths"].items() if p.endswith("/Attachments") and "post" in v)
        form = {p["name"]: p for p in attach["parameters"] if p["in"] == "formData"}
        for headers, body in replay.documents:
            kind = {k.lower(): v for k, v in headers.items()}["content-type"]
            whole = email.parser.BytesParser(policy=email.policy.HTTP).parsebytes(b"Content-Type: " + kind.encode() + b"\r\n\r\n" + body)
            names = {part.get_param("name", header="content-disposition") for part in whole.iter_parts()}
            if form:
                self.assertLessEqual(names, set(form))
                self.assertLessEqual({n for n, p in form.items() if p.get("required")}, names)

    def test_one_actualisation_under_every_fault_at_every_step(self):
        played = 0
        for step in range(5):
            for fault in (500, 502, 503, 429, "time_out", "lose"):
                with self.subTest(step=step, fault=fault):
                    replay, attempts = self.deliver((step, fault))
                    played += 1
                    self.assertEqual(attempts, 2)
                    self.assertEqual(len(replay.created), 1, "a write that was only half done is found, never done again")
                    self.assertGreaterEqual(len(replay.documents), 2)
        for first in ("lose", "time_out", 503):
            for second in ("lose", "time_out", 503):  # and again while it looks for what it wrote
                with self.subTest(first=first, second=second):
                    replay, _ = self.deliver((2, first), (3, second))
                    played += 1
                    self.assertEqual(len(replay.created), 1)
        print(f"{played} faults played, one actualisation each")

    def test_the_vendors_key_has_no_place_here(self):
        """It belongs to the proxy: an adapter that is given one does not start, and does not repeat it."""
        for member in ("key", "domain", "apiKey"):
            with self.assertRaises(Exception) as refused:
                driver.Plugin(LIB / "samband-municipal_case.so", {**CONFIG, member: "S3CRET-VALUE"})
            self.assertNotIn("S3CRET-VALUE", str(refused.exception))

    def test_a_code_list_without_the_configured_name_is_a_refusal(self):
        plugin = driver.Plugin(LIB / "samband-municipal_case.so", {**CONFIG, "kinds": {"concern.report": {**NAMES, "reason": "Oro"}}})
        replay = Replay()
        action, _ = driver.converse(plugin, exchange(), replay)
        self.assertEqual((action["kind"], action["reason"]), (driver.REJECTED, "code_list_reason"))
        self.assertEqual(replay.created, [])


if __name__ == "__main__":
    unittest.main(warnings="ignore")
