#!/usr/bin/env python3
"""Witnesses of the log: receipts carry their cosignatures, nothing leaves before the quorum has seen it, and a hub whose data folder is
older than what a witness has seen does not sign; one witness that says so and cannot show it stops nobody."""
import contextlib
import http.server
import pathlib
import shutil
import subprocess
import sys
import threading
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import people  # noqa: E402
import samband_client as build  # noqa: E402
from hub_case import HubCase, faster_retries, new_id  # noqa: E402
from hub_harness import SAMBAND, SOURCE, _die_with_parent, free_ports, wait_for  # noqa: E402


class WitnessProcess:
    def __init__(self, hub, name):
        self.hub, self.name, self.state, self.process = hub, name, hub.folder / f"witness-{name}", None
        self.port = free_ports(1)[0]

    def start(self, *options):
        command = [str(SAMBAND), "log", "witness", "--name", f"{self.name}.example", "--state", str(self.state), "--logs",
                   str(self.hub.folder / "logs.policy"), "--listen", f"127.0.0.1:{self.port}", *options]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, preexec_fn=_die_with_parent)
        self.vkey = self.process.stdout.readline().strip()
        return self

    def stop(self):
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process.stdout.close()
            self.process = None


class Witnesses(HubCase):
    SYSTEMS = ["social-board"]

    @staticmethod
    def edit(folder):
        faster_retries(folder)
        hub = folder / "hub.toml"
        hub.write_text(hub.read_text().replace("[log]\n", '[log]\nwitness_policy = "witnesses.policy"\nwait_for_witnesses = true\n'))

    @classmethod
    def prepare(cls, hub):
        """Two of three; the third is never there."""
        key = hub.command("log", "key", "--config", str(hub.config)).stdout.strip()
        (hub.folder / "logs.policy").write_text(f"log {key}\nquorum none\n")
        cls.witnesses = [WitnessProcess(hub, name).start("--new") for name in ("north", "south", "absent")]
        for each in cls.witnesses:
            cls.addClassCleanup(each.stop)
        cls.witnesses[2].stop()
        lines = [f"witness {w.name} {w.vkey} http://127.0.0.1:{w.port}\n" for w in cls.witnesses]
        (hub.config / "witnesses.policy").write_text("".join(lines) + "group two 2 north south absent\nquorum two\n")

    def arrears(self):
        return self.to(self.send("landlord-private", "landlord", build.landlord_arrears(people.GUARDIAN_45, new_id())), "social-board")

    def receipt(self, exchange):
        return self.call("landlord-private", "GET", f"/v1/receipts/{exchange['id']}").decode()

    def test_receipts_are_upgraded_and_delivery_waits_for_the_quorum(self):
        exchange = self.arrears()
        self.wait_state("landlord-private", exchange["id"])
        text = wait_for("cosigned receipt", lambda: "north.example" in self.receipt(exchange) and self.receipt(exchange), 10)
        self.assertIn("south.example", text)
        seen = {x["id"] for x in self.wait_inbox("housing-coordinator", lambda x: True)}

        self.witnesses[1].stop()
        waiting = self.arrears()  # recorded and answered; it does not leave
        self.assertIn(waiting["outcome"], ("released", "partial"))
        wait_for("word about the missing quorum", lambda: "witness.no_quorum" in self.hub.log(), 10)
        self.assertEqual(self.received_of("social-board", waiting["id"]), [])
        self.assertNotEqual(self.exchange("landlord-private", waiting["id"])["state"], "delivered")
        # One that reads its inbox is answered, with what the witnesses have seen and nothing else.
        self.assertEqual({x["id"] for x in self.inbox("housing-coordinator")}, seen)
        self.witnesses[1].start()
        self.wait_state("landlord-private", waiting["id"], seconds=15)
        self.wait_inbox("housing-coordinator", lambda x: x["id"] not in seen)

    def test_a_hub_that_is_behind_its_witnesses_does_not_sign(self):
        self.wait_state("landlord-private", self.arrears()["id"])
        self.hub.stop()
        backup, keys = self.hub.folder / "backup", self.hub.keys / "log.guard"
        shutil.copytree(self.hub.data, backup)
        self.hub.start()
        self.wait_state("landlord-private", self.arrears()["id"])
        self.hub.stop()
        newest = self.hub.folder / "newest"
        shutil.move(self.hub.data, newest)
        shutil.copytree(backup, self.hub.data)
        keys.unlink()  # the guard file would refuse before the witnesses are asked
        done = self.hub.command("serve", "--config", str(self.hub.config), check=False, timeout=30)
        self.assertEqual(done.returncode, 1)
        self.assertIn("restored backup", done.stderr)
        self.assertIn("has seen", done.stderr)
        seed = (self.hub.keys / "log.seed").read_bytes()
        rotated = self.cli("keys", "rotate", "log", check=1)  # it would sign too
        self.assertIn("has seen", rotated.stderr)
        self.assertEqual((self.hub.keys / "log.seed").read_bytes(), seed)
        self.assertFalse((self.hub.keys / "log.seed.next").exists())
        shutil.rmtree(self.hub.data)
        shutil.move(newest, self.hub.data)
        self.hub.start()
        self.wait_state("landlord-private", self.arrears()["id"])

    def test_a_hub_that_has_gone_on_with_another_history_stops(self):
        """Started from a backup while no witness answered, it grew past what they had seen: no larger number gives it away."""
        self.wait_state("landlord-private", self.arrears()["id"])
        self.hub.stop()
        backup = self.hub.folder / "before-the-fork"
        shutil.copytree(self.hub.data, backup)
        self.hub.start()
        self.wait_state("landlord-private", self.arrears()["id"])
        self.hub.stop()
        newest = self.hub.folder / "the-true-one"
        shutil.move(self.hub.data, newest)
        shutil.move(backup, self.hub.data)
        (self.hub.keys / "log.guard").unlink()
        for witness in self.witnesses[:2]:
            witness.stop()
        self.hub.start()
        for _ in range(3):
            self.arrears()
        for witness in self.witnesses[:2]:
            witness.start()
        wait_for("an unwell hub", lambda: self.hub.admin("/healthz")[0] == 503, 20)
        self.assertIn("another log with these", self.hub.log())
        self.hub.stop()
        done = self.hub.command("serve", "--config", str(self.hub.config), check=False, timeout=30)
        self.assertEqual(done.returncode, 1)
        self.assertIn("another log with these", done.stderr)
        shutil.rmtree(self.hub.data)
        shutil.move(newest, self.hub.data)
        (self.hub.keys / "log.guard").unlink(missing_ok=True)
        self.hub.start()
        self.wait_state("landlord-private", self.arrears()["id"])

    def test_a_witness_says_what_is_wrong(self):
        spare = WitnessProcess(self.hub, "spare")
        command = [str(SAMBAND), "log", "witness", "--name", "spare.example", "--state", str(spare.state), "--logs",
                   str(self.hub.folder / "logs.policy")]
        for options, words in ((["--listen", "0.0.0.0:1"], "--certificate"), (["--listen", "x"], "ADDRESS:PORT"), ([], "--new")):
            done = subprocess.run([*command, *options], capture_output=True, text=True, timeout=20, cwd=SOURCE)
            self.assertEqual(done.returncode, 1, done.stderr)
            self.assertIn(words, done.stderr)
        spare.start("--new")
        spare.stop()
        (spare.state / "witness.db").unlink()
        done = subprocess.run(command, capture_output=True, text=True, timeout=20, cwd=SOURCE)
        self.assertIn("without its memory", done.stderr)


