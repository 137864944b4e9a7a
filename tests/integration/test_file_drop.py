#!/usr/bin/env python3
"""A board whose case system has no API: what it gets lies as files in a folder, whole, and what it says comes as files' JSON."""
import json
import os
import pathlib
import stat
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import people  # noqa: E402
import samband_client as build  # noqa: E402
from hub_case import PERMITTED, HubCase, faster_retries, new_id, replaced  # noqa: E402
from hub_harness import wait_for  # noqa: E402


class FileDrop(HubCase):
    @staticmethod
    def edit(folder):
        out = folder.parent / "out"
        out.mkdir(mode=0o700)
        faster_retries(folder)
        text = (folder / "hub.toml").read_text()
        at = text.index('[[endpoints]]\nname = "case-system"')
        end = text.index("[[endpoints]]", at + 1)
        text = text[:at] + f'[[endpoints]]\nname = "case-system"\nurl = "file://{out}"\n\n' + text[end:]
        text = text.replace('[[plugins]]\nname = "health"', '[[plugins]]\nname = "file_drop"\nmodule = "samband-file_drop.so"\nsha256 = "file"\n\n[[plugins]]\nname = "health"')
        (folder / "hub.toml").write_text(text)
        replaced(folder / "parties.toml", ('adapter = "municipal_case"\nendpoint = "case-system"\ninbound = ["municipal_case"]',
                                           'adapter = "file_drop"\nendpoint = "case-system"\ninbound = ["file_drop"]'))

    def out(self):
        return self.hub.folder / "out"

    def lob(self):
        sent = self.to(self.send("police-west", "police", build.police_lob(people.ADULT_22, new_id())), "social-board")
        self.assertIn(self.assess("police-west", sent["id"], need_of_help=True)["outcome"], PERMITTED)
        return sent["id"]

    def test_an_exchange_becomes_files_and_the_marker_is_last(self):
        exchange = self.lob()
        self.assertEqual(self.wait_state("police-west", exchange)["externalReference"], exchange + ".done")
        names = sorted(p.name for p in self.out().iterdir() if p.name.startswith(exchange))
        self.assertEqual(names, [exchange + ".done", exchange + ".json", exchange + ".md"])
        marker = json.loads((self.out() / (exchange + ".done")).read_text())
        self.assertEqual({f["name"]: f["bytes"] for f in marker["files"]},
                         {n: (self.out() / n).stat().st_size for n in names if not n.endswith(".done")})
        for name in names:
            self.assertEqual(stat.S_IMODE((self.out() / name).stat().st_mode), 0o600)
        errand = json.loads((self.out() / (exchange + ".json")).read_text())
        self.assertEqual((errand["externalReference"], errand["typeSlug"]), (exchange, "police-lob"))
        self.assertIn(f"Utbyte: {exchange}", (self.out() / (exchange + ".md")).read_text())
        self.assertNotIn(people.ADULT_22["personalNumber"], str(names))
        self.assertNotIn(people.ADULT_22["personalNumber"], self.hub.log())

    def test_a_folder_that_is_away_is_waited_for(self):
        aside = self.hub.folder / "aside"
        self.out().rename(aside)
        exchange = self.lob()
        wait_for("a failed attempt", lambda: self.exchange("police-west", exchange)["attempts"] > 0, 20)
        aside.rename(self.out())
        self.wait_state("police-west", exchange)
        self.assertTrue((self.out() / (exchange + ".done")).exists())

    def test_a_folder_that_everybody_may_open_gets_nothing(self):
        os.chmod(self.out(), 0o755)
        exchange = self.lob()
        wait_for("a failed attempt", lambda: self.exchange("police-west", exchange)["attempts"] > 0, 20)
        self.assertFalse((self.out() / (exchange + ".json")).exists())
        os.chmod(self.out(), 0o700)
        self.wait_state("police-west", exchange)

    def test_what_the_case_system_says_comes_in_its_own_json(self):
        answer = self.send("social-board", "file_drop", build.referral(people.CHILD_15, new_id(), need_for_care=True))
        self.assertEqual([e["recipient"] for e in answer["exchanges"]], ["bup"])


if __name__ == "__main__":
    unittest.main(warnings="ignore")
