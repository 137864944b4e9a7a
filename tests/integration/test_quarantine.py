#!/usr/bin/env python3
"""What could not be read: kept sealed within limits, shown to the operator without content, deleted, forgotten in time."""
import contextlib
import os
import pathlib
import sqlite3
import stat
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import people  # noqa: E402
from hub_case import HubCase, data_files, new_id, replaced  # noqa: E402
from hub_harness import wait_for  # noqa: E402

SECRET = people.YOUTH_17["personalNumber"]


class Quarantine(HubCase):
    @staticmethod
    def edit(folder):
        replaced(folder / "hub.toml", ("bytes_max = 1073741824", "bytes_max = 30000"), ("party_bytes_max = 134217728", "party_bytes_max = 20000"))

    def tearDown(self):
        if self.hub.process is None:
            self.hub.start()
        for entry in self.cli_json("quarantine", "list"):
            self.cli("quarantine", "delete", entry["id"], check=0)

    def broken(self, party, size=100, adapter=None):
        """An unreadable body of about this size."""
        body = ('{"messageId": "' + new_id() + '", "' + SECRET + '": ').ljust(size, "x")
        return self.hub.request(party, "POST", f"/v1/in/{adapter}" if adapter else "/v1/messages", body), body

    def test_the_operator_sees_everything_but_the_content(self):
        answer, body = self.broken("landlord-private", adapter="landlord")
        self.assertEqual(answer.status, 400)
        entries = self.cli_json("quarantine", "list")
        self.assertEqual([e["id"] for e in entries], [answer.json()["quarantine"]])
        self.assertEqual({k: entries[0][k] for k in ("party", "adapter")}, {"party": "landlord-private", "adapter": "landlord"})
        self.assertTrue(entries[0]["reason"].startswith("invalid_input"))
        self.assertGreater(entries[0]["bytes"], len(body))
        self.assertEqual(self.cli_json("quarantine", "list", "--party", "police-west"), [])
        said = self.cli("quarantine", "list", check=0).stdout + self.cli("quarantine", "show", entries[0]["id"], check=0).stdout
        self.assertIn(entries[0]["id"], said)
        for text in (said, self.hub.log(), *(p.read_bytes().decode("latin-1") for p in data_files(self.hub.data))):
            self.assertNotIn(SECRET, text)

        file = self.hub.folder / "exported"
        self.cli("quarantine", "show", entries[0]["id"], "--export", str(file), check=0)
        self.assertEqual((file.read_text(), stat.S_IMODE(file.stat().st_mode)), (body, 0o600))
        self.cli("quarantine", "show", entries[0]["id"], "--export", str(file), check=1)  # never over a file that is there
        os.remove(file)
        self.cli("quarantine", "show", "nothing", check=1)

    def test_only_the_operator_deletes(self):
        kept = self.broken("police-west")[0].json()["quarantine"]
        for party in ("police-west", "auditor", "landlord-private"):
            self.call(party, "DELETE", f"/v1/quarantine/{kept}", expect=403)
        self.call("operator", "GET", f"/v1/quarantine/{kept}", expect=405)
        before = self.leaves()
        self.cli("quarantine", "delete", kept, check=0)
        self.assertEqual(self.leaves(), before + 1, "that it was deleted is recorded")
        self.cli("quarantine", "delete", kept, check=1)
        self.assertEqual(self.cli_json("quarantine", "list"), [])
        self.assert_log_verifies()

    def test_a_party_over_its_limit_is_told_and_others_go_on(self):
        first, _ = self.broken("police-west", 15000)
        self.assertEqual(first.status, 400)
        full, _ = self.broken("police-west", 15000)
        self.assertEqual((full.status, full.media_type, full.json()["code"]), (507, "application/problem+json", "quarantine_full"))
        self.assertIn("not kept", full.json()["detail"])
        self.assertNotIn(SECRET, full.body.decode())
        self.assertIn('"event":"quarantine.full"', self.hub.log())
        self.assertGreater(self.hub.metric("samband_alarms_total", kind="quarantine_full"), 0)
        other, _ = self.broken("kronofogden", 10000)
        self.assertEqual(other.status, 400)
        in_all, _ = self.broken("landlord-private", 8000)
        self.assertEqual(in_all.status, 507, "15000 and 10000 of 30000 are taken")
        self.assertEqual(len(self.cli_json("quarantine", "list")), 2)
        # Room again, also after a restart has counted anew.
        self.hub.restart()
        self.assertEqual(self.broken("police-west", 15000)[0].status, 507)
        self.cli("quarantine", "delete", first.json()["quarantine"], check=0)
        self.assertEqual(self.broken("police-west", 15000)[0].status, 400)

    def test_it_is_forgotten_in_time(self):
        old, young = (self.broken("police-west", 8000)[0].json()["quarantine"] for _ in range(2))
        self.hub.stop()
        with contextlib.closing(sqlite3.connect(self.hub.data / "hub.db")) as db:
            db.execute("UPDATE quarantine SET at=at-31*86400000 WHERE id=?", (old,))
            db.commit()
        self.hub.start()
        wait_for("expiry", lambda: [e["id"] for e in self.cli_json("quarantine", "list")] == [young], 20)
        wait_for("room", lambda: self.broken("police-west", 8000)[0].status == 400, 20)


if __name__ == "__main__":
    unittest.main(warnings="ignore")
