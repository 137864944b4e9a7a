#!/usr/bin/python3
"""The decision beside Cedar: random requests, every (field, provision, person) asked of both (tests/proof/cedar).

  cedar.py [--cases N] [--seed S]

Cedar comes from npm into the build folder, by the lock file. The policies come from config/rules/*.toml, read here and
not by the hub's loader. A rule set that is changed on purpose must give disagreements, or the test could not fail.
Exit code 0 no disagreement, 1 some, 77 Cedar is not to be had here (said so).
"""
import argparse
import concurrent.futures
import json
import os
import pathlib
import random
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib

HERE = pathlib.Path(__file__).resolve().parent
SOURCE = HERE.parent.parent
# node 20 aborts ("unreachable code") when it inlines calls into WebAssembly in a hot loop.
NODE_FLAGS = ["--no-turbo-inline-js-wasm-calls"]
BINARY = pathlib.Path(os.environ.get("SAMBAND_BINARY_DIR", SOURCE / "build/dev"))


def node_modules():
    """The folder with node_modules, installed by the lock file; None and a reason when it is not to be had."""
    folder = BINARY / "proof-npm"
    if not shutil.which("node") or not shutil.which("npm"):
        return None, "nodejs and npm are not installed (./dev install)"
    folder.mkdir(parents=True, exist_ok=True)
    lock = (HERE / "cedar/package-lock.json").read_bytes()
    stamp = folder / "installed-lock.json"
    if stamp.exists() and stamp.read_bytes() == lock:
        return folder, ""
    for name in ("package.json", "package-lock.json", ".npmrc"):
        shutil.copy(HERE / "cedar" / name, folder / name)
    done = subprocess.run(["npm", "ci", "--ignore-scripts"], cwd=folder, capture_output=True, text=True, timeout=300)
    if done.returncode != 0:
        return None, "npm ci does not reach a registry: " + (done.stderr.strip().splitlines() or ["?"])[0][:200]
    stamp.write_bytes(lock)
    return folder, ""


def rule_set():
    """The shipped rules as plain data, and the closed list of facts."""
    out = {"provision": [], "rule": [], "gate": ["landlord_private"], "newPurpose": ["police"]}
    for path in sorted((SOURCE / "config/rules").glob("*.toml")):
        read = tomllib.loads(path.read_text())
        out["provision"] += read.get("provision", [])
        out["rule"] += read.get("rule", [])
        out["gate"] = read.get("gate", {}).get("recipients", out["gate"])
        out["newPurpose"] = read.get("gate", {}).get("new_purpose_senders", out["newPurpose"])
    facts = (SOURCE / "docs/vocabulary.md").read_text().split("\n## Facts")[1].split("\n## ")[0]
    out["facts"] = re.findall(r"^\| `(\w+)`", facts, re.M)
    return out


def compare(rules, cases, modules):
    """What cedar.mjs answers about a file of cases."""
    done = subprocess.run(["node", *NODE_FLAGS, HERE / "cedar/cedar.mjs", rules, cases, modules], capture_output=True, text=True)
    if done.returncode not in (0, 1) or not done.stdout:
        raise RuntimeError(done.stderr[:1500])
    return json.loads(done.stdout)


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--cases", type=int, default=100_000)
    arguments.add_argument("--seed", type=int, default=int(os.environ.get("SAMBAND_SEED", random.randrange(1 << 48))))
    a = arguments.parse_args()
    modules, why = node_modules()
    if modules is None:
        print(f"SKIP: {why}")
        return 77
    with tempfile.TemporaryDirectory(prefix="samband-cedar-") as folder:
        folder = pathlib.Path(folder)

        def write(name, rules):
            (folder / name).write_text(json.dumps(rules, default=str))
            return folder / name

        def cases(name, count, seed):
            with open(folder / name, "wb") as out:
                subprocess.run([BINARY / "bin/samband-policy-proof", "cases", str(count), "--seed", str(seed)],
                               stdout=out, check=True)
            return folder / name

        rules = write("rules.json", rule_set())
        # Blocks of their own seed, two at a time: a block that disagrees can be asked again alone.
        block = 25_000
        seeds = [a.seed + i for i in range((a.cases + block - 1) // block)]
        total = {"pairs": 0, "questions": 0, "disagreements": 0}

        def run(seed):
            path = cases(f"{seed}.jsonl", min(block, a.cases), seed)
            answer = compare(rules, path, modules)
            path.unlink()
            return seed, answer

        version = ""
        with concurrent.futures.ThreadPoolExecutor(min(2, os.cpu_count() or 1)) as pool:
            for seed, answer in pool.map(run, seeds):
                version = answer["version"]
                for key in total:
                    total[key] += answer[key]
                for example in answer["examples"]:
                    print("DISAGREE seed", seed, json.dumps(example, ensure_ascii=False))
        print(f"cedar {version}: {total['pairs']} cases, {total['questions']} questions, seeds {seeds[0]}..{seeds[-1]}, "
              f"{total['disagreements']} disagreements")

        # Could it fail? A rule that forgets a condition, one that breaks too much, a provision that nobody knows.
        found = []
        sample = cases("mutants.jsonl", 3000, a.seed)
        for name, change in MUTANTS.items():
            mutant = rule_set()
            change(mutant)
            found.append((name, compare(write("mutant.json", mutant), sample, modules)["disagreements"]))
        print("changed on purpose: " + ", ".join(f"{name} gives {count}" for name, count in found))
        return 0 if total["disagreements"] == 0 and total["pairs"] >= a.cases and all(n > 0 for _, n in found) else 1


def named(items, item_id):
    return next(item for item in items if item["id"] == item_id)


MUTANTS = {
    "a condition left out": lambda r: [rule["conditions"].pop() for rule in r["rule"] if rule.get("conditions")],
    "rules that break everything": lambda r: [rule.update(breaks_all=True) for rule in r["rule"]],
    "a provision forgotten": lambda r: r["provision"].remove(named(r["provision"], "OSL 21:1")),
}

if __name__ == "__main__":
    sys.exit(main())
