#!/usr/bin/env python3
"""What is held is released by the right answer or the right consent only; what is taken back stops, or is recalled once."""
import hashlib
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import people  # noqa: E402
import samband_client as build  # noqa: E402
from hub_case import OFFICIALS, PERMITTED, HubCase, new_id  # noqa: E402
from hub_harness import wait_for  # noqa: E402

# Everything that a referral to BUP holds.
CARE = ["identity", "contact", "home_area", "health", "social_situation", "misuse", "school", "family", "address", "case_reference",
        "official", "event", "protection"]
SIG = ["identity", "suspicion", "school", "social_situation", "risk_assessment", "event", "case_reference", "official", "home_area",
       "protection"]
EVIDENCE = hashlib.sha256(b"signed form").hexdigest()


def person(number, base=people.CHILD_15, **more):
    """Another of Skatteverket's test numbers: consents of one test must not speak for the person of another."""
    return {**base, "personalNumber": number, "birthDate": f"{number[:4]}-{number[4:6]}-{number[6:8]}", **more}


def consent_for(number, **more):
    return {"person": {"personalNumber": number}, "giver": "both_guardians_and_child", "maturityAssessor": "caseworker-7", "recipients": ["bup"],
            "purposes": ["care_referral"], "categories": CARE, "validTo": build.now(90 * 86400), "evidenceSha256": EVIDENCE, "language": "sv",
            **more}


