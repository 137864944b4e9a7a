#!/usr/bin/env python3
"""Break-glass opens what its rule names, for a while, and is judged afterwards; answers that no person gives are seen."""
import pathlib
import sqlite3
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import people  # noqa: E402
import samband_client as build  # noqa: E402
from hub_case import PERMITTED, HubCase, new_id, replaced  # noqa: E402
from hub_harness import wait_for  # noqa: E402

CASEWORKER, PRIVACY = "social-board-caseworker", "municipal-privacy"


def with_officers(folder):
    """The board's notice goes to its named caseworkers, the police's to the auditor's desk: parties with an inbox only. The
    police read in their inbox, and a minute is all that the rule gives."""
    replaced(folder / "parties.toml", ('privacy_officer = "social-privacy"', 'privacy_officer = "social-restricted"'),
             ('adapter = "police"\nendpoint = "police"\n', 'privacy_officer = "school-south"\n'),
             # The privacy officer may assess as well: not what he or she reviews.
             ('roles = ["privacy_officer", "rules_officer"]', 'roles = ["caseworker", "privacy_officer", "rules_officer"]'),
             ('party = "school-south"\nroles = ["caseworker"]', 'party = "school-south"\nroles = ["privacy_officer"]'),
             ('party = "social-restricted"\nroles = ["caseworker"]', 'party = "social-restricted"\nroles = ["privacy_officer"]'))
    with open(folder / "routes.toml", "a", encoding="utf-8") as routes:
        routes.write('\n[[route]]\nid = "danger-police"\nkinds = ["concern.report"]\nfrom = ["social_board"]\nto = "police-west"\npurpose = "child_protection"\n')
    rules = folder / "rules" / "osl.toml"
    replaced(rules, ('ttl = "4 hours"', 'ttl = "1 minutes"'))


