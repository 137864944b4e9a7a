#!/usr/bin/env python3
"""The follow-up figures of a collaboration, from the records of a running hub: read beside it, by its keys, without a person."""
import csv
import io
import json
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import hub_harness  # noqa: E402
import people  # noqa: E402
import samband_client as build  # noqa: E402
from hub_case import PERMITTED, HubCase, new_id, replaced  # noqa: E402

FIGURES = hub_harness.SOURCE / "config" / "scenarios" / "mumin" / "follow-up.toml"
YEAR = ("--from", "2026-01-01", "--to", "2027-01-01")


class FollowUp(HubCase):
    @staticmethod
    def edit(folder):
        # A board that reads in its inbox.
        replaced(folder / "parties.toml", ('adapter = "municipal_case"\nendpoint = "case-system"\n', ""))

    def suspicion(self, person, known):
        message = build.canonical("police.suspicion", "police-west", {
            "persons": [dict(person, ref="p1", role="subject")], "occurredAt": "2026-10-31T23:30:00.000Z",  # 1 November in Sweden
            "facts": [{"code": "reasonable_suspicion", "value": True, "person": "p1", "reasonCode": "assessed_yes", "assessor": "police-west-officer",
                       "at": build.now(-60)},
                      {"code": "prison_in_scale", "value": True, "person": "p1", "reasonCode": "assessed_yes", "assessor": "police-west-officer",
                       "at": build.now(-60)}],
            "payload": {"suspicionLevel": "skaligen_misstankt", "offence": {"code": "5010", "prisonInScale": True}, "knownInDrugContext": known}})
        exchange = self.to(self.send("police-west", None, message), "social-board")
        self.assertIn(exchange["outcome"], PERMITTED, exchange)
        self.wait_inbox("social-board", lambda e: e["id"] == exchange["id"])
        self.call("social-board", "POST", f"/v1/inbox/{exchange['id']}/ack", {})
        return exchange["id"]

    def report(self, *more, check=0):
        return self.cli("report", "follow-up", "mumin", "--figures", str(FIGURES), *more, check=check)

    def figures(self, *more):
        answer = json.loads(self.report(*YEAR, "--json", "--lang", "en", *more).stdout)
        return {(t["title"], r["figure"]): r for t in answer["tables"] for r in t["rows"]}

    def test_what_was_recorded_is_counted_and_what_is_small_is_hidden(self):
        first = self.suspicion(people.YOUTH_17, False)
        self.suspicion(people.CHILD_15, True)
        self.suspicion(people.CHILD_15, True)  # the same person again
        self.call("social-board", "POST", f"/v1/exchanges/{first}/status", {"status": "accepted", "reasonCode": "unknown_before"})

        inside = self.figures("--unsuppressed")
        self.assertEqual(inside["Results", "registered"]["count"], 2)
        self.assertEqual(inside["Results", "unknown_to_police"]["count"], 1)
        self.assertEqual((inside["Results", "entered"]["count"], inside["Results", "entered"]["share"], inside["Results", "entered"]["target"]), (1, 50, 80))
        self.assertEqual(inside["Results", "wholly_unknown"]["count"], 1)
        self.assertEqual({c["class"]: c["count"] for c in inside["Age at the event", "registered"]["classes"]}, {"<15": 0, "15-19": 2, ">=20": 0})
        self.assertEqual({c["class"]: c["count"] for c in inside["Sex", "registered"]["classes"]}, {"female": 1, "male": 1})
        self.assertEqual({c["class"]: c["count"] for c in inside["By third of the year", "registered"]["classes"]}, {"2026-3": 2})

        shown = self.figures()
        for figure in ("registered", "unknown_to_police", "entered", "wholly_unknown"):
            self.assertEqual((shown["Results", figure]["count"], shown["Results", figure]["suppressed"], shown["Results", figure]["share"]), (None, True, None))
        self.assertEqual(shown["Results", "lvm_reports"]["count"], 0)

        warned = self.report("--unsuppressed", "--from", "2026-11-01", "--to", "2026-11-02")
        self.assertIn("INTERNAL", warned.stderr)
        self.assertIn("INTERNT", warned.stdout)
        rows = list(csv.DictReader(io.StringIO(self.report(*YEAR, "--csv").stdout)))
        self.assertIn({"figure": "registered", "count": "..", "class": ""}, [{k: r[k] for k in ("figure", "count", "class")} for r in rows])
        # Without a period asked for: the months that the records hold.
        self.assertIn("\n2026-11-01 till 2026-12-01 (ej inräknad)\n", self.report().stdout)
        held = json.loads(self.report("--json").stdout)
        self.assertEqual((held["from"], held["to"]), ("2026-11-01", "2026-12-01"))
        text = self.report(*YEAR).stdout
        self.assertIn("Personer registrerade av polisen", text)
        everything = text + warned.stdout + json.dumps([inside[k] for k in inside])
        for person in (people.YOUTH_17, people.CHILD_15):
            for value in (person["personalNumber"], person["givenName"], person["familyName"]):
                self.assertNotIn(value, everything)

        # Erased: still one of two, but nobody knows how old.
        file = self.hub.folder / "subject"
        file.write_text(people.YOUTH_17["personalNumber"])
        self.cli("erase", "--subject", str(file), "--basis", "gdpr_17_1_d", "--decision", "SN 2026-17", "--yes", check=0)
        after = self.figures("--unsuppressed")
        self.assertEqual(after["Results", "registered"]["count"], 2)
        self.assertEqual(after["Results", "unknown_to_police"]["count"], 0)
        self.assertEqual({c["class"]: c["count"] for c in after["Age at the event", "registered"]["classes"]},
                         {"<15": 0, "15-19": 1, ">=20": 0, "unknown": 1})

    def test_wrong_use_and_wrong_figures_are_said_so(self):
        self.assertIn("first day of a month", self.report("--from", "2026-11-02", check=2).stderr)
        self.assertIn("--lang", self.report("--lang", "de", check=2).stderr)
        self.report("--json", "--csv", check=2)
        self.report("--from", "2026-02-01", "--to", "2026-01-01", check=2)
        self.cli("report", "follow-up", "../mumin", check=2)
        self.assertIn("figures of 'mumin'", self.cli("report", "follow-up", "sig", "--figures", str(FIGURES), check=1).stderr)
        nowhere = self.cli("report", "follow-up", "nosuch", check=2)
        self.assertRegex(nowhere.stderr, r"unknown collaboration 'nosuch'; known: .*mumin")
        self.assertNotIn("cannot be read", nowhere.stderr)
        # Its own figures of a configuration: no --figures, and `check` reads them.
        own = self.hub.config / "follow-up.toml"
        own.write_text(FIGURES.read_text())
        self.cli("report", "follow-up", "mumin", *YEAR, check=0)
        self.assertRegex(self.cli("report", "follow-up", "sig", check=2).stderr, "unknown collaboration 'sig'; known: .*mumin")
        self.cli("check", check=0)
        own.write_text(FIGURES.read_text() + "colour = 1\n")
        self.assertRegex(self.cli("check", check=1).stderr, r"follow-up\.toml:\d+:\d+: unknown key 'colour'")
        own.unlink()
        bad = self.hub.folder / "bad.toml"
        bad.write_text(FIGURES.read_text().replace('kinds = ["police.suspicion", "police.offer"]', 'kinds = ["police.rumour"]', 1))
        self.assertRegex(self.cli("report", "follow-up", "mumin", "--figures", str(bad), check=1).stderr, r"bad\.toml:\d+:\d+: unknown message kind")


if __name__ == "__main__":
    unittest.main(verbosity=2)
