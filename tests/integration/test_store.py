#!/usr/bin/env python3
"""A backup is made beside the running hub, says when it is damaged, comes back, and brings nothing back that was erased;
keys are rotated and what was sealed and signed before still opens and verifies."""
import json
import pathlib
import shutil
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import hub_harness  # noqa: E402
import people  # noqa: E402
import samband_client as build  # noqa: E402
from hub_case import HubCase, data_files, new_id  # noqa: E402

VERIFY = hub_harness.BINARIES / "bin" / "samband-verify"


class Backups(HubCase):
    SYSTEMS = ["social-board"]

    def setUp(self):
        if self.hub.process is None:
            self.hub.start()

    def deliver(self, who=people.YOUTH_17):
        exchange = self.to(self.send("police-west", "police", build.police_suspicion(who, new_id())), "social-board")
        self.wait_state("police-west", exchange["id"])
        return exchange["id"]

    def backup(self):
        folder = self.hub.folder / f"backup-{new_id()[:8]}"
        return folder, self.cli_json("store", "backup", str(folder))

    def test_a_backup_is_whole_private_and_checked(self):
        self.deliver()
        folder, manifest = self.backup()
        self.assertEqual(json.loads((folder / "manifest.json").read_text()), manifest)
        self.assertEqual(set(manifest["files"]) - {"keys/erasures.list"}, {"data/hub.db", "keys/keys.db"})
        self.assertTrue(all(p.stat().st_mode & 0o077 == 0 for p in [folder, *folder.rglob("*")]))
        secrets = [(self.hub.keys / name).read_bytes() for name in ("master.key", "subject.key", "log.seed")]
        self.assertFalse([p for p in data_files(folder) for s in secrets if s in p.read_bytes()])
        self.cli("store", "backup", str(folder), check=1)  # never into a folder that is there
        live, kept = self.cli_json("store", "check"), self.cli_json("store", "check", str(folder))
        self.assertEqual((live["ok"], kept["ok"]), (True, True))
        self.assertEqual(kept["logSize"], manifest["logSize"])
        self.assertGreater(kept["keys"], 0)
        for name in ("data/hub.db", "keys/keys.db"):
            damaged = self.hub.folder / f"damaged-{new_id()[:8]}"
            shutil.copytree(folder, damaged)
            content = bytearray((damaged / name).read_bytes())
            content[len(content) // 2] ^= 1
            (damaged / name).write_bytes(content)
            for command in (["store", "check", str(damaged)], ["store", "restore", str(damaged), "--replace"]):
                self.assertIn("damaged", self.cli(*command, check=1).stderr)
        self.cli("store", "check", str(self.hub.folder), check=1)

    def test_it_comes_back_and_nothing_erased_does(self):
        kept = self.deliver(people.CHILD_15)
        gone = self.deliver({**people.YOUTH_17, "personalNumber": "201001022399", "birthDate": "2010-01-02"})
        self.hub.stop()
        folder, manifest = self.backup()
        self.hub.start()
        self.cli("store", "restore", str(folder), check=1)  # the hub runs
        subject = self.hub.folder / "subject"
        subject.write_text("201001022399")
        self.cli("erase", "--subject", str(subject), "--basis", "court_order", "--decision", "T 1-26", "--yes", check=0)
        self.hub.stop()
        self.cli("store", "restore", str(folder), check=1)  # data are there
        done = self.cli_json("store", "restore", str(folder), "--replace")
        self.assertGreaterEqual(done["destroyed"], 1)
        self.assertIn("refuse to sign", done["guard"])
        self.assertTrue(done["setAside"])
        # As the operator with the holders' word does who has no newer data (docs/operations.md).
        (self.hub.keys / "log.guard").rename(self.hub.folder / "log.guard")
        said = self.cli("serve", check=1).stderr
        self.assertIn("no rollback guard", said)
        size = json.loads(self.cli("log", "verify", "--json").stdout)["size"]
        self.assertIn(f"samband log guard --size {size}", said)
        for wrong, code in ((size + 1, 1), (size - 1, 1), ("x", 2)):
            self.cli("log", "guard", "--size", str(wrong), check=code)
        self.assertFalse((self.hub.keys / "log.guard").exists())
        self.cli("log", "guard", "--size", str(size), check=0)
        self.assertIn("there already", self.cli("log", "guard", "--size", str(size), check=1).stderr)
        self.hub.start()
        self.assertNotIn("erased", self.exchange("police-west", kept))
        self.assertTrue(self.exchange("police-west", gone)["erased"])
        self.assert_log_verifies()
        self.assertTrue(self.cli_json("store", "check")["ok"])

    def test_a_restore_that_was_cut_short_is_said_and_done_again(self):
        kept = self.deliver()
        self.hub.stop()
        folder, _ = self.backup()
        whole = [self.hub.folder / "whole-data", self.hub.folder / "whole-keys"]
        for live, copy in zip((self.hub.data, self.hub.keys), whole):
            shutil.copytree(live, copy)
        # Killed when nothing, the keys, or both were put back (tests/faults kills it at every call).
        for put_back in (0, 1, 2):
            for live, copy in zip((self.hub.data, self.hub.keys), whole):
                shutil.rmtree(live)
                shutil.copytree(copy, live)
            (self.hub.data / "restore.unfinished").write_text(f"{folder}\n")
            for file in (self.hub.data / "hub.db", self.hub.keys / "keys.db"):
                file.rename(f"{file}.before-1")
            if put_back > 0:
                shutil.copy(folder / "keys" / "keys.db", self.hub.keys / "keys.db")
            if put_back > 1:
                shutil.copy(folder / "data" / "hub.db", self.hub.data / "hub.db")
            for command in (["serve"], ["store", "check"], ["keys", "rotate", "log"]):
                self.assertIn("restore", self.cli(*command, check=1).stderr, command)
            self.assertFalse(put_back < 2 and (self.hub.data / "hub.db").exists())
            done = self.cli_json("store", "restore", str(folder))
            self.assertIn(str(self.hub.data / "hub.db.before-1"), done["setAside"])
            self.assertFalse((self.hub.data / "restore.unfinished").exists())
            self.hub.start()
            self.assertEqual(self.exchange("police-west", kept)["state"], "delivered")
            self.hub.stop()
        self.hub.start()

    def test_the_guard_may_lie_elsewhere_and_is_never_silently_missing(self):
        self.hub.stop()
        text, elsewhere = (self.hub.config / "hub.toml").read_text(), self.hub.folder / "elsewhere"
        try:
            (self.hub.config / "hub.toml").write_text(text.replace("[log]\n", f'[log]\nguard_file = "{elsewhere}/log.guard"\n', 1))
            for command in (["serve"], ["check"], ["keys", "rotate", "log"]):
                self.assertIn("rollback guard is not there", self.cli(*command, check=1).stderr, command)
            elsewhere.mkdir()
            self.assertIn("no rollback guard", self.cli("serve", check=1).stderr)
            (self.hub.keys / "log.guard").rename(elsewhere / "log.guard")
            self.hub.start()
            self.deliver(people.CHILD_15)
            self.hub.stop()
            old = self.hub.folder / "old-data"
            shutil.copytree(self.hub.data, old)
            self.hub.start()
            self.deliver(people.CHILD_15)
            self.hub.stop()
            self.assertTrue((elsewhere / "log.guard").exists())
            newest = self.hub.folder / "newest-data"
            shutil.move(self.hub.data, newest)
            shutil.copytree(old, self.hub.data)
            self.assertIn("older than what this log has signed", self.cli("serve", check=1).stderr)
            self.assertEqual(self.cli("keys", "rotate", "log").returncode, 1)
            shutil.rmtree(self.hub.data)
            shutil.move(newest, self.hub.data)
            (self.hub.config / "hub.toml").write_text(text.replace("[log]\n", f'[log]\nguard_file = "{self.hub.data}/log.guard"\n', 1))
            self.assertIn("guards nothing", self.cli("check").stderr)
        finally:
            (self.hub.config / "hub.toml").write_text(text)
        self.assertNotIn("guards nothing", self.cli("check").stderr)
        (elsewhere / "log.guard").rename(self.hub.keys / "log.guard")
        self.hub.start()

    def test_a_backup_that_cannot_be_used_replaces_nothing(self):
        self.deliver()
        folder, _ = self.backup()
        self.hub.stop()
        manifest = json.loads((folder / "manifest.json").read_text())
        (folder / "manifest.json").write_text(json.dumps({**manifest, "origin": "samband.example/another"}))
        self.assertIn("another log", self.cli("store", "restore", str(folder), "--replace", check=1).stderr)
        (folder / "manifest.json").write_text(json.dumps(manifest))
        old = (self.hub.keys / "master.key").read_bytes()
        self.cli("keys", "rotate", "master", check=0)
        before = sorted(p.name for p in [*self.hub.data.iterdir(), *self.hub.keys.iterdir()])
        self.assertIn("another master key", self.cli("store", "restore", str(folder), "--replace", check=1).stderr)
        self.assertEqual(sorted(p.name for p in [*self.hub.data.iterdir(), *self.hub.keys.iterdir()]), before)
        (self.hub.keys / "master.key").write_bytes(old)
        self.cli("store", "restore", str(folder), "--replace", check=0)
        self.hub.start()

    def test_a_copy_of_the_data_is_not_signed_beside_the_original(self):
        self.deliver()
        copy = self.hub.folder / "copy"
        shutil.copytree(self.hub.data, copy)
        done = subprocess.run([str(hub_harness.SAMBAND), "serve", "--config", str(self.hub.config)], capture_output=True, text=True, timeout=30,
                              env={**self.hub.environment(), "SAMBAND_DATA_DIR": str(copy)}, cwd=str(hub_harness.SOURCE))
        self.assertEqual(done.returncode, 1)
        self.assertIn("another hub signs with these keys", done.stderr)

    def test_both_keys_are_rotated(self):
        exchange = self.deliver()
        receipt, old = self.call("police-west", "GET", f"/v1/receipts/{exchange}"), self.cli("log", "key", check=0).stdout.strip()
        for which in ("master", "log"):
            self.cli("keys", "rotate", which, check=1)  # the hub runs
        self.cli("keys", "rotate", "both", check=2)
        self.hub.stop()
        self.assertGreater(self.cli_json("keys", "rotate", "master")["keys"], 0)
        before = (self.hub.keys / "log.seed").read_bytes()
        rotated = self.cli_json("keys", "rotate", "log")
        self.assertEqual(rotated["old"], old)
        self.assertEqual(self.cli("log", "key", check=0).stdout.strip(), rotated["new"])
        # Killed after the commit, before the seed was in place: the start finishes it.
        (self.hub.keys / "log.seed").rename(self.hub.keys / "log.seed.next")
        (self.hub.keys / "log.seed").write_bytes(before)
        (self.hub.keys / "log.seed").chmod(0o600)
        [kept] = self.hub.data.glob("log.rotation-*.checkpoint")
        kept.unlink()
        self.hub.start()
        self.hub.stop()
        self.assertFalse((self.hub.keys / "log.seed.next").exists())
        self.assertEqual(self.cli("log", "key", check=0).stdout.strip(), rotated["new"])
        self.hub.start()
        self.assertNotIn("erased", self.exchange("police-west", exchange))
        self.deliver(people.CHILD_15)
        self.assertEqual(self.cli("log", "checkpoint", "--rotation", check=0).stdout, rotated["checkpoint"])
        self.assertNotEqual(self.cli("log", "checkpoint", check=0).stdout, rotated["checkpoint"])
        self.assert_log_verifies()
        self.assertTrue(self.cli_json("store", "check")["ok"])
        again = self.call("police-west", "GET", f"/v1/receipts/{exchange}")
        for text, key, valid in ((receipt, old, 0), (again, rotated["new"], 0), (again, old, 1)):
            file = self.hub.folder / "receipt"
            file.write_bytes(text if isinstance(text, bytes) else text.encode())
            done = subprocess.run([str(VERIFY), "receipt", str(file), "--vkey", key], capture_output=True, text=True)
            self.assertEqual(done.returncode, valid, done.stdout + done.stderr)


SOFTHSM = pathlib.Path("/usr/lib/softhsm/libsofthsm2.so")


@unittest.skipUnless(SOFTHSM.exists() and shutil.which("softhsm2-util"), "softhsm2 is not installed: no token to test with")
class Token(HubCase):
    """The master key under the guard of a PKCS#11 token."""

    SYSTEMS = ["social-board"]

    @classmethod
    def prepare(cls, hub):
        tokens = hub.folder / "tokens"
        tokens.mkdir()
        configuration = hub.folder / "softhsm2.conf"
        configuration.write_text(f"directories.tokendir = {tokens}\nobjectstore.backend = file\n")
        hub._env["SOFTHSM2_CONF"] = str(configuration)
        subprocess.run(["softhsm2-util", "--init-token", "--free", "--label", "samband", "--pin", "0000", "--so-pin", "1111"], check=True,
                       capture_output=True, env=hub.environment())
        cls.pin = hub.folder / "pin"
        cls.pin.write_text("0000\n")
        cls.pin.chmod(0o600)

    def into(self, check, token="samband", pin=None):
        return self.cli("keys", "token", "in", "--module", str(SOFTHSM), "--token", token, "--pin-file", str(pin or self.pin), check=check)

    def held(self):
        exchange = self.to(self.send("police-west", "police", build.police_lob(people.ADULT_22, new_id())), "social-board")
        return exchange["id"]

    def test_the_token_opens_what_was_sealed(self):
        before = self.held()
        self.assertIn("stop it first", self.into(1).stderr)  # while the hub runs
        self.hub.stop()
        master = self.hub.keys / "master.key"
        secret = master.read_bytes()
        wrong = self.hub.folder / "wrong-pin"
        wrong.write_text("9999\n")
        wrong.chmod(0o600)
        self.assertIn("not the PIN", self.into(1, pin=wrong).stderr)
        self.assertIn("no token", self.into(1, token="other").stderr)
        self.assertEqual(master.read_bytes(), secret)

        self.into(0)
        self.assertFalse(master.exists())
        self.assertFalse([p for p in data_files(self.hub.keys) if secret in p.read_bytes()])
        self.hub.start()
        self.assess("police-west", before, need_of_help=True, identity_established=True)  # reads what was sealed before
        self.wait_state("police-west", before)
        self.hub.stop()
        self.assertIn("token out", self.cli("keys", "rotate", "master", check=1).stderr)
        guarded = (self.hub.keys / "master.token").read_text()
        (self.hub.keys / "master.token").write_text(guarded[:-8] + "AAAAAA==\n")
        self.assertEqual(self.cli("serve", check=1).returncode, 1)
        (self.hub.keys / "master.token").write_text(guarded)

        self.cli("keys", "token", "out", check=0)
        self.assertEqual(master.read_bytes(), secret)
        self.cli("keys", "rotate", "master", check=0)
        self.into(0)
        self.hub.start()
        self.assertEqual(self.exchange("police-west", before)["state"], "delivered")


if __name__ == "__main__":
    unittest.main()
