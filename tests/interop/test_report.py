#!/usr/bin/env python3
"""A supervisor's access report, made here in Python from docs/ledger-format.md alone, and judged by samband-verify: what is
left out, added, altered, of another person or of an older epoch must show. Keys and signatures are OpenSSL's."""
import base64
import copy
import hashlib
import hmac
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from hub_harness import SAMBAND  # noqa: E402

VERIFY = SAMBAND.parent / "samband-verify"
ORIGIN = "samband.example/report-test"
DECISION, INDEX = 1, 14
VALID, INVALID, UNUSABLE = 0, 1, 2


def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def b64(data):
    return base64.b64encode(data).decode()


# ---- entries: deterministic CBOR ------------------------------------------------------------------------------------


def head(major, n):
    if n < 24:
        return bytes([major << 5 | n])
    for low, width in ((24, 1), (25, 2), (26, 4), (27, 8)):
        if n < 1 << 8 * width:
            return bytes([major << 5 | low]) + n.to_bytes(width, "big")
    raise ValueError(n)


def cbor(value):
    if isinstance(value, int):
        return head(0, value)
    if isinstance(value, bytes):
        return head(2, len(value)) + value
    if isinstance(value, str):
        return head(3, len(value)) + value.encode()
    if isinstance(value, list):
        return head(4, len(value)) + b"".join(map(cbor, value))
    return head(5, len(value)) + b"".join(cbor(k) + cbor(v) for k, v in sorted(value.items()))


def entry(number, kind=DECISION, **more):
    fields = {1: 1, 2: kind, 3: sha256(b"event %d" % number)[:16], 4: 1795000000000 + number}
    names = {"sender": 5, "recipient": 6, "subject": 7, "outcome": 8, "codes": 9, "relies_on": 11, "commitment": 12}
    return cbor({**fields, **{names[k]: v for k, v in more.items()}})


# ---- the log: RFC 6962 section 2.1 ----------------------------------------------------------------------------------


def split(n):
    return 1 << (n - 1).bit_length() - 1


def root_of(entries):
    if len(entries) == 1:
        return sha256(b"\0", entries[0])
    k = split(len(entries))
    return sha256(b"\1", root_of(entries[:k]), root_of(entries[k:]))


def path_of(index, entries):
    if len(entries) == 1:
        return []
    k = split(len(entries))
    if index < k:
        return path_of(index, entries[:k]) + [root_of(entries[k:])]
    return path_of(index - k, entries[k:]) + [root_of(entries[:k])]


# ---- the index: a prefix tree over labels ---------------------------------------------------------------------------


def label_of(person):
    return hmac.new(b"key of the index", person.encode(), hashlib.sha256).digest()


def value_of(entries):
    return sha256(b"".join(i.to_bytes(8, "big") for i in entries))


