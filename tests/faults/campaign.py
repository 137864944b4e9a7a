#!/usr/bin/env python3
"""Every write, sync and rename of an exchange goes wrong once (SIGKILL before and after, a torn write, a short one, EIO,
ENOSPC, a loss of power that takes whatever was not synced); then the hub starts again and everything is checked:

  - what was acknowledged is in every later checkpoint, and is delivered exactly once;
  - nothing was delivered without its leaf;
  - every checkpoint that was ever signed is a prefix of the log as it is in the end;
  - after EIO and ENOSPC nothing more is acknowledged, and /healthz and the metrics say so; or the call was harmless.

  campaign.py --short         every sync and rename, and a spread of the writes (./dev test)
  campaign.py                 every call x every kind (./dev fuzz faults)
  campaign.py --minutes M     the same in random order, as many as there is time for
  campaign.py --only N KIND   one of them again

Standard library only. The seed chooses the spread and is printed; SAMBAND_SEED sets it.
"""
import argparse
import base64
import collections
import hashlib
import http.client
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
from hub_case import ENDPOINTS, PERMITTED, faster_retries, new_id  # noqa: E402
from hub_harness import BINARIES, Counterparts, Hub, wait_for  # noqa: E402

LIBRARY = BINARIES / "lib" / "libsamband-fault-injection.so"
KINDS = ("kill", "killed", "torn", "short", "eio", "enospc", "lost")
WRITES = ("write", "pwrite", "writev", "pwritev")
RECIPIENT = "social-board"
ARRIVAL_SECONDS_MAX = 20


# ---- RFC 6962, written apart from the hub ------------------------------------------------------------------------------


def root_of(hashes):
    """Root of leaf hashes (RFC 6962 section 2.1)."""
    if not hashes:
        return hashlib.sha256(b"").digest()
    if len(hashes) == 1:
        return hashes[0]
    split = 1 << ((len(hashes) - 1).bit_length() - 1)
    return hashlib.sha256(b"\x01" + root_of(hashes[:split]) + root_of(hashes[split:])).digest()


def leaves_of(store):
    """Rows of leaves: each leaf with its length before it (docs/ledger-format.md)."""
    out = []
    for first, bundle in store.execute("SELECT idx, bytes FROM leaf ORDER BY idx"):
        assert first == len(out), "leaves are missing"
        while bundle:
            size = int.from_bytes(bundle[:2], "big")
            out.append(bundle[2:2 + size])
            bundle = bundle[2 + size:]
    return out


def checkpoint_in(text):
    """(size, root) of the checkpoint at the end of a receipt, or of a checkpoint."""
    lines = text[text.rindex("\n\n", 0, text.rindex("\n\n")) + 2:].split("\n") if text.startswith("c2sp.org/") else text.split("\n")
    return int(lines[1]), base64.b64decode(lines[2])


