#!/usr/bin/env python3
"""samband policy check and policy diff, on the shipped rules and on edited copies; check and serve refuse by them."""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import hub_harness  # noqa: E402

OK, FAILED, USAGE = 0, 1, 2
DAY = ["--at", "2026-11-22"]


def break_a_duty(config):
    """Kronofogden's notice goes to somebody toward whom only consent opens: a duty that can send nothing."""
    path = config / "rules" / "utsokning.toml"
    text = path.read_text(encoding="utf-8")
    at = text.index('to = ["social_board"]', text.index('id = "KFM-SN-TIME"'))
    path.write_text(text[:at] + text[at:].replace("social_board", "landlord_private", 1), encoding="utf-8")


class PolicyAnalysis(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="samband-policy-"))
        self.addCleanup(shutil.rmtree, self.folder)
        self.config = self.folder / "config"
        shutil.copytree(hub_harness.SOURCE / "config", self.config)
        self.rules = self.config / "rules"

    def run_samband(self, *arguments):
        return subprocess.run([str(hub_harness.SAMBAND), *map(str, arguments)], capture_output=True, text=True, timeout=60,
                              cwd=str(hub_harness.SOURCE), env={**os.environ, "SAMBAND_LANG": "en"})

    def check(self, *more):
        return self.run_samband("policy", "check", "--config", self.config, *DAY, *more)

    def edit(self, name, old, new):
        path = self.rules / name
        text = path.read_text(encoding="utf-8")
        self.assertIn(old, text)
        path.write_text(text.replace(old, new, 1), encoding="utf-8")

    # -- check ----------------------------------------------------------------------------------------------------------

    def test_the_shipped_set_is_clean_and_says_what_it_accepts(self):
        done = self.check("--strict", "--json")
        self.assertEqual((done.returncode, done.stderr), (OK, ""), done.stdout)
        answer = json.loads(done.stdout)
        self.assertEqual((answer["ok"], answer["errors"], answer["warnings"]), (True, 0, 0))
        accepted = [f for f in answer["findings"] if "accepted" in f]
        self.assertEqual(len(accepted), answer["accepted"])
        for finding in accepted:
            self.assertTrue(finding["accepted"]["reason"] and finding["accepted"]["by"], finding)
        shown = self.check("--accepted")
        self.assertIn("accepted by", shown.stdout)
        self.assertNotIn("accepted by", self.check().stdout)

    def test_a_finding_names_its_place_and_how_to_mend_it_in_both_languages(self):
        break_a_duty(self.config)
        english, swedish = self.check(), self.check("--lang", "sv")
        self.assertEqual((english.returncode, swedish.returncode), (FAILED, FAILED))
        self.assertRegex(english.stdout, r"rules/utsokning\.toml:\d+: error must_never KFM-SN-TIME: it makes a duty")
        self.assertRegex(swedish.stdout, r"rules/utsokning\.toml:\d+: fel must_never KFM-SN-TIME: den gör en skyldighet")
        self.assertIn("    mend: ", english.stdout)
        self.assertIn("    åtgärd: ", swedish.stdout)

    def test_errors_stop_check_and_serve_until_somebody_accepts_them(self):
        hub = hub_harness.Hub(edit=break_a_duty)
        self.addCleanup(hub.close)
        for command in ("check", "serve"):
            done = hub.command(command, "--config", str(hub.config), check=False)
            self.assertEqual(done.returncode, FAILED)
            self.assertIn("must_never KFM-SN-TIME", done.stderr)
        with open(hub.config / "rules" / "accepted.toml", "a", encoding="utf-8") as out:
            out.write('\n[[accept]]\nfinding = "must_never"\nabout = "KFM-SN-TIME"\nreason = "test"\nby = "test"\nat = 2026-11-22\n')
        done = hub.command("check", "--config", str(hub.config), check=False)
        self.assertEqual((done.returncode, done.stderr), (OK, ""))
        hub.start()

    def test_strict_counts_warnings(self):
        self.edit("lul.toml", 'to = ["social_board"]', 'to = ["*"]')
        self.assertEqual(self.check().returncode, OK)
        done = self.check("--strict")
        self.assertEqual(done.returncode, FAILED)
        self.assertIn("warning wildcard POL-SN-15-17 (to)", done.stdout)

    def test_law_that_moved_after_the_review(self):
        law = self.config / "law.toml"
        text = law.read_text(encoding="utf-8")
        law.write_text(text.replace('name = "LUL 6"\n', 'name = "LUL 6"\namended = [{ by = "2026:999", in_force = 2026-12-01 }]\n'),
                       encoding="utf-8")
        self.assertIn("note amendment_ahead POL-SN-15-17 (LUL 6 (SFS 2026:999))", self.check().stdout)
        later = self.run_samband("policy", "check", "--config", self.config, "--at", "2026-12-01")
        self.assertIn("warning law_drift POL-SN-15-17 (LUL 6 (SFS 2026:999))", later.stdout)
        law.write_text(text.replace('name = "OSL 26:1"\n', 'name = "OSL 26:1"\namended = [{ by = "2026:999", in_force = 2026-12-01 }]\n'),
                       encoding="utf-8")
        later = self.run_samband("policy", "check", "--config", self.config, "--at", "2026-12-01")
        self.assertIn("warning law_drift OSL 26:1 (OSL 26:1 (SFS 2026:999))", later.stdout)

    def test_a_folder_alone_is_checked_against_the_law_beside_it(self):
        done = self.run_samband("policy", "check", "--rules", self.rules, *DAY, "--json")
        self.assertEqual(done.returncode, OK, done.stderr)
        codes = {f["code"] for f in json.loads(done.stdout)["findings"]}
        self.assertIn("no_routes_read", codes)
        self.assertNotIn("no_law_table", codes)
        (self.config / "law.toml").unlink()
        done = self.run_samband("policy", "check", "--rules", self.rules, *DAY, "--json")
        self.assertIn("no_law_table", {f["code"] for f in json.loads(done.stdout)["findings"]})

    def test_a_mistake_in_the_law_table_has_its_place(self):
        with open(self.config / "law.toml", "a", encoding="utf-8") as out:
            out.write('\n[[section]]\nname = "X"\nsfs = "1:1"\nevidense = "S"\n')
        done = self.check()
        self.assertEqual(done.returncode, FAILED)
        self.assertRegex(done.stderr, r"law\.toml:\d+:1: unknown key 'evidense', did you mean 'evidence'")

    def test_wrong_use(self):
        for arguments in (["policy", "check", "--lang", "fi"], ["policy", "check", "--at", "today"], ["policy", "check", "word"],
                          ["policy", "diff"], ["policy", "diff", "a"], ["policy", "diff", "a", "b", "c"]):
            with self.subTest(arguments=arguments):
                self.assertEqual(self.run_samband(*arguments).returncode, USAGE)

    # -- diff -----------------------------------------------------------------------------------------------------------

    def diff(self, *more):
        return self.run_samband("policy", "diff", hub_harness.SOURCE / "config" / "rules", self.rules, *DAY, *more)

    def test_no_difference(self):
        done = self.diff()
        self.assertEqual((done.returncode, done.stdout), (OK, "No difference.\n"))
        with open(self.rules / "lul.toml", "a", encoding="utf-8") as out:
            out.write("# a remark\n")
        self.assertEqual(self.diff().returncode, OK)

    def test_a_condition_taken_away_is_said_in_words(self):
        self.edit("lul.toml", 'conditions = ["fact:reasonable_suspicion", "fact:prison_in_scale", "age<18"]',
                  'conditions = ["fact:reasonable_suspicion", "age<18"]')
        done = self.diff()
        self.assertEqual(done.returncode, FAILED)
        self.assertIn("rule POL-SN-15-17 changed\n    conditions: age<18, fact:prison_in_scale, fact:reasonable_suspicion  ->  "
                      "age<18, fact:reasonable_suspicion", done.stdout)
        self.assertIn("Now released (before: held), because of rule POL-SN-15-17", done.stdout)
        self.assertIn('the police -> social welfare board, police.suspicion, for "Notice of a young suspect": ', done.stdout)
        self.assertIn("whether the offence can lead to prison: no", done.stdout)
        self.assertLess(len(done.stdout.splitlines()), 60, done.stdout)
        self.assertNotIn("Now withheld", done.stdout)
        swedish = self.diff("--lang", "sv")
        self.assertIn("Nu: lämnas ut (förut: vilar), genom regel POL-SN-15-17", swedish.stdout)
        answer = json.loads(self.diff("--json").stdout)
        self.assertFalse(answer["same"])
        self.assertEqual({c["after"] for c in answer["changes"]}, {"release", "hold"})
        for change in answer["changes"]:
            self.assertEqual(change["causes"], ["rule POL-SN-15-17"])
            for cell in change["cells"]:
                self.assertEqual((cell["holder"], cell["recipient"]), (["police"], ["social_board"]))

    def test_a_setting_names_itself(self):
        self.edit("settings.toml", "lvm_in_force = false", "lvm_in_force = true")
        done = self.diff()
        self.assertIn("setting lvm_in_force changed\n    value: false  ->  true", done.stdout)
        self.assertIn("because of setting lvm_in_force (rule DOC-SN-LVM)", done.stdout)

    def test_a_folder_that_does_not_load(self):
        self.edit("lul.toml", "schema = 1", "schema = 2")
        done = self.diff()
        self.assertEqual((done.returncode, done.stdout), (FAILED, ""))
        self.assertRegex(done.stderr, r"rules/lul\.toml:\d+:\d+")


if __name__ == "__main__":
    unittest.main(verbosity=2)