def bit(label, i):
    return label[i // 8] >> 7 - i % 8 & 1


def node_of(lists, depth=0):
    """lists: label -> indices."""
    if not lists:
        return sha256(b"\4")
    if len(lists) == 1:
        (label, entries), = lists.items()
        return sha256(b"\2", label, value_of(entries))
    left, right = ({k: v for k, v in lists.items() if bit(k, depth) == b} for b in (0, 1))
    return sha256(b"\3", node_of(left, depth + 1), node_of(right, depth + 1))


def walk(lists, label):
    siblings, depth = [], 0
    while len(lists) > 1:
        other = {k: v for k, v in lists.items() if bit(k, depth) != bit(label, depth)}
        lists = {k: v for k, v in lists.items() if k not in other}
        depth += 1
        siblings.append(b64(node_of(other, depth)))
    if not lists:
        return {"siblings": siblings, "end": None}
    (there, entries), = lists.items()
    end = {"list": entries} if there == label else {"label": there.hex(), "value": b64(value_of(entries))}
    return {"siblings": siblings, "end": end}


class Log:
    """Entries about eight persons, an epoch, more entries, a second epoch, and some that no epoch covers."""
    PERSONS = [f"person {i}" for i in range(8)]

    def __init__(self, folder, counts=(40, 20, 5)):
        self.key = folder / "key.pem"
        subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out", self.key], check=True, capture_output=True)
        der = subprocess.run(["openssl", "pkey", "-in", self.key, "-pubout", "-outform", "DER"], check=True, capture_output=True).stdout
        self.folder, public = folder, b"\1" + der[-32:]
        self.key_id = sha256(ORIGIN.encode(), b"\n", public)[:4]
        self.vkey = f"{ORIGIN}+{self.key_id.hex()}+{b64(public)}"
        self.entries, self.about, self.epochs = [], {}, []
        for epoch, count in enumerate(counts):
            for _ in range(count):
                i = len(self.entries)
                self.about.setdefault(label_of(self.PERSONS[sha256(b"%d" % i)[0] % len(self.PERSONS)]), []).append(i)
                self.entries.append(entry(i, sender="police", recipient="social-board", subject=f"exchange-{i}", outcome="partial"))
            if epoch < 2:
                self.epochs.append((len(self.entries), copy.deepcopy(self.about)))
                self.entries.append(entry(len(self.entries), INDEX, outcome="epoch", relies_on=[len(self.entries) - 1], commitment=node_of(self.about)))

    def checkpoint(self):
        text = f"{ORIGIN}\n{len(self.entries)}\n{b64(root_of(self.entries))}\n"
        (self.folder / "text").write_text(text)
        signature = subprocess.run(["openssl", "pkeyutl", "-sign", "-inkey", self.key, "-rawin", "-in", self.folder / "text"],
                                   check=True, capture_output=True).stdout
        return f"{text}\n\u2014 {ORIGIN} {b64(self.key_id + signature)}\n"

    def listed(self, index):
        return {"index": index, "leaf": b64(self.entries[index]), "proof": [b64(h) for h in path_of(index, self.entries)]}

    def report(self, person, epoch=-1):
        index_leaf, lists = self.epochs[epoch]
        label = label_of(person)
        return {"format": "samband-access-report/v1", "label": label.hex(), "coveredSize": index_leaf, "index": walk(lists, label),
                "indexLeaf": self.listed(index_leaf), "entries": [self.listed(i) for i in lists.get(label, [])], "checkpoint": self.checkpoint()}


class Report(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="samband-report-"))
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        cls.log = Log(cls.folder)
        cls.person = cls.log.PERSONS[1]
        cls.good = cls.log.report(cls.person)

    def verify(self, report, *more):
        path = self.folder / "report.json"
        path.write_text(report if isinstance(report, str) else json.dumps(report))
        return subprocess.run([VERIFY, "report", path, "--vkey", self.log.vkey, *more], capture_output=True, text=True, timeout=60,
                              env={**os.environ, "LC_ALL": "C"})

    def refused(self, word, change, *more):
        report = copy.deepcopy(self.good)
        change(report)
        done = self.verify(report, *more)
        self.assertEqual(done.returncode, INVALID, done.stdout)
        self.assertIn(word, done.stdout)

    def test_whole_reports_of_every_person_and_epoch_are_valid(self):
        for person in self.log.PERSONS:
            for epoch in (0, 1):
                report = self.log.report(person, epoch)
                done = self.verify(report, "--json")
                said = json.loads(done.stdout)
                self.assertEqual(done.returncode, VALID, done.stdout)
                self.assertEqual((said["coveredSize"], said["entries"]), ([40, 61][epoch], len(report["entries"])))
        self.assertGreater(len(self.good["entries"]), 5)
        done = self.verify(self.good)
        self.assertIn("VALID: of the first 61 entries", done.stdout)
        self.assertIn("the newest 6 entries of the log are not covered", done.stdout)
        self.assertIn("GILTIGT", self.verify(self.good, "--lang", "sv").stdout)

    def test_a_person_without_entries_is_proved_to_have_none(self):
        ends = set()
        for i in range(40):
            report = self.log.report(f"nobody {i}")
            ends.add(report["index"]["end"] is None)
            done = self.verify(report, "--json")
            self.assertEqual((done.returncode, json.loads(done.stdout)["entries"]), (VALID, 0), done.stdout)
        self.assertEqual(ends, {True, False}, "both an empty place and another's leaf were met")
        # Somebody who has entries cannot be shown as nobody.
        self.refused("does not lead", lambda r: r.update(index=self.log.report("nobody 0")["index"], entries=[]))
        self.refused("does not lead", lambda r: (r["index"].update(end=None), r.update(entries=[])))

    def test_an_entry_left_out_is_named(self):
        for i in range(len(self.good["entries"])):
            number = self.good["entries"][i]["index"]
            self.refused(f"entry {number}: is LEFT OUT", lambda r, i=i: r["entries"].pop(i))
            self.refused("does not lead", lambda r, i=i: (r["entries"].pop(i), r["index"]["end"]["list"].pop(i)))

    def test_an_entry_added_altered_or_of_another_person_is_named(self):
        other = next(i for i in range(40) if i not in self.good["index"]["end"]["list"])
        position = sum(e["index"] < other for e in self.good["entries"])
        self.refused(f"entry {other}: is not about this person", lambda r: r["entries"].insert(position, self.log.listed(other)))
        self.refused("does not lead", lambda r: (r["entries"].insert(position, self.log.listed(other)), r["index"]["end"]["list"].insert(position, other)))
        self.refused("was changed", lambda r: r["entries"][2].update(leaf=b64(entry(2, sender="police", outcome="released"))))
        self.refused("was changed", lambda r: r["entries"][2].update(leaf=self.log.listed(other)["leaf"]))
        self.refused("LEFT OUT", lambda r: r["entries"].reverse())
        self.refused("is not about this person", lambda r: r["entries"].append(r["entries"][-1]))
        stranger = self.log.report(self.log.PERSONS[0])
        self.refused("does not lead", lambda r: r.update(label=stranger["label"]))
        self.refused("does not lead", lambda r: r.update(index=stranger["index"], entries=stranger["entries"]))

    def test_an_older_epoch_says_so_and_cannot_pass_for_a_newer_one(self):
        old = self.log.report(self.person, 0)
        self.assertIn("the newest 27 entries of the log are not covered", self.verify(old).stdout)
        self.assertEqual(self.verify(old, "--covers", "41").returncode, INVALID)
        self.assertEqual(self.verify(old, "--covers", "40").returncode, VALID)
        self.assertEqual(self.verify(self.good, "--covers", "61").returncode, VALID)
        self.refused("claims to cover", lambda r: r.update(old, coveredSize=61))
        self.refused("does not lead", lambda r: r.update(indexLeaf=old["indexLeaf"], coveredSize=40))
        self.refused("no root of the index", lambda r: r.update(indexLeaf=self.log.listed(5)))

    def test_every_flipped_byte_is_detected(self):
        folder = self.folder / "small"
        folder.mkdir()
        log = Log(folder, (3, 1, 1))
        person = next(p for p in log.PERSONS if label_of(p) in log.about)
        text = json.dumps(log.report(person), separators=(",", ":"), ensure_ascii=False).encode()
        path = folder / "flipped.json"
        path.write_bytes(text)
        with open(path, "r+b", buffering=0) as file:
            for i, byte in enumerate(text):
                os.pwrite(file.fileno(), bytes([byte ^ 1 << i % 8]), i)
                done = subprocess.run([VERIFY, "report", path, "--vkey", log.vkey], capture_output=True, timeout=60)
                self.assertIn(done.returncode, (INVALID, UNUSABLE), f"byte {i}")
                os.pwrite(file.fileno(), bytes([byte]), i)
        self.assertEqual(subprocess.run([VERIFY, "report", path, "--vkey", log.vkey], capture_output=True).returncode, VALID)

    def test_what_is_no_report_is_unusable_and_what_is_odd_is_refused(self):
        for text in ("", "{}", "[]", "null", '{"format":"samband-access-report/v2"}', json.dumps(self.good)[:-1],
                     json.dumps(self.good) + "x", '{"format":1}', "[" * 100000):
            self.assertEqual(self.verify(text).returncode, UNUSABLE, text[:40])
        twice = json.dumps(self.good).replace('"coveredSize"', '"coveredSize": 61, "coveredSize"')
        self.assertEqual(self.verify(twice).returncode, UNUSABLE)
        for change in (lambda r: r.update(more=1), lambda r: r.pop("index"), lambda r: r["index"].update(end={}), lambda r: r.update(label="00"),
                       lambda r: r["index"]["end"].update(list=[]), lambda r: r["entries"][0].pop("proof"), lambda r: r.update(coveredSize="61"),
                       lambda r: r["index"].update(end={"label": r["label"], "value": b64(bytes(32))}), lambda r: r.update(entries={})):
            self.refused("lacks a member", change)
        self.refused("does not lead", lambda r: r["index"]["siblings"].append(b64(bytes(32))))
        self.refused("checkpoint", lambda r: r.update(checkpoint="no checkpoint"))


if __name__ == "__main__":
    unittest.main(verbosity=2)
