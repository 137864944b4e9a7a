#!/usr/bin/python3
"""The decision's cost (samband-policy-bench), and other policy engines on pairs of the same kind in the same run.

  policy.py [--runs N]

Figures are medians of the runs, in microseconds. Targets: 30 fields and 200 rules with explanation p50 20, p99 100; one
cover check 0.1. OPA is not measured: evaluating Rego as WebAssembly needs a policy compiled by the opa program, and
neither Debian nor npm has it.
"""
import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "proof"))
import cedar  # noqa: E402  the shipped rules as data, and node's modules


def middle(runs, key, share):
    return statistics.median(run[key][share] for run in runs)


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--runs", type=int, default=5)
    a = arguments.parse_args()
    runs = []
    for _ in range(a.runs):
        runs.append(json.loads(subprocess.run([cedar.BINARY / "bin/samband-policy-bench"], capture_output=True, text=True,
                                              check=True).stdout))
    rows = [("decide, with explanation as values", "decide", 20, 100), ("the same, and as JSON", "decide_and_json", None, None),
            ("the same, and in words", "decide_and_words", None, None), ("a hold, nothing released", "held", None, None),
            ("the same with nearest_change", "held_with_nearest_change", None, None), ("one cover check", "cover_check", 0.1, None)]
    print(f"{runs[0]['fields']} fields, {runs[0]['rules']} rules, 2 persons; median of {a.runs} runs, microseconds")
    for title, key, p50, p99 in rows:
        goal = "" if p50 is None else f"   target {p50}" + (f" / {p99}" if p99 else "")
        print(f"  {title:<38} p50 {middle(runs, key, 'p50'):8.3f}   p99 {middle(runs, key, 'p99'):9.3f}{goal}")
    own = middle(runs, "cover_check", "p50")

    modules, why = cedar.node_modules()
    if modules is None:
        print(f"  other engines: SKIP: {why}")
        return 0
    with tempfile.TemporaryDirectory(prefix="samband-bench-") as folder:
        folder = pathlib.Path(folder)
        (folder / "rules.json").write_text(json.dumps(cedar.rule_set(), default=str))
        with open(folder / "cases.jsonl", "wb") as out:
            subprocess.run([cedar.BINARY / "bin/samband-policy-proof", "cases", "3000", "--seed", "1"], stdout=out, check=True)
        for peer in ("cedar", "casbin"):
            results = []
            for _ in range(a.runs):
                done = subprocess.run(["node", *cedar.NODE_FLAGS, HERE / "policy_peers.mjs", folder / "rules.json",
                                       folder / "cases.jsonl", modules, peer], capture_output=True, text=True,
                                      env={**os.environ, "NODE_NO_WARNINGS": "1"})
                if done.returncode != 0:
                    print(f"  {peer}: failed: {done.stderr.strip()[:300]}")
                    return 1
                results.append(json.loads(done.stdout))
            p50 = statistics.median(r["p50"] for r in results)
            p99 = statistics.median(r["p99"] for r in results)
            print(f"  {peer + ', one pair':<38} p50 {p50:8.3f}   p99 {p99:9.3f}   {p50 / own:.0f} times ours")
    print("  opa: not measured (needs the opa program to compile Rego)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
