#!/usr/bin/env python3
"""A held duty alerts both duty functions and never lapses silently; a hold without a duty ends with a record."""
import base64
import pathlib
import resource
import sqlite3
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import people  # noqa: E402
import samband_client as build  # noqa: E402
from hub_case import PERMITTED, HubCase, new_id, replaced  # noqa: E402
from hub_harness import wait_for  # noqa: E402
from test_holds import CARE, consent_for  # noqa: E402


def quick_clocks(folder, alert=1, remind=2, expire=4):
    replaced(folder / "hub.toml", ("alert_after_s = 240", f"alert_after_s = {alert}"), ("remind_every_s = 86400", f"remind_every_s = {remind}"),
             ("expire_after_s = 2592000", f"expire_after_s = {expire}"))
    replaced(folder / "hub.toml", ("[quota.party.landlord-private]", "[quota.party.kronofogden]\nmessages_per_minute = 1\nin_flight = 1\n[quota.party.landlord-private]"))
    # The board's alerts go to its named caseworkers, who read them in their inbox.
    replaced(folder / "parties.toml", ('restricted_recipient = "social-restricted"', 'restricted_recipient = "social-restricted"\nduty_party = "social-restricted"'))


class Duties(HubCase):
    SYSTEMS = ["social-board", "bup"]
    edit = staticmethod(quick_clocks)

    def database(self, sql, *values):
        with sqlite3.connect(f"file:{self.hub.data / 'hub.db'}?mode=ro", uri=True) as db:
            return db.execute(sql, values).fetchall()

    def agenda(self, exchange_id):
        return sorted(what for what, in self.database("SELECT what FROM agenda WHERE exchange_id=?", exchange_id))

    def lob(self):
        return self.to(self.send("police-west", "police", build.police_lob(people.ADULT_22, new_id())), "social-board")

    def alerts(self, party, exchange_id, number=None):
        wanted = lambda e: (e["kind"] == "duty.alert" and e["data"]["payload"]["exchangeId"] == exchange_id  # noqa: E731
                            and number in (None, e["data"]["payload"]["alert"]))
        return self.wait_inbox(party, wanted)

    def assert_about_nobody(self, entries, who):
        for value in (who["personalNumber"], who["givenName"], who["familyName"], who["phone"]):
            self.assertNotIn(value, str(entries))

    def test_a_held_duty_alerts_both_duty_functions(self):
        held = self.lob()
        self.assertEqual((held["outcome"], held["duty"]["rule"]), ("held", "POL-SN-LOB"))
        self.assertEqual(held["telephone"], {"sender": "08-465 004 11", "recipient": "08-465 004 22"}, "the duty functions' own")
        to_sender = self.alerts("police-west", held["id"])
        to_recipient = self.alerts("social-restricted", held["id"])
        told = to_sender[0]["data"]["payload"]
        self.assertEqual((told["exchangeKind"], told["purpose"], told["part"], told["missing"], told["rule"]),
                         ("police.lob", "need_of_help", "all", ["need_of_help"], "POL-SN-LOB"))
        self.assertEqual(told["telephone"], {"sender": "08-465 004 11", "recipient": "08-465 004 22"})
        self.assertNotIn("missing", to_recipient[0]["data"]["payload"], "to the recipient it would tell what is hidden")
        self.assertEqual(to_recipient[0]["data"]["payload"]["telephone"], told["telephone"])
        self.assert_about_nobody([to_sender, to_recipient], people.ADULT_22)
        self.assertGreaterEqual(wait_for("alarm", lambda: self.hub.metric("samband_alarms_total", kind="duty_held"), 10), 1)
        self.assertIn("alarm.duty_held", self.hub.log())
        # Nobody but the two duty functions is told, and the recipient itself sees nothing of what is held.
        self.assertEqual([e for e in self.inbox("housing-coordinator") if e["kind"] == "duty.alert"], [])
        self.call("social-board", "GET", f"/v1/exchanges/{held['id']}", expect=404)

    def test_an_alert_is_repeated_until_it_is_answered_also_over_a_power_cut(self):
        held = self.lob()
        self.alerts("police-west", held["id"], number=1)
        self.hub.kill9()
        self.hub.start()
        self.alerts("police-west", held["id"], number=2)
        self.assertEqual(self.agenda(held["id"]), ["duty"])
        self.assertIn(self.assess("police-west", held["id"], need_of_help=True)["outcome"], PERMITTED)
        self.assertEqual(self.agenda(held["id"]), [])
        done = self.wait_state("police-west", held["id"])
        self.assertTrue(done["acknowledgedAt"])

    def test_an_alert_does_not_wait_behind_thousands_of_what_is_due_too(self):
        held = self.lob()
        self.hub.stop()
        db = sqlite3.connect(self.hub.data / "hub.db")
        with db:
            db.executemany("INSERT INTO agenda VALUES(?, 'ask_status', 1, 1, 0)", [(f"gone-{n}",) for n in range(3000)])
        db.close()
        self.hub.start()
        # A round of a hundred a second would take half a minute.
        wait_for("all of it", lambda: self.database("SELECT count(*) FROM agenda WHERE exchange_id LIKE 'gone-%'") == [(0,)], 20)
        wait_for("alert", lambda: self.database("SELECT 1 FROM agenda WHERE exchange_id=? AND what='duty' AND count>0", held["id"]), 10)

    def test_a_no_ends_the_duty_and_its_alerts(self):
        held = self.lob()
        self.assertEqual(self.assess("police-west", held["id"], need_of_help=False)["outcome"], "refused")
        self.assertEqual(self.agenda(held["id"]), [])

    def test_what_is_clear_goes_at_once_and_the_rest_is_alerted(self):
        text = "Fritext om hela familjen"
        sent = self.to(self.send("police-west", "police", build.police_suspicion(people.YOUTH_17, new_id(), text=text)), "social-board")
        self.assertEqual((sent["outcome"], sent["state"]), ("partial", "queued"))
        self.assertEqual([(f["category"], f["missing"]) for f in sent["fields"]["held"]], [("document", ["document_released"])])
        self.wait_state("police-west", sent["id"])
        told = self.alerts("police-west", sent["id"])[0]["data"]["payload"]
        self.assertEqual((told["part"], told["missing"]), ("rest", ["document_released"]))
        # The duty is not met while the rest is held: its deadline stands.
        self.assertTrue(self.exchange("police-west", sent["id"])["dueAt"])
        due = sent["duty"]["due"]
        wider = self.assess("police-west", sent["id"], document_released=True)
        self.assertEqual(wider["duty"]["due"], due, "deciding again gives no new deadline")
        wait_for("second delivery", lambda: [r for r in self.received_of("social-board", sent["id"]) if text in str(r)], 20)
        wait_for("duty met", lambda: self.exchange("police-west", sent["id"])["dueAt"] is None, 10)
        self.assertEqual(self.agenda(sent["id"]), [])

    def test_a_rest_that_is_answered_no_is_asked_for_no_more(self):
        sent = self.to(self.send("police-west", "police", build.police_suspicion(people.YOUTH_17, new_id(), text="Fritext")), "social-board")
        self.wait_state("police-west", sent["id"])
        self.assertEqual(self.agenda(sent["id"]), ["duty"])
        self.assess("police-west", sent["id"], document_released=False)
        self.assertEqual(self.agenda(sent["id"]), [])
        final = self.exchange("police-west", sent["id"])
        self.assertIsNone(final["dueAt"])
        self.assertEqual((final["outcome"], final["missing"], final["fields"]["held"]), ("partial", [], []), "the final words, not the first")
        self.assertEqual(final["fields"]["released"], sent["fields"]["released"])
        self.assertIn("document", [g["category"] for g in final["fields"]["withheld"]])

    def test_a_rest_that_nobody_answers_gets_its_final_words(self):
        sent = self.to(self.send("social-board", "municipal_case", build.referral(people.CHILD_15, new_id(), need_for_care=True, text="Fritext")), "bup")
        self.assertEqual((sent["outcome"], self.agenda(sent["id"])), ("partial", ["hold"]), sent)
        self.assertIn("document", [g["category"] for g in sent["fields"]["held"]])
        final = wait_for("the rest ended", lambda: next((e for e in [self.exchange("social-board", sent["id"])] if e.get("holdExpiredAt")), None), 20)
        self.assertEqual((final["outcome"], final["missing"], final["nearestChange"], final["fields"]["held"]), ("partial", [], [], []))
        self.assertIn(("document", "hold_expired"), [(g["category"], g["reason"]) for g in final["fields"]["withheld"]])
        self.assertEqual(final["fields"]["released"], sent["fields"]["released"])
        self.assertEqual({r["outcome"] for r in final["explanation"]} & {"hold"}, set())
        self.assertIn("Final: nobody answered in time", final["words"]["en"])

    def test_a_hold_without_a_duty_ends_and_one_with_a_duty_does_not(self):
        duty = self.lob()
        facts = [{"code": "guardian_harm", "value": False, "person": "p1", "assessor": "social-board-caseworker", "reasonCode": "assessed_no"}]
        hold = self.to(self.send("social-board", "municipal_case", build.referral(people.CHILD_15, new_id(), facts=facts)), "bup")
        self.assertEqual((hold["outcome"], hold["duty"]), ("held", None))
        self.assertEqual(self.agenda(hold["id"]), ["hold"])
        before = hold["receipt"]["leafIndex"]
        ended = self.wait_state("social-board", hold["id"], "refused")
        self.assertEqual((ended["outcome"], ended["reason"], ended["missing"]), ("refused", "hold_expired", []))
        self.assertTrue(ended["holdExpiredAt"])
        self.assertGreater(ended["receipt"]["leafIndex"], before)
        told = self.wait_inbox("social-board", lambda e: e["kind"] == "hold.expired" and e["data"]["payload"]["exchangeId"] == hold["id"])
        self.assertEqual(told[0]["data"]["payload"]["reasonCode"], "hold_expired")
        self.assert_about_nobody(told, people.CHILD_15)
        # Closed: what comes too late brings nothing to life; the recipient never learnt that it existed.
        late = self.hub.request("social-board-caseworker", "POST", f"/v1/exchanges/{hold['id']}/assessments",
                                {"facts": [{"code": "need_for_care", "value": True, "person": "p1", "reasonCode": "assessed_yes"}]})
        self.assertEqual(late.status, 409)
        self.assertEqual(self.exchange("social-board", hold["id"])["state"], "refused")
        self.assertEqual(self.received_of("bup", hold["id"]), [])
        self.assertEqual([e for e in self.inbox("bup") if e["kind"] == "hold.expired"], [])
        still = self.exchange("police-west", duty["id"])
        self.assertEqual((still["state"], self.agenda(duty["id"])), ("held", ["duty"]))

    def test_a_rest_that_expired_is_over_and_the_log_still_verifies(self):
        child = {**people.CHILD_15, "personalNumber": "201401012396", "birthDate": "2014-01-01"}
        agreed = consent_for(child["personalNumber"], categories=[c for c in CARE if c != "health"])
        self.call("social-board", "POST", "/v1/consents", agreed, 201)
        facts = [{"code": "guardian_harm", "value": False, "person": "p1", "assessor": "social-board-caseworker", "reasonCode": "assessed_no"}]
        sent = self.to(self.send("social-board", "municipal_case", build.referral(child, new_id(), facts=facts)), "bup")
        self.assertEqual((sent["outcome"], sent["duty"]), ("partial", None))
        wait_for("the end of the hold", lambda: self.exchange("social-board", sent["id"]).get("holdExpiredAt"), 15)
        self.assert_log_verifies()
        self.assess("social-board", sent["id"], expect=409, need_for_care=True)
        self.assertEqual(self.call("social-board", "POST", "/v1/consents", consent_for(child["personalNumber"]), 201)["redecided"], [])
        self.assertEqual(self.exchange("social-board", sent["id"])["outcome"], "partial")

    # -- not sent -----------------------------------------------------------------------------------------------------

    def assert_not_sent(self, answer):
        self.assertEqual((answer.status, answer.media_type), (503, "application/problem+json"), answer)
        told = answer.json()
        self.assertTrue(told["detail"].startswith("NOT SENT"), told)
        self.assertEqual(told["telephone"]["hub"], "08-465 004 00")
        self.assertEqual(told["telephone"]["recipients"]["social-board"], "08-465 004 22", "the board's duty function")
        self.assertNotIn("landlord-private", told["telephone"]["recipients"])

    def post(self, message):
        return self.hub.request("police-west", "POST", "/v1/in/police", message[1], {"content-type": message[0]})

    def test_a_quota_used_up_is_not_sent_and_says_whom_to_call(self):
        def post():
            message = build.eviction_time(people.GUARDIAN_45, new_id())
            return self.hub.request("kronofogden", "POST", "/v1/in/kronofogden", message[1], {"content-type": message[0]})

        self.assertEqual(wait_for("full quota", lambda: next((a for a in [post()] if a.status != 200), None), 10).status, 503)
        self.assert_not_sent(post())

    def test_y_what_cannot_be_recorded_is_not_sent_and_says_whom_to_call(self):
        message = build.police_lob(people.ADULT_22, new_id())
        # No file may grow any more: as a full disk.
        _, hard = resource.prlimit(self.hub.process.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(self.hub.process.pid, resource.RLIMIT_FSIZE, (4096, hard))
        self.assert_not_sent(self.post(message))  # the write fails
        self.assert_not_sent(self.post(message))  # the writing side has stopped
        wait_for("not ready", lambda: self.hub.admin("/readyz")[0] == 503, 10)
        self.hub.kill9()
        self.hub.start()
        again = self.post(message)
        self.assertEqual((again.status, again.json()["duplicate"]), (200, False), "nothing of it was recorded")

    def test_zz_the_log_still_verifies(self):
        self.assert_log_verifies()


def with_tasks(folder):
    """A duty that also asks somebody to tell the person, which nobody here does, and the guardian, which the board does."""
    replaced(folder / "rules" / "lul.toml", ('id = "POL-SN-15-17"', 'id = "POL-SN-15-17"\n#task'))
    path = folder / "rules" / "lul.toml"
    before, after = path.read_text(encoding="utf-8").split("#task\n", 1)
    path.write_text(before + after.replace('obligations = ["receipt"]', 'obligations = ["receipt", "notify_person", "redirect_guardian_notice"]', 1),
                    encoding="utf-8")
    replaced(folder / "parties.toml", ('restricted_recipient = "social-restricted"', 'restricted_recipient = "social-restricted"\ncarries_out = ["redirect_guardian_notice"]'))


class Tasks(HubCase):
    SYSTEMS = ["social-board"]
    edit = staticmethod(with_tasks)

    def test_a_duty_goes_and_its_senders_duty_function_hears_once_of_what_nobody_does(self):
        went = self.to(self.send("police-west", "police", build.police_suspicion(people.YOUTH_17, new_id())), "social-board")
        self.assertIn(went["outcome"], PERMITTED, "a duty is never lost for a task")
        self.assertEqual(set(went["obligations"]) & {"notify_person", "redirect_guardian_notice"}, {"notify_person", "redirect_guardian_notice"})
        self.assertEqual(went["unassigned"], ["notify_person"], "the board's people do the other")
        told = self.wait_inbox("police-west", lambda e: e["kind"] == "duty.alert" and e["data"]["payload"]["exchangeId"] == went["id"])
        payload = told[0]["data"]["payload"]
        self.assertEqual((payload["part"], payload["tasks"], payload["exchangeKind"]), ("sent", ["notify_person"], "police.suspicion"))
        self.assertNotIn(people.YOUTH_17["familyName"], str(told))
        wait_for("alarm", lambda: self.hub.metric("samband_alarms_total", kind="task_unassigned"), 10)
        self.wait_state("police-west", went["id"])
        self.hub.stop()
        self.hub.start()
        alerts = [e for e in self.inbox("police-west") if e["kind"] == "duty.alert" and e["data"]["payload"]["exchangeId"] == went["id"]]
        self.assertEqual(len(alerts), 1, "once")
        self.assertEqual([e for e in self.inbox("social-restricted") if e["kind"] == "duty.alert"], [], "nobody else")
        self.assert_log_verifies()

    def test_check_names_the_route(self):
        warned = [w["message"] for w in self.cli_json("check")["warnings"] if w["message"].startswith("rule POL-SN-15-17: on the route ")]
        self.assertTrue(warned)
        self.assertEqual([w for w in warned if "carries out notify_person" not in w], [], "the board's own task is named nowhere")


class AnsweredTasks(HubCase):
    """What a disclosure asks of people stands open until a named one has answered it."""
    SYSTEMS = ["social-board"]
    edit = staticmethod(with_tasks)

    def database(self, sql, *values, write=False):
        db = sqlite3.connect(f"file:{self.hub.data / 'hub.db'}?mode={'rw' if write else 'ro'}", uri=True)
        try:
            found = db.execute(sql, values).fetchall()
            db.commit()
            return found
        finally:
            db.close()

    def suspicion(self, **more):
        return self.to(self.send("police-west", "police", build.police_suspicion(people.YOUTH_17, new_id(), **more)), "social-board")

    def tasks(self, party, query=""):
        return {t["id"]: t for t in self.call(party, "GET", "/v1/tasks" + query)["tasks"]}

    def answer(self, caller, task, outcome="done", reason=None, expect=200):
        body = {"outcome": outcome, **({"reasonCode": reason} if reason else {})}
        return self.call(caller, "POST", f"/v1/tasks/{task}", body, expect)

    def test_each_stands_with_the_party_that_does_it_and_is_answered_once_by_name(self):
        sent = self.suspicion()
        tell, turn = sent["id"] + ".notify_person", sent["id"] + ".redirect_guardian_notice"
        mine, theirs = self.tasks("police-west"), self.tasks("social-board")
        self.assertIn(tell, mine, "nobody has undertaken it: the law asks the sender")
        self.assertNotIn(turn, mine)
        self.assertIn(turn, theirs, "the board's people have")
        self.assertNotIn(tell, theirs)
        self.assertEqual({t for party in ("school-south", "bup", "operator") for t in self.tasks(party)}, set())
        open_task = mine[tell]
        self.assertEqual((open_task["task"], open_task["party"], open_task["recipient"], open_task["kind"], open_task["outcome"],
                          open_task["answeredAt"], open_task["overdue"]),
                         ("notify_person", "police-west", "social-board", "police.suspicion", "", None, False))
        for value in (people.YOUTH_17["personalNumber"], people.YOUTH_17["givenName"], people.YOUTH_17["familyName"]):
            self.assertNotIn(value, str(mine) + str(theirs))
        # Nobody else's, no system, no nonsense.
        for caller in ("social-board-caseworker", "social-board", "school-south-counsellor"):
            self.answer(caller, tell, expect=404)
        self.answer("police-west", tell, expect=403)
        for outcome, reason in (("perhaps", None), ("not_done", None), ("done", "because")):
            self.answer("police-west-officer", tell, outcome, reason, expect=400)
        self.answer("police-west-officer", sent["id"] + ".receipt", expect=404)
        self.answer("police-west-officer", "nothing", expect=404)
        self.assertIn(tell, self.tasks("police-west-officer"))
        said = self.answer("police-west-officer", tell)
        self.assertEqual((said["outcome"], said["receipt"]["leafIndex"]), ("done", said["leafIndex"]))
        leaf = base64.b64decode(said["receipt"]["proof"].split("extra ")[1].split("\n")[0])
        for said_there in (sent["id"], "done", "notify_person", "police-west"):
            self.assertIn(said_there.encode(), leaf)
        self.answer("police-west-officer", tell, "not_done", "withdrawn", expect=409)
        self.assertNotIn(tell, self.tasks("police-west"))
        self.assertEqual(self.tasks("police-west", "?state=done")[tell]["outcome"], "done")
        self.assertNotIn("police-west-officer", str(self.tasks("police-west", "?state=done")), "who it was is sealed")
        self.answer("social-board-caseworker", turn, "not_done", "withdrawn")
        self.assertEqual(self.tasks("social-board", "?state=done")[turn]["reasonCode"], "withdrawn")
        self.assert_log_verifies()

    def test_a_page_ends_where_the_next_begins(self):
        sent = {self.suspicion()["id"] + ".notify_person" for _ in range(3)}
        seen, after = [], ""
        while after is not None:
            page = self.call("police-west", "GET", "/v1/tasks?limit=2" + (f"&after={after}" if after else ""))
            seen += [t["id"] for t in page["tasks"]]
            after = page["next"]
        self.assertEqual(len(seen), len(set(seen)))
        self.assertLessEqual(sent, set(seen))
        for query in ("?state=late", "?after=x", "?limit=0", "?limit=1001", "?party=bup"):
            self.call("police-west", "GET", "/v1/tasks" + query, expect=400)

    def test_what_never_left_asks_for_nothing(self):
        sent = self.suspicion()
        task = sent["id"] + ".redirect_guardian_notice"
        held = self.to(self.send("police-west", "police", build.police_lob(people.ADULT_22, new_id())), "social-board")
        self.assertEqual([t for t in self.tasks("police-west") if t.startswith(held["id"])], [], "held: nothing was disclosed")
        self.assertIn(task, self.tasks("social-board"))

    def test_one_that_nobody_answers_is_an_alarm_once_and_stays_open(self):
        sent = self.suspicion()
        task = sent["id"] + ".notify_person"
        self.wait_state("police-west", sent["id"])
        self.hub.stop()
        self.database("UPDATE task SET due_at=1 WHERE exchange_id=? AND task='notify_person'", sent["id"], write=True)
        self.hub.start()
        wait_for("alarm", lambda: self.hub.metric("samband_alarms_total", kind="task_overdue") == 1, 10)
        self.assertTrue(self.tasks("police-west")[task]["overdue"])
        said = self.answer("police-west-officer", task, "not_done", "withdrawn")
        self.assertTrue(said["overdue"])
        leaves = b"".join(leaf for leaf, in self.database("SELECT bytes FROM leaf"))
        self.assertEqual(leaves.count(b"task_overdue"), 1)
        self.assert_log_verifies()


def with_a_guardians_notice(folder):
    """A duty that also asks for the guardians' notice, which the police carry out (parties.toml)."""
    path = folder / "rules" / "lul.toml"
    before, after = path.read_text(encoding="utf-8").split('id = "POL-SN-15-17"', 1)
    path.write_text(before + 'id = "POL-SN-15-17"' + after.replace('obligations = ["receipt"]', 'obligations = ["receipt", "notify_guardian"]', 1),
                    encoding="utf-8")


class GuardiansNotice(HubCase):
    SYSTEMS = ["social-board"]
    edit = staticmethod(with_a_guardians_notice)

    def tasks_of(self, exchange_id, state="open"):
        found = self.call("police-west", "GET", f"/v1/tasks?state={state}&limit=1000")["tasks"]
        return [t["task"] for t in found if t["exchange"] == exchange_id]

    def suspicion(self, **more):
        return self.to(self.send("police-west", "police", build.police_suspicion(people.YOUTH_17, new_id(), text="Fritext", **more)), "social-board")

    def test_the_test_comes_first_and_gives_way_to_what_it_decided(self):
        for harm, task in ((False, "notify_guardian"), (True, "redirect_guardian_notice")):
            sent = self.suspicion()
            self.assertIn(sent["outcome"], PERMITTED)
            self.assertEqual(self.tasks_of(sent["id"]), ["assess_guardian_harm"])
            self.wait_state("police-west", sent["id"])
            self.assess("police-west", sent["id"], guardian_harm=harm)
            self.assertEqual(self.tasks_of(sent["id"]), [task], "what left goes on asking, for what was decided")
            self.call("police-west-officer", "POST", f"/v1/tasks/{sent['id']}.{task}", {"outcome": "done"})
            self.assertEqual(self.tasks_of(sent["id"]), [])
            self.assess("police-west", sent["id"], document_released=True)
            self.assertEqual((self.tasks_of(sent["id"]), self.tasks_of(sent["id"], "done")), ([], [task]), "asked for once")
        self.assertEqual([t for t in self.call("social-board", "GET", "/v1/tasks")["tasks"]], [])
        self.assert_log_verifies()

    def test_a_new_answer_about_the_guardian_takes_back_the_task_of_the_old_one(self):
        first = {"code": "guardian_harm", "value": False, "person": "p1", "assessor": "police-west-officer", "reasonCode": "assessed_no"}
        sent = self.suspicion(facts=[first])
        self.wait_state("police-west", sent["id"])
        self.assertEqual(self.tasks_of(sent["id"]), ["notify_guardian"])
        for harm, task in ((True, "redirect_guardian_notice"), (False, "notify_guardian"), (True, "redirect_guardian_notice")):
            self.assess("police-west", sent["id"], guardian_harm=harm)
            self.assertEqual(self.tasks_of(sent["id"]), [task], "nobody is asked to tell whom the newest answer calls a danger")
        self.assert_log_verifies()


if __name__ == "__main__":
    unittest.main(warnings="ignore")
