#!/usr/bin/env python3
"""A board whose case system speaks in files: messages, steps and acknowledgements are taken once, also by a hub that is killed."""
import json
import os
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import people  # noqa: E402
import samband_client as build  # noqa: E402
from hub_case import PERMITTED, HubCase, new_id, replaced  # noqa: E402
from hub_harness import wait_for  # noqa: E402


class DropIn(HubCase):
    @staticmethod
    def edit(folder):
        for name in ("in", "out"):
            (folder.parent / name).mkdir(mode=0o700)
        text = (folder / "hub.toml").read_text()
        at = text.index('[[endpoints]]\nname = "case-system"')
        end = text.index("[[endpoints]]", at + 1)
        text = text[:at] + f'[[endpoints]]\nname = "case-system"\nurl = "file://{folder.parent}/out"\n\n' + text[end:]
        text = text.replace('[[plugins]]\nname = "health"', '[[plugins]]\nname = "file_drop"\nmodule = "samband-file_drop.so"\nsha256 = "file"\n\n[[plugins]]\nname = "health"')
        text += f'\n[[drop_in]]\nparty = "social-board"\nfolder = "{folder.parent}/in"\npoll_ms = 50\n'
        (folder / "hub.toml").write_text(text)
        replaced(folder / "parties.toml", ('adapter = "municipal_case"\nendpoint = "case-system"\ninbound = ["municipal_case"]',
                                           'adapter = "file_drop"\nendpoint = "case-system"\ninbound = ["file_drop"]'))

    @property
    def folder(self):
        return self.hub.folder / "in"

    def leave(self, stem, text):
        (self.folder / (stem + ".json")).write_text(text if isinstance(text, str) else json.dumps(text))
        (self.folder / (stem + ".done")).touch()

    def ends(self, stem, where, seconds=30):
        """What the hub wrote beside a file once it was done with it."""
        word = {"done": "answer", "error": "problem"}[where]
        wait_for(f"{where}", lambda: not (self.folder / (stem + ".json")).exists(), seconds)
        found = list((self.folder / where).glob(f"*-{stem}.{word}.json"))
        self.assertEqual(len(found), 1, [p.name for p in self.folder.rglob("*")])
        self.assertTrue((self.folder / where / found[0].name.replace(f".{word}.json", ".json")).exists())
        return json.loads(found[0].read_text())

    def lob(self):
        sent = self.to(self.send("police-west", "police", build.police_lob(people.ADULT_22, new_id())), "social-board")
        self.assertIn(self.assess("police-west", sent["id"], need_of_help=True)["outcome"], PERMITTED)
        self.wait_state("police-west", sent["id"])
        return sent["id"]

    def steps(self, exchange):
        return [s["status"] for s in self.exchange("social-board", exchange)["statuses"]]

    def test_a_message_in_a_file_is_a_message(self):
        body = build.referral(people.CHILD_15, new_id(), need_for_care=True)[1]
        self.leave("referral-1", body)
        answer = self.ends("referral-1", "done")
        self.assertEqual([e["recipient"] for e in answer["exchanges"]], ["bup"])
        self.leave("referral-2", body)  # the same message under another name
        self.assertTrue(self.ends("referral-2", "done")["duplicate"])

    def test_a_step_in_a_file_is_a_step_under_the_same_rules(self):
        exchange = self.lob()
        self.leave(exchange + ".ack", {"reference": "SN 2026-0417"})
        self.assertEqual(self.ends(exchange + ".ack", "done")["id"], exchange)
        self.leave(exchange + ".status", {"status": "confirmed"})  # a confirmation names the handler
        self.assertIn("/handler/name", json.dumps(self.ends(exchange + ".status", "error")))
        self.assertEqual(self.steps(exchange), [])
        self.leave(exchange + ".status", {"status": "confirmed", "handler": {"name": "Kim Ek", "phone": "08-465 004 10"}})
        self.ends(exchange + ".status", "done")
        self.assertEqual(self.steps(exchange), ["confirmed"])

    def test_nobody_speaks_of_what_was_not_sent_to_the_party(self):
        for stem, text in ((new_id() + ".ack", {}), (new_id() + ".status", {"status": "confirmed", "handler": {"name": "Kim Ek"}})):
            self.leave(stem, text)
            problem = self.ends(stem, "error")
            self.assertEqual(problem["status"], 404, problem)

    def test_what_cannot_be_read_is_kept_and_named_by_its_place(self):
        number = people.CHILD_15["personalNumber"]
        self.leave("bad-1", json.dumps({"messageId": new_id(), "createdAt": number, "type": "referral"}))
        problem = self.ends("bad-1", "error")
        self.assertEqual(problem["pointer"], "/createdAt")
        self.assertNotIn(number, json.dumps(problem))
        self.assertNotIn(number, self.hub.log())
        self.leave("bad-2", "{")
        self.assertEqual(self.ends("bad-2", "error")["status"], 400)
        os.symlink("/etc/hostname", self.folder / "bad-3.json")
        (self.folder / "bad-3.done").touch()
        wait_for("refused", lambda: list((self.folder / "error").glob("*-bad-3.problem.json")), 30)

    def test_what_waits_for_a_person_is_counted_until_it_is_cleared(self):
        waiting = lambda: self.hub.metric("samband_drop_in_errors", party="social-board")  # noqa: E731
        lie = lambda: len([p for p in (self.folder / "error").iterdir() if not p.name.endswith(".problem.json")])  # noqa: E731
        for stem in ("wrong-1", "wrong-2"):
            self.leave(stem, "{")
            self.ends(stem, "error")
        self.assertGreaterEqual(lie(), 2)
        wait_for("counted", lambda: waiting() == lie(), 30)
        # A file that is mended and left again waits no longer, whatever lies of it.
        before = lie()
        next((self.folder / "error").glob("*-wrong-1.json")).unlink()
        wait_for("one fewer", lambda: waiting() == before - 1, 30)
        for path in (self.folder / "error").iterdir():
            path.unlink()
        wait_for("cleared", lambda: waiting() == 0, 30)

    def test_a_hub_that_is_killed_takes_every_file_once(self):
        exchange = self.lob()
        for n in range(12):
            self.leave(f"many-{n}", build.referral(people.CHILD_15, new_id(), need_for_care=True)[1])
        self.leave(exchange + ".status", {"status": "confirmed", "handler": {"name": "Kim Ek", "phone": "08-465 004 10"}})
        before = len(list((self.folder / "done").glob("*-many-*.answer.json"))) if (self.folder / "done").exists() else 0
        for _ in range(3):
            wait_for("one more", lambda: len(list((self.folder / "done").glob("*-many-*.answer.json"))) > before, 30)
            self.hub.kill9()
            before = len(list((self.folder / "done").glob("*-many-*.answer.json")))
            self.hub.start()
            if before >= 12:
                break
        wait_for("all of them", lambda: not list(self.folder.glob("*.json")), 60)
        self.assertEqual(len(list((self.folder / "done").glob("*-many-*.answer.json"))), 12)
        self.assertEqual([p.name for p in (self.folder / "error").glob("*many*")], [])
        self.assertEqual(self.steps(exchange), ["confirmed"])
        self.assert_log_verifies()


if __name__ == "__main__":
    unittest.main(warnings="ignore")
