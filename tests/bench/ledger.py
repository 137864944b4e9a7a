#!/usr/bin/python3
"""What recording costs (samband-ledger-bench), beside a raw SQLite program with the same rows in equal batches and beside one
bare fdatasync, on the same disk in the same run.

  ledger.py [--rounds N] [--seconds S] [--leaves N] [--folder DIR]

Medians of the rounds. Targets: at 64 senders 0.5 of the raw program; p50 at one sender three bare syncs; receipts flat (within
2x) from 10^4 to 10^6 leaves; opening a log of 10^6 leaves 1 s; samband-verify on 10^7 leaves 2 minutes and 512 MB.
"""
import argparse
import json
import os
import pathlib
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

BINARIES = pathlib.Path(os.environ.get("SAMBAND_BINARY_DIR", pathlib.Path(__file__).resolve().parents[2] / "build" / "dev")) / "bin"


def run(folder, what, *arguments):
    work = pathlib.Path(tempfile.mkdtemp(prefix="samband-", dir=folder))
    try:
        done = subprocess.run([BINARIES / "samband-ledger-bench", what, work, *map(str, arguments)], capture_output=True, text=True)
        if done.returncode != 0:
            sys.exit(f"bench: {what}: {done.stderr.strip()[-500:]}")
        return json.loads(done.stdout)
    finally:
        shutil.rmtree(work)


def middle(rows, key):
    return statistics.median(row[key] for row in rows)


def recording(folder, rounds, seconds):
    syncs, commits, raws = [], {1: [], 8: [], 64: []}, {1: [], 8: [], 64: []}
    for _ in range(rounds):
        syncs.append(run(folder, "fdatasync"))
        for senders in commits:
            commits[senders].append(run(folder, "commit", senders, seconds))
            raws[senders].append(run(folder, "raw", max(1, round(commits[senders][-1]["batch"])), seconds))
    sync = middle(syncs, "p50us")
    print(f"one bare fdatasync of 4 KiB: p50 {sync:.0f} us, p99 {middle(syncs, 'p99us'):.0f} us; medians of {rounds} rounds")
    print("senders  records/s  batch   p50 us   p99 us   raw SQLite/s   ratio")
    for senders, rows in commits.items():
        own, peer = middle(rows, "perSecond"), middle(raws[senders], "perSecond")
        goal = "   target 0.5" if senders == 64 else f"   p50 = {middle(rows, 'p50us') / sync:.1f} syncs, target 3" if senders == 1 else ""
        print(f"{senders:7} {own:10.0f} {middle(rows, 'batch'):6.1f} {middle(rows, 'p50us'):8.0f} {middle(rows, 'p99us'):8.0f} {peer:14.0f} "
              f"{own / peer:7.2f}{goal}")
    print("inserted rows an exchange before release: 3 (message, exchange, leaf); one checkpoint row a batch is replaced")


def growing(folder):
    print("  leaves   opening ms   receipt p50 us   p99 us")
    grown = [run(folder, "grow", leaves) for leaves in (10**4, 10**5, 10**6)]
    for row in grown:
        print(f"{row['leaves']:8} {row['openMs']:12.1f} {row['receiptP50us']:16.2f} {row['receiptP99us']:8.2f}")
    print(f"receipt at 10^6 beside 10^4: {grown[-1]['receiptP50us'] / grown[0]['receiptP50us']:.2f}, target within 2; opening target 1000 ms")


def verifying(folder, leaves):
    program = BINARIES / "samband-verify"
    if not program.exists():
        print("samband-verify: not built, not measured")
        return
    log = pathlib.Path(tempfile.mkdtemp(prefix="samband-log-", dir=folder))
    try:
        made = json.loads(subprocess.run([BINARIES / "samband-ledger-bench", "generate", log, str(leaves)], capture_output=True, text=True,
                                         check=True).stdout)
        start = time.monotonic()
        done = subprocess.run([program, "log", log, "--vkey", made["vkey"]], capture_output=True, text=True)
        took = time.monotonic() - start
        memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
        print(f"samband-verify log, {leaves} leaves of {made['medianBytes']} bytes (median): exit {done.returncode}, {took:.1f} s, at most {memory:.0f} MB "
              "(largest child of this program); targets 120 s, 512 MB")
        if done.returncode != 0:
            sys.exit(done.stdout[-500:] + done.stderr[-500:])
    finally:
        shutil.rmtree(log)


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--rounds", type=int, default=3)
    arguments.add_argument("--seconds", type=float, default=3)
    arguments.add_argument("--leaves", type=int, default=10**7, help="of the log that samband-verify reads; 0: not")
    arguments.add_argument("--folder", default=str(BINARIES.parent), help="on the disk that counts")
    a = arguments.parse_args()
    recording(a.folder, a.rounds, a.seconds)
    growing(a.folder)
    if a.leaves:
        verifying(a.folder, a.leaves)


if __name__ == "__main__":
    main()