class Liar(http.server.BaseHTTPRequestHandler):
    """A witness that is not one: unwell, or says that it has seen more of the log, or another one."""
    mode = "unwell"

    def log_message(self, *_):
        pass

    def answer(self, status, body, kind="text/plain"):
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        with contextlib.suppress(BrokenPipeError):  # the hub ends
            self.wfile.write(body)

    def do_GET(self):
        # A checkpoint of that size, and not of our key.
        self.answer(200, b"samband.example/log\n999999\n" + b"A" * 43 + b"=\n\n\xe2\x80\x94 samband.example/log AAAAAAAA\n")

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        said = {"larger": b"999999\n", "same": body.split(b"\n\n", 1)[1].split(b"\n")[1] + b"\n"}.get(Liar.mode)
        self.answer(409 if said else 500, said or b"x", "text/x.tlog.size")


class Contradicted(HubCase):
    """Whose word stops the hub: a checkpoint of its own, or so many witnesses that no quorum is left."""
    SYSTEMS = ["social-board"]
    edit = staticmethod(Witnesses.edit)
    arrears = Witnesses.arrears

    @classmethod
    def prepare(cls, hub):
        key = hub.command("log", "key", "--config", str(hub.config)).stdout.strip()
        (hub.folder / "logs.policy").write_text(f"log {key}\nquorum none\n")
        cls.witnesses = [WitnessProcess(hub, name).start("--new") for name in ("north", "south", "west")]
        for each in cls.witnesses:
            cls.addClassCleanup(each.stop)
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Liar)
        cls.addClassCleanup(server.server_close)
        cls.addClassCleanup(server.shutdown)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        cls.liar = server.server_port
        cls.policy(hub, "two", [])

    @classmethod
    def policy(cls, hub, quorum, liars):
        lines = [f"witness {w.name} {w.vkey} http://127.0.0.1:{cls.liar if w.name in liars else w.port}\n" for w in cls.witnesses]
        group = {"two": "group q 2 north south west\nquorum q\n", "any": "group q any north south west\nquorum q\n"}
        (hub.config / "witnesses.policy").write_text("".join(lines) + group.get(quorum, f"quorum {quorum}\n"))

    @contextlib.contextmanager
    def stopped(self, quorum, liars, mode):
        """The hub is stopped inside, and runs with true witnesses after."""
        self.hub.stop()
        self.policy(self.hub, quorum, liars)
        Liar.mode = mode
        try:
            yield
        finally:
            self.hub.stop()
            self.policy(self.hub, "two", [])
            self.hub.start()

    def refusal(self):
        done = self.hub.command("serve", "--config", str(self.hub.config), check=False, timeout=30)
        self.assertEqual(done.returncode, 1, done.stderr)
        return done.stderr

    def alarms(self):
        lines = self.hub.admin("/metrics")[1].splitlines()
        return sum(float(line.split()[-1]) for line in lines if 'kind="witness_contradicts"' in line)

    def test_one_that_says_so_and_cannot_show_it_stops_nobody(self):
        for mode in ("larger", "same"):
            with self.subTest(mode), self.stopped("two", ["south"], mode):
                self.hub.start()
                self.wait_state("landlord-private", self.arrears()["id"])
                wait_for("an alarm", lambda: self.alarms() == 1, 10)
                status, text = self.hub.admin("/healthz")
                self.assertEqual(status, 200)
                self.assertIn("1 witness(es) contradict this log", text)
                self.assertIn("'south' says that it has seen", self.hub.log())
                Liar.mode = "unwell"
                self.wait_state("landlord-private", self.arrears()["id"])
                Liar.mode = mode  # while it runs, once more: nothing new
                self.wait_state("landlord-private", self.arrears()["id"])
                self.assertEqual(self.alarms(), 1)

    def test_so_many_that_no_quorum_is_left_stop_it(self):
        for quorum, liars in (("two", ["south", "west"]), ("south", ["south"])):
            with self.subTest(quorum), self.stopped(quorum, liars, "larger"):
                said = self.refusal()
                for words in ("too few witnesses are left", *(f"'{name}' says" for name in liars), "witness is at fault", "restored backup"):
                    self.assertIn(words, said)
                Liar.mode = "unwell"
                self.hub.start()
                Liar.mode = "larger"
                wait_for("an unwell hub", lambda: self.hub.admin("/healthz")[0] == 503, 20)
                self.assertIn("too few witnesses are left", self.hub.log())

    def test_one_that_shows_a_checkpoint_of_this_log_is_enough(self):
        with self.stopped("any", [], "unwell"):
            backup, newest = self.hub.folder / "older", self.hub.folder / "newer"
            shutil.copytree(self.hub.data, backup)
            for witness in self.witnesses[1:]:
                witness.stop()
            self.hub.start()
            self.wait_state("landlord-private", self.arrears()["id"])
            self.hub.stop()
            shutil.move(self.hub.data, newest)
            shutil.move(backup, self.hub.data)
            (self.hub.keys / "log.guard").unlink()
            said = self.refusal()
            self.assertIn("the witness 'north' has seen", said)
            self.assertIn("restored backup", said)
            self.assertNotIn("at fault", said)
            for witness in self.witnesses[1:]:
                witness.start()
            shutil.rmtree(self.hub.data)
            shutil.move(newest, self.hub.data)


if __name__ == "__main__":
    unittest.main()
