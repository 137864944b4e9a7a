#!/usr/bin/env python3
"""Every scenario of config/scenarios plays through a hub of its own, and all comes as its story expects."""
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from hub_harness import SAMBAND, SOURCE, need_hub  # noqa: E402

SCENARIOS = sorted(p.parent.name for p in (SOURCE / "config" / "scenarios").glob("*/hub.toml"))


class Stories(unittest.TestCase):
    def play(self, *arguments, cwd=SOURCE):
        return subprocess.run([str(SAMBAND), "demo", *arguments], capture_output=True, text=True, timeout=300, cwd=cwd)

    def play_changed(self, name, change):
        """A copy of the scenario beside the same rules, changed by `change(folder, story)`."""
        with tempfile.TemporaryDirectory(prefix="samband-story-") as root:
            root = pathlib.Path(root)
            folder = root / "config" / "scenarios" / name
            shutil.copytree(SOURCE / "config" / "scenarios" / name, folder)
            (root / "config" / "rules").symlink_to(SOURCE / "config" / "rules")
            (root / "certs").symlink_to(SOURCE / "certs")
            story = json.loads((folder / "story.json").read_text(encoding="utf-8"))
            change(folder, story)
            (folder / "story.json").write_text(json.dumps(story), encoding="utf-8")
            return self.play(name, "--quiet", cwd=root)

    @staticmethod
    def step(story, name):
        return next(s for s in story["steps"] if s.get("name") == name and "send" in s)

    @staticmethod
    def let_the_region_in(folder):
        """Takes the comment signs from the second agreement."""
        file = folder / "agreements.toml"
        before, entry = file.read_text(encoding="utf-8").split("# [[agreement]]")
        file.write_text(before + "[[agreement]]" + entry.replace("\n# ", "\n"), encoding="utf-8")

    def test_the_five_collaborations_are_there(self):
        self.assertEqual([n for n in ("bofast", "coach", "mumin", "minimaria", "sig") if n not in SCENARIOS], [])

    def test_every_story_comes_out_as_expected(self):
        for name in SCENARIOS:
            with self.subTest(name):
                done = self.play(name, "--quiet")
                self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
                self.assertRegex(done.stdout, rf"demo {name}: (\d+) of \1 outcomes as expected")

    def test_one_wrong_expectation_is_said_with_its_step_and_exits_1(self):
        def wrong(folder, story):
            self.step(story, "per")["expect"] = {"coach": "refused"}
        done = self.play_changed("coach", wrong)
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        self.assertRegex(done.stdout, r"step 2: care.referral to coach: got partial, expected refused")

    def test_a_recipient_whom_the_story_does_not_name_is_unexpected(self):
        def wrong(folder, story):
            del self.step(story, "month1")["expect"]["leisure"]
        done = self.play_changed("sig", wrong)
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        self.assertIn("no other recipient: got leisure, expected none", done.stdout)

    def test_a_misspelt_step_is_refused_before_anything_starts(self):
        def wrong(folder, story):
            story["steps"][1]["expects"] = {}
        done = self.play_changed("coach", wrong)
        self.assertEqual(done.returncode, 1)
        self.assertIn("/steps/1/expects: no step has such a member", done.stderr)

    def test_the_region_joins_the_group_by_configuration_and_a_new_consent(self):
        def joins(folder, story):
            self.let_the_region_in(folder)
            step = self.step(story, "to-region")
            step["send"]["consents"][0]["agreement"] = "sig-region"
            step["expect"] = {"bup": {"outcome": "held", "missing": ["guardian_harm"]}}
            tested = {"code": "guardian_harm", "value": False, "person": "p1", "reasonCode": "assessed_no"}
            released = ["case_reference", "identity", "protection", "social_situation"]
            story["steps"].insert(story["steps"].index(step) + 1,
                                  {"as": "board-caseworker", "assess": "to-region > bup", "facts": [tested],
                                   "expect": {"outcome": "partial", "released": released}})
            for each in story["steps"]:  # and it lies in BUP's inbox
                if each.get("as") == "bup":
                    each["inbox"]["count"] = 1
        done = self.play_changed("sig", joins)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_without_the_new_consent_the_agreement_alone_gives_the_region_nothing(self):
        done = self.play_changed("sig", lambda folder, story: self.let_the_region_in(folder))
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_an_unknown_scenario_is_named_with_those_that_there_are(self):
        done = self.play("mumindalen")
        self.assertEqual(done.returncode, 1)
        self.assertIn("mumin", done.stderr)


if __name__ == "__main__":
    need_hub()
    unittest.main(verbosity=2)
