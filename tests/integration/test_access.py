#!/usr/bin/env python3
"""Who may see and do what: each party its own, the operator no content, the auditor the log, everybody else nothing."""
import http.client
import pathlib
import socket
import ssl
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import people  # noqa: E402
import samband_client as build  # noqa: E402
from hub_case import OFFICIALS, HubCase, new_id, replaced  # noqa: E402

PARTIES = ["police-west", "social-board", "social-restricted", "housing-coordinator", "school-south", "maria-ungdom", "bup",
           "landlord-private", "kronofogden", "operator", "auditor"]
CATEGORIES = ["identity", "suspicion", "school", "social_situation", "risk_assessment", "event", "case_reference", "official",
              "home_area", "protection"]


def make_certificate(folder, name, subject, usage="clientAuth"):
    """A certificate of the development CA with a subject of our choice."""
    def openssl(*arguments):
        subprocess.run(["openssl", *arguments], check=True, capture_output=True, timeout=60)

    key, request, extensions = (str(folder / f"{name}.{end}") for end in ("key", "csr", "ext"))
    openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", key)
    openssl("req", "-new", "-sha256", "-key", key, "-subj", subject, "-out", request)
    pathlib.Path(extensions).write_text(f"basicConstraints=critical,CA:false\nkeyUsage=critical,digitalSignature\nextendedKeyUsage={usage}\n")
    openssl("x509", "-req", "-sha256", "-in", request, "-CA", str(folder / "ca.pem"), "-CAkey", str(folder / "ca.key"), "-CAcreateserial",
            "-days", "2", "-extfile", extensions, "-out", str(folder / f"{name}.pem"))


