#!/usr/bin/env python3
"""The hub dies, drains, or is started where it may not be: nothing is lost, nothing is doubled, no second history begins."""
import concurrent.futures
import contextlib
import http.client
import json
import os
import pathlib
import shutil
import signal
import sqlite3
import sys
import threading
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import hub_harness  # noqa: E402
import people  # noqa: E402
import samband_client as build  # noqa: E402
from hub_case import ENDPOINTS, PERMITTED, DeliveryCase, new_id  # noqa: E402
from hub_harness import wait_for  # noqa: E402


class Life(DeliveryCase):
    def setUp(self):
        if self.hub.process is None:
            self.hub.start()

    def data_copy(self):
        """A backup as somebody makes it who stops the hub first."""
        self.assertIsNone(self.hub.process)
        copy = self.hub.folder / f"copy-{new_id()[:8]}"
        shutil.copytree(self.hub.data, copy)
        return copy

    def put_back(self, copy):
        shutil.rmtree(self.hub.data)
        shutil.copytree(copy, self.hub.data)
        os.chmod(self.hub.data, 0o700)

    def refuses_to_start(self):
        done = self.hub.command("serve", "--config", str(self.hub.config), check=False, timeout=30)
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        return done.stderr

    def test_a_hub_that_died_or_was_restarted_delivers_what_waited(self):
        for end in ("kill9", "stop"):
            for sender, recipient, way in self.WAYS:
                with self.subTest(end=end, way=way):
                    exchange = getattr(self, way)()  # nobody listens
                    wait_for("failed attempt", lambda: self.exchange(sender, exchange["id"])["attempts"] >= 1, 20)
                    getattr(self.hub, end)()
                    self.start_system(recipient)
                    self.hub.start()
                    self.assert_one_case(sender, recipient, exchange)
                    self.systems.kill9(ENDPOINTS[recipient][0], recipient)
        self.assert_log_verifies()

    def test_the_log_verifies_beside_a_busy_hub(self):
        stop = threading.Event()

        def sender():
            client = self.hub.client("police-west")
            while not stop.is_set():
                media_type, body = build.police_lob(people.ADULT_22, new_id())
                client.request("POST", "/v1/in/police", body, {"content-type": media_type})

        busy = [threading.Thread(target=sender) for _ in range(3)]
        for each in busy:
            each.start()
        try:
            for _ in range(6):
                self.assert_log_verifies()  # of one commit, whatever is written meanwhile
        finally:
            stop.set()
            for each in busy:
                each.join()

    def test_a_hub_that_died_while_the_recipient_worked_opens_no_second_case(self):
        for sender, recipient, way in self.WAYS:
            with self.subTest(way=way):
                self.start_system(recipient)
                self.mode(recipient, delay=1000)
                before = self.opened(recipient)
                exchange = getattr(self, way)()
                wait_for("case at the recipient", lambda: self.opened(recipient) > before, 20)
                self.hub.kill9()
                self.mode(recipient)
                self.hub.start()
                self.assert_one_case(sender, recipient, exchange)
                self.assertEqual(self.opened(recipient), before + 1)
                self.systems.kill9(ENDPOINTS[recipient][0], recipient)

    def test_sigterm_lets_go_of_nothing(self):
        self.start_system("social-board")
        self.mode("social-board", delay=20)
        messages = [build.landlord_arrears(people.GUARDIAN_45, new_id(), amount=f"{n + 1} 000,00 kr") for n in range(60)]
        first = self.arrears()

        def send(message):
            client = self.hub.client("landlord-private")
            try:
                answer = client.request("POST", "/v1/in/landlord", message[1], {"content-type": message[0]})
                return answer.json() if answer.status == 200 else answer.status
            except (OSError, http.client.HTTPException):
                return "no answer"
            finally:
                client.close()

        process = self.hub.process
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            answers = []
            for n, answer in enumerate(pool.map(send, messages)):
                answers.append(answer)
                if n == 15:
                    process.send_signal(signal.SIGTERM)
        self.assertEqual(self.hub.stop(), 0)
        self.assertIn('"event":"hub.draining"', self.hub.log())
        self.assertIn('"event":"hub.stopped"', self.hub.log())
        answered = [a for a in answers if isinstance(a, dict)]
        self.assertGreaterEqual(len(answered), 16)
        self.assertLess(len(answered), len(messages), "the signal came too late to show anything")
        self.mode("social-board")
        self.hub.start()
        for message, before in zip(messages, answers):
            again = self.send("landlord-private", "landlord", message)
            if isinstance(before, dict):
                self.assertTrue(again["duplicate"], "an answered message was lost")
                self.assertEqual([e["id"] for e in again["exchanges"]], [e["id"] for e in before["exchanges"]])
            exchange = self.to(again, "social-board")
            self.assert_one_case("landlord-private", "social-board", exchange)
        self.assert_one_case("landlord-private", "social-board", first)
        self.assert_log_verifies()
        self.systems.kill9("errands", "social-board")

    def owed(self):
        with contextlib.closing(sqlite3.connect(f"file:{self.hub.data / 'hub.db'}?mode=ro", uri=True)) as db:
            return {row[0] for row in db.execute("SELECT exchange_id FROM agenda WHERE at=0")}

    def test_a_receipt_that_was_owed_when_the_hub_died_is_sent_after_all(self):
        for party in ("social-board", "landlord-private"):
            self.start_system(party)
        caught, sent = set(), []
        for _ in range(60):
            exchange = self.arrears()
            sent.append(exchange["id"])
            try:
                # Between the acknowledgement and the message that it owes: a few milliseconds.
                wait_for("acknowledgement", self.owed, 1, interval=0)
            except TimeoutError:
                continue
            self.hub.kill9()
            caught |= self.owed()
            self.hub.start()
            if len(caught) >= 2:
                break
        self.assertTrue(caught, "the hub never died at the right moment")
        wait_for("settled agenda", lambda: not self.owed(), 30)
        receipts = lambda: {r["body"]["exchangeId"] for r in self.received("landlord-private") if "receivedAt" in r["body"]}  # noqa: E731
        wait_for("receipts at the landlord", lambda: set(sent) <= receipts(), 30)
        for exchange in sent:
            self.assertEqual(len([r for r in self.received("landlord-private") if r["body"].get("exchangeId") == exchange and not r["duplicate"]]), 1)
        self.assert_log_verifies()
        for party in ("social-board", "landlord-private"):
            self.systems.kill9(ENDPOINTS[party][0], party)

    def test_a_recall_that_was_owed_when_the_hub_died_is_sent_after_all(self):
        self.start_system("social-board")
        exchange = self.arrears()
        self.wait_state("landlord-private", exchange["id"])
        self.hub.stop()
        with contextlib.closing(sqlite3.connect(self.hub.data / "hub.db")) as db:  # as the acknowledgement would have left it
            db.execute("INSERT INTO agenda(exchange_id,what,at,opened_at,count) VALUES(?,'recall',0,0,0)", (exchange["id"],))
            db.commit()
        self.hub.start()
        wait_for("recall at the board", lambda: self.received_of("social-board", exchange["id"], "recall"), 30)
        wait_for("settled agenda", lambda: not self.owed(), 30)
        self.assertEqual(self.exchange("landlord-private", exchange["id"])["life"], "recalled")
        self.systems.kill9("errands", "social-board")

    def test_a_second_hub_on_the_same_data_refuses(self):
        said = self.refuses_to_start()
        self.assertIn("another hub runs on this data folder", said)
        # Also with ports of its own, and the first is not disturbed.
        other = self.hub.folder / "config-2"
        shutil.copytree(self.hub.config, other, dirs_exist_ok=True)
        text = (other / "hub.toml").read_text()
        for port, free in zip(self.hub.ports.values(), hub_harness.free_ports(len(self.hub.ports))):
            text = text.replace(str(port), str(free))
        (other / "hub.toml").write_text(text)
        done = self.hub.command("serve", "--config", str(other), check=False, timeout=30)
        self.assertEqual(done.returncode, 1)
        self.assertIn("another hub runs on this data folder", done.stderr)
        self.assertEqual(self.hub.admin("/readyz")[0], 200)
        self.assertIn(self.arrears()["outcome"], PERMITTED)

    def test_data_rolled_back_refuse_to_start(self):
        self.arrears()
        self.hub.stop()
        old = self.data_copy()
        self.hub.start()
        self.arrears()
        self.hub.stop()
        new = self.data_copy()
        self.put_back(old)
        said = self.refuses_to_start()
        self.assertIn("older than what this log has signed", said)
        self.assertNotIn("internal", said)
        self.put_back(new)
        self.hub.start()
        self.assert_log_verifies()

    def test_a_leaf_damaged_long_ago_is_found_beside_the_work_and_stops_the_signing(self):
        while self.leaves() < 300:  # past a full tile: a start looks at the tail alone
            self.arrears()
        self.hub.stop()
        whole = self.data_copy()
        with contextlib.closing(sqlite3.connect(self.hub.data / "hub.db")) as db, db:
            trigger = "".join(sql for (sql,) in db.execute("SELECT sql FROM sqlite_master WHERE name='leaf_update'"))
            db.execute("DROP TRIGGER leaf_update")
            [(index, leaf)] = db.execute("SELECT idx, bytes FROM leaf ORDER BY idx LIMIT 1 OFFSET 5").fetchall()
            db.execute("UPDATE leaf SET bytes=? WHERE idx=?", (leaf[:12] + bytes([leaf[12] ^ 1]) + leaf[13:], index))
            db.execute(trigger)
        self.hub.start()
        wait_for("the full check", lambda: "ledger.damaged" in self.hub.log(), 30)
        wait_for("unhealthy", lambda: self.hub.admin("/healthz")[0] == 503, 10)
        self.assertGreater(self.hub.metric("samband_log_problems"), 0)
        size = self.leaves()
        media_type, body = build.landlord_arrears(people.GUARDIAN_45, new_id())
        answer = self.hub.request("landlord-private", "POST", "/v1/in/landlord", body, {"content-type": media_type})
        self.assertEqual(answer.status, 503, answer.body)
        self.assertEqual(self.leaves(), size)
        self.hub.stop()
        self.put_back(whole)
        self.hub.start()
        wait_for("sound", lambda: self.hub.metric("samband_log_checked_size") >= size, 30)
        self.assertEqual(self.hub.metric("samband_log_problems"), 0)
        self.assertEqual(self.hub.admin("/healthz")[0], 200)
        self.assert_log_verifies()

    def test_a_second_history_refuses_to_start(self):
        self.hub.stop()
        old = self.data_copy()
        self.hub.start()
        self.arrears()
        self.hub.stop()
        first = self.data_copy()
        guard = self.hub.keys / "log.guard"
        kept = guard.read_bytes()
        # Somebody moves the guard aside and lets the old copy go on: the same size, other leaves.
        self.put_back(old)
        guard.unlink()
        self.assertIn("no rollback guard", self.refuses_to_start())
        size = json.loads(self.cli("log", "verify", "--json", check=0).stdout)["size"]
        self.cli("log", "guard", "--size", str(size), check=0)
        self.hub.start()
        self.arrears()
        self.hub.stop()
        second = self.data_copy()
        guard.write_bytes(kept)
        self.assertIn("another history", self.refuses_to_start())
        self.put_back(first)
        self.hub.start()
        self.assert_log_verifies()
        self.assertNotEqual((first / "hub.db").read_bytes(), (second / "hub.db").read_bytes())

    def test_data_of_another_key_refuse_to_start(self):
        self.arrears()
        self.hub.stop()
        kept = self.hub.folder / "keys-kept"
        self.hub.keys.rename(kept)
        try:
            self.hub.command("keys", "dev", "--keys", str(self.hub.keys))
            self.assertIn("not signed by this log's key", self.refuses_to_start())
            shutil.rmtree(self.hub.keys)
            self.assertIn("keys dev", self.refuses_to_start())  # says what to do
        finally:
            shutil.rmtree(self.hub.keys, ignore_errors=True)
            kept.rename(self.hub.keys)
        self.hub.start()

    def test_keys_that_others_can_read_refuse_to_start(self):
        self.hub.stop()
        try:
            for path, mode in ((self.hub.keys, 0o755), (next(p for p in self.hub.keys.iterdir() if p.suffix in (".key", ".seed", "") and p.is_file()), 0o644)):
                before = path.stat().st_mode & 0o777
                path.chmod(mode)
                self.refuses_to_start()
                path.chmod(before)
        finally:
            self.hub.start()


if __name__ == "__main__":
    unittest.main(warnings="ignore")
