#!/usr/bin/env python3
"""An assessment needs a person: an official's login or signature. What a system says about who assessed is no proof."""
import concurrent.futures
import json
import pathlib
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import people  # noqa: E402
import samband_client as build  # noqa: E402
from hub_case import PERMITTED, HubCase, new_id  # noqa: E402
from hub_harness import SOURCE, message, wait_for  # noqa: E402
from officials import expired_certificate, revocation_list, sign, sign_body, signed_assessment  # noqa: E402

OFFICER, STRANGER, COUNSEL = "police-west-officer", "social-board-caseworker", "municipal-counsel"
FHIR_CONCERN = SOURCE / "plugins/health/cases/decode_concern/in.json"
NEED = {"code": "need_of_help", "value": True, "person": "p1", "reasonCode": "assessed_yes"}


class OfficialsCase(HubCase):
    SYSTEMS = ["social-board"]

    def lob(self):
        held = self.to(self.send("police-west", "police", build.police_lob(people.ADULT_22, new_id())), "social-board")
        self.assertEqual(held["outcome"], "held")
        return held["id"]

    def answer(self, caller, exchange, body, expect=200):
        return self.call(caller, "POST", f"/v1/exchanges/{exchange}/assessments", body, expect)

    # -- judgements inside a message ----------------------------------------------------------------------------------

    def canonical_lob(self, message_id, assessor):
        fact = {"code": "identity_established", "value": True, "person": "p1"}, {**NEED, "assessor": assessor}
        person = {**people.ADULT_22, "ref": "p1", "role": "subject"}
        return message("police.lob", "police-west", {"persons": [person], "facts": list(fact), "payload": {"custody": {
            "start": build.now(-7200), "reason": "berusad av alkohol"}}}, message_id)

    def signed(self, message_id, official, value=True, who=people.ADULT_22):
        payload = {"message": message_id, "code": "need_of_help", "value": value, "person": "p1",
                   "personalNumber": who["personalNumber"]}
        return {"id": official, "jws": sign(official, payload, self.hub.certs)}


