#!/usr/bin/env python3
"""A breach of personal data is put on record from a range of the log (GDPR article 33), and the record outlives the persons."""
import base64
import datetime
import hashlib
import hmac
import json
import pathlib
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import hub_harness  # noqa: E402
import people  # noqa: E402
import samband_client as build  # noqa: E402
from hub_case import HubCase, data_files, new_id  # noqa: E402
from test_openapi import DOCUMENT  # noqa: E402
from openapi_check import violations  # noqa: E402

TEXT = "En bärbar dator med åtkomst till navet stals ur en bil."
SCHEMA = {"$ref": "#/components/schemas/Incident"}


def instant(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))


class Incidents(HubCase):
    SYSTEMS = ["social-board"]

    def setUp(self):
        if self.hub.process is None:
            self.hub.start()

    def text_file(self, text=TEXT):
        file = self.hub.folder / "incident.txt"
        file.write_text(text, encoding="utf-8")
        return str(file)

    def open(self, first, last, *more, check=0):
        return self.cli("incident", "open", "--from", str(first), "--to", str(last), "--kind", "unauthorised_access", "--text-file",
                        self.text_file(), *more, check=check)

    def test_opened_shown_closed_and_still_there_after_an_erasure(self):
        first = int(self.leaves())
        exchange = self.to(self.send("police-west", "police", build.police_suspicion(people.YOUTH_17, new_id())), "social-board")
        self.wait_state("police-west", exchange["id"])
        last = int(self.leaves()) - 1
        opened = json.loads(self.open(first, last, "--aware", build.now(-3600), "--json").stdout)
        self.assertEqual(violations(DOCUMENT, SCHEMA, opened), [])
        self.assertEqual((opened["from"], opened["to"], opened["late"], opened["openedBy"]), (first, last, False, "operator"))
        self.assertGreaterEqual(opened["scope"]["messages"], 1)
        self.assertGreaterEqual(opened["scope"]["persons"], 1)
        self.assertIn("suspicion", opened["scope"]["categories"])
        self.assertTrue({"police-west", "social-board"} <= set(opened["scope"]["parties"]))
        self.assertEqual(instant(opened["reportBy"]) - instant(opened["awareAt"]), datetime.timedelta(hours=72))

        self.assertIn("report by " + opened["reportBy"], self.cli("incident", "list", check=0).stdout)
        self.assertIn(TEXT, self.cli("incident", "show", opened["id"], check=0).stdout)
        for path in data_files(self.hub.data):
            self.assertNotIn(TEXT.encode(), path.read_bytes(), path.name)
        self.assertNotIn(TEXT, self.hub.log())

        erased = self.hub.folder / "subject"
        erased.write_text(people.YOUTH_17["personalNumber"], encoding="utf-8")
        self.cli("erase", "--subject", str(erased), "--basis", "gdpr_17_1_d", "--decision", "SN 1", "--yes", "--force", check=0)
        shown = json.loads(self.cli("incident", "show", opened["id"], "--json", check=0).stdout)
        self.assertEqual(violations(DOCUMENT, {"$ref": "#/components/schemas/IncidentShown"}, shown), [])
        self.assertEqual(shown["scope"], opened["scope"])
        self.assertIn(exchange["id"], shown["exchanges"])
        self.assertEqual(json.loads(shown["opening"]["details"])["text"], TEXT)
        again = json.loads(self.open(first, last, "--json").stdout)
        self.assertEqual((again["scope"]["exchanges"], again["scope"]["erased"]), (opened["scope"]["exchanges"],) * 2)
        self.assertEqual(again["scope"]["persons"], 0)

        close = ["incident", "close", opened["id"], "--result", "reported", "--reported-at", build.now(-1), "--text-file", self.text_file()]
        closed = json.loads(self.cli(*close, "--json", check=0).stdout)
        self.assertEqual((closed["result"], closed["late"]), ("reported", False))
        self.assertIn("closed already", self.cli(*close, check=1).stderr)
        self.assertIn("  reported\n", self.cli("incident", "list", check=0).stdout)
        self.assert_commits(closed["id"], "opening", closed["leafIndex"])
        self.assert_commits(closed["id"], "closing", closed["closingLeafIndex"])
        self.assert_log_verifies()

    def assert_commits(self, incident, name, leaf_index):
        """By an outsider's hands: HMAC-SHA-256(nonce, details) stands in the leaf."""
        record = json.loads(self.cli("incident", "show", incident, "--json", check=0).stdout)[name]
        digest = hmac.new(base64.b64decode(record["nonce"]), record["details"].encode(), hashlib.sha256).digest()
        folder = self.hub.folder / f"log-{name}"
        self.cli("log", "export", str(folder), check=0)
        done = subprocess.run([str(hub_harness.BINARIES / "bin" / "samband-verify"), "log", str(folder), "--vkey",
                               self.cli("log", "key", check=0).stdout.strip()], capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertRegex(done.stdout + done.stderr, r"incident|personuppgiftsincident")
        entries = b"".join(p.read_bytes() for p in sorted((folder / "tile" / "entries").rglob("*")) if p.is_file())
        self.assertIn(digest, entries, leaf_index)

    def test_whose_72_hours_are_over_is_overdue(self):
        self.open(0, 0, "--aware", build.now(-71 * 3600))
        self.assertEqual(self.hub.metric("samband_incidents_overdue"), 0)
        opened = json.loads(self.open(0, 0, "--aware", build.now(-73 * 3600), "--json").stdout)
        self.assertTrue(opened["late"])
        self.assertIn("OVERDUE", self.cli("incident", "show", opened["id"], check=0).stdout)
        self.assertEqual(self.hub.metric("samband_incidents_overdue"), 1)
        self.cli("incident", "close", opened["id"], "--result", "reported", "--reported-at", build.now(-1), "--text-file", self.text_file(), check=0)
        self.assertEqual(self.hub.metric("samband_incidents_overdue"), 0)

    def test_only_the_operator_keeps_the_record(self):
        body = {"kind": "loss", "from": 0, "to": 0, "text": "x"}
        for party in ("police-west", "auditor", "social-board"):
            self.call(party, "POST", "/v1/incidents", body, expect=403)
            self.call(party, "GET", "/v1/incidents", expect=403)
            self.call(party, "GET", "/v1/incidents/" + new_id(), expect=403)
            self.call(party, "POST", f"/v1/incidents/{new_id()}/close", body, expect=403)
        self.call("operator", "DELETE", "/v1/incidents", expect=405)
        self.call("operator", "GET", "/v1/incidents/" + new_id(), expect=404)
        self.call("operator", "POST", f"/v1/incidents/{new_id()}/close", {"result": "not_required", "text": "x"}, expect=404)
        self.call("operator", "GET", f"/v1/incidents/{new_id()}/close", expect=405)
        for wrong, where in (({"kind": "worse"}, "/kind"), ({"from": -1}, "/from"), ({"to": 10**9}, "/to"), ({"to": "0"}, "/to"),
                             ({"text": ""}, "/text"), ({"text": people.YOUTH_17["personalNumber"]}, "/text"), ({"awareAt": "soon"}, "/awareAt")):
            answer = self.call("operator", "POST", "/v1/incidents", {**body, **wrong}, expect=400)
            self.assertEqual(answer["pointer"], where)
            self.assertNotIn(people.YOUTH_17["personalNumber"], json.dumps(answer))

    def test_wrong_use(self):
        for arguments in (["open"], ["close"], ["show"], ["open", "--from", "x", "--to", "1", "--kind", "loss", "--text-file", "-"]):
            self.cli("incident", *arguments, check=2)
        self.open(5, 4, check=1)
        self.cli("incident", "open", "--from", "0", "--to", "0", "--kind", "loss", "--text-file", "/nowhere", check=1)


if __name__ == "__main__":
    unittest.main()
