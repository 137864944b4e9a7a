#!/usr/bin/env python3
"""policy simulate: every exchange on record that another rule set decides otherwise, what of it, and why; in two languages and as JSON."""
import collections
import os
import pathlib
import re
import shutil
import sys
import tempfile
import unittest
import unittest.mock

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import people  # noqa: E402
import samband_client as build  # noqa: E402
from hub_case import PERMITTED, HubCase, new_id, replaced  # noqa: E402

RULE = "POL-SN-15-17"  # by which the notice goes, at once and with a receipt
NOTHING = {"gained": [], "lost": []}


class Simulating(HubCase):
    SYSTEMS = ["social-board", "maria-ungdom", "bup"]

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        test = cls()
        cls.notice = test.to(test.send("police-west", "police", build.police_suspicion(people.YOUTH_17, new_id())), "social-board")
        cls.offer = test.to(test.send("police-west", "police", build.police_offer(people.ADULT_22, new_id())), "social-board")
        cls.lob = test.to(test.send("police-west", "police", build.police_lob(people.ADULT_22, new_id())), "social-board")
        cls.referral = test.to(test.send("social-board", "municipal_case", build.referral(people.CHILD_15, new_id())), "bup")

    def setUp(self):
        self.work = pathlib.Path(tempfile.mkdtemp(prefix="samband-rules-"))
        self.addCleanup(shutil.rmtree, self.work)
        self.rules = self.work / "rules"
        active = self.call("operator", "GET", "/v1/policy")["active"]["hash"]
        self.cli("policy", "fetch", active, "--out", str(self.rules), check=0)

    def edited(self, *edits, base=None):
        """A copy of the set. An edit: file, item (its id, or "" = the file's first), what stands after its id, what is to stand there."""
        folder = pathlib.Path(tempfile.mkdtemp(dir=self.work)) / "rules"
        shutil.copytree(base or self.rules, folder)
        for file, item, old, new in edits:
            path = folder / file
            head, found, rest = path.read_text(encoding="utf-8").partition(f'id = "{item}"')
            self.assertTrue(found, item)
            rest = found + rest
            self.assertIn(old, rest)
            path.write_text(head + rest.replace(old, new, 1), encoding="utf-8")
        return folder

    def change(self, exchange, rules, base=None):
        told = self.cli_json("policy", "simulate", "--rules", str(rules), *(["--base", str(base)] if base else []), check=1)
        [found] = [c for c in told["changes"] if c["exchange"] == exchange["id"]]
        return found

    def words(self, exchange, rules, lang="en", base=None):
        """What is said of this exchange: line by line, the lines about it by what they are about."""
        text = self.cli("policy", "simulate", "--rules", str(rules), "--lang", lang, *(["--base", str(base)] if base else []), check=1).stdout
        first, second, *rest = text[text.index(exchange["id"]):].splitlines()
        lines = {}
        for line in rest:
            if not line.startswith("    "):
                break
            what, _, how = line[4:].partition(": ")
            lines[what] = how
        return first.partition("  ")[2], second.strip(), lines

    def test_every_changed_outcome_is_listed_and_nothing_is_sent(self):
        lob = self.to(self.send("police-west", "police", build.police_lob(people.ADULT_22, new_id())), "social-board")
        self.call("police-west-officer", "POST", f"/v1/exchanges/{lob['id']}/assessments",
                  {"facts": [{"code": "need_of_help", "value": True, "person": "p1", "reasonCode": "assessed_yes"}]})
        self.wait_state("police-west", lob["id"])
        same = self.cli_json("policy", "simulate", "--rules", str(self.rules))
        self.assertEqual((same["changed"], same["changes"], same["unreadable"]), (0, [], 0))
        setting = 'setting = "lob_assessment_is_balance"\nvalue = '
        replaced(self.rules / "exempelkommun.toml", (setting + "true", setting + "false"))
        leaves = self.leaves()
        change = self.change(lob, self.rules)
        self.assertEqual((change["before"] in PERMITTED, change["after"], change["turn"]), (True, "held", "less"))
        self.assertTrue(any(c["before"]["released"] and c["after"]["held"] for c in change["categories"].values()))
        self.assertIn({"kind": "setting", "id": "lob_assessment_is_balance", "how": "changed", "members": ["value"]}, change["items"])
        self.assertEqual((self.leaves(), self.exchange("police-west", lob["id"])["state"]), (leaves, "delivered"))

    def test_other_fields_of_the_same_category_and_what_is_no_longer_minimised(self):
        sets = {leaf: self.edited(("purposes.toml", "youth_offence_notice", "needs", f'except = ["{leaf}"]\nneeds')) for leaf in ("personalNumber", "familyName")}
        change = self.change(self.notice, sets["familyName"], base=sets["personalNumber"])
        both = change["categories"]["identity"]
        self.assertEqual((list(change["categories"]), change["turn"], both["before"]["reasons"]), (["identity"], "both", ["not_needed"]))
        self.assertEqual(both["before"], both["after"], "as many fields, but not the same ones")
        words = self.words(self.notice, sets["familyName"], base=sets["personalNumber"])[2]
        self.assertTrue(words["identity"].endswith("(other fields or persons, or minimised otherwise)"), words)
        hidden = self.edited(("lul.toml", RULE, '["receipt"]', '["receipt", "pseudonymise:identity"]'))
        change = self.change(self.notice, self.rules, base=hidden)
        both = change["categories"]["identity"]
        self.assertEqual((list(change["categories"]), change["turn"], both["before"]["minimised"], both["after"]["minimised"]), (["identity"], "more", 5, 0))
        self.assertEqual(self.words(self.notice, self.rules, base=hidden)[2]["identity"], "5 released (5 minimised) -> 5 released")

    def test_a_changed_deadline_is_told_though_the_same_fields_leave(self):
        rules = self.edited(("lul.toml", RULE, '"at_once"', '"same_day"'))
        change = self.change(self.notice, rules)
        self.assertEqual((change["turn"], change["before"], change["after"], change["categories"]), ("only", "released", "released", {}))
        before, after = change["duty"]["before"], change["duty"]["after"]
        self.assertEqual([(d["rule"], d["modality"], d["deadline"]) for d in (before, after)], [(RULE, "must", "at_once"), (RULE, "must", "same_day")])
        self.assertLess(before["due"], after["due"])
        self.assertEqual((change["rules"], change["obligations"]), (NOTHING, NOTHING))
        self.assertEqual(change["items"], [{"kind": "rule", "id": RULE, "how": "changed", "members": ["deadline"]}])
        _, _, lines = self.words(self.notice, rules)
        self.assertEqual(lines, {"duty": f"{RULE}, must, at once ({before['due']}) -> {RULE}, must, the same day ({after['due']})",
                                 "changed in what governs it": f"rule {RULE} changed (deadline)"})

    def test_a_duty_that_is_lost_or_another_is_told(self):
        permitted = [('modality = "should"', 'modality = "may"'), ('deadline = "next_working_day"\n', "")]
        rules = self.edited(*(("polislagen_lob.toml", rule, *edit) for rule in ("POL-SN-LOB", "POL-SN-LOB-BALANCE") for edit in permitted))
        change = self.change(self.lob, rules)
        self.assertEqual((change["turn"], change["duty"]["before"]["rule"], change["duty"]["after"]), ("only", "POL-SN-LOB", None))
        self.assertTrue(self.words(self.lob, rules)[2]["duty"].endswith(" -> none"))
        self.assertIsNone(self.change(self.lob, self.rules, base=rules)["duty"]["before"])
        # Where a rule that may hold owes it too, that is the duty now.
        change = self.change(self.notice, self.edited(("lul.toml", RULE, 'modality = "must"', 'modality = "may"'), ("lul.toml", RULE, 'deadline = "at_once"\n', "")))
        self.assertEqual([change["duty"][side]["rule"] == RULE for side in ("before", "after")], [True, False])

    def test_obligations_that_come_and_go_are_told(self):
        more = self.edited(("lul.toml", RULE, '["receipt"]', '["receipt", "no_onward_use", "notify_guardian"]'))
        change = self.change(self.notice, more)
        self.assertEqual((change["turn"], change["obligations"]["gained"][-1], change["obligations"]["lost"]), ("only", "no_onward_use", []))
        self.assertIn("assess_guardian_harm", change["obligations"]["gained"])  # the notice to the guardian waits for the test
        less = self.change(self.notice, self.rules, base=more)
        self.assertEqual(less["obligations"], {"gained": [], "lost": change["obligations"]["gained"]})
        asked = "harm to the child is tested before the guardian is told (OSL 12:3); no onward use"
        self.assertEqual(self.words(self.notice, more)[2]["now required"], asked)
        self.assertEqual(self.words(self.notice, self.rules, base=more)[2]["no longer required"], asked)

    def test_a_task_that_nobody_carries_out_is_told(self):
        parties = self.hub.config / "parties.toml"
        kept = parties.read_text(encoding="utf-8")
        self.addCleanup(parties.write_text, kept, encoding="utf-8")
        parties.write_text(re.sub(r"(?m)^carries_out = .*$", "carries_out = []", kept), encoding="utf-8")
        rules = self.edited(("lul.toml", RULE, '["receipt"]', '["receipt", "notify_person"]'))
        self.assertEqual(self.change(self.notice, rules)["unassigned"], {"gained": ["notify_person"], "lost": []})
        self.assertEqual(self.words(self.notice, rules)[2]["now without anybody to do it"], "the person is told")

    def test_an_end_that_comes_or_goes_is_told(self):
        rules = self.edited(("lul.toml", RULE, 'deadline = "at_once"', 'deadline = "at_once"\nttl = "30 minutes"'))
        change = self.change(self.notice, rules)
        self.assertEqual((change["turn"], change["expiresAt"]["before"]), ("only", None))
        self.assertEqual(self.words(self.notice, rules)[2]["stands until"], f"no limit -> {change['expiresAt']['after']}")

    def test_a_hold_that_ends_earlier_is_told(self):
        self.assertEqual((self.referral["outcome"], self.referral.get("duty")), ("held", None))
        rules = self.edited(("osl.toml", "SN-HLT-CARE", "conditions =", "hold_days = 3\nconditions ="))
        change = self.change(self.referral, rules)
        self.assertEqual((change["turn"], change["holdDays"]), ("only", {"before": 0, "after": 3}))
        self.assertEqual(self.words(self.referral, rules)[2], {"a hold without answer ends after": "as long as hub.toml says -> 3 days",
                                                               "changed in what governs it": "rule SN-HLT-CARE changed (hold_days)"})

    def test_another_question_is_told(self):
        rules = self.edited(("polislagen_lob.toml", "POL-SN-LOB", '"fact:need_of_help"]', '"fact:need_of_help", "fact:individual_assessment"]'))
        change = self.change(self.lob, rules)
        self.assertEqual((self.lob["outcome"], change["turn"], change["after"]), ("held", "stays", "held"))
        self.assertIn("individual_assessment", change["missing"]["gained"])
        self.assertIn("a named person's assessment of this case", self.words(self.lob, rules)[2]["answers now needed"])

    def test_the_rules_that_no_longer_and_that_now_contribute_are_named(self):
        rules = self.edited(("lul.toml", RULE, f'"{RULE}"', '"POL-SN-RENAMED"'))
        change = self.change(self.notice, rules)
        self.assertEqual((change["turn"], change["rules"]), ("only", {"gained": ["POL-SN-RENAMED"], "lost": [RULE]}))
        _, _, lines = self.words(self.notice, rules)
        title = "Notice of a reasonably suspected person under 18"
        self.assertEqual((lines["rule that no longer contributes"], lines["rule that now contributes"]), (f'{RULE} "{title}"', f'POL-SN-RENAMED "{title}"'))
        self.assertEqual(lines["changed in what governs it"], f"rule {RULE} removed; rule POL-SN-RENAMED added")

    def test_the_consents_that_it_rests_on_are_counted(self):
        self.assertIn(self.offer["outcome"], PERMITTED)
        change = self.change(self.offer, self.edited(("osl.toml", "ADULT-CONSENT", "age>=18", "age>=60")))
        self.assertEqual((change["consents"], change["turn"], change["rules"]["lost"]), ({"before": 1, "after": 0}, "less", ["ADULT-CONSENT"]))

    def test_only_what_reaches_the_exchange_is_named_as_its_cause(self):
        rules = self.edited(("lul.toml", RULE, '["receipt"]', '["receipt", "no_onward_use"]'),  # the notice's own
                            ("osl.toml", "ADULT-CONSENT", 'obligations = ["no_onward_use"]', 'obligations = ["no_onward_use", "receipt"]'),  # another's
                            ("lul.toml", RULE, "title_en = \"", "title_en = \"A "))  # decides nothing
        self.assertEqual([i["id"] for i in self.change(self.notice, rules)["items"]], [RULE])
        self.assertEqual([i["id"] for i in self.change(self.offer, rules)["items"]], ["ADULT-CONSENT"])
        purpose = self.edited(("purposes.toml", "youth_offence_notice", "needs", 'except = ["personalNumber"]\nneeds'))
        self.assertEqual([(i["kind"], i["members"]) for i in self.change(self.notice, purpose)["items"]], [("purpose", ["except"])])
        said = self.edited(("lul.toml", RULE, "title_en = \"", "title_en = \"A "))
        self.assertEqual(self.cli_json("policy", "simulate", "--rules", str(said))["changed"], 0)

    def test_words_in_both_languages_and_the_sum(self):
        rules = self.edited(("lul.toml", RULE, '"age<18"]', '"age<18", "fact:need_of_help"]'), ("osl.toml", "ADULT-CONSENT", '"no_onward_use"', '"no_onward_use", "receipt"'),
                            ("osl.toml", "SN-HLT-CARE", "conditions =", "hold_days = 3\nconditions ="))
        told = self.cli_json("policy", "simulate", "--rules", str(rules), check=1)
        turns = collections.Counter(c["turn"] for c in told["changes"])
        self.assertEqual(told["turns"], {"more": 0, "less": 0, "both": 0, "stays": 0, "only": 0} | turns)
        self.assertEqual((turns["less"], turns["only"] >= 2, sum(turns.values())), (1, True, told["changed"]))
        head, parties, lines = self.words(self.notice, rules, "sv")
        self.assertEqual(head, 'police.suspicion, för "Underrättelse om ung misstänkt"')
        self.assertEqual(parties, "polisen (police-west) -> socialnämnd (social-board): utlämnat -> vilar (ett svar saknas)")
        self.assertEqual(lines["identitet"], "5 lämnas ut -> 5 vilar (ett svar saknas)")
        self.assertEqual((lines["krävs inte längre"], lines["regel som inte längre bidrar"]),
                         ("kvittens", f'{RULE} "Underrättelse om skäligen misstänkt under 18"'))
        self.assertIn("bedömt hjälpbehov", lines["svar som nu behövs"])
        self.assertEqual(lines["ändrat i det som styr utbytet"], f"regel {RULE} ändrad (conditions)")
        head, parties, lines = self.words(self.notice, rules, "en")
        self.assertEqual(head, 'police.suspicion, for "Notice of a young suspect"')
        self.assertEqual(parties, "the police (police-west) -> social welfare board (social-board): released -> held (an answer is missing)")
        self.assertEqual((lines["identity"], lines["no longer required"]), ("5 released -> 5 held (an answer is missing)", "a receipt"))
        simulate = ["policy", "simulate", "--rules", str(rules)]
        n, m, only = told["exchanges"], told["changed"], turns["only"]
        swedish = f"{n} utbyten avgjorda av båda regelverken, {m} skulle bli annorlunda: 0 lämnar ut mer, 1 mindre, {only} bara skyldighet, krav eller grund\n"
        english = f"{n} exchanges decided by both sets, {m} would come out otherwise: 0 more released, 1 less, {only} only duty, obligations or ground\n"
        with unittest.mock.patch.dict(os.environ):
            os.environ.pop("SAMBAND_LANG", None)
            self.assertTrue(self.cli(*simulate, check=1).stdout.endswith(swedish))
            os.environ["SAMBAND_LANG"] = "en"
            self.assertTrue(self.cli(*simulate, check=1).stdout.endswith(english))
            self.assertTrue(self.cli(*simulate, "--lang", "sv", check=1).stdout.endswith(swedish))
        self.cli(*simulate, "--lang", "xx", check=2)
        back = self.cli("policy", "simulate", "--rules", str(self.rules), "--base", str(rules), "--lang", "en", check=1).stdout
        self.assertIn("1 more released, 0 less", back)

    def test_nothing_of_a_person_is_told(self):
        rules = self.edited(("lul.toml", RULE, '"age<18"]', '"age<16"]'), ("osl.toml", "ADULT-CONSENT", "age>=18", "age>=60"))
        for form in (["--json"], ["--lang", "sv"], ["--lang", "en"]):
            text = self.cli("policy", "simulate", "--rules", str(rules), *form, check=1).stdout
            for person in (people.YOUTH_17, people.ADULT_22):
                for key in ("personalNumber", "familyName", "givenName"):
                    self.assertNotIn(person[key], text)
            self.assertNotRegex(text, r"\bp[0-9]\b")


if __name__ == "__main__":
    unittest.main()