class Officials(OfficialsCase):
    # -- answers to a hold --------------------------------------------------------------------------------------------

    def test_a_systems_word_is_not_enough(self):
        held = self.lob()
        self.answer("police-west", held, {"assessor": {"id": "officer-4711"}, "facts": [NEED]}, 403)
        self.assertEqual(self.exchange("police-west", held)["outcome"], "held")

    def test_an_officials_login_is(self):
        held = self.lob()
        self.answer(OFFICER, held, {"assessor": {"id": "somebody-else"}, "facts": [NEED]}, 403)
        self.assertIn(self.answer(OFFICER, held, {"facts": [NEED]})["outcome"], PERMITTED)
        self.wait_state("police-west", held)

    def test_an_officials_signature_is(self):
        held = self.lob()
        body = signed_assessment(OFFICER, held, [NEED], self.hub.certs)
        self.assertIn(self.answer("police-west", held, body)["outcome"], PERMITTED)

    def test_a_signature_speaks_for_its_exchange_its_moment_and_its_official_only(self):
        held, other, certs = self.lob(), self.lob(), self.hub.certs
        for expect, body in ((403, signed_assessment(OFFICER, other, [NEED], certs)), (400, signed_assessment(OFFICER, held, [NEED], certs, age_s=900)),
                             (403, signed_assessment(STRANGER, held, [NEED], certs)), (403, signed_assessment(COUNSEL, held, [NEED], certs)),
                             (400, {"jws": sign(OFFICER, {"exchange": held, "facts": [NEED]}, certs)}),
                             (400, {"jws": sign(OFFICER, {"exchange": held}, certs, {"alg": "none"})}), (400, {"jws": "a.b"})):
            with self.subTest(expect=expect, body=body):
                self.answer("police-west", held, body, expect)
        # Signed by the stranger under the officer's name; and what was signed is what counts, not what stands beside it.
        forged = sign(STRANGER, {"exchange": held, "iat": 0, "facts": [NEED]}, certs, {"kid": OFFICER})
        self.answer("police-west", held, {"jws": forged}, 401)
        mixed = {**signed_assessment(OFFICER, held, [{**NEED, "value": False, "reasonCode": "assessed_no"}], certs), "facts": [NEED], "assessor": {"id": "x"}}
        self.assertEqual(self.answer("police-west", held, mixed)["outcome"], "refused")

    def test_an_older_signature_does_not_undo_a_newer_answer(self):
        held, certs = self.lob(), self.hub.certs
        older = signed_assessment(OFFICER, held, [NEED], certs, age_s=10)
        no = signed_assessment(OFFICER, held, [{**NEED, "value": False, "reasonCode": "assessed_no"}], certs)
        self.assertEqual(self.answer("police-west", held, no)["outcome"], "refused")
        self.answer("police-west", held, older, 409)
        self.answer("police-west", held, no, 409)
        self.assertEqual(self.exchange("police-west", held)["outcome"], "refused")

    def test_officials_of_others_see_nothing_and_officials_send_nothing(self):
        held = self.lob()
        self.answer(STRANGER, held, {"facts": [NEED]}, 404)
        self.answer(COUNSEL, held, {"facts": [NEED]}, 403)
        self.call(COUNSEL, "GET", f"/v1/exchanges/{held}", expect=403)
        self.call(OFFICER, "GET", f"/v1/exchanges/{held}", expect=200)
        media_type, body = build.police_lob(people.ADULT_22, new_id())
        self.call(OFFICER, "POST", "/v1/in/police", body, 403, {"content-type": media_type})
        self.call(OFFICER, "GET", "/v1/inbox", expect=403)

    # -- judgements inside a message ----------------------------------------------------------------------------------

    def test_every_format_that_knows_assessors_carries_the_signature(self):
        for party, adapter, message in (("social-board", "municipal_case", build.referral(people.CHILD_15, new_id(), need_for_care=True)),
                                        ("bup", "health", json.loads(FHIR_CONCERN.read_text(encoding="utf-8")))):
            with self.subTest(adapter):
                if adapter == "health":
                    message = self.signed_concern(message)
                answer = self.send(party, adapter, message)
                self.assertNotIn("assessor_not_proven", {w["code"] for w in answer["warnings"]})

    def signed_concern(self, bundle):
        bundle["id"] = new_id()
        person, task = bundle["entry"][0]["resource"], bundle["entry"][2]["resource"]
        said = {"message": bundle["id"], "code": "individual_assessment", "value": True, "person": "p1",
                "personalNumber": person["identifier"][0]["value"]}
        task["input"][0]["extension"] = [{"url": "urn:samband:assessor-signature", "valueString": sign("bup-clinician", said, self.hub.certs)}]
        return "application/fhir+json", json.dumps(bundle)

    def test_a_judgement_in_a_message_counts_when_it_is_signed(self):
        for name, assessor, outcome in (
                ("named only", lambda m: {"id": "officer-4711", "name": "Inspektör Prov"}, ("held",)),
                ("signed", lambda m: self.signed(m, OFFICER), PERMITTED),
                ("signed for another message", lambda m: self.signed("other", OFFICER), ("held",)),
                ("signed with another answer", lambda m: self.signed(m, OFFICER, value=False), ("held",)),
                ("signed about somebody else", lambda m: self.signed(m, OFFICER, who=people.ADULT_19), ("held",)),
                ("signed by a stranger", lambda m: self.signed(m, STRANGER), ("held",))):
            with self.subTest(name):
                message_id = new_id()
                answer = self.send("police-west", "", self.canonical_lob(message_id, assessor(message_id)))
                exchange = self.to(answer, "social-board")
                self.assertIn(exchange["outcome"], outcome)
                warned = [w["where"] for w in answer["warnings"] if w["code"] == "assessor_not_proven"]
                self.assertEqual(warned, ["/data/facts/1"] if "held" in outcome else [])


class SenderSigned(OfficialsCase):
    """A party may sign what it sends; the leaf of the message says so, and a signature of anything else is refused."""

    def test_the_bytes_are_signed_by_the_party_that_sends_them(self):
        certs = self.hub.certs
        media_type, body = build.police_lob(people.ADULT_22, new_id())

        def send(signature, expect):
            return self.call("police-west", "POST", "/v1/in/police", body, expect, {"content-type": media_type, "x-jws-signature": signature})

        send(sign_body("police-west", body + " ", certs), 401)
        send(sign_body("social-board", body, certs), 400)
        send(sign_body("social-board", body, certs, {"kid": "police-west"}), 401)
        send(sign_body("police-west", body, certs, {"alg": "none"}), 400)
        send("a..b", 400)
        send("", 400)  # whoever sends the header means to sign
        answer = send(sign_body("police-west", body, certs), 200)
        folder = self.hub.folder / "exported"
        self.cli("log", "export", str(folder), check=0)
        entries = b"".join(p.read_bytes() for p in (folder / "tile" / "entries").rglob("*") if p.is_file())
        at = entries.index(answer["messageId"].encode())
        self.assertIn(b"sender_signed", entries[at:at + 120])


