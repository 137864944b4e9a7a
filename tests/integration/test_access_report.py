#!/usr/bin/env python3
"""Access reports (GDPR article 15): the supervisor's is whole and verifies, one entry left out shows, and each is on record."""
import base64
import datetime
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
from hub_case import HubCase, new_id, replaced  # noqa: E402
from test_openapi import DOCUMENT  # noqa: E402
import test_school_and_duty as duty  # noqa: E402
from openapi_check import violations  # noqa: E402

VERIFY = hub_harness.BINARIES / "bin" / "samband-verify"
OFFICER = "municipal-privacy"


class AccessReport(HubCase):
    SYSTEMS = ["social-board"]

    def setUp(self):
        self.out = self.hub.folder / f"report-{new_id()}.json"
        self.number = people.YOUTH_17["personalNumber"]

    def report(self, *more, number=None, requester="supervisor", check=0):
        """The privacy officer's review, then the operator's report."""
        file, review = self.hub.folder / "subject", self.hub.folder / f"review-{new_id()}"
        file.write_text(number or self.number, encoding="utf-8")
        common = ["report", "subject", "--requester", requester, "--subject-file", str(file), "--reason", "supervision"]
        self.cli(*common, "--prepare", "--reviewed-by", OFFICER, "--out", str(review), check=2 if check == 2 else 0)
        return self.cli(*common, "--review", str(review), "--out", str(self.out), *more, check=check)

    def ask(self, party, expect=200, **more):
        body = {"subject": {"personalNumber": self.number}, "requester": "supervisor", "reason": "supervision", **more}
        return self.call(party, "POST", "/v1/access-reports", body, expect=expect)

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
                                                         "reportSha256": hashlib.sha256(self.out.read_bytes()).hexdigest(),
                                                         "review": said["leafIndex"] - 2})  # the root of the index is between
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

    def test_without_a_privacy_officers_review_in_person_there_is_no_report_and_no_leaf(self):
        before = self.leaves()
        # A name in the operator's mouth is no review.
        self.assertEqual(self.ask("operator", 400, reviewedBy=OFFICER)["pointer"], "/review")
        self.ask("operator", 403, prepare=True)
        for party in ("police-west", "auditor", "social-board", "police-west-officer"):
            self.ask(party, 403, prepare=True)
        self.ask(OFFICER, 403)  # reviews, and is shown nothing
        for wrong, where in (({"reason": "because"}, "/reason"), ({"requester": "anybody"}, "/requester"), ({"subject": {}}, "/subject")):
            answer = self.ask("operator", 400, **wrong)
            self.assertEqual(answer["pointer"], where)
            self.assertNotIn(self.number, json.dumps(answer))
        self.call("operator", "GET", "/v1/access-reports", expect=405)
        self.assertEqual(self.leaves(), before)

    def test_the_operator_makes_the_report_with_the_officers_review_of_this_person_and_reason_only(self):
        self.deliver()
        made = self.ask(OFFICER, prepare=True)
        review = json.loads(made["report"])
        self.assertEqual((review["leafIndex"], review["details"]), (made["leafIndex"], made["record"]["details"]))
        self.assertNotIn(self.number, json.dumps(made))
        for party in (OFFICER, "police-west", "police-west-officer", "auditor"):
            self.ask(party, 403, review=review)
        before = self.leaves()
        details = json.loads(review["details"])
        other = [{**review, "leafIndex": review["leafIndex"] - 1}, {**review, "leafIndex": 10 ** 9}, {**review, "leafIndex": -1},
                 {**review, "nonce": base64.b64encode(bytes(32)).decode()}, {**review, "nonce": "?"}, {},
                 {**review, "details": json.dumps({**details, "reviewedBy": "police-west-officer"})},
                 {**review, "details": json.dumps({**details, "reason": "complaint"})}]
        for wrong in other:
            self.assertEqual(self.ask("operator", 403, review=wrong)["pointer"], "/review")
        self.ask("operator", 403, review=review, reason="complaint")
        self.ask("operator", 403, review=review, subject={"personalNumber": people.ADULT_19["personalNumber"]})
        self.ask("operator", 400, review="yes")
        self.assertEqual(self.leaves(), before)
        schema = {"$ref": "#/components/schemas/AccessReportAnswer"}
        for answer in (made, self.ask("operator", review=review)):
            self.assertEqual(violations(DOCUMENT, schema, answer), [])
        self.assertEqual(self.leaves(), before + 2, "the root of the index, and the report")
        self.assert_log_verifies()

    def test_a_report_is_never_written_over_another_file(self):
        self.out.write_text("mine")
        before = self.leaves()
        self.report(check=1)
        self.assertEqual((self.out.read_text(), self.leaves()), ("mine", before + 1), "the review, and no report")
        self.report(requester="neighbour", check=2)


