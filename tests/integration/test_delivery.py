#!/usr/bin/env python3
"""Delivery under faults: whatever the recipient or the hub does, exactly one case at the recipient, and the record says so."""
import pathlib
import shutil
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import hub_harness  # noqa: E402
import people  # noqa: E402
import samband_client as build  # noqa: E402
from hub_case import ENDPOINTS, PERMITTED, DeliveryCase, faster_retries, new_id, replaced  # noqa: E402
from hub_harness import wait_for  # noqa: E402


class Faults(DeliveryCase):
    SYSTEMS = ["social-board", "bup", "landlord-private"]

    def under(self, check=None, **faults):
        """One exchange on every way while the recipient plays these faults: one case more, whoever it is about."""
        for sender, recipient, way in self.WAYS:
            with self.subTest(way=way, **faults):
                self.mode(recipient)
                self.wait_state(sender, getattr(self, way)()["id"])  # the hub keeps a connection open from here
                before = self.opened(recipient)
                self.mode(recipient, **faults)
                self.addCleanup(self.mode, recipient)
                exchange = getattr(self, way)()
                if check:
                    check(sender, recipient, exchange)
                done = self.assert_one_case(sender, recipient, exchange)
                self.assertEqual(self.opened(recipient), before + 1)
                self.mode(recipient)
                if not faults:
                    self.assertEqual(done["attempts"], 0)

    def test_nothing_wrong(self):
        self.under()

    def test_refused_for_the_moment(self):
        self.under(fail=2)

    def test_done_but_the_connection_dropped(self):
        for drops in (1, 2):
            self.under(twice=drops)

    def test_the_answer_is_cut(self):
        for cut in (1, 2, 4):
            self.under(half=cut)

    def test_everything_at_once(self):
        self.under(twice=2, half=2, fail=2)

    def test_down_and_back(self):
        def comes_back(sender, recipient, exchange):
            wait_for("failed attempts", lambda: self.exchange(sender, exchange["id"])["attempts"] >= 2, 20)
            self.assertEqual(self.cases(recipient, exchange["id"]), 0)
            self.mode(recipient)

        self.under(comes_back, down=1)

    def test_too_slow_to_be_waited_for(self):
        def hurries(sender, recipient, exchange):
            wait_for("timed out attempt", lambda: self.exchange(sender, exchange["id"])["attempts"] >= 1, 20)
            self.mode(recipient)

        self.under(hurries, delay=2500)

    def test_zz_the_record_is_whole(self):
        self.assert_log_verifies()
        listed = self.cli_json("exchange", "list", "--limit", "1000")
        self.assertEqual({e["state"] for e in listed if e["recipient"] in ("social-board", "bup")}, {"delivered"})


