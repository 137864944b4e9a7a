#!/usr/bin/env python3
"""The synthetic year of each collaboration goes through the real hub, and the follow-up that the hub prints from its own
records has the figures of the collaboration's source (docs/follow-up.md, "The record contract"). Internal counts, not
suppressed; that small ones are hidden is asked of the suppressed output of the same year.
"""
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from hub_harness import SAMBAND, SOURCE, need_hub  # noqa: E402

# figure: count, or (count, share in percent)
GOLDEN = {
    "mumin": {"interventions": 735, "registered": 735, "unknown_to_police": (500, 68.0), "entered": (232, 31.5), "wholly_unknown": (77, 33.0), "lvm_reports": 9,
              "first_visit": 186, "completed": (151, 65.0)},
    "bofast": {"threats": 140, "averted": 112, "carried_out": 21, "open": 7, "children": 45, "children_averted": 40, "children_carried_out": 0,
               "homeless": 80, "in_scope": 200},
    "sig": {"forms": 37, "suitable": 25, "asked": 15, "accepted": 8, "savry": 7, "savry_in_time": 7, "savry_missed": 1, "plans": 8, "first_list": 19,
            "reports_before": 21, "reports_after": 5, "savry_before": 7, "savry_before_high": (5, 71.5), "savry_before_moderate": (2, 28.5),
            "savry_before_low": (0, 0), "savry_after": (6, 85.5), "savry_after_high": (1, 16.5), "savry_after_moderate": (4, 66.5), "savry_after_low": (1, 16.5)},
    "coach": {"persons": 50, "occasions": 55, "in_time": 49, "late": 6, "missed": 0},
    "minimaria": {"reports": 97, "adults": 59, "adults_contacted": 59, "adults_accepted": 0, "adults_declined": 59, "minors": 38, "minors_dur": 8,
                  "minors_family": 2, "minors_others": 28, "minors_service": 4, "minors_other": 24, "dur": 16, "waited_in_time": 97,
                  "adults_lob": (52, 88.0), "minors_school": 20, "minors_hospital": 8, "minors_police": 10,
                  "cases_new": 60, "cases_closed": 60, "unplanned": (11, 18.5), "treatment_broken_off": (5, 45.5)},
}
SIG_BY_MONTH = {"forms": [22, 3, 0, 5, 2, 3, 2], "suitable": [12, 2, 0, 4, 2, 3, 2], "asked": [5, 2, 3, 0, 0, 3, 2], "accepted": [0, 1, 1, 1, 0, 3, 2]}
MINIMARIA_BY_MONTH = {"cases_ongoing": [68, 66, 64, 64, 65, 66, 67, 68], "cases_new": [8, 8, 7, 7, 8, 7, 7, 8], "cases_closed": [10, 9, 7, 7, 6, 6, 7, 8]}
MUMIN_AGES = {"<15": (4, 0.5), "15-19": (375, 51.0), ">=20": (356, 48.5)}


