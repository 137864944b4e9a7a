#!/usr/bin/env python3
"""The log and its receipts beside code that Samband did not write, and such code's logs beside samband-verify.

  golog      golang.org/x/mod/sumdb (tlog, note) of Debian's golang-golang-x-mod-dev
  sigstore   @sigstore/verify from npm, by the lock file
  openssl    the recipe of docs/operations.md, as it stands there

A verifier that is not to be had here is skipped by name; the others run.
"""
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "support"))
import people  # noqa: E402
import samband_client as build  # noqa: E402
from hub_case import PERMITTED, HubCase, new_id  # noqa: E402
from hub_harness import SAMBAND, SOURCE  # noqa: E402

VERIFY, BINARY = SAMBAND.parent / "samband-verify", SAMBAND.parent.parent
GOCODE = pathlib.Path("/usr/share/gocode")
VALID, INVALID, UNUSABLE = 0, 1, 2


def run(*arguments, **more):
    return subprocess.run([str(a) for a in arguments], capture_output=True, text=True, timeout=300, **more)


def verify(*arguments):
    return run(VERIFY, *arguments, env={**os.environ, "LANG": "C", "LC_ALL": "C"})


def golog():
    """The Go program, built once; skips when Go or its library is not installed."""
    if not shutil.which("go") or not (GOCODE / "src/golang.org/x/mod/sumdb/tlog").is_dir():
        raise unittest.SkipTest("golang-go and golang-golang-x-mod-dev are not installed (./dev install peers)")
    program = BINARY / "interop/golog"
    if not program.exists() or program.stat().st_mtime < (HERE / "golog/main.go").stat().st_mtime:
        program.parent.mkdir(parents=True, exist_ok=True)
        done = run("go", "build", "-o", program, HERE / "golog/main.go", env={
            **os.environ, "GO111MODULE": "off", "GOPATH": str(GOCODE), "GOFLAGS": "", "GOPROXY": "off", "GOCACHE": str(program.parent / "cache")})
        if done.returncode != 0:
            raise AssertionError(done.stderr)
    return program


def node_modules():
    """@sigstore/verify, installed once by the lock file; skips when npm or its registry is not there."""
    if not shutil.which("node") or not shutil.which("npm"):
        raise unittest.SkipTest("nodejs and npm are not installed (./dev install peers)")
    folder = BINARY / "interop/npm"
    lock, stamp = (HERE / "sigstore/package-lock.json").read_bytes(), folder / "installed-lock.json"
    if not stamp.exists() or stamp.read_bytes() != lock:
        folder.mkdir(parents=True, exist_ok=True)
        for name in ("package.json", "package-lock.json", ".npmrc"):
            shutil.copy(HERE / "sigstore" / name, folder / name)
        done = run("npm", "ci", "--ignore-scripts", cwd=folder)
        if done.returncode != 0:
            raise unittest.SkipTest("npm ci does not reach a registry")
        stamp.write_bytes(lock)
    return folder / "node_modules"


def flipped(path, at, folder):
    data = bytearray(pathlib.Path(path).read_bytes())
    data[at] ^= 1
    out = pathlib.Path(folder) / "flipped"
    out.write_bytes(bytes(data))
    return out


