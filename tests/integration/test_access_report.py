#!/usr/bin/env python3
"""Access reports (GDPR article 15): the supervisor's is whole and verifies, one entry left out shows, and each is on record."""
import base64
import hashlib
import hmac
import json
import os
import pathlib
import stat
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import hub_harness  # noqa: E402
import people  # noqa: E402
import samband_client as build  # noqa: E402
from hub_case import HubCase, new_id  # noqa: E402
from test_openapi import DOCUMENT  # noqa: E402
from openapi_check import violations  # noqa: E402

VERIFY = hub_harness.BINARIES / "bin" / "samband-verify"
OFFICER = "municipal-privacy"


class AccessReport(HubCase):
    SYSTEMS = ["social-board"]

    def setUp(self):
        self.out = self.hub.folder / f"report-{new_id()}.json"
        self.number = people.YOUTH_17["personalNumber"]

    def report(self, *more, number=None, requester="supervisor", check=0):
        file = self.hub.folder / "subject"
        file.write_text(number or self.number, encoding="utf-8")
        return self.cli("report", "subject", "--requester", requester, "--subject-file", str(file), "--reviewed-by", OFFICER, "--reason", "supervision",
                        "--out", str(self.out), *more, check=check)

    def verify(self, path, *more):
        key = self.cli("log", "key", check=0).stdout.strip()
        return subprocess.run([str(VERIFY), "report", str(path), "--vkey", key, *more], capture_output=True, text=True, timeout=60,
                              env={**os.environ, "LC_ALL": "C"})

    def deliver(self, who=people.YOUTH_17):
        exchange = self.to(self.send("police-west", "police", build.police_suspicion(who, new_id())), "social-board")
        return self.wait_state("police-west", exchange["id"])

    def test_the_supervisors_report_verifies_and_lists_every_leaf_about_the_person(self):
        exchange = self.deliver()
        said = json.loads(self.report("--json").stdout)
        self.assertEqual(stat.S_IMODE(self.out.stat().st_mode), 0o600)
        done = self.verify(self.out)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        report = json.loads(self.out.read_text())
        leaves = [base64.b64decode(e["leaf"]) for e in report["entries"]]
        about = [leaf for leaf in leaves if exchange["id"].encode() in leaf]
        self.assertGreaterEqual(len(about), 2, "the decision and the acknowledgement")
        self.assertTrue(any(exchange["messageId"].encode() in leaf for leaf in leaves), "and the message as it came")
        self.assertNotIn(self.number, self.out.read_text() + json.dumps(said) + self.hub.log())

        # The record of the report opens what its leaf commits to, and stands in the log.
        record = said["record"]
        self.assertEqual(json.loads(record["details"]), {"requester": "supervisor", "reason": "supervision", "reviewedBy": OFFICER,
                                                         "reportSha256": hashlib.sha256(self.out.read_bytes()).hexdigest()})
        folder = self.hub.folder / f"log-{new_id()}"
        self.cli("log", "export", str(folder), check=0)
        digest = hmac.new(base64.b64decode(record["nonce"]), record["details"].encode(), hashlib.sha256).digest()
        self.assertTrue(any(digest in p.read_bytes() for p in folder.rglob("*") if p.is_file() and "entries" in p.parts))

        # One entry left out shows, also when the list is made to agree.
        lost = report["entries"].pop(0)
        self.out.write_text(json.dumps(report))
        shown = self.verify(self.out)
        self.assertEqual(shown.returncode, 1)
        self.assertIn(f"entry {lost['index']}: is LEFT OUT", shown.stdout)
        report["index"]["end"]["list"].pop(0)
        self.out.write_text(json.dumps(report))
        self.assertEqual(self.verify(self.out).returncode, 1)
        self.assert_log_verifies()

    def test_somebody_whom_nothing_is_about_is_proved_to_have_nothing(self):
        self.deliver()
        self.report(number=people.ADULT_19["personalNumber"])
        self.assertEqual(json.loads(self.out.read_text())["entries"], [])
        self.assertEqual(self.verify(self.out).returncode, 0)

    def test_after_an_erasure_the_index_has_nothing_to_show(self):
        who = {**people.YOUTH_17, "personalNumber": "201001042397", "birthDate": "2010-01-04", "familyName": "Raderadsson"}
        self.deliver(who)
        self.report(number=who["personalNumber"])
        self.assertGreater(len(json.loads(self.out.read_text())["entries"]), 1)
        file = self.hub.folder / "subject"
        self.cli("erase", "--subject", str(file), "--basis", "gdpr_17_1_d", "--decision", "SN 2026-18", "--yes", "--force", check=0)
        self.out.unlink()
        self.report(number=who["personalNumber"])
        self.assertEqual(json.loads(self.out.read_text())["entries"], [])
        self.assertEqual(self.verify(self.out).returncode, 0)

    def test_without_a_review_by_a_privacy_officer_there_is_no_report_and_no_leaf(self):
        before = self.leaves()
        body = {"subject": {"personalNumber": self.number}, "requester": "supervisor", "reason": "supervision", "reviewedBy": OFFICER}
        for wrong, status, where in (({"reviewedBy": ""}, 400, "/reviewedBy"), ({"reviewedBy": "police-west-officer"}, 403, "/reviewedBy"),
                                     ({"reviewedBy": self.number}, 403, "/reviewedBy"), ({"reason": "because"}, 400, "/reason"),
                                     ({"requester": "anybody"}, 400, "/requester"), ({"subject": {}}, 400, "/subject")):
            answer = self.call("operator", "POST", "/v1/access-reports", {**body, **wrong}, expect=status)
            self.assertEqual(answer["pointer"], where)
            self.assertNotIn(self.number, json.dumps(answer))
        for party in ("police-west", "auditor", "social-board", OFFICER):
            self.call(party, "POST", "/v1/access-reports", body, expect=403)
        self.call("operator", "GET", "/v1/access-reports", expect=405)
        self.assertEqual(self.leaves(), before)
        schema = {"$ref": "#/components/schemas/AccessReportAnswer"}
        self.assertEqual(violations(DOCUMENT, schema, self.call("operator", "POST", "/v1/access-reports", body)), [])
        self.assertEqual(self.leaves(), before + 2, "the root of the index, and the report")

    def test_a_report_is_never_written_over_another_file(self):
        self.out.write_text("mine")
        before = self.leaves()
        self.report(check=1)
        self.assertEqual((self.out.read_text(), self.leaves()), ("mine", before))
        self.report(requester="neighbour", check=2)


if __name__ == "__main__":
    unittest.main()
