#!/usr/bin/env python3
"""A board whose case system leaves files on its own SFTP server: the hub fetches them, takes each once, and lays the answer beside.
Against a real sshd."""
import json
import os
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import people  # noqa: E402
import samband_client as build  # noqa: E402
import sftp_server  # noqa: E402
from hub_case import PERMITTED, HubCase, new_id, replaced  # noqa: E402
from hub_harness import wait_for  # noqa: E402


class SftpIn(HubCase):
    @classmethod
    def setUpClass(cls):
        cls.server = sftp_server.SftpServer()
        cls.addClassCleanup(cls.server.close)
        cls.server.start()
        super().setUpClass()

    @classmethod
    def edit(cls, folder):
        for name in ("in", "out"):
            (folder.parent / name).mkdir(mode=0o700)
        key = folder.parent / "sftp.key"
        key.write_bytes((cls.server.folder / "account").read_bytes())
        key.chmod(0o600)
        text = (folder / "hub.toml").read_text()
        at = text.index('[[endpoints]]\nname = "case-system"')
        end = text.index("[[endpoints]]", at + 1)
        text = text[:at] + f'[[endpoints]]\nname = "case-system"\nurl = "file://{folder.parent}/out"\n\n' + text[end:]
        text = text.replace('[[plugins]]\nname = "health"', '[[plugins]]\nname = "file_drop"\nmodule = "samband-file_drop.so"\nsha256 = "file"\n\n[[plugins]]\nname = "health"')
        text += (f'\n[[drop_in]]\nparty = "social-board"\nfolder = "{folder.parent}/in"\npoll_ms = 100\nfile_bytes_max = 100000\n'
                 f'from = "sftp://127.0.0.1:{cls.server.port}{cls.server.inbox}"\nuser = "{cls.server.user}"\n'
                 f'host_key = "{cls.server.fingerprint()}"\nprivate_key = "{key}"\nconnect_timeout_ms = 2000\n')
        (folder / "hub.toml").write_text(text)
        replaced(folder / "parties.toml", ('adapter = "municipal_case"\nendpoint = "case-system"\ninbound = ["municipal_case"]',
                                           'adapter = "file_drop"\nendpoint = "case-system"\ninbound = ["file_drop"]'))

    def leave(self, stem, text, marker=True):
        for name, content in ((stem + ".json", text if isinstance(text, str) else json.dumps(text)), (stem + ".done", "")):
            if name.endswith(".json") or marker:
                (self.server.inbox / name).write_text(content)
                self.server.own(self.server.inbox / name)

    def answered(self, stem, word, seconds=30):
        file = self.server.inbox / f"{stem}.{word}.json"
        wait_for(file.name, lambda: file.exists() and not (self.server.inbox / (stem + ".done")).exists(), seconds)
        return json.loads(file.read_text())

    def names_of(self, stem):
        return [n for n in self.server.names() if n.startswith(stem)]

    def referral(self, who=people.CHILD_15):
        return build.referral(who, new_id(), need_for_care=True)[1]

    def test_a_message_on_the_server_is_a_message_and_its_answer_lies_beside(self):
        body = self.referral()
        self.leave("unmarked", body, marker=False)
        self.leave("first", body)
        self.assertEqual([e["recipient"] for e in self.answered("first", "answer")["exchanges"]], ["bup"])
        wait_for("the file goes", lambda: self.names_of("first") == ["first.answer.json"], 20)
        self.leave("second", body)
        self.assertTrue(self.answered("second", "answer")["duplicate"])
        self.assertEqual(self.names_of("unmarked"), ["unmarked.json"], "nothing is read without its marker")
        self.assertNotIn(people.CHILD_15["personalNumber"], self.hub.log())

    def test_a_step_is_a_step_and_a_bad_one_stays_with_its_problem(self):
        sent = self.to(self.send("police-west", "police", build.police_lob(people.ADULT_22, new_id())), "social-board")
        self.assertIn(self.assess("police-west", sent["id"], need_of_help=True)["outcome"], PERMITTED)
        self.wait_state("police-west", sent["id"])
        stem = sent["id"] + ".status"
        self.leave(stem, {"status": "confirmed"})
        self.assertIn("/handler/name", json.dumps(self.answered(stem, "problem")))
        self.assertIn(stem + ".json", self.server.names(), "what was refused is still theirs")
        self.leave(stem, {"status": "confirmed", "handler": {"name": "Kim Ek", "phone": "08-465 004 10"}})
        self.answered(stem, "answer")
        self.assertEqual([s["status"] for s in self.exchange("social-board", sent["id"])["statuses"]], ["confirmed"])

    def test_what_is_not_fetched_is_said(self):
        os.symlink("/etc/hostname", self.server.inbox / "link.json")
        (self.server.inbox / "link.done").touch()
        self.leave("large", "x" * 100_001)
        self.leave("odd name", self.referral())
        self.assertIn("no plain file", json.dumps(self.answered("link", "problem")))
        self.assertEqual(self.answered("large", "problem")["status"], 413)
        wait_for("the odd one", lambda: "odd name.done" not in self.server.names(), 20)
        [odd] = [n for n in self.server.names() if n.startswith("file-")]
        self.assertIn("other characters", (self.server.inbox / odd).read_text())
        self.assertIn("odd name.json", self.server.names())
        self.assertEqual([p.name for p in (self.hub.folder / "in").glob("*.json")], [])

    def test_a_server_that_is_down_or_another_is_waited_for(self):
        config = self.server.folder / "config"
        right = config.read_text()
        self.server.stop()
        config.write_text(right.replace(f"HostKey {self.server.folder}/host\n", f"HostKey {self.server.folder}/other\n"))
        self.leave("later", self.referral())
        self.server.start()
        wait_for("refused", lambda: "drop_in.host_key_refused" in self.hub.log(), 20)
        self.assertIn(self.server.fingerprint("other"), self.hub.log())
        self.assertIn("later.json", self.server.names())
        self.server.stop()
        config.write_text(right)
        self.server.start()
        self.answered("later", "answer")

    def test_a_hub_that_is_killed_takes_every_file_once(self):
        sent = {}
        for n in range(12):
            sent[f"many-{n}"] = self.referral()
            self.leave(f"many-{n}", sent[f"many-{n}"])
        for _ in range(3):
            before = len(list(self.server.inbox.glob("many-*.answer.json")))
            if before == 12:
                break
            wait_for("one more", lambda: len(list(self.server.inbox.glob("many-*.answer.json"))) > before, 30)
            self.hub.kill9()
            self.hub.start()
        answers = {stem: self.answered(stem, "answer", 60) for stem in sent}
        wait_for("all gone", lambda: not [n for n in self.server.names() if n.startswith("many-") and "answer" not in n], 30)
        for stem, body in sent.items():
            again = self.hub.request("social-board", "POST", "/v1/in/file_drop", body, {"content-type": "application/json"}).json()
            self.assertTrue(again["duplicate"], again)
            self.assertEqual([e["id"] for e in again["exchanges"]], [e["id"] for e in answers[stem]["exchanges"]])
        self.assert_log_verifies()


if __name__ == "__main__":
    if sftp_server.ABSENT:
        print(f"skipped: {sftp_server.ABSENT}")
        sys.exit(77)
    unittest.main(warnings="ignore")
