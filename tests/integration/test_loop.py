#!/usr/bin/env python3
"""A referral is followed until the person has got help: steps, deadlines over days and restarts, and who learns what.

The hub runs on a simulated clock: days pass in milliseconds, and what comes due on the way is done.
"""
import datetime
import http.client
import json
import pathlib
import sys
import threading
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import people  # noqa: E402
import samband_client as build  # noqa: E402
from hub_case import PERMITTED, HubCase, new_id, replaced  # noqa: E402
from hub_harness import wait_for  # noqa: E402


def simulated(folder):
    replaced(folder / "hub.toml", ('origin = "samband.example/exempelkommun"', 'origin = "samband.example/simulation"'),
             ("[listeners.agency]", "[simulation]\nclock = true\n\n[listeners.agency]"),
             ("clock_skew_max_s = 300 ", "clock_skew_max_s = 3600 "))
    # A board and a police that read in their inboxes.
    replaced(folder / "parties.toml", ('adapter = "municipal_case"\nendpoint = "case-system"\n', ""), ('adapter = "police"\nendpoint = "police"\n', ""))
    # The clinic takes its messages out of its inbox, and its two days begin when the offer is sent.
    replaced(folder / "parties.toml", ('adapter = "health"\nendpoint = "maria-fhir"\n', ""))
    replaced(folder / "routes.toml", ('id = "waiting_time"\n', 'id = "waiting_time"\nstarts = "sent"\n'))
    routes = folder / "routes.toml"
    routes.write_text(routes.read_text().replace('remind = "3 days"\n', 'remind = "3 days"\nescalate_to = "social-restricted"\n', 1))


