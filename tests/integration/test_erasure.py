#!/usr/bin/env python3
"""A person is erased by decision: no file holds a trace, every receipt still verifies, and nothing brings the data back."""
import base64
import contextlib
import hashlib
import json
import os
import pathlib
import shutil
import sqlite3
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import hub_harness  # noqa: E402
import people  # noqa: E402
import samband_client as build  # noqa: E402
from hub_case import PERMITTED, HubCase, data_files, new_id  # noqa: E402
from test_openapi import DOCUMENT, rent_arrears  # noqa: E402
from openapi_check import violations  # noqa: E402

VERIFY = hub_harness.BINARIES / "bin" / "samband-verify"
BASIS = ["--basis", "gdpr_17_1_d", "--decision", "SN 2026-17"]


def person(number, family):
    return {**people.YOUTH_17, "personalNumber": number, "familyName": family, "birthDate": f"{number[:4]}-{number[4:6]}-{number[6:8]}"}


class Erasure(HubCase):
    SYSTEMS = ["social-board"]
    # Born in 2009 or 2010, so 16 or 17 years old; each number is used by one test.
    NUMBERS = iter(["200903022390", "200905022380", "201001022399", "201001022381", "201001032398", "201001032380", "201001042397", "201001042389"])

    def setUp(self):
        if self.hub.process is None:
            self.hub.start()
        self.number = next(self.NUMBERS)

    def rows(self, file, sql, *values):
        with contextlib.closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as db:
            return db.execute(sql, values).fetchall()

    def suspicion(self, family="Spårlösdotter"):
        sent = build.police_suspicion(person(self.number, family), new_id())
        return sent, self.to(self.send("police-west", "police", sent), "social-board")

    def erase(self, *more, subject=None, check=0):
        file = self.hub.folder / "subject"
        file.write_text(subject or self.number, encoding="utf-8")
        return self.cli("erase", "--subject", str(file), *BASIS, *more, check=check)

    def traces_of(self, exchange):
        """Everything that must be gone, and a way to see each of it before."""
        [(message, side, refs, key)] = self.rows(self.hub.data / "hub.db",
                                                 "SELECT message_id, side, subject_refs, key_id FROM exchange WHERE id=?", exchange["id"])
        [(body, content)] = self.rows(self.hub.data / "hub.db", "SELECT body, content_hash FROM message WHERE id=?", message)
        wrapped = [w for w, in self.rows(self.hub.keys / "keys.db", "SELECT wrapped FROM payload_key WHERE id=?", key)]
        self.assertEqual(len(wrapped), 1)
        return {"number": self.number.encode(), "name": "Spårlösdotter".encode(), "reference": refs.split(",")[0].encode(),
                "message": body[:200], "end of message": body[-200:], "side": side, "content hash": content, "wrapped key": wrapped[0]}

    def wait_for_receipt(self, exchange):
        """The sealed message that tells the sender of the exchange that it was received."""
        def receipts():
            return self.rows(self.hub.data / "hub.db", "SELECT body FROM message WHERE sender_message_id LIKE ?", f"samband:receipt/{exchange}/%")
        hub_harness.wait_for("receipt", receipts, 10)
        return receipts()[0][0]

    def found(self, traces, *folders):
        files = {path: path.read_bytes() for folder in folders for path in data_files(folder)}
        return sorted({name for name, trace in traces.items() for content in files.values() if trace in content})

    def verifier_key(self):
        seed = (self.hub.keys / "log.seed").read_bytes()
        der = bytes.fromhex("302e020100300506032b657004220420") + seed
        public = subprocess.run(["openssl", "pkey", "-inform", "DER", "-pubout", "-outform", "DER"], input=der, capture_output=True,
                                check=True).stdout[-32:]
        origin = "samband.example/exempelkommun"
        key_id = hashlib.sha256(origin.encode() + b"\n\x01" + public).digest()[:4].hex()
        return f"{origin}+{key_id}+{base64.b64encode(bytes([1]) + public).decode()}"

    def assert_receipt_verifies(self, receipt):
        receipt = receipt if isinstance(receipt, bytes) else receipt.encode()
        (self.hub.folder / "receipt").write_bytes(receipt)
        done = subprocess.run([str(VERIFY), "receipt", str(self.hub.folder / "receipt"), "--vkey", self.verifier_key()], capture_output=True,
                              text=True)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def unreadable(self, text):
        """A message that nobody can read, with this in it; its place in the quarantine."""
        body = json.dumps(hub_harness.message("concern.report", "police-west", {"author": build.OFFICER, "payload": {"concern": 7, "text": text}}))
        answer = self.hub.request("police-west", "POST", "/v1/messages", body)
        self.assertEqual(answer.status, 400, answer.body)
        return answer.json()["quarantine"]

    def test_what_nobody_could_read_about_the_person_goes_too(self):
        dotted = f"{self.number[2:8]}-{self.number[8:]}"
        gone = [self.unreadable(f"about {self.number}, Spårlösdotter"), self.unreadable(f"about {dotted}"),
                self.unreadable(base64.b64encode(f"an attachment about {dotted}, Spårlösdotter".encode()).decode())]
        stays = [self.unreadable(f"about {people.CHILD_15['personalNumber']}"), self.unreadable("about nobody in particular")]
        kept = {row["id"] for row in self.cli_json("quarantine", "list")}
        self.assertLessEqual({*gone, *stays}, kept)
        traces = {str(n): sealed for n, (sealed,) in enumerate(self.rows(
            self.hub.data / "hub.db", f"SELECT sealed FROM quarantine WHERE id IN ({','.join('?' * len(gone))})", *gone))}
        self.assertEqual((len(traces), self.found(traces, self.hub.data)), (3, ["0", "1", "2"]))
        self.erase("--yes")
        left = {row["id"] for row in self.cli_json("quarantine", "list")}
        self.assertEqual((left & set(gone), left & set(stays)), (set(), set(stays)))
        self.assertEqual(self.found(traces, self.hub.data, self.hub.keys), [])
        self.assertIn("holds nothing", self.erase("--yes", check=1).stderr)

    def test_no_file_holds_a_trace_and_the_receipts_still_verify(self):
        sent, exchange = self.suspicion()
        self.assertIn(self.wait_state("police-west", exchange["id"])["outcome"], PERMITTED)
        receipt = self.call("police-west", "GET", f"/v1/receipts/{exchange['id']}")
        self.assert_receipt_verifies(receipt)
        traces = self.traces_of(exchange)
        sealed = sorted(set(traces) - {"number", "name"})  # these are in no file from the beginning
        self.assertEqual(self.found(traces, self.hub.data, self.hub.keys), sealed)

        # What the hub wrote about the exchange on the recipient's behalf goes too, fetched by the sender or not.
        derived = self.wait_for_receipt(exchange["id"])
        traces |= {"receipt": derived[:200], "end of receipt": derived[-200:]}
        sealed = sorted(sealed + ["receipt", "end of receipt"])
        self.assertEqual(self.found(traces, self.hub.data, self.hub.keys), sealed)

        scope = json.loads(self.erase("--dry-run", "--json").stdout)
        self.assertEqual((scope["dryRun"], scope["live"]), (True, []))
        self.assertGreaterEqual(scope["exchanges"], 1)
        self.assertEqual(self.found(traces, self.hub.data, self.hub.keys), sealed)
        self.assertIn("--yes", self.erase(check=2).stderr)  # nobody at a terminal
        done = json.loads(self.erase("--yes", "--json").stdout)
        self.assertEqual({k: done[k] for k in ("keys", "exchanges", "traces")}, {**{k: scope[k] for k in ("keys", "exchanges")}, "traces": False})
        self.assertEqual(self.found(traces, self.hub.data, self.hub.keys), [])
        self.assertNotIn(self.number, self.hub.log())

        shown = self.exchange("police-west", exchange["id"])
        self.assertEqual((shown["erased"], shown["state"]), (True, "delivered"))
        self.assertIn("erased", shown["words"]["en"])
        self.assertIn("raderade", self.cli("exchange", "show", exchange["id"], check=0).stdout)
        self.assertEqual(self.exchange("social-board", exchange["id"])["statuses"], [])
        self.assertEqual(self.call("police-west", "GET", f"/v1/messages/{shown['messageId']}")["exchanges"][0]["erased"], True)
        self.erase("--yes", check=1)  # nothing is left
        answer = self.send("police-west", "police", sent, expect=409)
        self.assertIn("erased", answer["detail"])
        again = self.call("police-west", "GET", f"/v1/receipts/{exchange['id']}")
        for text in (receipt, again):
            self.assert_receipt_verifies(text)
        self.assert_log_verifies()

    def test_a_restored_key_store_is_erased_again_before_anything_is_served(self):
        _, exchange = self.suspicion()
        self.wait_state("police-west", exchange["id"])
        traces = self.traces_of(exchange)
        self.hub.stop()
        shutil.copy2(self.hub.keys / "keys.db", self.hub.folder / "keys.db")
        self.hub.start()
        self.assertNotIn("still waiting", self.erase("--yes").stdout)
        self.hub.stop()
        self.assertEqual(self.found(traces, self.hub.data, self.hub.keys), [])
        shutil.copy2(self.hub.folder / "keys.db", self.hub.keys / "keys.db")
        self.assertEqual(self.found(traces, self.hub.keys), ["reference", "wrapped key"])
        self.hub.start()
        self.assertEqual(self.found(traces, self.hub.data, self.hub.keys), [])
        self.assertIn("erasure.replayed", self.hub.log())
        self.assert_log_verifies()

    def test_what_waits_is_withdrawn_by_force_only_and_with_a_record(self):
        # Held: nobody has said yet whether it may go.
        sent = build.police_lob(person(self.number, "Väntedotter"), new_id())
        exchange = self.to(self.send("police-west", "police", sent), "social-board")
        waits = exchange["state"] in ("held", "queued")
        if not waits:
            self.wait_state("police-west", exchange["id"])
        refused = self.erase("--yes", check=1 if waits else None)
        if refused.returncode == 1:
            self.assertIn("force", refused.stderr)
            self.assertNotIn("erased", self.exchange("police-west", exchange["id"]))
            done = json.loads(self.erase("--yes", "--force", "--json").stdout)
            self.assertIn(exchange["id"], done["live"])
        shown = self.exchange("police-west", exchange["id"])
        self.assertTrue(shown["erased"])
        self.assertIn(shown["state"], ("withdrawn", "delivered"))
        self.assert_log_verifies()

    def test_a_person_without_a_number_is_found_by_name_and_address(self):
        message = rent_arrears()
        exchange = self.to(self.send("landlord-private", "", message), "social-board")
        self.wait_state("landlord-private", exchange["id"])
        subject = {k: message["data"]["persons"][0][k] for k in ("givenName", "familyName", "address")}
        self.erase("--yes", "--force", subject=json.dumps({**subject, "familyName": "Annan"}), check=1)
        self.erase("--yes", "--force", subject=json.dumps(subject))
        self.assertTrue(self.exchange("landlord-private", exchange["id"])["erased"])

    def test_only_the_operator_erases_and_the_answer_names_nobody(self):
        body = {"subject": {"personalNumber": self.number}, "basis": "gdpr_17_1_d", "decision": "SN 1", "dryRun": True}
        for path in ("/v1/erasures", "/v1/retention-runs"):
            for party in ("police-west", "auditor", "social-board"):
                self.call(party, "POST", path, body, expect=403)
            self.call("operator", "GET", path, expect=405)
        for wrong, where in (({"basis": "because"}, "/basis"), ({"decision": self.number, "dryRun": False}, "/decision"),
                             ({"subject": {}}, "/subject"), ({"subject": {"personalNumber": "1"}}, "/subject/personalNumber")):
            answer = self.call("operator", "POST", "/v1/erasures", {**body, **wrong}, expect=400)
            self.assertEqual(answer["pointer"], where)
            self.assertNotIn(self.number, json.dumps(answer))
        self.call("operator", "POST", "/v1/erasures", body, expect=404)
        schema = {"$ref": "#/components/schemas/ErasureAnswer"}
        self.suspicion()
        self.assertEqual(violations(DOCUMENT, schema, self.call("operator", "POST", "/v1/erasures", body)), [])
        run = self.call("operator", "POST", "/v1/retention-runs", {})
        self.assertEqual(violations(DOCUMENT, schema, run), [])
        self.assertEqual(run["keys"], 0)

    def test_a_retention_run_is_a_leaf(self):
        before = self.leaves()
        self.assertEqual(self.cli("retention", "run", "--dry-run", check=0).stdout.split()[0], "0")
        self.assertEqual(self.leaves(), before)
        self.assertIn("weeded out", self.cli("retention", "run", check=0).stdout)
        self.assertEqual(self.leaves(), before + 1)

    def test_the_number_may_come_on_standard_input(self):
        self.suspicion()
        arguments = [str(hub_harness.SAMBAND), "erase", "--subject", "-", *BASIS, "--dry-run", "--config", str(self.hub.config)]
        done = subprocess.run(arguments, input=self.number + "\n", capture_output=True, text=True, env=self.hub.environment(),
                              cwd=str(hub_harness.SOURCE), timeout=60)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        warned = self.cli("erase", "--subject", self.number, *BASIS, "--dry-run", check=0)
        self.assertIn("--subject -", warned.stderr)
        self.assertNotIn(self.number, warned.stdout + warned.stderr)
        self.cli("erase", "--subject", os.devnull, *BASIS, "--dry-run", check=1)


if __name__ == "__main__":
    unittest.main()