class EmergencyAndAnswers(HubCase):
    SYSTEMS = ["bup"]
    edit = staticmethod(with_officers)

    def database(self, sql, *values, write=False):
        db = sqlite3.connect(f"file:{self.hub.data / 'hub.db'}?mode={'rw' if write else 'ro'}", uri=True)
        try:
            found = db.execute(sql, values).fetchall()
            db.commit()
            return found
        finally:
            db.close()

    def danger(self, reason="child_in_danger", imminent=True, emergency=True, author="cw-17", by=CASEWORKER, person=people.YOUTH_17):
        facts = [{"code": "imminent_danger", "value": True, "person": "p1", "assessor": by, "reasonCode": "assessed_yes", "at": build.now()}]
        more = {"facts": facts if imminent else [], "author": {"id": author, "name": "Vera Handläggare"}}
        if emergency:
            more["emergency"] = True
        if reason:
            more["emergencyReason"] = reason
        message = build.canonical_concern(person, "social-board", new_id(), **more)
        return self.to(self.send("social-board", "", message), "police-west")

    def reviews(self, party):
        return {r["exchange"]: r for r in self.call(party, "GET", "/v1/reviews")["reviews"]}

    def close(self, official, exchange_id, expect=200, **more):
        body = {"verdict": "justified", "reasonCode": "need_established", **more}
        return self.call(official, "POST", f"/v1/reviews/{exchange_id}", body, expect)

    # -- break-glass --------------------------------------------------------------------------------------------------

    def test_an_emergency_with_a_reason_opens_what_its_rule_names_and_is_reviewed(self):
        sent = self.danger()
        self.assertIn(sent["outcome"], PERMITTED, sent)
        self.assertIn("SN-POL-NOW", sent["rules"])
        self.assertTrue(sent["expiresAt"])
        arrived = self.wait_inbox("police-west", lambda e: e["id"] == sent["id"])[0]
        self.assertNotIn("health", str(arrived["data"]["payload"]))
        for officer in ("social-restricted", "school-south"):
            told = self.wait_inbox(officer, lambda e: e["kind"] == "privacy.notice" and e["data"]["payload"]["exchangeId"] == sent["id"])
            payload = told[0]["data"]["payload"]
            self.assertEqual((payload["reason"], payload["rules"], payload["sender"], payload["recipient"]),
                             ("child_in_danger", ["SN-POL-NOW"], "social-board", "police-west"))
            for value in (people.YOUTH_17["personalNumber"], people.YOUTH_17["familyName"], people.YOUTH_17["phone"]):
                self.assertNotIn(value, str(told))
        self.assertGreaterEqual(self.hub.metric("samband_alarms_total", kind="break_glass"), 1)
        # The holder's party and its privacy officer see the review; the recipient and others do not.
        opened = self.reviews("social-board")[sent["id"]]
        self.assertEqual((opened["why"], opened["cause"], opened["closedAt"], opened["verdict"]), ("emergency", "child_in_danger", None, ""))
        self.assertIn(sent["id"], self.reviews("social-restricted"))
        self.assertNotIn(sent["id"], self.reviews("police-west"))
        self.close("school-south-principal", sent["id"], expect=404)
        self.close("social-board", sent["id"], expect=403)  # no person
        self.close(CASEWORKER, sent["id"], expect=403)
        for wrong in ({"verdict": "fine"}, {"reasonCode": "because"}, {"reasonCode": ""}):
            with self.subTest(wrong=wrong):
                self.close(PRIVACY, sent["id"], expect=400, **wrong)
        before = self.leaves()
        done = self.close(PRIVACY, sent["id"])
        self.assertEqual((done["verdict"], done["reasonCode"]), ("justified", "need_established"))
        self.assertTrue(done["closedAt"] and done["receipt"]["proof"])
        self.assertEqual(self.leaves(), before + 1)
        self.close(PRIVACY, sent["id"], expect=409, verdict="not_justified")
        # What a named person answered inside the message counts like an answer to a hold.
        self.assertIn(("social-board", "imminent_danger"), {(r["party"], r["fact"]) for r in self.cli_json("report", "assessments")})
        self.assertNotIn(PRIVACY, str(self.database("SELECT * FROM review")))

    def test_a_flag_without_a_reason_or_without_the_assessment_opens_nothing(self):
        for what in ({"reason": None}, {"imminent": False}, {"emergency": False}):
            with self.subTest(what=what):
                sent = self.danger(**what)
                self.assertNotIn(sent["outcome"], PERMITTED)
                self.assertNotIn(sent["id"], self.reviews("social-board"))
        self.send("social-board", "", build.canonical_concern(people.YOUTH_17, "social-board", new_id(), emergency=True, emergencyReason="haste"), expect=400)

    def test_of_an_unknown_age_a_named_person_says_what_may_be_assumed(self):
        nobody_knows = {k: v for k, v in people.YOUTH_17.items() if k not in ("personalNumber", "birthDate")}
        for assumed in (True, False):
            with self.subTest(assumed=assumed):
                sent = self.danger(person=nobody_knows)
                self.assertEqual(sent["outcome"], "held")
                self.assertIn("assumed_under_18", sent["missing"])
                self.assertIn(["assumed_under_18"], sent["nearestChange"])
                self.assess("social-board", sent["id"], assumed_under_18=assumed)
                after = self.call("social-board", "GET", f"/v1/exchanges/{sent['id']}")
                self.assertEqual(after["outcome"] in PERMITTED, assumed, after)
                self.assertEqual("SN-POL-NOW" in after["rules"], assumed)
                self.assertNotIn("assumed_under_18", after["missing"])

    def test_whoever_answered_for_the_emergency_does_not_review_it(self):
        for own in ({"author": PRIVACY}, {"by": PRIVACY}):
            with self.subTest(own=own):
                self.close(PRIVACY, self.danger(**own)["id"], expect=403)
        sent, other = self.danger(), self.danger()
        answer = {"code": "imminent_danger", "value": True, "person": "p1", "reasonCode": "assessed_yes"}
        self.call(PRIVACY, "POST", f"/v1/exchanges/{sent['id']}/assessments", {"facts": [answer]})
        self.close(PRIVACY, sent["id"], expect=403)
        self.close("social-restricted-caseworker", sent["id"])  # the party that the board has named
        self.close(PRIVACY, other["id"])

    def test_what_was_not_taken_in_time_is_refused(self):
        sent = self.danger()
        self.assertEqual(sent["state"], "inbox")
        # The minute is over: as the clock would have it, without waiting for it.
        self.hub.stop()
        self.database("UPDATE message SET received_at=received_at-120000 WHERE id=?", sent["messageId"], write=True)
        self.database("UPDATE exchange SET explanation=replace(explanation, ?, ?) WHERE id=?", sent["expiresAt"], sent["createdAt"], sent["id"], write=True)
        self.database("UPDATE agenda SET at=at-120000 WHERE exchange_id=? AND what='ttl'", sent["id"], write=True)
        self.hub.start()
        ended = self.wait_state("social-board", sent["id"], "withdrawn")
        self.assertEqual((ended["outcome"], ended["reason"]), ("refused", "emergency_expired"))
        self.assertEqual([e for e in self.inbox("police-west") if e["id"] == sent["id"]], [])

    def test_a_review_that_nobody_closes_is_an_alarm_once(self):
        sent = self.danger()
        listed = {r["exchange"]: r for r in self.cli_json("review", "list")}
        self.assertEqual((listed[sent["id"]]["party"], listed[sent["id"]]["overdue"]), ("social-board", False))
        self.hub.stop()
        self.database("UPDATE review SET due_at=1 WHERE exchange_id=?", sent["id"], write=True)
        self.hub.start()
        wait_for("alarm", lambda: self.hub.metric("samband_alarms_total", kind="review_overdue") == 1, 10)
        self.assertTrue({r["exchange"]: r for r in self.cli_json("review", "list")}[sent["id"]]["overdue"])
        closed = self.cli("review", "close", sent["id"], "--as", PRIVACY, "--verdict", "not_justified",
                          "--reason", "need_not_established", check=0)
        self.assertIn("not_justified", closed.stdout)
        self.assertNotIn(sent["id"], self.cli("review", "list", check=0).stdout)
        self.assertIn("not_justified", self.cli("review", "list", "--all", check=0).stdout)
        self.assertEqual(self.hub.metric("samband_alarms_total", kind="break_glass_not_justified"), 1)
        self.cli("review", "close", sent["id"], "--as", PRIVACY, "--verdict", "maybe", "--reason", "x", check=2)
        self.cli("review", "list", "--party", "nobody", check=2)

    # -- an inbox -----------------------------------------------------------------------------------------------------

    def test_one_message_that_cannot_be_read_hides_no_other(self):
        good, bad = self.danger(), self.danger()
        [(message, body)] = self.database("SELECT m.id, m.body FROM message m JOIN exchange e ON e.message_id = m.id WHERE e.id=?", bad["id"])
        self.database("UPDATE message SET body=? WHERE id=?", bytes([body[0] ^ 1]) + body[1:], message, write=True)
        try:
            found = {e["id"]: e for e in self.inbox("police-west")}
            self.assertEqual(found[good["id"]]["kind"], "concern.report")
            self.assertIn("data", found[good["id"]])
            self.assertEqual(sorted(found[bad["id"]]), ["createdAt", "error", "id", "kind", "purpose", "sender"])
            self.inbox("police-west")
            self.assertEqual(self.hub.metric("samband_alarms_total", kind="inbox_unreadable"), 1, "said once")
            self.assertIn("inbox.unreadable", self.hub.log())
        finally:
            self.database("UPDATE message SET body=? WHERE id=?", body, message, write=True)
        self.assertIn("data", {e["id"]: e for e in self.inbox("police-west")}[bad["id"]])

    # -- answers ------------------------------------------------------------------------------------------------------

    def referral(self):
        facts = [{"code": "guardian_harm", "value": False, "person": "p1", "assessor": "social-board-caseworker", "reasonCode": "assessed_no"}]
        return self.to(self.send("social-board", "municipal_case", build.referral(people.CHILD_15, new_id(), facts=facts)), "bup")

    def test_answers_that_are_always_the_same_are_seen_and_mixed_ones_are_not(self):
        def answer(code, value, i):
            held = self.held[i]
            body = {"facts": [{"code": code, "value": value, "person": "p1", "reasonCode": "assessed_yes" if value else "assessed_no"}]}
            self.call(CASEWORKER, "POST", f"/v1/exchanges/{held}/assessments", body)

        self.held = [self.referral()["id"] for _ in range(20)]
        alarms = lambda **labels: self.hub.metric("samband_assessment_alarms_total", party="social-board", **labels)  # noqa: E731
        for i in range(20):
            answer("compulsory_care", i % 2 == 0, i)
        self.assertEqual(alarms(fact="compulsory_care"), 0)
        for i in range(19):
            answer("ongoing_misuse", False, i)
        self.assertEqual(alarms(fact="ongoing_misuse"), 0)
        # It is in the store, not in memory.
        self.hub.kill9()
        self.hub.start()
        before = self.leaves()
        answer("ongoing_misuse", False, 19)
        self.assertEqual(alarms(fact="ongoing_misuse"), 1)
        self.assertEqual(self.hub.metric("samband_alarms_total", kind="assessments_identical"), 1)
        self.assertIn("alarm.assessments_identical", self.hub.log())
        self.assertGreaterEqual(self.leaves(), before + 2, "the assessment and the alarm")
        answer("ongoing_misuse", False, 3)
        self.assertEqual(alarms(fact="ongoing_misuse"), 1, "said once")
        report = {(r["party"], r["fact"]): r for r in self.cli_json("report", "assessments")}
        odd = report[("social-board", "ongoing_misuse")]
        self.assertEqual((odd["answers"], odd["commonest"], odd["share"], odd["assessors"], odd["odd"]), ("20", "no", 1.0, 1, "identical"))
        self.assertEqual((report[("social-board", "compulsory_care")]["share"], report[("social-board", "compulsory_care")]["odd"]), (0.5, ""))
        self.assertIn("ALARM identical", self.cli("report", "assessments", check=0).stdout)

    def test_duties_are_reported_by_rule_and_party_without_small_counts(self):
        sent = self.to(self.send("police-west", "police", build.police_lob(people.ADULT_22, new_id())), "social-board")
        self.assertEqual(sent["outcome"], "held")
        lines = {(r["rule"], r["party"]): r for r in self.cli_json("report", "duties")}
        line = lines[("POL-SN-LOB", "police-west")]
        self.assertEqual((line["open"], line["missed"], line["total"]), ("<5", "0", "suppressed"))
        self.assertIn("POL-SN-LOB", self.cli("report", "duties", check=0).stdout)
        self.cli("report", "duties", "--from", "yesterday", check=2)

    def test_zz_the_log_still_verifies(self):
        self.assert_log_verifies()