class Holds(HubCase):
    SYSTEMS = ["social-board", "bup", "maria-ungdom"]
    # Born in 2014 and in 2010; each number is used by one test.
    YOUNGER = iter(["201401012396", "201401022387", "201401032394", "201401042385", "201401052392", "201401062383", "201401072390",
                    "201401082381", "201401092398", "201401102387", "201401112394", "201401122385", "201401132392"])
    OLDER = iter(["201001022399", "201001022381", "201001032398", "201001032380", "201001042397", "201001042389"])

    def register(self, party, body, expect=201):
        return self.call(party, "POST", "/v1/consents", body, expect)

    def revoke(self, party, consent):
        return self.call(party, "POST", f"/v1/consents/{consent}/revocations", {})

    def lob(self, who=people.ADULT_22, **more):
        return self.to(self.send("police-west", "police", build.police_lob(who, new_id(), **more)), "social-board")

    def referral(self, who, **more):
        # Nothing speaks against the guardians (OSL 12:3 st 3): without that recorded, no guardian's consent counts.
        facts = [{"code": "guardian_harm", "value": False, "person": "p1", "assessor": "social-board-caseworker", "reasonCode": "assessed_no"}]
        need = more.pop("need_for_care", None)
        if need is not None:
            facts.append({"code": "need_for_care", "value": need, "person": "p1", "assessor": "social-board-caseworker", "reasonCode": "assessed_yes" if need else "assessed_no"})
        more.setdefault("facts", facts)
        return self.to(self.send("social-board", "municipal_case", build.referral(who, new_id(), **more)), "bup")

    def assert_held(self, party, exchange):
        now = self.exchange(party, exchange)
        self.assertEqual((now["outcome"], now["state"]), ("held", "held"))
        return now

    def assert_nothing_arrived(self, party, exchange):
        self.assertEqual(self.received_of(party, exchange), [])

    # -- answers ------------------------------------------------------------------------------------------------------

    def test_a_lob_hold_answered_no_is_refused_and_recorded(self):
        held = self.lob()
        self.assertEqual((held["outcome"], held["missing"]), ("held", ["need_of_help"]))
        self.assertIn("08-465", held["telephone"]["recipient"])
        before = self.leaves()
        answered = self.assess("police-west", held["id"], need_of_help=False)
        self.assertEqual((answered["outcome"], answered["state"], answered["reason"]), ("refused", "refused", "fact_false"))
        self.assertEqual(self.leaves(), before + 2, "the assessment and the new decision")
        self.assertGreater(answered["receipt"]["leafIndex"], held["receipt"]["leafIndex"])
        self.assert_nothing_arrived("social-board", held["id"])

    def test_a_lob_hold_answered_yes_is_released(self):
        held = self.lob()
        answered = self.assess("police-west", held["id"], need_of_help=True)
        self.assertIn(answered["outcome"], PERMITTED)
        self.assertIn("POL-SN-LOB", answered["rules"])
        self.wait_state("police-west", held["id"])
        self.assertEqual(len(self.received_of("social-board", held["id"], "errand")), 1)

    def test_a_refusal_may_be_answered_again_and_the_newest_answer_counts(self):
        held = self.lob()
        self.assertEqual(self.assess("police-west", held["id"], need_of_help=False)["outcome"], "refused")
        self.assertIn(self.assess("police-west", held["id"], need_of_help=True)["outcome"], PERMITTED)
        self.wait_state("police-west", held["id"])

    def test_the_same_answer_twice_changes_nothing(self):
        held = self.lob()
        first = self.assess("police-west", held["id"], need_of_help=True)
        self.wait_state("police-west", held["id"])
        again = self.assess("police-west", held["id"], need_of_help=True)
        self.assertEqual((again["state"], again["receipt"]["leafIndex"]), ("delivered", first["receipt"]["leafIndex"]))
        self.assertEqual(len(self.received_of("social-board", held["id"], "errand")), 1)

    def test_an_answer_to_another_question_or_about_nobody_releases_nothing(self):
        held = self.lob()
        self.assertEqual(self.assess("police-west", held["id"], imminent_danger=True)["outcome"], "held")
        base = {"assessor": {"id": OFFICIALS["police-west"]}}
        good = {"code": "need_of_help", "value": True, "person": "p1", "reasonCode": "assessed_yes"}
        for body in ({**base, "facts": [{**good, "person": "p2"}]}, {**base, "facts": [{**good, "code": "need_of_haste"}]},
                     {**base, "facts": [{**good, "value": "true"}]}, {**base, "facts": [{**good, "value": 1}]},
                     {**base, "facts": [{**good, "reasonCode": "because"}]}, {**base, "facts": [{**good, "reasonCode": ""}]},
                     {**base, "facts": [good, {**good, "value": False, "reasonCode": "assessed_no"}]}, {**base, "facts": [{**good, "value": not good["value"]}]}, {**base, "facts": []}, {**base}, [good]):
            with self.subTest(body=body):
                self.call(OFFICIALS["police-west"], "POST", f"/v1/exchanges/{held['id']}/assessments", body, expect=400)
        self.assert_held("police-west", held["id"])

    def test_a_message_cannot_answer_for_a_named_person(self):
        # A judgement in the message without an assessor counts for nothing; signed by one it is the sender's recorded answer.
        fact = {"code": "need_of_help", "value": True, "person": "p1", "reasonCode": "assessed_yes", "at": build.now()}
        payload = {"policeCaseNo": "5000-L77-26", "custody": {"start": build.now(-7200), "reason": "berusad av alkohol"},
                   "identityEstablished": True}
        unnamed = self.to(self.send("police-west", "police", build.police("police.lob", people.ADULT_22, new_id(), payload, facts=[fact])), "social-board")
        self.assertEqual(unnamed["outcome"], "held")
        named = {**fact, "assessor": "police-west-officer"}
        self.assertIn(self.to(self.send("police-west", "police", build.police("police.lob", people.ADULT_22, new_id(), payload, facts=[named])),
                              "social-board")["outcome"], PERMITTED)

    # -- consents -----------------------------------------------------------------------------------------------------

    def test_a_hold_is_answered_by_consent(self):
        child = person(next(self.YOUNGER))
        held = self.referral(child)
        self.assertEqual(held["outcome"], "held")
        self.assertIn(["consent"], held["nearestChange"])
        given = self.register("social-board", consent_for(child["personalNumber"]))
        self.assertEqual([(r["exchange"], r["outcome"] in PERMITTED) for r in given["redecided"]], [(held["id"], True)])
        self.wait_state("social-board", held["id"])
        self.assertEqual(len(self.received_of("bup", held["id"])), 1)

    def test_a_consent_that_does_not_fit_releases_nothing(self):
        child = person(next(self.YOUNGER))
        number, other = child["personalNumber"], next(self.YOUNGER)
        held = self.referral(child)
        for what, holder, change in [("another holder", "school-south", {}), ("another holder of the same organisation", "social-restricted", {}),
                                     ("another recipient", "social-board", {"recipients": ["maria-ungdom", "school-south"]}),
                                     ("another purpose", "social-board", {"purposes": ["early_care", "care_follow_up"]}),
                                     ("another person", "social-board", {"person": {"personalNumber": other}}),
                                     ("not yet valid", "social-board", {"validFrom": build.now(3600)}),
                                     ("one guardian of two", "social-board", {"giver": "guardian"}),
                                     ("the child alone, under fifteen", "social-board", {"giver": "self"}),
                                     ("maturity not assessed", "social-board", {"maturityAssessor": ""})]:
            with self.subTest(consent=what):
                given = self.register(holder, consent_for(number, **change))
                self.assertEqual([r for r in given["redecided"] if r["outcome"] in PERMITTED], [])
                self.assert_held("social-board", held["id"])
        self.assert_nothing_arrived("bup", held["id"])
        # The twin: the right one among all the wrong ones releases.
        self.register("social-board", consent_for(number))
        self.wait_state("social-board", held["id"])

    def test_a_consent_that_has_no_shape_is_not_registered(self):
        number = next(self.YOUNGER)
        before = self.leaves()
        for what, change in [("ended", {"validTo": build.now(-1)}), ("no end", {"validTo": None}), ("ends before it begins", {"validFrom": build.now(7200), "validTo": build.now(3600)}),
                             ("for ever", {"validTo": build.now(4 * 366 * 86400)}), ("no recipient", {"recipients": []}),
                             ("any recipient", {"recipients": ["*"]}), ("unknown purpose", {"purposes": ["anything"]}), ("no category", {"categories": []}),
                             ("unknown giver", {"giver": "aunt"}), ("no evidence", {"evidenceSha256": ""}), ("no language", {"language": ""}),
                             ("no person", {"person": {}}), ("unknown agreement", {"agreement": "none"}),
                             ("bad number", {"person": {"personalNumber": number[:-1] + str((int(number[-1]) + 1) % 10)}})]:
            with self.subTest(consent=what):
                self.register("social-board", consent_for(number, **change), expect=400)
        self.assertEqual(self.leaves(), before)

    def test_a_child_of_fifteen_consents_alone_only_when_assessed_as_mature(self):
        child = person(next(self.OLDER))
        held = self.referral(child)
        self.register("social-board", consent_for(child["personalNumber"], giver="self", maturityAssessor=""))
        self.assert_held("social-board", held["id"])
        self.register("social-board", consent_for(child["personalNumber"], giver="self", maturityAssessor="caseworker-7"))
        self.wait_state("social-board", held["id"])

    def test_a_guardian_does_not_consent_for_an_adult(self):
        adult = people.ADULT_19
        body = {"giver": "both_guardians", "recipients": ["school-south"], "purposes": ["sig_cooperation"], "categories": SIG, "agreement": "sig-2026"}
        given = self.register("police-west", consent_for(adult["personalNumber"], **body))
        told = lambda: self.to(self.send("police-west", "police", build.sig_information(adult, new_id())), "school-south")  # noqa: E731
        self.assertNotIn(told()["outcome"], PERMITTED)
        own = self.register("police-west", consent_for(adult["personalNumber"], **{**body, "giver": "self"}))
        self.assertIn(told()["outcome"], PERMITTED)
        for consent in (given, own):
            self.revoke("police-west", consent["id"])

    def test_a_consent_ends_by_itself(self):
        child = person(next(self.YOUNGER))
        self.systems.kill9("fhir", "bup")  # nothing connects: nothing can have left
        self.register("social-board", consent_for(child["personalNumber"], validTo=build.now(4)))
        sent = self.referral(child, need_for_care=False)
        self.assertIn(sent["outcome"], PERMITTED)
        # It cannot be delivered before the consent ends; the attempt after that is decided anew.
        ended = self.wait_state("social-board", sent["id"], "withdrawn")
        self.assertEqual((ended["outcome"], ended["reason"]), ("refused", "consent_expired"))
        self.start_system("bup")
        self.assert_nothing_arrived("bup", sent["id"])
        self.assertEqual(self.referral(child, need_for_care=False)["outcome"], "refused")

    def test_a_revoked_consent_releases_nothing_any_more(self):
        child = person(next(self.YOUNGER))
        given = self.register("social-board", consent_for(child["personalNumber"]))
        self.assertIn(self.referral(child)["outcome"], PERMITTED)
        self.revoke("social-board", given["id"])
        after = self.referral(child)
        self.assertNotIn(after["outcome"], PERMITTED)
        self.assert_nothing_arrived("bup", after["id"])

    # -- taken back ---------------------------------------------------------------------------------------------------

    def test_a_revocation_before_delivery_refuses_and_nothing_arrives(self):
        child = person(next(self.YOUNGER))
        self.systems.kill9("fhir", "bup")  # nothing connects: nothing can have left
        given = self.register("social-board", consent_for(child["personalNumber"]))
        sent = self.referral(child, need_for_care=False)
        open_question = self.referral(child)  # rests on the same consent; the need for care is not assessed
        wait_for("failed attempt", lambda: self.exchange("social-board", sent["id"])["attempts"] >= 1, 20)
        revoked = self.revoke("social-board", given["id"])
        self.assertEqual((sorted(revoked["withdrawn"]), revoked["recalled"]), (sorted([sent["id"], open_question["id"]]), []))
        now = self.exchange("social-board", sent["id"])
        self.assertEqual((now["outcome"], now["state"], now["reason"]), ("refused", "withdrawn", "consent_revoked"))
        self.assert_held("social-board", open_question["id"])  # another ground may still carry it
        self.start_system("bup")
        # Another exchange that goes through after it proves that the first had its chance.
        other = person(next(self.YOUNGER))
        self.register("social-board", consent_for(other["personalNumber"]))
        self.wait_state("social-board", self.referral(other)["id"])
        self.assert_nothing_arrived("bup", sent["id"])
        self.assert_nothing_arrived("bup", open_question["id"])
        self.assertEqual(self.exchange("social-board", sent["id"])["state"], "withdrawn")

    def test_a_revocation_after_delivery_recalls_exactly_once(self):
        child = person(next(self.YOUNGER))
        given = self.register("social-board", consent_for(child["personalNumber"]))
        sent = self.referral(child)
        self.wait_state("social-board", sent["id"])
        revoked = self.revoke("social-board", given["id"])
        self.assertEqual((revoked["withdrawn"], revoked["recalled"]), ([], [sent["id"]]))
        wait_for("recall at BUP", lambda: self.received_of("bup", sent["id"], "recall"), 20)
        again = self.revoke("social-board", given["id"])
        self.assertEqual((again["recalled"], again["revokedAt"]), ([], revoked["revokedAt"]))

        def recalls():  # BUP has it before the hub has BUP's answer on record
            listed = self.call("bup", "GET", "/v1/exchanges?limit=1000")["exchanges"]
            return [e for e in listed if e["kind"] == "exchange.recall" and self.relates(e, sent)]

        self.assertEqual(len(wait_for("recall on record", recalls, 10)), 1)
        self.assertEqual(len(self.received_of("bup", sent["id"], "recall")), 1)
        now = self.exchange("social-board", sent["id"])
        self.assertEqual((now["state"], now["outcome"] in PERMITTED), ("delivered", True), "what was disclosed stays disclosed in the record")
        self.assertEqual(now["life"], "recalled")

    def relates(self, recall, sent):
        return recall["createdAt"] >= sent["createdAt"] and recall["sender"] == "social-board" and recall["state"] == "delivered"

    def test_a_revocation_while_the_recipient_takes_it_recalls(self):
        # The recipient has done its work and answers late: the message has left, so it is recalled when the answer comes.
        child = person(next(self.YOUNGER))
        given = self.register("social-board", consent_for(child["personalNumber"]))
        self.mode("bup", delay=2500)
        self.addCleanup(self.mode, "bup")
        sent = self.referral(child)
        wait_for("message at BUP", lambda: self.received_of("bup", sent["id"], "task"), 20)
        self.revoke("social-board", given["id"])
        self.mode("bup")
        wait_for("recall at BUP", lambda: self.received_of("bup", sent["id"], "recall"), 20)
        self.assertEqual(self.exchange("social-board", sent["id"])["life"], "recalled")
        self.assertEqual(len(self.received_of("bup", sent["id"], "recall")), 1)

    def sig_consent(self, number):
        return self.register("police-west", consent_for(number, giver="self", recipients=["school-south"], purposes=["sig_cooperation"],
                                                        categories=SIG, agreement="sig-2026"))

    def told(self, who):
        return self.to(self.send("police-west", "police", build.sig_information(who, new_id())), "school-south")

    def test_what_waits_in_an_inbox_is_not_handed_out_after_a_revocation(self):
        youth = person(next(self.OLDER))
        given = self.sig_consent(youth["personalNumber"])
        sent = self.told(youth)
        self.assertEqual(sent["state"], "inbox")
        self.assertEqual(self.revoke("police-west", given["id"])["withdrawn"], [sent["id"]])
        self.assertEqual([e for e in self.inbox("school-south") if e["id"] == sent["id"]], [])
        self.call("school-south", "POST", f"/v1/inbox/{sent['id']}/ack", {}, expect=404)  # it never was there for the school

    def test_a_recall_comes_to_an_inbox_after_an_acknowledgement(self):
        youth = person(next(self.OLDER))
        given = self.sig_consent(youth["personalNumber"])
        sent = self.told(youth)
        self.wait_inbox("school-south", lambda e: e["id"] == sent["id"])
        self.call("school-south", "POST", f"/v1/inbox/{sent['id']}/ack", {"reference": "EHT-1"})
        for _ in range(2):
            self.revoke("police-west", given["id"])
        recalls = self.wait_inbox("school-south", lambda e: e["recall"] and e["data"]["payload"]["exchangeId"] == sent["id"])
        self.assertEqual([r["data"]["payload"]["reasonCode"] for r in recalls], ["consent_revoked"])

    def test_what_was_handed_out_and_not_acknowledged_is_recalled(self):
        youth = person(next(self.OLDER))
        given = self.sig_consent(youth["personalNumber"])
        sent = self.told(youth)
        handed = self.wait_inbox("school-south", lambda e: e["id"] == sent["id"])
        self.assertIn(youth["personalNumber"], str(handed[0]["data"]))
        revoked = self.revoke("police-west", given["id"])
        self.assertEqual(revoked["recalled"], [sent["id"]])

    def test_a_retraction_by_the_sender_withdraws_or_recalls(self):
        first_id = new_id()
        first = self.to(self.send("police-west", "police", build.police_suspicion(people.YOUTH_17, first_id)), "social-board")
        self.wait_state("police-west", first["id"])
        self.send("police-west", "police", build.police_suspicion(people.YOUTH_17, new_id(), retracts=first_id))
        wait_for("recall at the board", lambda: self.received_of("social-board", first["id"], "recall"), 20)
        self.assertEqual(self.exchange("police-west", first["id"])["life"], "recalled")

    def test_a_correction_reaches_whoever_got_what_was_wrong(self):
        first_id, moved = new_id(), {**people.YOUTH_17, "municipality": "0998"}
        first = self.to(self.send("police-west", "police", build.police_suspicion(people.YOUTH_17, first_id)), "social-board")
        self.wait_state("police-west", first["id"])
        # The person lives elsewhere: no route leads to the board any more, and without a correction nothing goes there.
        self.send("police-west", "police", build.police_suspicion(moved, new_id()), expect=422)
        self.send("police-west", "police", build.police_suspicion(moved, new_id(), correctionOf=new_id()), expect=422)
        answer = self.send("police-west", "police", build.police_suspicion(moved, new_id(), correctionOf=first_id))
        again = self.to(answer, "social-board")
        self.assertIn(again["outcome"], PERMITTED, "under a decision of its own")
        self.assertNotEqual(again["id"], first["id"])
        self.wait_state("police-west", again["id"])
        self.assertTrue(self.received_of("social-board", again["id"]))

    # -- wider and narrower -------------------------------------------------------------------------------------------

    def partial(self):
        """Released without its free text: that waits for a named person."""
        text = "Fritext om hela familjen"
        sent = self.to(self.send("police-west", "police", build.police_suspicion(people.YOUTH_17, new_id(), text=text)), "social-board")
        self.assertEqual(sent["outcome"], "partial", sent["fields"])
        done = self.wait_state("police-west", sent["id"])
        self.assertNotIn(text, str(self.received_of("social-board", sent["id"])))
        return done, text

    def test_a_partial_release_is_widened_by_a_second_delivery(self):
        done, text = self.partial()
        wider = self.assess("police-west", done["id"], document_released=True)
        self.assertIn(wider["outcome"], PERMITTED)
        self.assertIn("document", [f["category"] for f in wider["fields"]["released"]])
        self.wait_state("police-west", done["id"])
        notices = wait_for("second delivery", lambda: [r for r in self.received_of("social-board", done["id"], "update") if text in str(r)], 20)
        self.assertEqual(len(notices), 1)
        self.assertEqual(len(self.received_of("social-board", done["id"], "errand")), 2, "asked for again: the same errand, brought up to date")
        self.assertEqual({r["id"] for r in self.received_of("social-board", done["id"])}, {notices[0]["id"]})
        now = self.exchange("police-west", done["id"])
        self.assertEqual(now["acknowledgedAt"], done["acknowledgedAt"], "the date of the first receipt is proof of it and stays")

    def test_a_narrower_decision_is_not_delivered_again(self):
        done, _ = self.partial()
        self.assess("police-west", done["id"], document_released=True)
        self.wait_state("police-west", done["id"])
        before = len(self.received_of("social-board", done["id"]))
        narrower = self.assess("police-west", done["id"], document_released=False)
        self.assertEqual(narrower["state"], "delivered")
        self.assertEqual(len(self.received_of("social-board", done["id"])), before)

    def test_a_narrower_decision_does_not_undo_a_delivery(self):
        held = self.lob()
        self.assess("police-west", held["id"], need_of_help=True)
        done = self.wait_state("police-west", held["id"])
        self.assess("police-west", held["id"], need_of_help=False)
        now = self.exchange("police-west", held["id"])
        self.assertEqual(now["state"], "delivered", "it was delivered, whatever is answered afterwards")
        self.assertEqual(now["acknowledgedAt"], done["acknowledgedAt"])

    def test_consents_in_a_message_that_is_refused_as_a_conflict_are_not_recorded(self):
        message_id = new_id()
        self.send("police-west", "police", build.police_offer(people.ADULT_19, message_id, accepted=False))
        before = len(self.call("police-west", "GET", "/v1/consents")["consents"])
        self.send("police-west", "police", build.police_offer(people.ADULT_19, message_id, accepted=True), expect=409)
        self.assertEqual(len(self.call("police-west", "GET", "/v1/consents")["consents"]), before, "409: nothing was decided")

    def test_zz_the_log_still_verifies(self):
        self.assert_log_verifies()


if __name__ == "__main__":
    unittest.main(warnings="ignore")