class Loop(HubCase):
    edit = staticmethod(simulated)

    # -- time ---------------------------------------------------------------------------------------------------------

    def clock(self, **body):
        connection = http.client.HTTPConnection("127.0.0.1", self.hub.port(9464), timeout=60)
        connection.request("POST" if body else "GET", "/simulation/clock", json.dumps(body) if body else None, {"content-type": "application/json"})
        answer = connection.getresponse()
        text = answer.read()
        connection.close()
        self.assertEqual(answer.status, 200, text)
        return datetime.datetime.fromisoformat(json.loads(text)["now"].replace("Z", "+00:00"))

    def pass_hours(self, hours):
        return self.clock(hours=hours)

    def at(self):
        return self.clock().strftime("%Y-%m-%dT%H:%M:%S.000Z")

    # -- steps --------------------------------------------------------------------------------------------------------

    def message(self, kind, sender, persons, payload, **more):
        number = new_id()
        return number, {"specversion": "1.0", "id": number, "source": f"urn:samband:party:{sender}", "type": f"se.samband.notice.{kind}.v1",
                        "time": self.at(), "datacontenttype": "application/json",
                        "data": {"kind": kind, "persons": persons, "payload": payload, **more}}

    def take(self, party, exchange_id):
        self.wait_inbox(party, lambda e: e["id"] == exchange_id)
        return self.call(party, "POST", f"/v1/inbox/{exchange_id}/ack", {})

    def step(self, party, exchange_id, status, expect=200, **more):
        return self.call(party, "POST", f"/v1/exchanges/{exchange_id}/status", {"status": status, **more}, expect)

    def inbox(self, party):
        """All of it: reminders of other tests stand there too, and a page is fifty."""
        out = []
        while page := self.call(party, "GET", "/v1/inbox?wait=0" + (f"&after={out[-1]['id']}" if out else ""))["exchanges"]:
            out += page
        return out

    def reminders(self, party, exchange_id, missed=None):
        return [e["data"]["payload"] for e in self.inbox(party) if e["kind"] == "step.reminder" and e["data"]["payload"]["exchangeId"] == exchange_id
                and missed in (None, e["data"]["payload"]["missed"])]

    def deadlines(self, party, exchange_id):
        return {d["id"]: d for d in self.exchange(party, exchange_id)["deadlines"]}

    def child(self, role="subject"):
        return dict(people.CHILD_15, ref="p1", role=role, municipality="0999", district="south")

    def concern_held(self):
        number, message = self.message("concern.report", "police-west", [self.child()], {"concern": "Oro hemma", "immediateDanger": False})
        return self.to(self.send("police-west", None, message), "social-board")["id"]

    def concern(self):
        exchange = self.concern_held()
        self.assertIn(self.judge("police-west-officer", exchange)["outcome"], PERMITTED)
        return exchange

    def judge(self, official, exchange_id):
        body = {"facts": [{"code": "individual_assessment", "value": True, "person": "p1", "reasonCode": "assessed_yes"}]}
        return self.call(official, "POST", f"/v1/exchanges/{exchange_id}/assessments", body)

    def arrears(self, served, correction_of=None, number=None):
        made, message = self.message("rent.arrears", "landlord-private",
                                       [dict(ref="t1", role="tenant", givenName=people.GUARDIAN_45["givenName"], familyName=people.GUARDIAN_45["familyName"],
                                             address={"street": "Testgatan 1", "apartment": "1101", "postalCode": "11111", "city": "Exempelstad"})],
                                       {"form": "SFS1978:314/3", "amount": 845000, "currency": "SEK", "dueDate": "2026-10-31", "servedAt": served, "dwelling": True,
                                        "landlord": {"name": "Exempelbostäder AB"}, "premises": {"municipality": "0999", "district": "south"}},
                                       **({"correctionOf": correction_of} if correction_of else {}))
        number = message["id"] = number or made
        e = self.to(self.send("landlord-private", None, message), "social-board")
        self.assertIn(e["outcome"], PERMITTED)
        self.take("social-board", e["id"])
        return number, e["id"]

    # -- a child ------------------------------------------------------------------------------------------------------

    def test_a_concern_is_assessed_in_time_or_escalated_and_the_reporter_learns_one_word(self):
        exchange = self.concern()
        self.take("social-board", exchange)
        self.assertEqual(set(self.deadlines("social-board", exchange)), {"protection_assessment", "preliminary_assessment"})
        self.step("social-board", exchange, "protection_assessed", handler={"name": "Handläggare Prov"})
        self.assertEqual(set(self.deadlines("social-board", exchange)), {"preliminary_assessment"})
        self.step("social-board", exchange, "protection_assessed", expect=409)
        self.pass_hours(24 * 12)
        early = self.reminders("social-board", exchange)
        self.assertEqual([(r["deadline"], r["missed"], r["number"]) for r in early], [("preliminary_assessment", False, 1)])
        self.assertEqual(self.reminders("social-restricted", exchange), [], "nobody else hears of it before the end")
        self.hub.kill9()
        self.hub.start()
        self.pass_hours(24 * 4)
        escalated = self.reminders("social-restricted", exchange, missed=True)
        self.assertEqual(len(escalated), 1, "the newest stands for all before it")
        self.assertGreaterEqual(escalated[0]["number"], 2)
        self.assertGreaterEqual(self.hub.metric("samband_alarms_total", kind="step_missed"), 1)
        self.assertIn("alarm.step_missed", self.hub.log())
        for value in (people.CHILD_15["personalNumber"], people.CHILD_15["familyName"]):
            self.assertNotIn(value, json.dumps(early + self.reminders("social-restricted", exchange)))
        # Help may begin before the decision, which is owed all the same.
        for step in ("accepted", "in_progress"):
            self.step("social-board", exchange, step, handler={"name": "Handläggare Prov"})
        self.assertEqual(set(self.deadlines("social-board", exchange)), {"preliminary_assessment"})
        # The decision ends the waiting; the answer to the reporter waits for the board's assessment and is one word.
        self.step("social-board", exchange, "inquiry_opened", handler={"name": "Handläggare Prov"}, recordNumber="SN 2026-77")
        self.assertEqual(self.deadlines("social-board", exchange), {})
        count = len(self.reminders("social-board", exchange))
        self.pass_hours(72)
        self.assertEqual(len(self.reminders("social-board", exchange)), count, "nothing is awaited any more")
        answers = [e for e in self.call("social-board", "GET", "/v1/exchanges?limit=1000")["exchanges"] if e["kind"] == "report.answer"]
        self.assertEqual([a["outcome"] for a in answers], ["held"])
        # The reporter's week: the board is reminded before its end, told after it, until somebody has judged.
        self.assertEqual([(r["deadline"], r["missed"]) for r in self.reminders("social-board", answers[0]["id"])], [])
        self.pass_hours(24 * 3)
        self.assertEqual([(r["deadline"], r["missed"]) for r in self.reminders("social-board", answers[0]["id"])], [("reporter_answer", False)])
        self.pass_hours(24 * 2)
        self.assertEqual([(r["deadline"], r["missed"]) for r in self.reminders("social-board", answers[0]["id"])], [("reporter_answer", True)])
        self.judge("social-board-caseworker", answers[0]["id"])
        told = len(self.reminders("social-board", answers[0]["id"]))
        self.pass_hours(24 * 3)
        self.assertEqual(len(self.reminders("social-board", answers[0]["id"])), told, "answered: nothing is awaited")
        got = self.wait_inbox("police-west", lambda e: e["kind"] == "report.answer")[0]
        self.assertEqual(got["data"]["payload"]["inquiry"], "opened")
        seen = json.dumps([e for e in self.inbox("police-west")], ensure_ascii=False)
        self.assertNotIn("SN 2026-77", seen)
        self.assertNotIn("Handläggare Prov", seen)
        self.assertEqual([e for e in self.inbox("police-west") if e["kind"] == "care.status"], [], "no step travels to a reporter")

    def test_a_deadline_that_its_route_has_no_more_is_not_lost(self):
        exchange = self.concern()
        self.take("social-board", exchange)
        self.assertIn("preliminary_assessment", self.deadlines("social-board", exchange))
        routes = self.hub.config / "routes.toml"
        before = routes.read_text(encoding="utf-8")
        self.hub.stop()
        routes.write_text(before.replace('id = "preliminary_assessment"', 'id = "assessment"'), encoding="utf-8")
        self.hub.start()
        gone = self.hub.metric("samband_alarms_total", kind="deadline_gone")
        self.pass_hours(24 * 15)
        self.assertGreaterEqual(self.hub.metric("samband_alarms_total", kind="deadline_gone"), gone + 1)
        said = [json.loads(line) for line in self.hub.log().splitlines() if '"alarm.deadline_gone"' in line and exchange in line]
        self.assertEqual([(s["route"], s["deadline"]) for s in said], [("concern-social", "preliminary_assessment")], "once, with its name")
        self.pass_hours(24 * 5)
        self.assertEqual(len([line for line in self.hub.log().splitlines() if '"alarm.deadline_gone"' in line and exchange in line]), 1)
        # A new report waits under the new name; what is done in time raises nothing.
        after = self.concern()
        self.take("social-board", after)
        self.assertIn("assessment", self.deadlines("social-board", after))
        self.hub.stop()
        routes.write_text(before, encoding="utf-8")
        self.hub.start()
        self.step("social-board", after, "inquiry_not_opened", handler={"name": "Handläggare Prov"})
        self.pass_hours(24 * 20)
        self.assertEqual([line for line in self.hub.log().splitlines() if '"alarm.deadline_gone"' in line and after in line], [], "its life has ended: nothing is awaited")

    # -- a tenant -----------------------------------------------------------------------------------------------------

    def test_form_three_counts_from_the_later_day_and_a_correction_restarts_it(self):
        today = self.clock()
        later = (today + datetime.timedelta(days=3)).date()
        # An id of a day and a time, which could be read as a number of somebody born that day.
        number, first = self.arrears(served=(today - datetime.timedelta(days=5)).date().isoformat(), number="HYR-202611141611")
        clocks = self.deadlines("social-board", first)
        self.assertEqual(set(clocks), {"tenancy_recovery", "eviction_possible"})
        self.assertGreaterEqual(clocks["tenancy_recovery"]["since"], today.strftime("%Y-%m-%dT%H:%M"), "not before the board's receipt")
        _, served_later = self.arrears(served=later.isoformat())
        since = datetime.datetime.fromisoformat(self.deadlines("social-board", served_later)["tenancy_recovery"]["since"].replace("Z", "+00:00"))
        self.assertGreater(since, today + datetime.timedelta(days=1))
        self.pass_hours(24 * 6)
        _, second = self.arrears(served=today.date().isoformat(), correction_of=number)
        self.assertEqual(self.deadlines("social-board", first), {}, "the first clock has stopped")
        self.assertGreater(self.deadlines("social-board", second)["tenancy_recovery"]["due"], clocks["tenancy_recovery"]["due"])
        self.step("social-board", second, "averted")
        self.assertEqual(self.deadlines("social-board", second), {})
        # Nothing of it reaches a private landlord.
        self.assertEqual([e["kind"] for e in self.inbox("landlord-private") if e["kind"] != "exchange.receipt"], [])

    def test_a_private_landlord_cannot_see_whether_the_board_has_acted(self):
        _, exchange = self.arrears(served=self.clock().date().isoformat())

        def seen():
            one = self.exchange("landlord-private", exchange)
            return [e for e in self.call("landlord-private", "GET", "/v1/exchanges?limit=1000")["exchanges"] if e["kind"] == "step.reminder" or e["id"] == exchange], \
                {k: one[k] for k in ("life", "updatedAt", "dueAt", "statuses", "state")}

        before = seen()
        self.pass_hours(24 * 23)
        reminders = [e for e in self.inbox("social-board") if e["kind"] == "step.reminder" and e["data"]["payload"]["exchangeId"] == exchange]
        self.assertTrue(reminders)
        self.assertEqual(seen(), before, "neither that the board is reminded")
        self.step("social-board", exchange, "contacted", handler={"name": "Handläggare Prov"})
        self.step("social-board", exchange, "averted")
        self.assertEqual(seen(), before, "nor when it acts")
        own = self.exchange("social-board", reminders[0]["id"])
        for path in (f"/v1/exchanges/{own['id']}", f"/v1/receipts/{own['id']}", f"/v1/messages/{own['messageId']}"):
            self.call("landlord-private", "GET", path, expect=404)

    def test_a_page_of_the_list_has_no_gap_where_something_is_hidden(self):
        hidden = self.concern_held()
        last, pages = "", []
        for _ in range(1000):
            page = self.call("social-board", "GET", f"/v1/exchanges?limit=1&after={last}")["exchanges"]
            if not page:
                break
            pages.append(page[0]["id"])
            last = page[0]["id"]
        after = self.concern()
        self.assertNotIn(hidden, pages)
        page = self.call("social-board", "GET", f"/v1/exchanges?limit=1&after={last}")["exchanges"]
        self.assertEqual([e["id"] for e in page], [after], "the first page after the hidden one is not empty")

    def test_nothing_is_awaited_of_a_recipient_who_got_nothing(self):
        consent = {"person": "p1", "giver": "self", "recipients": ["maria-ungdom"], "purposes": ["voluntary_offer"],
                   "categories": ["identity", "contact", "home_area", "protection", "event", "misuse", "case_reference"],
                   "validTo": (self.clock() + datetime.timedelta(days=30)).strftime("%Y-%m-%dT%H:%M:%S.000Z"), "evidenceSha256": "ab" * 32, "language": "sv"}
        _, message = self.message("police.offer", "police-west", [dict(people.ADULT_19, ref="p1", role="subject")],
                                  {"policeCaseNo": "5000-K9-26", "offer": {"accepted": True, "at": self.at()}, "intervention": "Ingripande"},
                                  facts=[{"code": "offer_accepted", "value": True, "person": "p1"}], consents=[consent])
        e = self.to(self.send("police-west", None, message), "maria-ungdom")
        self.assertIn(e["outcome"], PERMITTED)
        self.assertEqual(set(self.deadlines("maria-ungdom", e["id"])), {"waiting_time"})
        given = [c for c in self.call("police-west", "GET", "/v1/consents")["consents"] if c["state"] == "valid" and "voluntary_offer" in c["purposes"]]
        self.call("police-west", "POST", f"/v1/consents/{given[-1]['id']}/revocations", {})
        self.assertEqual(self.exchange("police-west", e["id"])["state"], "withdrawn")
        self.pass_hours(24 * 5)
        self.assertEqual(self.reminders("maria-ungdom", e["id"]), [])

    # -- a young person who says yes ----------------------------------------------------------------------------------

    def test_steps_say_what_they_must_and_illegal_ones_are_refused(self):
        exchange = self.concern()
        self.step("social-board", exchange, "accepted", expect=409)  # not received yet
        self.take("social-board", exchange)
        for status, more, pointer in [("declined", {}, "/reasonCode"), ("contacted", {}, "/handler/name"), ("queued", {}, "/expectedBy"),
                                      ("savry_done", {}, "/status"), ("averted", {}, "/status"), ("cured", {}, "/status"),
                                      ("accepted", {"savry": "high"}, "/savry")]:
            problem = self.step("social-board", exchange, status, expect=400, **more)
            self.assertEqual(problem["pointer"], pointer, problem)
        self.step("social-board", exchange, "sent", expect=403)
        self.assertEqual(self.step("social-board", exchange, "accepted", expect=400, recordNumber=people.ADULT_22["personalNumber"])["pointer"], "/recordNumber")
        self.step("social-board", exchange, "accepted", expect=400, recordNumer="SN 2026-1")
        self.step("police-west", exchange, "accepted", expect=404)  # the sender does not answer for the recipient
        self.step("social-board", exchange, "contacted", handler={"name": "Handläggare Prov"}, visitAt=self.at())
        self.step("social-board", exchange, "contacted", handler={"name": "Handläggare Prov"}, visitAt=self.at())
        self.assertEqual(self.exchange("social-board", exchange)["life"], "received", "proof of contact is beside the life")

    def test_a_step_that_is_reported_once_is_recorded_once_however_many_report_it_at_a_time(self):
        exchange = self.concern()
        self.take("social-board", exchange)
        together, answers = threading.Barrier(6), []

        def report():
            client = self.hub.client("social-board")
            together.wait()
            answers.append(client.request("POST", f"/v1/exchanges/{exchange}/status", {"status": "protection_assessed"}).status)
            client.close()

        threads = [threading.Thread(target=report) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(sorted(answers), [200] + [409] * 5)
        self.assertEqual([s["status"] for s in self.exchange("social-board", exchange)["statuses"]], ["protection_assessed"])

    def test_the_reporter_is_answered_though_the_board_has_gone_on_at_once(self):
        exchange = self.concern()
        self.take("social-board", exchange)
        for step in ("inquiry_opened", "in_progress", "completed"):
            self.step("social-board", exchange, step)
        self.pass_hours(0)
        answers = [e for e in self.call("social-board", "GET", "/v1/exchanges?limit=1000")["exchanges"] if e["kind"] == "report.answer"]
        self.judge("social-board-caseworker", answers[-1]["id"])
        got = self.wait_inbox("police-west", lambda e: e["id"] == answers[-1]["id"])
        self.assertEqual(got[0]["data"]["payload"]["inquiry"], "opened")

    def test_whether_there_is_an_inquiry_is_said_once(self):
        exchange = self.concern()
        self.take("social-board", exchange)
        for step in ("inquiry_opened", "in_progress"):
            self.step("social-board", exchange, step)
        for step in ("inquiry_not_opened", "inquiry_running", "inquiry_opened"):
            self.assertEqual(self.step("social-board", exchange, step, expect=409)["pointer"], "/status")
        self.step("social-board", exchange, "completed")

    def test_of_what_its_sender_takes_back_nothing_is_awaited(self):
        number, message = self.message("concern.report", "police-west", [self.child()], {"concern": "Oro hemma", "immediateDanger": False})
        exchange = self.to(self.send("police-west", None, message), "social-board")["id"]
        self.judge("police-west-officer", exchange)
        self.take("social-board", exchange)
        _, back = self.message("concern.report", "police-west", [self.child()], {"concern": "Fel person", "immediateDanger": False}, retracts=number)
        self.send("police-west", None, back)
        self.assertEqual(self.exchange("social-board", exchange)["life"], "recalled")
        self.assertEqual(self.exchange("social-board", exchange)["deadlines"], [])
        self.pass_hours(24 * 3)
        self.assertEqual(self.reminders("social-board", exchange), [])

    def test_a_misdirected_message_goes_back_and_is_recalled_not_deleted(self):
        exchange = self.concern()
        self.take("social-board", exchange)
        self.step("social-board", exchange, "returned", reasonCode="misdirected")
        self.pass_hours(0)
        recall = self.wait_inbox("social-board", lambda e: e["recall"] and e["data"]["payload"]["exchangeId"] == exchange)
        self.assertEqual(recall[0]["data"]["payload"]["reasonCode"], "misdirected")
        seen = self.exchange("social-board", exchange)
        self.assertEqual((seen["life"], seen["deadlines"]), ("recalled", []))
        self.assertEqual([s["status"] for s in seen["statuses"]], ["returned"])
        self.step("social-board", exchange, "accepted", expect=409)

    def test_time_does_not_go_backwards_and_a_real_log_takes_no_simulation(self):
        now = self.clock()
        connection = http.client.HTTPConnection("127.0.0.1", self.hub.port(9464), timeout=60)
        connection.request("POST", "/simulation/clock", json.dumps({"to": "2026-01-01T00:00:00Z"}))
        self.assertEqual(connection.getresponse().status, 400)
        connection.close()
        self.assertGreaterEqual(self.clock(), now)
        hub_toml = self.hub.config / "hub.toml"
        kept = hub_toml.read_text()
        hub_toml.write_text(kept.replace("samband.example/simulation", "samband.example/exempelkommun"))
        try:
            self.assertIn("origin", self.cli("check", check=1).stderr)
        finally:
            hub_toml.write_text(kept)


class NoSimulation(HubCase):
    def test_a_hub_without_simulation_has_no_clock_to_move(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.hub.port(9464), timeout=10)
        connection.request("POST", "/simulation/clock", json.dumps({"hours": 1}))
        self.assertEqual(connection.getresponse().status, 405)
        connection.close()


if __name__ == "__main__":
    unittest.main(verbosity=2)
