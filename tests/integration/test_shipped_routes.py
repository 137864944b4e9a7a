#!/usr/bin/env python3
"""The example configuration as it is shipped: what agencies ask, answer and tell each other goes to whom it names, by the rule
that permits it, and to nobody else."""
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import people  # noqa: E402
import samband_client as build  # noqa: E402
from hub_case import PERMITTED, HubCase, new_id  # noqa: E402


class ShippedRoutes(HubCase):
    SYSTEMS = ["landlord-private"]

    def board(self, kind, person, to=None, **section):
        return build.municipal(kind, new_id(), client=build.client(person), **({"to": to} if to else {}), **{kind: section})

    def whole(self, party, kind, person, to, payload, role="subject", **more):
        data = {"persons": [build.as_person(person, role=role)], "payload": payload, **({"to": to} if to else {}), **more}
        return build.canonical(kind, party, data)

    def test_another_board_is_asked_and_answers_the_board_that_asked(self):
        question = self.send("social-board", "municipal_case", self.board("known_query", people.CHILD_15, "neighbour-board"))
        sent = self.to(question, "neighbour-board")
        self.assertIn(self.assess("social-board", sent["id"], individual_assessment=True)["outcome"], PERMITTED)
        (asked,) = self.wait_inbox("neighbour-board", lambda x: x["kind"] == "known.query")
        self.assertEqual((asked["id"], asked["sender"]), (sent["id"], "social-board"))
        answer = self.send("neighbour-board", None, self.whole("neighbour-board", "known.query", people.CHILD_15, "social-board",
                                                              {"exchangeId": sent["id"], "known": True}))
        self.assertEqual([e["recipient"] for e in answer["exchanges"]], ["social-board"])

    def test_a_question_that_names_nobody_goes_nowhere(self):
        for party, adapter, message in (
                ("social-board", "municipal_case", self.board("known_query", people.CHILD_15)),
                ("police-west", None, self.whole("police-west", "stay.query", people.ADULT_22, None, {})),
                ("police-west", None, self.whole("police-west", "contact.query", people.ADULT_22, None, {}))):
            with self.subTest(party=party):
                problem = self.send(party, adapter, message, expect=None)
                self.assertEqual(problem["code"], "rejected", problem)

    def test_a_question_goes_to_the_one_it_names_among_many(self):
        asked = self.send("police-west", None, self.whole("police-west", "stay.query", people.ADULT_22, "hospital", {}))
        self.assertEqual([e["recipient"] for e in asked["exchanges"]], ["hospital"])
        answer = self.send("hospital", None, self.whole("hospital", "stay.query", people.ADULT_22, "police-west", {"staying": False}))
        self.assertEqual([e["recipient"] for e in answer["exchanges"]], ["police-west"])

    def test_nobody_sends_by_a_kind_that_is_not_its_own(self):
        problem = self.send("hospital", None, self.whole("hospital", "known.query", people.ADULT_22, "social-board", {}), expect=403)
        self.assertEqual(problem["pointer"], "/data/kind")

    def test_the_landlord_learns_that_the_board_pays_the_rent(self):
        told = self.send("social-board", "municipal_case",
                         self.board("rent_commitment", people.ADULT_22, "landlord-private", leaseNumber="0999-123", commits=True))
        self.assertEqual([e["recipient"] for e in told["exchanges"]], ["landlord-private"])


if __name__ == "__main__":
    unittest.main(warnings="ignore")