class Access(HubCase):
    SYSTEMS = ["social-board", "police-west", "landlord-private"]

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.traffic = cls("runTest")
        cls.traffic.send_traffic()

    def runTest(self):
        pass

    def send_traffic(self):
        """One exchange of each state that the tests look at; who sent what to whom."""
        cls = type(self)
        answer = self.send("landlord-private", "landlord", build.landlord_arrears(people.GUARDIAN_45, new_id()))
        cls.message = answer["messageId"]
        cls.delivered = self.wait_state("landlord-private", self.to(answer, "social-board")["id"])["id"]
        cls.waiting = self.to(answer, "housing-coordinator")["id"]  # in an inbox
        held = self.send("police-west", "police", build.police_lob(people.ADULT_22, new_id()))
        cls.held, cls.held_message = self.to(held, "social-board")["id"], held["messageId"]
        refused = self.send("police-west", "police", build.police_offer(people.ADULT_22, new_id(), accepted=False))
        cls.refused = self.to(refused, "social-board")["id"]
        consent = {"person": {"personalNumber": people.YOUTH_17["personalNumber"]}, "giver": "self", "maturityAssessor": "coordinator-3",
                   "recipients": ["school-south"], "purposes": ["sig_cooperation"], "categories": CATEGORIES, "validTo": build.now(86400),
                   "evidenceSha256": "5a" * 32, "language": "sv"}
        cls.consent = self.call("police-west", "POST", "/v1/consents", consent, expect=201)["id"]
        # exchange -> (message, sender, recipient)
        cls.exchanges = {cls.delivered: (cls.message, "landlord-private", "social-board"),
                         cls.waiting: (cls.message, "landlord-private", "housing-coordinator"),
                         cls.held: (cls.held_message, "police-west", "social-board"),
                         cls.refused: (refused["messageId"], "police-west", "social-board")}

    def problem(self, party, method, path, status, body=None):
        found = self.call(party, method, path, body, status)
        self.assertEqual(found["status"], status)
        return {k: v for k, v in found.items() if k != "pointer"}

    # -- each party its own -------------------------------------------------------------------------------------------

    def test_an_exchange_and_its_receipt_exist_only_for_its_two_parties(self):
        nobody = {party: self.problem(party, "GET", f"/v1/exchanges/{new_id()}", 404) for party in PARTIES}
        for exchange in self.exchanges:
            for party in PARTIES:
                own = [party] if self.may_see(party, exchange) else []
                with self.subTest(party=party, own=party in own):
                    for path in (f"/v1/exchanges/{exchange}", f"/v1/receipts/{exchange}"):
                        answer = self.hub.request(party, "GET", path)
                        self.assertEqual(answer.status, 200 if party in own else 404, path)
                        if party not in own:
                            self.assertEqual(answer.json(), nobody[party], "foreign and missing must look alike")

    def may_see(self, party, exchange):
        """A recipient learns nothing of what was held or refused: not even that it exists."""
        _, sender, recipient = self.exchanges[exchange]
        return party == sender or (party == recipient and self.exchange(sender, exchange)["outcome"] in ("released", "partial"))

    def test_a_list_of_exchanges_holds_own_ones_only(self):
        for party in PARTIES:
            with self.subTest(party=party):
                listed = self.call(party, "GET", "/v1/exchanges?limit=1000")["exchanges"]
                self.assertTrue(all(party in (e["sender"], e["recipient"]) for e in listed))
                expected = {e for e in self.exchanges if self.may_see(party, e)}
                self.assertEqual(set(self.exchanges) & {e["id"] for e in listed}, expected)

    def test_a_query_that_is_not_understood_is_refused_by_name(self):
        for path, name in [("/v1/exchanges?limits=5", "`limits`"), ("/v1/exchanges?state=held&party=x", "`party`"), ("/v1/exchanges?limit=5&limit=6", "`limit`"),
                           ("/v1/exchanges?limit=all", "`limit`"), ("/v1/exchanges?limit=-1", "`limit`"), ("/v1/inbox?wait=soon", "`wait`"),
                           ("/v1/inbox?limit=5", "`limit`"), (f"/v1/exchanges/{self.held}?full", "`full`"), ("/v1/consents?state=valid", "`state`"),
                           ("/v1/policy?hash=1", "`hash`"), ("/v1/exchanges?19810402-2382=1", "state, after, limit")]:
            with self.subTest(path):
                found = self.call("police-west", "GET", path, expect=400)
                self.assertEqual(found["code"], "invalid_input")
                self.assertIn(name, found["detail"])
                self.assertNotIn("19810402", found["detail"])
        self.assertIn("`dry_run`", self.call("police-west", "POST", "/v1/messages?dry_run=1", {}, 400)["detail"])
        self.assertEqual(self.call("police-west", "GET", "/v1/exchanges?state=held&limit=1000&after=")["exchanges"][-1]["state"], "held")

    def test_a_message_is_answered_again_to_its_sender_only(self):
        for party in PARTIES:
            self.call(party, "GET", f"/v1/messages/{self.message}", expect=200 if party == "landlord-private" else 404)
            self.call(party, "GET", f"/v1/messages/{self.held_message}", expect=200 if party == "police-west" else 404)

    def test_an_inbox_is_its_owners(self):
        for party in PARTIES:
            with self.subTest(party=party):
                found = self.inbox(party)
                self.assertEqual([e["id"] for e in found if e["id"] in self.exchanges], [self.waiting] if party == "housing-coordinator" else [])
                if party != "housing-coordinator":
                    self.call(party, "POST", f"/v1/inbox/{self.waiting}/ack", {}, expect=404)
        self.assertEqual(self.exchange("landlord-private", self.waiting)["state"], "inbox", "no stranger's acknowledgement counted")

    def test_the_landlord_does_not_see_what_another_recipient_was_sent(self):
        shown = self.call("landlord-private", "GET", f"/v1/exchanges/{self.delivered}")
        self.assertNotIn("data", shown)
        self.assertNotIn(people.GUARDIAN_45["familyName"], str(shown))

    def test_consents_are_listed_to_their_holder_without_the_person(self):
        for party in PARTIES:
            listed = self.call(party, "GET", "/v1/consents")
            self.assertEqual([c["id"] for c in listed["consents"]], [self.consent] if party == "police-west" else [])
            self.assertNotIn(people.YOUTH_17["personalNumber"][2:], str(listed))

    def test_consents_come_a_page_at_a_time(self):
        consent = {"person": {"personalNumber": people.YOUTH_17["personalNumber"]}, "giver": "self", "recipients": ["social-board"],
                   "purposes": ["care_referral"], "categories": ["identity"], "validTo": build.now(86400), "evidenceSha256": "5a" * 32, "language": "sv"}
        for _ in range(2):
            self.call("bup", "POST", "/v1/consents", consent, expect=201)
        whole = [c["id"] for c in self.call("bup", "GET", "/v1/consents")["consents"]]
        self.assertGreaterEqual(len(whole), 2)
        first = self.call("bup", "GET", "/v1/consents?limit=1")
        self.assertEqual(([c["id"] for c in first["consents"]], first["after"]), (whole[:1], whole[0]))
        rest = self.call("bup", "GET", f"/v1/consents?after={first['after']}")
        self.assertEqual([c["id"] for c in rest["consents"]], whole[1:])
        self.assertNotIn("after", rest)
        for wrong in ("?limit=0", "?limit=1001", "?after=x", "?page=2"):
            self.call("bup", "GET", f"/v1/consents{wrong}", expect=400)

    def test_a_consent_is_revoked_by_its_holder_only(self):
        for party in PARTIES:
            if party != "police-west":
                self.problem(party, "POST", f"/v1/consents/{self.consent}/revocations", 404, {})
        self.assertEqual(self.call("police-west", "GET", "/v1/consents")["consents"][0]["state"], "valid")

    def test_only_the_sender_assesses(self):
        before = self.leaves()
        answer = {"facts": [{"code": "need_of_help", "value": True, "person": "p1", "reasonCode": "assessed_yes"}]}
        for party in PARTIES:
            if party != "police-west":
                self.problem(OFFICIALS.get(party, party), "POST", f"/v1/exchanges/{self.held}/assessments", 404, answer)
        self.problem("police-west", "POST", f"/v1/exchanges/{self.held}/assessments", 403, answer)
        self.assertEqual(self.exchange("police-west", self.held)["state"], "held")
        self.assertEqual(self.leaves(), before, "nothing was recorded")

    def test_only_the_recipient_sets_a_status(self):
        before = self.leaves()
        for party in PARTIES:
            if party != "social-board":
                self.problem(party, "POST", f"/v1/exchanges/{self.delivered}/status", 404, {"status": "accepted"})
        self.assertEqual(self.leaves(), before)
        self.call("social-board", "POST", f"/v1/exchanges/{self.held}/status", {"status": "accepted"}, expect=404)  # not for it to know of
        done = self.call("social-board", "POST", f"/v1/exchanges/{self.delivered}/status", {"status": "accepted"})
        self.assertEqual(done["exchange"]["life"], "accepted")

    def test_only_the_operator_retries(self):
        for party in PARTIES:
            if party != "operator":
                self.problem(party, "POST", f"/v1/exchanges/{self.delivered}/retry", 403, {})
        self.problem("operator", "POST", f"/v1/exchanges/{self.delivered}/retry", 409, {})  # the deny twin: it came as far as the state
        self.problem("operator", "POST", f"/v1/exchanges/{new_id()}/retry", 404, {})

    def test_operator_and_auditor_send_nothing(self):
        for party in ("operator", "auditor"):
            self.send(party, None, build.canonical_concern(people.CHILD_15, party), expect=403)
            for adapter in ("police", "landlord", "municipal_case", "health", "kronofogden"):
                self.send(party, adapter, build.landlord_arrears(people.GUARDIAN_45, new_id()), expect=403)

    def test_nobody_sends_through_anothers_adapter_or_as_somebody_else(self):
        message = build.police_suspicion(people.YOUTH_17, new_id())
        for party in PARTIES:
            if party != "police-west":
                self.send(party, "police", message, expect=403)
        # The certificate says who sends; what the message claims does not count.
        claimed = build.canonical_concern(people.CHILD_15, "school-south")
        answer = self.send("bup", None, claimed)
        self.assertEqual({e["sender"] for e in answer["exchanges"]}, {"bup"})

    def test_no_identity_number_in_what_goes_with_every_exchange(self):
        def concern(**more):
            return build.canonical_concern(people.CHILD_15, "police-west", **more)
        for member in ("conversationId", "refToMessageId"):
            self.call("police-west", "POST", "/v1/messages", concern(**{member: f"case/{new_id()}"}))
            for said in (people.CHILD_15["personalNumber"], f"case/{people.CHILD_15['personalNumber']}"):
                refused = self.call("police-west", "POST", "/v1/messages", concern(**{member: said}), 400)
                self.assertEqual(refused["pointer"], f"/data/{member}")

    def test_a_status_message_is_taken_from_the_recipient_only(self):
        status = build.canonical("care.status", "bup", {"persons": [build.as_person(people.CHILD_15)],
                                                           "payload": {"exchangeId": self.delivered, "status": "accepted"}})
        for party in ("bup", "maria-ungdom"):
            found = self.problem(party, "POST", "/v1/messages", 404, {**status, "id": new_id()})
            unknown = {**status, "id": new_id(), "data": {**status["data"], "payload": {"exchangeId": new_id(), "status": "accepted"}}}
            self.assertEqual(found, self.problem(party, "POST", "/v1/messages", 404, unknown))

    def test_the_sender_is_not_told_that_a_held_exchange_was_received(self):
        shown = self.exchange("police-west", self.held)
        self.assertEqual((shown["state"], shown["life"]), ("held", ""))

    # -- no certificate, a wrong one, an unknown one ------------------------------------------------------------------

    def refused_in_tls(self, party, port):
        client = self.hub.client(party, port)
        try:
            with self.assertRaises((ssl.SSLError, ConnectionError, http.client.RemoteDisconnected)):
                client.request("GET", "/v1/exchanges")
        finally:
            client.close()

    def test_without_a_certificate_of_the_ca_there_is_no_agency_api(self):
        self.refused_in_tls(None, 8443)
        self.refused_in_tls("stranger", 8443)

    def test_a_strangers_certificate_opens_no_port(self):
        for port in (8443, 8444, 8445):
            self.refused_in_tls("stranger", port)

    def test_a_certificate_of_the_ca_that_is_nobodys_is_refused(self):
        number = "9999000012"  # the police's
        for name, subject in [("unknown", f"/O=Samband development/serialNumber={number}/CN=nobody"),
                              ("wrong-number", "/O=Samband development/serialNumber=9999000046/CN=police-west"),
                              ("no-number", "/O=Samband development/CN=police-west"),
                              ("case", f"/O=Samband development/serialNumber={number}/CN=Police-West"),
                              ("number-as-name", f"/O=Samband development/serialNumber={number}/CN={number}")]:
            with self.subTest(certificate=name):
                make_certificate(self.hub.certs, name, subject)
                for path in ("/v1/exchanges", "/v1/inbox", f"/v1/exchanges/{self.held}", f"/v1/receipts/{self.held}"):
                    self.problem(name, "GET", path, 403)
                self.problem(name, "POST", "/v1/messages", 403, build.canonical_concern(people.CHILD_15, "police-west"))
                console = self.hub.client(name, 8444)
                self.assertEqual(console.request("GET", "/").status, 403)
                console.close()
        # The deny twin: made the same way with the right subject it is let in.
        make_certificate(self.hub.certs, "right", f"/O=Samband development/serialNumber={number}/CN=police-west")
        self.assertEqual(self.exchange("right", self.held)["id"], self.held)

    def test_a_server_certificate_is_no_client_certificate(self):
        make_certificate(self.hub.certs, "server-only", "/O=Samband development/serialNumber=9999000012/CN=police-west", "serverAuth")
        self.refused_in_tls("server-only", 8443)

    def test_the_hubs_own_client_certificate_is_no_party(self):
        self.problem("hub-client", "GET", "/v1/exchanges", 403)

    # -- the log ------------------------------------------------------------------------------------------------------

    def test_entries_of_the_log_need_an_auditor_and_the_checkpoint_nobody(self):
        for party in [None, *PARTIES]:
            client = self.hub.client(party, 8445)
            with self.subTest(party=party):
                checkpoint = client.request("GET", "/log/checkpoint")
                self.assertEqual((checkpoint.status, checkpoint.body.decode().splitlines()[0]), (200, "samband.example/exempelkommun"))
                size = int(checkpoint.body.decode().splitlines()[1])
                self.assertGreater(size, 4)
                self.assertEqual(client.request("GET", f"/log/tile/0/000.p/{size % 256}").status, 200)
                entries = client.request("GET", f"/log/tile/entries/000.p/{size % 256}")
                self.assertEqual(entries.status, 200 if party == "auditor" else 401 if party is None else 403)
                if party != "auditor":
                    self.assertNotIn(self.held.encode(), entries.body)
                self.assertEqual(client.request("POST", "/log/checkpoint", {}).status, 404)
            client.close()

    # -- the console --------------------------------------------------------------------------------------------------

    def page(self, party, path="/"):
        client = self.hub.client(party, 8444)
        try:
            answer = client.request("GET", path)
            return answer.status, answer.body.decode()
        finally:
            client.close()

    def test_the_console_without_a_certificate_shows_nothing(self):
        for path in ("/", f"/verify/{self.delivered}"):
            status, text = self.page(None, path)
            self.assertEqual(status, 401)
            self.assertNotIn(self.delivered, text)

    def test_the_console_shows_own_rows(self):
        for party in PARTIES:
            status, text = self.page(party)
            self.assertEqual(status, 200)
            for exchange, (_, sender, recipient) in self.exchanges.items():
                # As at the API: a recipient learns nothing of what was held or refused.
                permitted = self.exchange(sender, exchange)["outcome"] in ("released", "partial")
                may_see = party in (sender, "operator", "auditor") or (party == recipient and permitted)
                with self.subTest(party=party, may_see=may_see):
                    self.assertEqual(exchange in text, may_see)
                    self.assertEqual(self.page(party, f"/verify/{exchange}")[0], 200 if may_see else 404)
            for person in people.ALL:
                self.assertNotIn(person["familyName"], text)

    def test_the_console_changes_nothing(self):
        client = self.hub.client("operator", 8444)
        for method in ("POST", "PUT", "DELETE"):
            self.assertEqual(client.request(method, "/", b"").status, 405)
        client.close()