class Broken(DeliveryCase):
    """Systems that are not what they should be."""

    def answering(self, recipient, status, *options):
        script, port = ENDPOINTS[recipient]
        self.systems.start("echo", recipient, self.hub.port(port), "--status", str(status), *options)
        return lambda: self.systems.kill9("echo", recipient)

    def test_a_server_error_is_tried_again(self):
        for sender, recipient, way in self.WAYS:
            with self.subTest(way=way):
                end = self.answering(recipient, 500)
                exchange = getattr(self, way)()
                now = wait_for("failed attempts", lambda: [e for e in [self.exchange(sender, exchange["id"])] if e["attempts"] >= 2], 20)[0]
                self.assertIn(now["state"], ("queued", "delivering"))
                end()
                self.start_system(recipient)
                self.assert_one_case(sender, recipient, exchange)
                self.systems.kill9(ENDPOINTS[recipient][0], recipient)

    def test_a_refusal_for_good_is_a_dead_letter_that_the_operator_takes_up_again(self):
        for sender, recipient, way in self.WAYS:
            with self.subTest(way=way):
                end = self.answering(recipient, 403)
                exchange = getattr(self, way)()
                self.wait_state(sender, exchange["id"], "dead")
                self.assertIn(exchange["id"], [e["id"] for e in self.cli_json("exchange", "list", "--state", "dead")])
                asked = len(self.systems.received("echo", recipient))
                end()
                self.start_system(recipient)
                # Nobody tries it again by itself: another one goes through, this one stays.
                other = getattr(self, way)()
                self.wait_state(sender, other["id"])
                self.assertEqual((self.exchange(sender, exchange["id"])["state"], self.cases(recipient, exchange["id"])), ("dead", 0))
                self.assertGreaterEqual(asked, 1)
                said = self.cli("exchange", "retry", exchange["id"], check=0)
                self.assertIn("queued again", said.stdout)
                self.assert_one_case(sender, recipient, exchange)
                self.cli("exchange", "retry", exchange["id"], check=1)  # delivered: there is nothing to take up
                self.assertEqual(self.cases(recipient, exchange["id"]), 1)
                self.systems.kill9(ENDPOINTS[recipient][0], recipient)
        self.assertGreater(self.hub.metric("samband_deliveries_total", result="dead"), 0)
        self.assert_log_verifies()

    def test_an_endpoint_that_is_not_there_is_tried_on_for_what_must_be_sent(self):
        for status in (404, 302, 410):
            with self.subTest(status=status):
                end = self.answering("social-board", status)
                duty = self.suspicion()
                self.assertEqual(duty["duty"]["rule"][:3], "POL")
                now = wait_for("failed attempts", lambda: [e for e in [self.exchange("police-west", duty["id"])] if e["attempts"] >= 2], 20)[0]
                self.assertIn(now["state"], ("queued", "delivering"))
                self.assertIn('"event":"delivery.endpoint_misplaced"', self.hub.log())
                end()
                self.start_system("social-board")
                self.assert_one_case("police-west", "social-board", duty)
                self.systems.kill9("errands", "social-board")
        end = self.answering("bup", 404)
        self.wait_state("social-board", self.referral()["id"], "dead")  # no duty: the operator looks at once
        end()

    def test_a_success_that_cannot_be_read_is_no_delivery(self):
        end = self.answering("bup", 200)
        exchange = self.referral()
        wait_for("failed attempts", lambda: self.exchange("social-board", exchange["id"])["attempts"] >= 2, 20)
        end()
        self.start_system("bup")
        self.assert_one_case("social-board", "bup", exchange)
        self.systems.kill9("fhir", "bup")

    def test_a_recipient_with_another_certificate_gets_nothing(self):
        # Somebody else listens where the board should: the handshake fails and nothing is said.
        script, port = ENDPOINTS["social-board"]
        certs = pathlib.Path(tempfile.mkdtemp(dir=self.hub.folder))
        shutil.copy(self.hub.certs / "stranger-ca.pem", certs / "ca.pem")
        for end in ("pem", "key"):
            shutil.copy(self.hub.certs / f"stranger.{end}", certs / f"social-board.{end}")
        strangers = hub_harness.Counterparts(certs, certs)
        strangers.start("echo", "social-board", self.hub.port(port), "--status", "200")
        try:
            exchange = self.arrears()
            wait_for("failed attempts", lambda: self.exchange("landlord-private", exchange["id"])["attempts"] >= 2, 20)
            self.assertEqual((certs / "echo-social-board.jsonl").read_text(), "")
        finally:
            strangers.close()
        self.start_system("social-board")
        self.assert_one_case("landlord-private", "social-board", exchange)
        self.systems.kill9(script, "social-board")


class AttemptsEnd(DeliveryCase):
    @staticmethod
    def edit(folder):
        faster_retries(folder)
        replaced(folder / "hub.toml", ("attempts_max = 200", "attempts_max = 3"))

    def test_after_the_last_attempt_it_is_a_dead_letter(self):
        exchange = self.referral()  # nobody listens
        dead = self.wait_state("social-board", exchange["id"], "dead")
        self.assertEqual(dead["attempts"], 3)
        self.start_system("bup")
        self.cli("exchange", "retry", exchange["id"], check=0)
        self.assert_one_case("social-board", "bup", exchange)

    def test_also_what_must_be_sent_is_a_dead_letter_at_the_cap(self):
        self.systems.start("echo", "social-board", self.hub.port(ENDPOINTS["social-board"][1]), "--status", "404")
        dead = self.wait_state("police-west", self.suspicion()["id"], "dead")
        self.assertEqual(dead["attempts"], 3)
        self.systems.kill9("echo", "social-board")

    def test_a_dead_letter_is_decided_again_before_it_is_sent(self):
        number = "201402012387"
        child = {**people.CHILD_15, "personalNumber": number, "birthDate": "2014-02-01"}
        consent = {"person": {"personalNumber": number}, "giver": "both_guardians", "recipients": ["social-board"], "purposes": ["sig_cooperation"],
                   "categories": ["identity", "event", "case_reference", "official", "home_area", "social_situation", "protection"],
                   "validTo": build.now(86400), "evidenceSha256": "6b" * 32, "language": "sv", "agreement": "sig-2026"}
        given = self.call("police-west", "POST", "/v1/consents", consent, expect=201)
        tested = {"code": "guardian_harm", "value": False, "person": "p1", "assessor": "police-west-officer", "reasonCode": "assessed_no"}
        sent = self.to(self.send("police-west", "police", build.sig_information(child, new_id(), facts=[tested])), "social-board")
        self.assertIn(sent["outcome"], PERMITTED)
        self.wait_state("police-west", sent["id"], "dead")
        self.call("police-west", "POST", f"/v1/consents/{given['id']}/revocations", {})
        self.assertIn(self.exchange("police-west", sent["id"])["state"], ("withdrawn", "held", "refused"))
        self.cli("exchange", "retry", sent["id"], check=1)
        self.start_system("social-board")
        self.wait_state("landlord-private", self.arrears()["id"])
        self.assertEqual(self.cases("social-board", sent["id"]), 0)
        self.systems.kill9("errands", "social-board")


if __name__ == "__main__":
    unittest.main(warnings="ignore")
