#!/usr/bin/env python3
"""A board whose case system tells nobody of a change: the hub asks its errand API, and a status there becomes a step here, once,
also by a hub that is killed."""
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import people  # noqa: E402
import samband_client as build  # noqa: E402
from hub_case import PERMITTED, HubCase, new_id  # noqa: E402
from hub_harness import wait_for  # noqa: E402

STATUSES = """[plugins.config.statuses]
OPEN = "accepted"
CLOSED = ["accepted", "completed"]
REJECTED = { step = "declined", reasonCode = "recipient_declined" }
ODD = ["no_show"]
"""


class StatusPoll(HubCase):
    SYSTEMS = ["social-board"]

    @staticmethod
    def edit(folder):
        text = (folder / "hub.toml").read_text()
        end = text.index("\n", text.index('\napi = "errand" ') + 1) + 1
        text = text[:end] + STATUSES + text[end:]
        (folder / "hub.toml").write_text(text + '\n[[status_poll]]\nparty = "social-board"\nevery_s = 1\nper_minute = 600\n')

    def lob(self):
        sent = self.to(self.send("police-west", "police", build.police_lob(people.ADULT_22, new_id())), "social-board")
        self.assertIn(self.assess("police-west", sent["id"], need_of_help=True)["outcome"], PERMITTED)
        self.wait_state("police-west", sent["id"])
        return sent["id"]

    def becomes(self, exchange, status, number="EB-26060071"):
        """In the case system: what its own user sets."""
        self.systems.set("errands", "social-board", {"externalReference": exchange, "status": status, "errandNumber": number})

    def steps(self, exchange):
        return [s["status"] for s in self.exchange("social-board", exchange)["statuses"]]

    def asked(self, exchange):
        (errand,) = [r for r in self.received_of("social-board", exchange, "errand")]
        return sum(1 for r in self.received("social-board", "read") if r["key"] == errand["id"])

    def wait_asked(self, exchange, more=2):
        before = self.asked(exchange)
        wait_for("asked again", lambda: self.asked(exchange) >= before + more, 30)

    def test_a_status_of_the_errand_is_a_step_of_the_referral(self):
        exchange = self.lob()
        self.wait_asked(exchange)
        self.assertEqual(self.steps(exchange), [])  # NEW stands for nothing
        self.becomes(exchange, "OPEN")
        wait_for("accepted", lambda: self.steps(exchange) == ["accepted"], 30)
        self.wait_asked(exchange)
        self.assertEqual(self.steps(exchange), ["accepted"])  # said once
        self.becomes(exchange, "CLOSED")
        wait_for("completed", lambda: self.steps(exchange) == ["accepted", "completed"], 30)
        # Its life has ended: it is asked no more, while others are.
        other = self.lob()
        self.wait_asked(other)
        before = self.asked(exchange)
        self.wait_asked(other, 3)
        self.assertEqual(self.asked(exchange), before)

    def test_what_was_never_seen_between_is_said_in_its_order(self):
        exchange = self.lob()
        self.becomes(exchange, "CLOSED")
        wait_for("both", lambda: self.steps(exchange) == ["accepted", "completed"], 30)

    def test_a_refusal_has_its_reason_and_its_own_decision(self):
        exchange = self.lob()
        self.becomes(exchange, "REJECTED")
        wait_for("declined", lambda: self.steps(exchange) == ["declined"], 30)
        status = self.exchange("social-board", exchange)["statuses"][0]
        self.assertEqual(status["reasonCode"], "recipient_declined")

    def test_an_illegal_step_is_refused_like_the_case_systems_own(self):
        exchange = self.lob()
        self.becomes(exchange, "ODD")
        wait_for("said", lambda: '"status_poll.step_refused"' in self.hub.log() and exchange in self.hub.log(), 30)
        self.wait_asked(exchange)
        self.assertEqual(self.steps(exchange), [])
        self.becomes(exchange, "OPEN")
        wait_for("accepted", lambda: self.steps(exchange) == ["accepted"], 30)

    def test_a_step_that_the_board_has_passed_by_does_not_stop_those_after_it(self):
        exchange = self.lob()
        self.call("social-board", "POST", f"/v1/exchanges/{exchange}/status", {"status": "inquiry_opened"})
        self.becomes(exchange, "CLOSED")  # accepted may not follow; completed may
        wait_for("completed", lambda: self.steps(exchange) == ["inquiry_opened", "completed"], 30)

    def test_an_errand_that_is_gone_is_said_once_and_is_no_trouble_of_its_system(self):
        gone, there = self.lob(), self.lob()
        said = lambda event: [line for line in self.hub.log().splitlines() if event in line and gone in line]  # noqa: E731
        self.becomes(gone, "")
        wait_for("said", lambda: said('"status_poll.refused"'), 30)
        self.wait_asked(gone, 3)
        self.wait_asked(there, 3)
        self.assertEqual((len(said('"status_poll.refused"')), said('"status_poll.failed"')), (1, []))
        self.assertIn('"errand_gone"', said('"status_poll.refused"')[0])

    def test_an_unreachable_case_system_is_asked_again(self):
        exchange = self.lob()
        self.mode("social-board", down=1)
        wait_for("said", lambda: '"status_poll.failed"' in self.hub.log(), 30)
        self.mode("social-board")
        self.becomes(exchange, "OPEN")
        wait_for("accepted", lambda: self.steps(exchange) == ["accepted"], 30)

    def test_a_hub_that_is_killed_says_every_step_once(self):
        exchanges = [self.lob() for _ in range(6)]
        for exchange in exchanges:
            self.becomes(exchange, "CLOSED")
        for _ in range(3):
            wait_for("one more", lambda: any(self.steps(e) for e in exchanges), 30)
            self.hub.kill9()
            self.hub.start()
        for exchange in exchanges:
            wait_for("both", lambda e=exchange: self.steps(e) == ["accepted", "completed"], 60)
        self.assert_log_verifies()


if __name__ == "__main__":
    unittest.main(warnings="ignore")
