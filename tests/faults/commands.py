#!/usr/bin/env python3
"""What changes keys and data beside an exchange is spoilt too, at a spread of its calls: an erasure, a backup, a restore, both
rotations of keys. Each is killed, loses its power, or meets a disk error; then it is done again, and everything is checked:

  - the log verifies, every key in use opens, and the hub starts and still knows what it had acknowledged;
  - a person whose erasure was ordered again is in no file;
  - a backup without its last file is none; a restore that was cut short is said, and done again.

  commands.py               some of each (./dev test)
  commands.py --every       every call with every kind
  commands.py --only NAME   one of them

Standard library only. The seed chooses the spread and is printed; SAMBAND_SEED sets it.
"""
import argparse
import contextlib
import json
import os
import pathlib
import random
import shutil
import sqlite3
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import people  # noqa: E402
import samband_client as build  # noqa: E402
from campaign import LIBRARY  # noqa: E402
from hub_case import data_files, faster_retries, new_id  # noqa: E402
from hub_harness import Hub  # noqa: E402

KINDS = ("kill", "lost", "eio", "enospc")
PERSON = people.YOUTH_17
EACH = 1  # calls of each command and kind in the short form


class Commands:
    def __init__(self):
        self.hub = Hub(edit=faster_retries)
        self.arm, self.trace, self.base = self.hub.folder / "armed", self.hub.folder / "trace", self.hub.folder / "base"
        self.subject = self.hub.folder / "subject"
        self.subject.write_text(PERSON["personalNumber"])
        self.backup = self.hub.folder / "backup"
        self.hub.start()
        self.erased = self.say(PERSON)
        self.kept = self.say(people.ADULT_22)
        self.hub.stop()
        with contextlib.closing(sqlite3.connect(f"file:{self.hub.data}/hub.db?mode=ro", uri=True)) as db:
            [(self.body,)] = db.execute("SELECT body FROM message WHERE id=?", (self.erased,)).fetchall()
        self.command("store", "backup", str(self.backup), must=True)
        for name, folder in (("data", self.hub.data), ("keys", self.hub.keys)):
            shutil.copytree(folder, self.base / name)

    def say(self, who):
        media_type, body = build.police_lob(who, new_id())
        answer = self.hub.request("police-west", "POST", "/v1/in/police", body, {"content-type": media_type})
        assert answer.status == 200, answer.body
        return answer.json()["messageId"]

    def command(self, *words, must=False):
        done = self.hub.command(*words, "--config", str(self.hub.config), check=False)
        if must and done.returncode != 0:
            raise RuntimeError(f"samband {' '.join(words)}: {done.returncode}\n{done.stderr[-600:]}")
        return done

    # -- what is spoilt -------------------------------------------------------------------------------------------------

    def erase(self, number):
        """Through the running hub; the fault hits the hub. The number is that of the try."""
        if self.hub.process is not None and self.hub.process.poll() is not None:
            self.hub._forget_clients()
            self.hub.process = None
        if number == 2 and self.hub.process is not None:
            self.hub.kill9()
        if self.hub.process is None:
            self.hub.start()
        if number == 1:
            self.arm.touch()
        done = self.command("erase", "--subject", str(self.subject), "--basis", "gdpr_17_1_d", "--decision", "T 1", "--force", "--yes")
        # Done by the start already, from the list: nothing is left to order.
        return done.returncode == 0 or "404" in done.stderr

    def offline(self, *words):
        def run(number):
            if number == 1:
                self.arm.touch()
            return self.command(*words).returncode == 0
        return run

    def make_backup(self, number):
        if number == 1:
            self.arm.touch()
        return self.command("store", "backup", str(self.hub.data / f"backup-{number}")).returncode == 0

    def restore(self, number):
        if number == 1:
            self.arm.touch()
        unfinished = (self.hub.data / "restore.unfinished").exists()
        if number == 2 and unfinished:
            said = self.command("store", "check")
            if said.returncode == 0 or "restore" not in said.stderr:
                raise RuntimeError("a store that was half restored was opened")
        return self.command("store", "restore", str(self.backup), *([] if unfinished else ["--replace"])).returncode == 0

    # -- one run --------------------------------------------------------------------------------------------------------

    def run(self, action, at=0, kind=""):
        """Returns ([problems], number of calls)."""
        for name, folder in (("data", self.hub.data), ("keys", self.hub.keys)):
            shutil.rmtree(folder)
            shutil.copytree(self.base / name, folder)
        for file in (self.arm, self.trace):
            file.unlink(missing_ok=True)
        self.hub._env = {"LD_PRELOAD": str(LIBRARY), "SAMBAND_FAULT_FOLDERS": f"{self.hub.data}:{self.hub.keys}", "SAMBAND_FAULT_ARM": str(self.arm),
                         "SAMBAND_FAULT_TRACE": str(self.trace), "SAMBAND_FAULT_AT": str(at), "SAMBAND_FAULT_KIND": kind}
        problems = []
        try:
            went = action(1)
            calls = len(self.trace.read_text().splitlines()) if self.trace.exists() else 0
            self.hub._env = {}
            self.arm.unlink(missing_ok=True)
            if (at == 0 and not went) or (at > 0 and not went and not action(2)):
                problems.append("does not go through when it is done again")
            self.check(action, problems)
        except (RuntimeError, OSError) as error:
            problems.append(str(error)[:600])
            calls = 0
        finally:
            self.hub._env = {}
            self.hub._forget_clients()
            if self.hub.process is not None:
                if self.hub.process.poll() is None:
                    self.hub.kill9()
                self.hub.process = None
        return problems, calls

    def check(self, action, problems):
        if self.hub.process is not None and self.hub.process.poll() is not None:
            self.hub._forget_clients()
            self.hub.process = None
        elif self.hub.process is not None:
            self.hub.kill9()
        for backup in self.hub.data.glob("backup-*"):
            said = self.command("store", "check", str(backup))
            if (backup / "manifest.json").exists() != (said.returncode == 0):
                problems.append("a backup with a manifest is not whole, or one without is taken for one")
        self.hub.start()
        if self.hub.request("police-west", "GET", f"/v1/messages/{self.kept}").status != 200:
            problems.append("what was acknowledged is gone")
        self.hub.stop()
        if action == self.erase:
            found = [p.name for folder in (self.hub.data, self.hub.keys) for p in data_files(folder) if self.body[:200] in p.read_bytes()]
            if found:
                problems.append(f"an erased person is in {found}")
        if not json.loads(self.command("log", "verify", "--json").stdout or '{"valid": false}')["valid"]:
            problems.append("the log does not verify")
        sound = self.command("store", "check")
        if sound.returncode != 0:
            problems.append(f"store check: {sound.stderr[-300:]}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--every", action="store_true")
    parser.add_argument("--only", metavar="NAME", help="this command alone, at three calls of each kind")
    options = parser.parse_args()
    each = 3 if options.only else EACH
    if not LIBRARY.exists():
        sys.exit(f"{LIBRARY.name} is not built: ./dev build")
    seed = int(os.environ.get("SAMBAND_SEED", random.randrange(1 << 30)))
    chance, commands, started, tried, failed = random.Random(seed), Commands(), time.monotonic(), 0, 0
    print(f"seed {seed}", flush=True)
    try:
        for name, action in (("erase", commands.erase), ("keys rotate log", commands.offline("keys", "rotate", "log")),
                             ("keys rotate master", commands.offline("keys", "rotate", "master")), ("store backup", commands.make_backup),
                             ("store restore", commands.restore)):
            if options.only not in (None, name):
                continue
            problems, calls = commands.run(action)
            if problems or calls == 0:
                sys.exit(f"{name} does not work without a fault either, or no call was seen: {problems}")
            chosen = [(n, kind) for kind in KINDS for n in
                      (range(1, calls + 1) if options.every else sorted(chance.sample(range(1, calls + 1), min(calls, each))))]
            for done, (n, kind) in enumerate(chosen, 1):
                problems, _ = commands.run(action, n, kind)
                if sys.stderr.isatty():
                    print(f"\r{name}: {done} of {len(chosen)} ", end="", file=sys.stderr, flush=True)
                tried += 1
                if problems:
                    failed += 1
                    print(f"FAULT {name}: {n} {kind}\n    " + "\n    ".join(problems), flush=True)
            print(f"{name}: {calls} calls, {len(chosen)} faults", flush=True)
    finally:
        commands.hub.close()
    print(f"{tried} faults, {failed} with problems, {time.monotonic() - started:.0f} s")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
