#!/usr/bin/env python3
"""Every scenario of config/scenarios plays through a hub of its own, and all comes as its story expects."""
import pathlib
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from hub_harness import SAMBAND, SOURCE, need_hub  # noqa: E402

SCENARIOS = sorted(p.parent.name for p in (SOURCE / "config" / "scenarios").glob("*/hub.toml"))


class Stories(unittest.TestCase):
    def play(self, *arguments):
        return subprocess.run([str(SAMBAND), "demo", *arguments], capture_output=True, text=True, timeout=300, cwd=SOURCE)

    def test_there_are_scenarios(self):
        self.assertIn("mumin", SCENARIOS)

    def test_every_story_comes_out_as_expected(self):
        for name in SCENARIOS:
            with self.subTest(name):
                done = self.play(name, "--quiet")
                self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
                self.assertRegex(done.stdout, rf"demo {name}: (\d+) of \1 outcomes as expected")

    def test_an_unknown_scenario_is_named_with_those_that_there_are(self):
        done = self.play("mumindalen")
        self.assertEqual(done.returncode, 1)
        self.assertIn("mumin", done.stderr)


if __name__ == "__main__":
    need_hub()
    unittest.main(verbosity=2)