class Campaign:
    def __init__(self):
        self.while_working = 0  # calls until the hub is told to stop
        self.hub = Hub(edit=faster_retries)
        self.systems = Counterparts(self.hub.certs, self.hub.folder)
        self.systems.start(ENDPOINTS[RECIPIENT][0], RECIPIENT, self.hub.port(ENDPOINTS[RECIPIENT][1]))
        self.base, self.arm, self.trace = self.hub.folder / "base", self.hub.folder / "armed", self.hub.folder / "trace"
        # A hub with a life behind it: keys, a log that is no power of two, a guard file.
        self.hub.start()
        for _ in range(3):
            self.send(build.landlord_arrears(people.GUARDIAN_45, new_id()), "landlord-private", "landlord")
        wait_for("first deliveries", lambda: len(self.received()) >= 3, ARRIVAL_SECONDS_MAX)
        time.sleep(0.3)
        self.hub.stop()
        for name, folder in (("data", self.hub.data), ("keys", self.hub.keys)):
            shutil.copytree(folder, self.base / name)
        self.seen = len(self.received())

    def close(self):
        self.systems.close()
        self.hub.close()

    # -- speaking ---------------------------------------------------------------------------------------------------------

    def ask(self, party, method, path, body=None, headers=None):
        """The answer, or None when the hub is gone."""
        try:
            return self.hub.request(party, method, path, body, headers)
        except (http.client.HTTPException, OSError):
            self.hub._forget_clients()
            return None

    def send(self, message, party, adapter):
        media_type, body = message
        return self.ask(party, "POST", f"/v1/in/{adapter}", body, {"content-type": media_type})

    def received(self):
        return [r for r in self.systems.received(ENDPOINTS[RECIPIENT][0], RECIPIENT) if r["kind"] == "errand" and not r["duplicate"]]

    def gone(self):
        return self.hub.process.poll() is not None

    # -- one run ----------------------------------------------------------------------------------------------------------

    def run(self, at=0, kind=""):
        """Returns (what happened, [problems], [calls])."""
        for name, folder in (("data", self.hub.data), ("keys", self.hub.keys)):
            shutil.rmtree(folder)
            shutil.copytree(self.base / name, folder)
        for file in (self.arm, self.trace):
            file.unlink(missing_ok=True)
        self.hub._env = {"LD_PRELOAD": str(LIBRARY), "SAMBAND_FAULT_FOLDERS": f"{self.hub.data}:{self.hub.keys}", "SAMBAND_FAULT_ARM": str(self.arm),
                         "SAMBAND_FAULT_TRACE": str(self.trace), "SAMBAND_FAULT_AT": str(at), "SAMBAND_FAULT_KIND": kind}
        self.hub.start()
        self.arm.touch()
        # A duty to the board that is delivered, and one that is held: a new person each, so that a key is made too.
        messages = [(build.police_suspicion(people.YOUTH_17, new_id()), "police-west", "police"),
                    (build.police_lob(people.ADULT_22, new_id()), "police-west", "police"),
                    (build.landlord_arrears(people.GUARDIAN_45, new_id()), "landlord-private", "landlord")]
        problems, checkpoints, acknowledged, refused = [], [], [], 0
        for message, party, adapter in messages:
            unwell = not self.gone() and self.hub.admin("/healthz")[0] == 503
            answer = self.send(message, party, adapter)
            if answer is None or answer.status != 200:
                if answer is not None and (answer.status != 503 or "NOT SENT" not in answer.body.decode()):
                    problems.append(f"a hub that cannot record answered {answer.status} {answer.body[:200]!r}")
                refused += 1
                continue
            if unwell:
                problems.append("acknowledged after /healthz said 503")
            said = answer.json()
            acknowledged.append(((message, party, adapter), said))
            for exchange in said["exchanges"]:
                receipt = self.ask(party, "GET", f"/v1/receipts/{exchange['id']}")
                if receipt is not None and receipt.status == 200:
                    checkpoints.append(receipt.body.decode())
        self.settle(acknowledged)
        if at == 0:
            wait_for("guard file", lambda: "rename log.guard" in self.calls(), 5)
            self.while_working = len(self.calls())
        happened = self.what_happened(problems, kind)
        if kind == "enospc" and refused and happened == "harmless":
            problems.append("a full disk made the hub refuse, and its health says nothing")
        if happened != "died" and (at == 0 or at > self.while_working):
            try:
                self.hub.stop()  # what it writes while it stops is part of it
            except RuntimeError as error:
                problems.append(str(error)[:300])
            happened = "died" if kind in ("kill", "killed", "torn", "lost", "liar") and len(self.calls()) <= at else happened
        elif happened != "died":
            self.hub.kill9()
        else:
            self.hub._forget_clients()
            self.hub.process = None
        calls = self.calls()
        self.check(acknowledged, checkpoints, problems)
        return happened, problems, calls

    def calls(self):
        return [line.split(" ", 1)[1] for line in self.trace.read_text().splitlines()] if self.trace.exists() else []

    def settle(self, acknowledged):
        """Until everything that may go has gone, or the hub has stopped writing."""
        def done():
            if self.gone() or self.hub.admin("/healthz")[0] != 200:
                return True
            for (_, party, _), said in acknowledged:
                for exchange in said["exchanges"]:
                    if exchange["outcome"] in PERMITTED:
                        answer = self.ask(party, "GET", f"/v1/exchanges/{exchange['id']}")
                        if answer is None or answer.status != 200 or answer.json()["state"] not in ("delivered", "inbox"):
                            return False
            return True
        wait_for("delivery or a fault", done, ARRIVAL_SECONDS_MAX, 0.02)

    def what_happened(self, problems, kind):
        if self.gone():
            return "died"
        status = self.hub.admin("/healthz")[0]
        if status == 200:
            return "harmless"
        if status == 0:
            wait_for("end of a hub that does not answer", self.gone, 5)
            return "died"
        if self.hub.metric("samband_healthy") != 0:
            problems.append("/healthz says 503 and the metric samband_healthy is not 0")
        if kind in ("eio", "enospc"):
            for party, adapter, message in (("police-west", "police", build.police_lob(people.ADULT_22, new_id())),):
                answer = self.send(message, party, adapter)
                if answer is None or answer.status != 503 or "NOT SENT" not in answer.body.decode():
                    problems.append(f"an unwell hub answered {answer}")
        return "stopped writing"

    def check(self, acknowledged, checkpoints, problems):
        self.hub._env = {}
        try:
            self.hub.start()
        except RuntimeError as error:
            problems.append(f"does not start again: {str(error)[-300:]}")
            self.hub.process = None
            self.seen = len(self.received())
            return
        for (message, party, adapter), said in acknowledged:
            again = self.send(message, party, adapter)
            if again is None or again.status != 200 or not again.json().get("duplicate"):
                problems.append("an acknowledged message is gone")
                continue
            if [e["id"] for e in again.json()["exchanges"]] != [e["id"] for e in said["exchanges"]]:
                problems.append("an acknowledged message has other exchanges now")
            for exchange in said["exchanges"]:
                if exchange["outcome"] not in PERMITTED or exchange["recipient"] != RECIPIENT:
                    continue
                try:
                    wait_for("delivery", lambda: self.ask(party, "GET", f"/v1/exchanges/{exchange['id']}").json()["state"] == "delivered",
                             ARRIVAL_SECONDS_MAX, 0.02)
                except TimeoutError:
                    problems.append(f"an acknowledged {exchange['kind']} is never delivered")
                    continue
                got = [r for r in self.received() if r["key"] == exchange["id"]]
                if len(got) != 1:
                    problems.append(f"{len(got)} cases of one acknowledged exchange at the recipient")
        verified = self.hub.command("log", "verify", "--json", "--config", str(self.hub.config), check=False)
        if verified.returncode != 0 or not json.loads(verified.stdout)["valid"]:
            problems.append(f"the log does not verify: {verified.stdout[:300]}")
        self.hub.kill9()
        with sqlite3.connect(f"file:{self.hub.data}/hub.db?mode=ro", uri=True) as store:
            leaves = leaves_of(store)
        hashes = [hashlib.sha256(b"\0" + leaf).digest() for leaf in leaves]
        for text in checkpoints:
            size, root = checkpoint_in(text)
            if size > len(hashes) or root_of(hashes[:size]) != root:
                problems.append(f"a checkpoint over {size} leaves was signed and is not a prefix of the {len(hashes)} there are")
        everything = b"".join(leaves)
        cases = self.received()
        problems += ["a case was delivered that no leaf names" for case in cases[self.seen:] if case["key"].encode() not in everything]
        self.seen = len(cases)


