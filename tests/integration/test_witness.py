#!/usr/bin/env python3
"""Witnesses of the log: receipts carry their cosignatures, nothing leaves before the quorum has seen it, and a hub whose data folder is
older than what a witness has seen does not sign."""
import pathlib
import shutil
import subprocess
import sys
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


if __name__ == "__main__":
    unittest.main()