class OurLog(HubCase):
    """A hub with messages in its log: exported, and its receipts fetched."""
    SYSTEMS = ["social-board"]

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.temp = pathlib.Path(cls.hub.folder) / "interop"
        cls.temp.mkdir()
        cls.case = cls("runTest")
        cls.receipts, cls.key = [], ""
        cls.key = cls.case.cli("log", "key", check=0).stdout.strip()
        for i in range(6):
            if i == 3:
                cls.case.cli("log", "export", str(cls.temp / "log"), check=0)
                shutil.copy(cls.temp / "log/checkpoint", cls.temp / "old")
            make = build.police_suspicion if i % 3 else build.police_lob
            answer = cls.case.send("police-west", "police", make(people.YOUTH_17, new_id()))
            for exchange in answer["exchanges"]:
                path = cls.temp / f"{len(cls.receipts)}.tlog-proof"
                path.write_text(cls.case.call("police-west", "GET", f"/v1/receipts/{exchange['id']}").decode()
                                if i % 2 else exchange["receipt"]["proof"])
                cls.receipts.append((path, exchange))
        cls.exported = json.loads(cls.case.cli("log", "export", str(cls.temp / "log"), "--json", check=0).stdout)

    def runTest(self):
        pass

    def test_samband_verify_finds_the_log_and_every_receipt_valid(self):
        done = verify("log", self.temp / "log", "--vkey", self.key, "--json")
        self.assertEqual(done.returncode, VALID, done.stdout)
        self.assertEqual(json.loads(done.stdout)["size"], self.exported["size"])
        self.assertEqual(verify("consistency", self.temp / "old", self.temp / "log", "--vkey", self.key).returncode, VALID)
        self.assertGreaterEqual(len(self.receipts), 6)
        for path, exchange in self.receipts:
            done = verify("receipt", path, "--vkey", self.key, "--json")
            said = json.loads(done.stdout)
            self.assertEqual(done.returncode, VALID, done.stdout)
            self.assertEqual(said["subject"], exchange["id"])
            self.assertEqual(said["sender"], "police-west")

    def test_the_recipient_gets_the_proof_without_what_the_entry_says(self):
        exchange = next(e for _, e in self.receipts if e["recipient"] == "social-board" and e["outcome"] in PERMITTED)
        self.wait_state("police-west", exchange["id"])
        proof = self.call("social-board", "GET", f"/v1/receipts/{exchange['id']}").decode()
        self.assertNotIn("extra", proof)
        path = self.temp / "recipient.tlog-proof"
        path.write_text(proof)
        self.assertEqual(verify("receipt", path, "--vkey", self.key).returncode, UNUSABLE)
        shown = self.call("social-board", "GET", f"/v1/exchanges/{exchange['id']}")
        self.assertNotIn("extra", json.dumps(shown))

    def test_a_hashes_only_export_holds_no_entry(self):
        folder = self.temp / "public"
        self.cli("log", "export", str(folder), "--hashes-only", check=0)
        self.assertFalse((folder / "tile/entries").exists())
        self.assertEqual(verify("log", folder, "--vkey", self.key).returncode, UNUSABLE)
        self.assertEqual(verify("log", folder, "--vkey", self.key, "--opaque").returncode, VALID)
        self.assertEqual(self.cli("log", "export", str(folder)).returncode, 1)

    def test_go_agrees_on_tree_receipts_consistency_and_notes(self):
        go, log = golog(), self.temp / "log"
        done = run(go, "check", log, self.key)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn(f"ok: {self.exported['size']} entries", done.stdout)
        done = run(go, "consistency", self.temp / "old", log, self.key)
        self.assertEqual(done.returncode, 0, done.stderr)
        for path, _ in self.receipts:
            done = run(go, "receipt", path, self.key)
            self.assertEqual(done.returncode, 0, done.stderr)
        path, size = self.receipts[0][0], self.receipts[0][0].stat().st_size
        for at in (40, size // 2, size - 20):
            self.assertNotEqual(run(go, "receipt", flipped(path, at, self.temp), self.key).returncode, 0, at)

    def test_sigstore_agrees_on_inclusion_and_checkpoint(self):
        modules = node_modules()
        for path, _ in self.receipts:
            done = run("node", HERE / "sigstore/receipt.cjs", modules, path, self.key)
            self.assertEqual((done.returncode, done.stdout), (0, "ok\n"), done.stderr)
        path, size = self.receipts[0][0], self.receipts[0][0].stat().st_size
        for at in (40, size - 20):
            self.assertEqual(run("node", HERE / "sigstore/receipt.cjs", modules, flipped(path, at, self.temp), self.key).returncode, 1, at)

    def test_the_recipe_of_the_manual_checks_a_checkpoint(self):
        manual = (SOURCE / "docs/operations.md").read_text()
        recipe = re.search(r"<!-- recipe -->\n```\n(.*?)```", manual, re.S).group(1)
        for name, expected in (("checkpoint", True), ("changed", False)):
            folder = self.temp / f"recipe-{name}"
            folder.mkdir()
            text = (self.temp / "log/checkpoint").read_text()
            (folder / "checkpoint").write_text(text if expected else text.replace("\n", "\n1", 1))
            done = subprocess.run(["sh", "-eu"], input=recipe.replace("KEY=...", f"KEY='{self.key}'"), text=True, capture_output=True, cwd=folder)
            self.assertEqual(done.returncode == 0 and "Signature Verified Successfully" in done.stdout, expected, done)


class LogsOfOthers(unittest.TestCase):
    def setUp(self):
        self.go = golog()
        self.temp = pathlib.Path(tempfile.mkdtemp(prefix="samband-interop-"))
        self.addCleanup(shutil.rmtree, self.temp)

    def written(self, *arguments):
        done = run(self.go, "write", self.temp / "log", *arguments)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout.strip()

    def test_logs_written_by_go_are_valid_and_so_are_their_proofs(self):
        for size, older in ((1, 1), (255, 3), (256, 255), (257, 256), (70000, 4711)):
            shutil.rmtree(self.temp / "log", ignore_errors=True)
            key = self.written(size, "-older", older)
            done = verify("log", self.temp / "log", "--vkey", key, "--opaque", "--json")
            self.assertEqual(done.returncode, VALID, done.stdout)
            self.assertEqual(json.loads(done.stdout)["entries"], size)
            self.assertEqual(verify("log", self.temp / "log", "--vkey", key).returncode, INVALID, "not our entries")
            self.assertEqual(verify("consistency", self.temp / "log/checkpoint.old", self.temp / "log", "--vkey", key).returncode, VALID)
            proof = run(self.go, "prove", self.temp / "log", key, older - 1)
            (self.temp / "proof").write_text(proof.stdout)
            (self.temp / "leaf").write_text("x" * ((older - 1) % 300) + str(older - 1))
            self.assertEqual(verify("receipt", self.temp / "proof", "--vkey", key, "--opaque", "--leaf", self.temp / "leaf").returncode, VALID)
            (self.temp / "leaf").write_text("another")
            self.assertEqual(verify("receipt", self.temp / "proof", "--vkey", key, "--opaque", "--leaf", self.temp / "leaf").returncode, INVALID)
            shutil.rmtree(self.temp / "log/tile/entries")
            self.assertEqual(verify("log", self.temp / "log", "--vkey", key, "--opaque").returncode, VALID)

    def test_a_log_in_our_format_that_go_wrote_is_read_with_all_its_rules(self):
        key = self.written(3000, "-own", "-older", 300)
        done = verify("log", self.temp / "log", "--vkey", key, "--json")
        self.assertEqual((done.returncode, json.loads(done.stdout)["entries_acknowledgement"]), (VALID, 1500))

    def test_the_layout_of_the_go_checksum_database(self):
        key = self.written(1000, "-sumdb")
        self.assertTrue((self.temp / "log/latest").exists())
        self.assertEqual(verify("log", self.temp / "log", "--vkey", key, "--opaque").returncode, VALID)
        tile = self.temp / "log/tile/8/0/001"
        tile.write_bytes(flipped(tile, 500, self.temp).read_bytes())
        self.assertEqual(verify("log", self.temp / "log", "--vkey", key, "--opaque").returncode, INVALID)


if __name__ == "__main__":
    unittest.main(verbosity=2)