def with_necessity(folder):
    """Counsel has answered question 11 with yes; a school breaks the glass, with a privacy officer to tell, for a minute."""
    replaced(folder / "rules" / "settings.toml", ("necessity_break_glass = false", "necessity_break_glass = true"))
    replaced(folder / "rules" / "osl.toml", ('ttl = "1 hour"', 'ttl = "1 minutes"'),
             ('from = ["social_board", "school", "police", "health_bup", "health_clinic", "health_dependency", "hospital"]\nto = ["police", "social_board", "hospital"]',
              'from = ["school"]\nto = ["social_board"]'))
    replaced(folder / "parties.toml", ('id = "school-south"\n', 'id = "school-south"\nprivacy_officer = "leisure-centre"\n'),
             ('party = "leisure-centre"\nroles = ["caseworker"]', 'party = "leisure-centre"\nroles = ["privacy_officer"]'))


class ADutyOutlivesTheEmergency(HubCase):
    edit = staticmethod(with_necessity)

    def test_what_is_still_to_be_assessed_waits_when_the_emergency_is_over(self):
        message = build.canonical_concern(people.CHILD_15, "school-south", new_id(), emergency=True, emergencyReason="child_in_danger")
        sent = self.to(self.send("school-south", "", message), "social-board")
        broken = self.assess("school-south", sent["id"], imminent_danger=True)
        self.assertEqual((broken["outcome"], broken["rules"], broken["missing"]), ("partial", ["NECESSITY"], ["individual_assessment"]))
        # Nobody answers at the board, and the minute is over: as the clock would have it, without waiting for it.
        self.hub.stop()
        db = sqlite3.connect(self.hub.data / "hub.db")
        with db:
            db.execute("UPDATE message SET received_at=received_at-120000 WHERE id=?", (sent["messageId"],))
            db.execute("UPDATE exchange SET explanation=replace(explanation, ?, ?) WHERE id=?", (broken["expiresAt"], broken["createdAt"], sent["id"]))
            db.execute("UPDATE agenda SET at=at-120000 WHERE exchange_id=? AND what='ttl'", (sent["id"],))
        db.close()
        self.hub.start()
        waits = self.wait_state("school-south", sent["id"], "held")
        self.assertEqual((waits["outcome"], waits["missing"], waits["duty"]["rule"]), ("held", ["individual_assessment"], "ANY-SN-CHILD"))
        self.start_system("social-board")
        self.assertIn(self.assess("school-south", sent["id"], individual_assessment=True)["outcome"], PERMITTED)
        self.wait_state("school-south", sent["id"])


if __name__ == "__main__":
    unittest.main(warnings="ignore")