class Bodies(HubCase):
    """Large bodies, and bodies of several messages."""

    @staticmethod
    def edit(folder):
        replaced(folder / "parties.toml", ('inbound = ["school"]', 'inbound = ["school", "template"]'))
        replaced(folder / "hub.toml", ('[[plugins]]\nname = "health"', '[[plugins]]\nname = "template"\nmodule = "samband-template.so"\nsha256 = "file"\n\n[[plugins]]\nname = "health"'))

    def report(self, message_id=None, concern="Oro"):
        child = {k: people.CHILD_15[k] for k in ("personalNumber", "givenName", "familyName")}
        return {"id": message_id or new_id(), "sentAt": build.now(), "child": child, "concern": concern}

    def send_reports(self, *reports):
        return self.hub.request("school-south", "POST", "/v1/in/template", list(reports))

    def test_each_message_of_a_body_is_answered(self):
        first, second = self.report(), self.report()
        answer = self.send_reports(first, second)
        self.assertEqual(answer.status, 200, answer)
        self.assertEqual([m["senderMessageId"] for m in answer.json()["messages"]], [first["id"], second["id"]])
        self.assertNotIn("quarantine", answer.json())

    def test_a_message_that_fails_does_not_hide_one_that_went(self):
        taken = self.report()
        self.assertEqual(self.send_reports(taken).status, 200)
        good, bad, last = self.report(), self.report(taken["id"], "Något annat"), self.report()
        answer = self.send_reports(good, bad, last)
        self.assertEqual(answer.status, 200, answer)
        one, two, three = answer.json()["messages"]
        self.assertEqual((two["senderMessageId"], two["problem"]["status"], two["problem"]["code"]), (taken["id"], 409, "conflict"))
        self.assertNotIn("exchanges", two)
        for entry, sent in ((one, good), (three, last)):
            self.assertEqual((entry["senderMessageId"], len(entry["exchanges"])), (sent["id"], 1))
        self.assertIn("quarantine", answer.json())
        again = self.send_reports(good, bad, last).json()["messages"]
        self.assertEqual([m.get("duplicate") for m in again], [True, None, True], "asked again: nothing is sent twice")

    def test_nothing_decided_is_an_error(self):
        taken = self.report()
        self.assertEqual(self.send_reports(taken).status, 200)
        self.assertEqual(self.send_reports(self.report(taken["id"], "Något annat"), self.report(taken["id"], "Mer")).status, 409)
        broken = self.report()
        self.assertEqual(self.send_reports(self.report(broken["id"]), {**broken, "concern": ""}).status, 400, "read whole before anything is decided")
        self.assertFalse(self.send_reports(broken).json()["duplicate"])

    def test_a_large_body_that_waits_to_be_asked_for(self):
        media_type, body = build.referral(people.CHILD_15, new_id(), need_for_care=True)
        body = body.encode() + b" " * (1500 << 10)
        head = f"POST /v1/in/municipal_case HTTP/1.1\r\nHost: localhost\r\nContent-Type: {media_type}\r\nContent-Length: {len(body)}\r\n"
        with self.raw("social-board") as connection:
            connection.sendall((head + "Expect: 100-continue\r\n\r\n").encode())
            self.assertEqual(connection.recv(4096), b"HTTP/1.1 100 Continue\r\n\r\n")
            connection.sendall(body)
            self.assertIn(b"HTTP/1.1 200 OK", connection.recv(4096))
        with self.raw("social-board") as connection:
            connection.sendall((head + "Expect: a-miracle\r\n\r\n").encode())
            self.assertIn(b" 417 ", connection.recv(4096))
        # A certificate of the CA that is no party's is answered before its body.
        make_certificate(self.hub.certs, "unknown", "/O=Ingen/CN=unknown")
        for extra in ("Expect: 100-continue\r\n\r\n", "\r\n"):
            with self.raw("unknown") as connection:
                connection.sendall((head + extra).encode())
                self.assertRegex(connection.recv(4096), b"^HTTP/1.1 40[13] ")

    def raw(self, party):
        context = ssl.create_default_context(cafile=self.hub.certs / "ca.pem")
        context.load_cert_chain(self.hub.certs / f"{party}.pem", self.hub.certs / f"{party}.key")
        return context.wrap_socket(socket.create_connection(("localhost", self.hub.port(8443)), 20), server_hostname="localhost")


if __name__ == "__main__":
    unittest.main(warnings="ignore")
