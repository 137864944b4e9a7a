#!/usr/bin/env python3
"""A board that takes its files by SFTP: pinned host key, key login, whole files or none. Against a real sshd."""
import json
import os
import pathlib
import stat
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import people  # noqa: E402
import samband_client as build  # noqa: E402
import sftp_server  # noqa: E402
from hub_case import PERMITTED, HubCase, faster_retries, new_id, replaced  # noqa: E402
from hub_harness import wait_for  # noqa: E402


class Sftp(HubCase):
    @classmethod
    def setUpClass(cls):
        cls.server = sftp_server.SftpServer()
        cls.addClassCleanup(cls.server.close)
        cls.wire = sftp_server.Wire(cls.server.port)
        cls.addClassCleanup(cls.wire.close)
        cls.server.start()
        super().setUpClass()

    @classmethod
    def edit(cls, folder):
        faster_retries(folder)
        key = folder.parent / "sftp.key"
        key.write_bytes((cls.server.folder / "account").read_bytes())
        key.chmod(0o600)
        text = (folder / "hub.toml").read_text()
        at = text.index('[[endpoints]]\nname = "case-system"')
        end = text.index("[[endpoints]]", at + 1)
        text = text[:at] + (f'[[endpoints]]\nname = "case-system"\nurl = "sftp://127.0.0.1:{cls.wire.port}{cls.server.inbox}"\n'
                            f'user = "{cls.server.user}"\nhost_key = "{cls.server.fingerprint()}"\nprivate_key = "{key}"\n'
                            'connect_timeout_ms = 2000\nrequest_timeout_ms = 8000\n\n') + text[end:]
        text = text.replace('[[plugins]]\nname = "health"', '[[plugins]]\nname = "file_drop"\nmodule = "samband-file_drop.so"\nsha256 = "file"\n\n[[plugins]]\nname = "health"')
        (folder / "hub.toml").write_text(text)
        replaced(folder / "parties.toml", ('adapter = "municipal_case"\nendpoint = "case-system"\ninbound = ["municipal_case"]',
                                           'adapter = "file_drop"\nendpoint = "case-system"\ninbound = ["file_drop"]'))

    def lob(self):
        sent = self.to(self.send("police-west", "police", build.police_lob(people.ADULT_22, new_id())), "social-board")
        self.assertIn(self.assess("police-west", sent["id"], need_of_help=True)["outcome"], PERMITTED)
        return sent["id"]

    def wait_attempt(self, exchange):
        wait_for("a failed attempt", lambda: self.exchange("police-west", exchange)["attempts"] > 0, 20)

    def files_of(self, exchange):
        return [n for n in self.server.names() if n.startswith(exchange)]

    def test_files_arrive_whole_and_are_their_owners_alone(self):
        exchange = self.lob()
        self.assertEqual(self.wait_state("police-west", exchange)["externalReference"], exchange + ".done")
        self.assertEqual(self.files_of(exchange), [exchange + ".done", exchange + ".json", exchange + ".md"])
        marker = json.loads((self.server.inbox / (exchange + ".done")).read_text())
        for one in marker["files"]:
            file = self.server.inbox / one["name"]
            self.assertEqual((file.stat().st_size, stat.S_IMODE(file.stat().st_mode)), (one["bytes"], 0o600))
        self.assertEqual([n for n in self.server.names() if n.startswith(".")], [], "nothing is left beside")
        self.assertNotIn(people.ADULT_22["personalNumber"], self.hub.log())

    def test_a_file_of_the_same_name_is_replaced(self):
        self.server.stop()
        exchange = self.lob()
        self.wait_attempt(exchange)
        for name in (exchange + ".json", "." + exchange + ".json.tmp"):  # an earlier version, and what broke off
            (self.server.inbox / name).write_text("earlier")
            self.server.own(self.server.inbox / name)
        self.server.start()
        self.wait_state("police-west", exchange)
        self.assertEqual(json.loads((self.server.inbox / (exchange + ".json")).read_text())["externalReference"], exchange)
        self.assertNotIn("." + exchange + ".json.tmp", self.server.names())

    def test_another_host_key_gets_nothing_not_even_a_login(self):
        self.server.stop()
        config = self.server.folder / "config"
        right = config.read_text()
        config.write_text(right.replace(f"HostKey {self.server.folder}/host\n", f"HostKey {self.server.folder}/other\n"))
        logins, before = self.server.logins(), self.server.names()
        self.server.start()
        exchange = self.lob()
        self.wait_attempt(exchange)
        self.assertEqual((self.server.logins(), self.server.names()), (logins, before))
        self.assertIn("transport.host_key_refused", self.hub.log())
        self.assertIn(self.server.fingerprint("other"), self.hub.log())
        self.server.stop()
        config.write_text(right)
        self.server.start()
        self.wait_state("police-west", exchange)

    def test_a_server_that_does_not_know_the_key_is_waited_for(self):
        allowed = self.server.folder / "allowed"
        right = allowed.read_text()
        allowed.write_text((self.server.folder / "stranger.pub").read_text())
        exchange = self.lob()
        self.wait_attempt(exchange)
        self.assertEqual(self.files_of(exchange), [])
        allowed.write_text(right)
        self.wait_state("police-west", exchange)

    def test_a_key_that_others_may_read_is_not_used(self):
        key, logins = self.hub.folder / "sftp.key", self.server.logins()
        os.chmod(key, 0o644)
        exchange = self.lob()
        self.wait_attempt(exchange)
        self.assertEqual(self.server.logins(), logins)
        os.chmod(key, 0o600)
        self.wait_state("police-west", exchange)

    def test_a_server_that_is_down_is_waited_for(self):
        self.server.stop()
        exchange = self.lob()
        self.wait_attempt(exchange)
        self.server.start()
        self.wait_state("police-west", exchange)

    def test_what_is_cut_in_the_middle_never_shows_under_its_name(self):
        first = len(self.wire.sent)
        self.wait_state("police-west", self.lob())
        whole = self.wire.sent[first]  # of the connection that carried an errand of the same size
        size = max(p.stat().st_size for p in self.server.inbox.glob("*.json"))
        self.wire.cut_after = whole - size // 2  # in the middle of the one packet with its bytes
        try:
            exchange = self.lob()
            self.wait_attempt(exchange)
            self.assertEqual(self.files_of(exchange), [])
        finally:
            self.wire.cut_after = None
        self.wait_state("police-west", exchange)
        self.assertEqual(self.files_of(exchange), [exchange + ".done", exchange + ".json", exchange + ".md"])


if __name__ == "__main__":
    if sftp_server.ABSENT:
        print(f"skipped: {sftp_server.ABSENT}")
        sys.exit(77)
    unittest.main(warnings="ignore")