class Years(unittest.TestCase):
    maxDiff = 4000

    def run_samband(self, *arguments, folder=None):
        env = dict(os.environ)
        if folder:
            env.update({f"SAMBAND_{name.upper()}_DIR": f"{folder}/{name}" for name in ("data", "keys", "certs")})
        return subprocess.run([str(SAMBAND), *arguments], capture_output=True, text=True, timeout=900, cwd=SOURCE, env=env)

    def year_of(self, name, seed="7"):
        folder = tempfile.TemporaryDirectory(prefix=f"samband-{name}-")
        self.addCleanup(folder.cleanup)
        done = self.run_samband("simulate", name, "--seed", seed, "--dir", folder.name, "--no-report")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr[-2000:])
        self.assertRegex(done.stdout, r" 0 of \d+ outcomes other than expected")
        # A scenario's time begins when its hub.toml says, whatever the machine's clock shows: some rules have a last day.
        self.assertRegex(done.stdout, r"month by month 2027 stands for \d{4} of the source")
        return folder.name

    def report(self, name, folder, *options):
        done = self.run_samband("report", "follow-up", name, "--config", f"config/scenarios/{name}", "--json", *options, folder=folder)
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)

    @staticmethod
    def rows(report):
        found = {}
        for table in report["tables"]:
            for row in table["rows"]:
                found.setdefault(row["figure"], []).append(row)
        return found

    def check(self, name):
        folder = self.year_of(name)
        rows = self.rows(self.report(name, folder, "--unsuppressed"))
        for figure, wanted in GOLDEN[name].items():
            with self.subTest(name, figure=figure):
                self.assertTrue(figure in rows, f"no figure of that name; there are {sorted(rows)}")
                count, share = wanted if isinstance(wanted, tuple) else (wanted, None)
                self.assertEqual({r["count"] for r in rows[figure]}, {count})
                if share is not None:
                    self.assertIn(share, [r["share"] for r in rows[figure]])
        return folder, rows

    def classes(self, rows, figure, by=None):
        for row in rows[figure]:
            if row.get("classes") and (by is None or any(c["class"] == by for c in row["classes"])):
                return row["classes"]
        self.fail(f"{figure} has no such classes")

    def test_mumin(self):
        folder, rows = self.check("mumin")
        ages = {c["class"]: (c["count"], c["share"]) for c in self.classes(rows, "registered", "<15")}
        self.assertEqual(ages, MUMIN_AGES)
        # What leaves the house: the four youngest are not shown, and cannot be worked out.
        shown = self.rows(self.report("mumin", folder))
        youngest = {c["class"]: c for c in self.classes(shown, "registered", "<15")}
        self.assertTrue(youngest["<15"]["suppressed"])
        self.assertIsNone(youngest["<15"]["count"])
        hidden = [c for c in youngest.values() if c["suppressed"]]
        total = [r["count"] for r in shown["registered"] if r.get("classes") and r["classes"][0]["class"] == "<15"][0]
        self.assertTrue(len(hidden) > 1 or total is None, "one hidden class would follow from the total")

    def test_bofast(self):
        self.check("bofast")

    def test_sig(self):
        folder, rows = self.check("sig")
        for figure, counts in SIG_BY_MONTH.items():
            self.assertEqual([c["count"] for c in self.classes(rows, figure)], counts, figure)
        sexes = {c["class"]: c["count"] for c in self.classes(rows, "first_list")}
        self.assertEqual(sexes, {"male": 16, "female": 3})
        self.assertEqual([rows[f][0]["mean"] for f in ("reports_before", "reports_after")], [2.6, 0.6])
        # Of a group of eight next to nothing can be shown, and no mean from which it would follow.
        shown = self.rows(self.report("sig", folder))
        for figure in ("savry_before_high", "savry_before_moderate", "savry_after_high", "savry_after_low"):
            self.assertIsNone(shown[figure][0]["count"], figure)
        for figure in ("reports_before", "reports_after"):
            row, base = shown[figure][0], shown["accepted"][0]
            self.assertEqual(row["mean"] is None, row["count"] is None or base["count"] is None, figure)

    def test_coach(self):
        self.check("coach")

    def test_minimaria(self):
        folder, rows = self.check("minimaria")
        by_month = {f: [c["count"] for c in self.classes(rows, f)] for f in MINIMARIA_BY_MONTH}
        self.assertEqual(by_month, MINIMARIA_BY_MONTH)
        self.assertTrue(all(50 <= n <= 70 for n in by_month["cases_ongoing"]))
        # What leaves the house: of closed cases and unplanned endings no small number is left over.
        report = self.report("minimaria", folder)
        # What the source does not give is not passed off as the source's.
        notes = [note for table in report["tables"] for note in table["notes"]]
        self.assertTrue(any("20, 8" in note and "käll" in note.lower() for note in notes), notes)
        shown = self.rows(report)
        small = [c["count"] for figure in rows for row in rows[figure] for c in [row, *row["classes"]] if c["count"] and c["count"] < 5]
        self.assertTrue(small, "there is something to hide")
        visible = [c["count"] for figure in shown for row in shown[figure] for c in [row, *row["classes"]] if c["count"] is not None]
        self.assertEqual([n for n in visible if 0 < n < 5], [])
        self.assertEqual([shown[f][0]["count"] for f in ("cases_new", "cases_closed", "unplanned", "treatment_broken_off")], [60, 60, 11, 5])

    def test_the_same_seed_is_the_same_year_and_another_year_is_refused(self):
        months = [[c["count"] for c in self.classes(self.rows(self.report("coach", self.year_of("coach", seed), "--unsuppressed")), "occasions")]
                  for seed in ("3", "3", "4")]
        self.assertEqual(months[0], months[1])
        self.assertNotEqual(months[0], months[2])
        wrong = self.run_samband("simulate", "coach", "--year", "1999")
        self.assertEqual(wrong.returncode, 2)
        self.assertIn("2008", wrong.stderr)


if __name__ == "__main__":
    need_hub()
    unittest.main(verbosity=2)