class AReviewGrowsOld(HubCase):
    edit = staticmethod(duty.simulated)
    clock, ask, number = duty.OnDuty.clock, AccessReport.ask, people.YOUTH_17["personalNumber"]

    def test_it_holds_for_seven_days(self):
        review = json.loads(self.ask(OFFICER, prepare=True)["report"])
        now = self.clock()
        for days, status in ((6, 200), (8, 403)):
            self.clock(to=(now + datetime.timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%S.000Z"))
            answer = self.ask("operator", status, review=review)
        self.assertEqual(answer["pointer"], "/review")
        self.assertIn("seven days", answer["detail"])


class ForThePerson(HubCase):
    """The police's disclosures, shown to the young person or a guardian by the police's own privacy officer."""
    SYSTEMS = ["social-board"]
    REVIEWER = "police-west-officer"
    # Born in 2009 or 2010, so 16 or 17 years old; each number is used once.
    NUMBERS = iter(["200903022390", "200905022380", "201001022399", "201001022381", "201001032398", "201001032380", "201001042397", "201001042389", "201001052396"])
    OWN = ("individual_assessment", "identity_established", "investigation_not_harmed")

    @staticmethod
    def edit(folder):
        officer = 'roles = ["caseworker"{}]\ncertificate = "police-west-officer.pem"'
        replaced(folder / "parties.toml", (officer.format(""), officer.format(', "privacy_officer"')))

    def person(self):
        number = next(self.NUMBERS)
        return {**people.YOUTH_17, "personalNumber": number, "birthDate": f"{number[:4]}-{number[4:6]}-{number[6:8]}"}

    def deliver(self, who):
        exchange = self.to(self.send("police-west", "police", build.police_suspicion(who, new_id())), "social-board")
        return self.wait_state("police-west", exchange["id"])["id"]

    def ask(self, who, requester="self", expect=200, by=REVIEWER, **more):
        answer = self.call(by, "POST", "/v1/access-reports", {"subject": {"personalNumber": who["personalNumber"]}, "requester": requester,
                                                              "reason": "gdpr_15", **more}, expect)
        return json.loads(answer["report"]) if expect == 200 else answer

    def review(self, exchange, *yes, no=()):
        # An investigation is the whole exchange's; the rest is about the person.
        return [{"exchange": exchange, "code": code, "value": code not in no, "person": "" if code == "investigation_not_harmed" else "p1"}
                for code in (*yes, *no)]

    def reported(self, who, facts, requester="self"):
        return self.ask(who, requester, review={"facts": facts})["disclosures"]

    def test_nothing_is_shown_that_the_reviewer_has_not_assessed_and_the_rules_have_not_cleared(self):
        who = self.person()
        exchange = self.deliver(who)
        [line] = self.ask(who, prepare=True)["disclosures"]
        self.assertEqual((line["exchange"], line["shown"], line["reason"]), (exchange, False, "fact_missing"))
        self.assertLessEqual({"individual_assessment", "identity_established"}, set(line["missing"]))
        for left_out in self.OWN:
            facts = self.review(exchange, *(c for c in self.OWN if c != left_out))
            self.assertEqual(self.reported(who, facts), [], left_out)
            self.assertEqual(self.reported(who, facts + self.review(exchange, no=[left_out])), [], left_out)
        # A preliminary investigation stays secret toward the suspect (OSL 18:1), and the worksheet says why.
        [line] = self.ask(who, prepare=True, review={"facts": self.review(exchange, *self.OWN[:2])})["disclosures"]
        self.assertEqual((line["shown"], line["missing"]), (False, ["investigation_not_harmed"]))
        [shown] = self.reported(who, self.review(exchange, *self.OWN))
        self.assertEqual((shown["recipient"], shown["kind"]), ("social-board", "police.suspicion"))
        self.assertIn("LUL (1964:167) 6 §", shown["grounds"])
        self.assertIn("suspicion", shown["categories"])
        # What is said of another exchange clears nothing.
        self.assertEqual(self.reported(who, self.review(new_id(), *self.OWN)), [])

    def test_every_proof_leads_to_the_checkpoint(self):
        who = self.person()
        facts = [f for _ in range(3) for f in self.review(self.deliver(who), *self.OWN)]
        report = self.ask(who, review={"facts": facts})
        self.assertEqual(len(report["disclosures"]), 3)
        _, size, root, *_ = report["checkpoint"].split("\n")
        for each in report["disclosures"]:
            index, last, node = each["proof"]["index"], int(size) - 1, base64.b64decode(each["proof"]["leafHash"])
            for sibling in map(base64.b64decode, each["proof"]["hashes"]):
                if index % 2 or index == last:
                    node = hashlib.sha256(b"\1" + sibling + node).digest()
                    while index % 2 == 0 and index:
                        index, last = index // 2, last // 2
                else:
                    node = hashlib.sha256(b"\1" + node + sibling).digest()
                index, last = index // 2, last // 2
            self.assertEqual((last, base64.b64encode(node).decode()), (0, root))

    def test_a_report_does_not_show_whether_something_is_withheld(self):
        less, more = self.person(), self.person()
        facts = {}
        for who, withheld in ((less, 0), (more, 3)):
            before = [self.deliver(who) for _ in range(withheld)]
            facts[who["personalNumber"]] = self.review(self.deliver(who), *self.OWN)
            self.assertEqual(len(self.ask(who, prepare=True)["disclosures"]), 1 + len(before))

        def normalised(report):
            # What differs between any two reports: when, where in the log, and random hashes.
            report["madeAt"], report["checkpoint"] = "time", report["checkpoint"].split("\n")[0]
            for each in report["disclosures"]:
                each["time"], each["proof"] = "time", sorted(each["proof"])
            return json.dumps(report)

        both = [normalised(self.ask(who, review={"facts": facts[who["personalNumber"]]})) for who in (less, more)]
        self.assertEqual(*both)
        # Nothing at all, and nothing that may be shown: the same too.
        nothing = [normalised(self.ask(who, review={"facts": []})) for who in (more, people.ADULT_19)]
        self.assertEqual(*nothing)

    def test_a_guardian_sees_what_does_not_harm_a_child(self):
        who = self.person()
        exchange = self.deliver(who)
        own = self.review(exchange, *self.OWN)
        self.assertEqual(self.reported(who, own, "guardian"), [], "the harm test is not made")
        self.assertEqual(self.reported(who, own + self.review(exchange, "guardian_harm"), "guardian"), [], "the child would suffer")
        self.assertEqual(len(self.reported(who, own + self.review(exchange, no=["guardian_harm"]), "guardian")), 1)

    def test_a_guardian_never_sees_a_report_that_the_guardians_must_not_know_of(self):
        for silent in (False, True):
            with self.subTest(doNotInformGuardians=silent):
                who = self.person()
                payload = {"concern": "Oro i hemmet", "violence": True, "doNotInformGuardians": silent}
                exchange = self.to(self.send("police-west", "police", build.police("concern.report", who, new_id(), payload)), "social-board")["id"]
                answer = {"facts": [{"code": "individual_assessment", "value": True, "person": "p1", "reasonCode": "assessed_yes"}]}
                self.call(self.REVIEWER, "POST", f"/v1/exchanges/{exchange}/assessments", answer)
                self.wait_state("police-west", exchange)
                facts = self.review(exchange, *self.OWN, no=["guardian_harm"])
                self.assertEqual(len(self.reported(who, facts, "guardian")), 0 if silent else 1)
                self.assertEqual(len(self.reported(who, facts)), 1, "to the young person it may be shown")

    def test_only_the_partys_own_privacy_officer_in_person_makes_it_and_after_a_review(self):
        who = self.person()
        self.deliver(who)
        for by in ("police-west", "operator", "social-board", "auditor", "social-board-caseworker"):
            self.ask(who, expect=403, by=by, prepare=True)
        self.assertEqual(self.ask(who, expect=400)["pointer"], "/review")
        for wrong, where in (({"code": "reasonable_suspicion"}, "/code"), ({"value": "yes"}, "/value"), ({"exchange": ""}, "/exchange")):
            fact = {**self.review("x", "individual_assessment")[0], **wrong}
            self.assertEqual(self.ask(who, expect=400, review={"facts": [fact]})["pointer"], "/review/facts/0" + where)
        # Another party's privacy officer is shown that party's disclosures only.
        self.assertEqual(self.ask(who, by=OFFICER, prepare=True)["disclosures"], [])

    def test_the_command_takes_two_steps_and_each_is_a_leaf(self):
        who, folder = self.person(), self.hub.folder
        exchange, before = self.deliver(who), self.leaves()
        (folder / "subject").write_text(who["personalNumber"], encoding="utf-8")
        common = ["report", "subject", "--requester", "self", "--subject-file", str(folder / "subject"), "--reviewed-by", self.REVIEWER,
                  "--reason", "gdpr_15"]
        self.cli(*common, "--out", str(folder / "none"), check=2)
        self.cli(*common, "--prepare", "--out", str(folder / "worksheet"), check=0)
        (folder / "review").write_text(json.dumps({"facts": self.review(exchange, *self.OWN)}))
        done = self.cli(*common, "--review", str(folder / "review"), "--lang", "en", "--out", str(folder / "report"), "--json", check=0)
        self.assertEqual(json.loads(json.loads(done.stdout)["record"]["details"])["facts"], self.review(exchange, *self.OWN))
        report = json.loads((folder / "report").read_text())
        self.assertEqual(len(report["disclosures"]), 1)
        self.assertIn("Disclosures", report["words"])
        self.assertEqual(self.leaves(), before + 2)
        text = (folder / "report").read_text() + (folder / "worksheet").read_text()
        self.assertFalse(any(trace in text for trace in (who["personalNumber"], who["familyName"])))
        self.assert_log_verifies()


if __name__ == "__main__":
    unittest.main()