def plan(calls, short, seed):
    """[(number, kind)]; calls are 'pwrite hub.db-wal' and the like."""
    every = [(n + 1, kind) for n, call in enumerate(calls) for kind in KINDS
             if call.split()[0] in WRITES or kind in ("kill", "killed", "eio", "lost")]
    if not short:
        return every
    chance = random.Random(seed)
    syncs = [(n, kind) for n, kind in every if calls[n - 1].split()[0] not in WRITES and kind != "killed"]
    writes = [(n, kind) for n, kind in every if calls[n - 1].split()[0] in WRITES]
    # Every kind on every file that is written, and a few more.
    groups = collections.defaultdict(list)
    for n, kind in writes:
        groups[(calls[n - 1], kind)].append((n, kind))
    few = chance.sample(syncs, min(len(syncs), 10))
    return sorted(set(few) | {chance.choice(group) for group in groups.values()})


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--minutes", type=float, help="in random order, until the time is over")
    parser.add_argument("--only", nargs=2, metavar=("N", "KIND"))
    options = parser.parse_args()
    if not LIBRARY.exists():
        sys.exit(f"{LIBRARY.name} is not built: ./dev build")
    seed = int(os.environ.get("SAMBAND_SEED", random.randrange(1 << 30)))
    campaign = Campaign()
    started, counts, files, failed = time.monotonic(), collections.Counter(), collections.Counter(), 0
    try:
        happened, problems, calls = campaign.run()
        if happened != "harmless" or problems:
            sys.exit(f"the exchange does not work without a fault either: {happened} {problems}")
        by_call = collections.Counter(calls)
        print(f"{len(calls)} calls change files: " + ", ".join(f"{count} {call}" for call, count in sorted(by_call.items())), flush=True)
        for needed in ("fdatasync", "pwrite", "rename"):
            if not any(call.startswith(needed) for call in calls):
                sys.exit(f"no {needed} was seen: the injection does not reach the hub")
        # A disk whose syncs do nothing, and then no power: the checks must see what is lost, or they show nothing.
        happened, problems, _ = campaign.run(campaign.while_working * 2 // 3, "liar")
        if happened != "died" or not problems:
            sys.exit(f"everything is there after a loss of power on a disk that never wrote it: {happened}")
        print(f"without syncs: {problems[0][:100]}", flush=True)
        chosen = [(int(options.only[0]), options.only[1])] if options.only else plan(calls, options.short, seed)
        if options.minutes:
            random.Random(seed).shuffle(chosen)
        print(f"{len(chosen)} faults, seed {seed}", flush=True)
        for done, (n, kind) in enumerate(chosen, 1):
            happened, problems, _ = campaign.run(n, kind)
            counts[(kind, happened)] += 1
            files[(calls[n - 1] if n <= len(calls) else "beyond", kind)] += 1
            if sys.stderr.isatty():
                print(f"\r{done} of {len(chosen)}", end="", file=sys.stderr, flush=True)
            if problems:
                failed += 1
                call = calls[n - 1] if n <= len(calls) else "?"
                print(f"FAULT {n} ({call}) {kind}: {happened}\n    " + "\n    ".join(problems), flush=True)
            if options.minutes and time.monotonic() - started > options.minutes * 60:
                break
    finally:
        campaign.close()
    for kind in KINDS:
        said = ", ".join(f"{count} {what}" for (k, what), count in sorted(counts.items()) if k == kind)
        if said:
            print(f"{kind:7} {said}")
    print(f"{len(files)} pairs of call and kind on {len({file for file, _ in files})} kinds of calls")
    print(f"{sum(counts.values())} faults of {len(chosen)}, {failed} with problems, {time.monotonic() - started:.0f} s")
    if not options.only and not any(what == "stopped writing" for _, what in counts):
        print("no fault made the hub stop writing: this campaign shows nothing")
        failed += 1
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