class Consents(OfficialsCase):
    def test_of_two_who_revoke_at_once_the_first_instant_stands(self):
        given = self.call("social-board", "POST", "/v1/consents", self.terms(), 201)
        clients = [self.hub.client("social-board") for _ in range(8)]
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(lambda c: c.request("POST", f"/v1/consents/{given['id']}/revocations", {}), clients))
        for client in clients:
            client.close()
        self.assertEqual({a.status for a in answers}, {200}, answers)
        self.assertEqual(len({a.json()["revokedAt"] for a in answers}), 1, "one instant for all")

    @staticmethod
    def terms():
        return {"person": {"personalNumber": people.ADULT_22["personalNumber"]}, "giver": "self", "recipients": ["bup"],
                "purposes": ["care_referral"], "categories": ["identity"], "validFrom": build.now(-60), "validTo": build.now(86400),
                "evidenceSha256": "a" * 64, "language": "sv"}


class Certificates(OfficialsCase):
    """A card that was blocked this morning signs nothing this afternoon, without a restart; and one that has expired nothing."""

    FORMER = "police-west-former"

    @classmethod
    def edit(cls, folder):
        hub, parties = folder / "hub.toml", folder / "parties.toml"
        hub.write_text(hub.read_text().replace('# crl = "ca.crl"', 'crl = "ca.crl"'))
        parties.write_text(parties.read_text() + f'''
[[official]]
id = "{cls.FORMER}"
party = "police-west"
roles = ["caseworker"]
certificate = "{cls.FORMER}.pem"
''')

    @classmethod
    def prepare(cls, hub):
        expired_certificate(hub.certs, cls.FORMER)
        revocation_list(hub.certs)

    def judged_in_a_message(self, official):
        message_id = new_id()
        return self.to(self.send("police-west", "", self.canonical_lob(message_id, self.signed(message_id, official))), "social-board")

    def test_only_a_certificate_that_stands_signs(self):
        held, certs = self.lob(), self.hub.certs
        said = self.answer("police-west", held, signed_assessment(self.FORMER, held, [NEED], certs), 403)
        self.assertIn("expired", said["detail"])
        self.assertEqual(self.judged_in_a_message(self.FORMER)["outcome"], "held")

        self.assertIn(self.judged_in_a_message(OFFICER)["outcome"], PERMITTED)
        revocation_list(certs, [OFFICER])
        self.hub.reload()
        wait_for("reload", lambda: "hub.certificates_reloaded" in self.hub.log(), 10)
        said = self.answer("police-west", held, signed_assessment(OFFICER, held, [NEED], certs), 403)
        self.assertIn("revoked", said["detail"])
        self.assertEqual(self.judged_in_a_message(OFFICER)["outcome"], "held")
        self.assertEqual(self.exchange("police-west", held)["outcome"], "held")

        revocation_list(certs)
        self.hub.reload()
        wait_for("another reload", lambda: self.hub.log().count("hub.certificates_reloaded") == 2, 10)
        self.assertIn(self.answer("police-west", held, signed_assessment(OFFICER, held, [NEED], certs))["outcome"], PERMITTED)

    def test_one_holder_is_one_official(self):
        """Two cards of one person would let him or her approve what he or she proposed."""
        with self.subTest("as it is"):
            self.hub.command("check", "--config", str(self.hub.config))
        second = self.hub.certs / f"{self.FORMER}.pem"
        before = second.read_bytes()
        self.addCleanup(second.write_bytes, before)
        subject = f"/serialNumber={OFFICER}/CN={self.FORMER}"
        subprocess.run(["openssl", "req", "-x509", "-new", "-key", str(self.hub.certs / f"{self.FORMER}.key"), "-subj", subject, "-out", str(second)],
                       check=True, capture_output=True)
        said = self.hub.command("check", "--config", str(self.hub.config), check=False)
        self.assertEqual(said.returncode, 1, said.stdout)
        self.assertIn(f"is the official '{OFFICER}' too", said.stdout + said.stderr)


if __name__ == "__main__":
    unittest.main()
