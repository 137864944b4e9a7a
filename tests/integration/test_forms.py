#!/usr/bin/env python3
"""Web forms: every form of every party has its words, and what an official fills in is a message of that person."""
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import people  # noqa: E402
import samband_client as build  # noqa: E402
from hub_case import PERMITTED, HubCase  # noqa: E402

COUNSELLOR, FIELD_WORKER = "school-south-counsellor", "field-worker"


def members(schema, place=""):
    """(place, schema) of every member that a form asks for."""
    for name, member in (schema.get("properties") or {}).items():
        yield f"{place}/{name}", member
        yield from members(member, f"{place}/{name}")
    if isinstance(schema.get("items"), dict):
        yield from members(schema["items"], f"{place}/-")


class Forms(HubCase):
    SYSTEMS = ["social-board"]

    def form(self, kind="concern.report", official=COUNSELLOR):
        return self.call(official, "GET", f"/v1/forms/{kind}")

    def filled(self, form, **more):
        data = {"persons": [build.as_person(people.CHILD_15)], "payload": {"concern": "Frånvaro sedan fyra veckor"}, "author": {"name": "Kurator Prov"}, **more}
        return {"submission": form["submission"], "data": data}

    def test_the_list_is_what_the_party_may_send(self):
        kinds = {f["kind"]: f["title"] for f in self.call(COUNSELLOR, "GET", "/v1/forms")["forms"]}
        self.assertEqual(sorted(kinds), ["care.referral", "concern.report", "contact.query", "inquiry.information", "report.answer",
                                         "sig.information", "sig.nomination", "test.order"])
        self.assertEqual(kinds["concern.report"], {"sv": "Orosanmälan", "en": "Report of concern about a child"})
        self.call(COUNSELLOR, "GET", "/v1/forms/rent.arrears", expect=404)  # another's
        self.call(COUNSELLOR, "GET", "/v1/forms/exchange.recall", expect=404)  # nobody writes it
        self.call(COUNSELLOR, "POST", "/v1/forms/rent.arrears", {}, expect=404)

    def test_every_member_and_code_has_words_in_both_languages(self):
        seen = 0
        for official in (COUNSELLOR, FIELD_WORKER, "police-west-officer", "social-board-caseworker"):
            for kind in [f["kind"] for f in self.call(official, "GET", "/v1/forms")["forms"]]:
                schema = self.form(kind, official)["schema"]
                self.assertNotIn("$ref", str(schema))
                for hidden in ("kind", "facts", "consents"):
                    self.assertNotIn(hidden, schema["properties"])
                self.assertIn("payload", schema["required"])
                self.assertNotIn("kind", schema["required"])
                for place, member in members(schema):
                    seen += 1
                    with self.subTest(kind=kind, place=place):
                        self.assertTrue(member["x-label"]["sv"] and member["x-label"]["en"])
                        for code in member.get("enum", []):
                            self.assertTrue(member["x-codes"][code]["sv"] and member["x-codes"][code]["en"])
        print(f"{seen} members of forms, all with words")
        number = self.form()["schema"]["properties"]["persons"]["items"]["properties"]["personalNumber"]
        self.assertIn("Tolv siffror", number["x-help"]["sv"])
        self.assertEqual((number["pattern"], number["x-category"]), ("^[0-9]{12}$", "identity"))

    def test_what_an_official_fills_in_is_that_persons_message(self):
        body = self.filled(self.form(), author={"id": "somebody-else", "name": "Kurator Prov"})
        answer = self.call(COUNSELLOR, "POST", "/v1/forms/concern.report", body)
        held = self.to(answer, "social-board")
        self.assertEqual((held["outcome"], held["missing"]), ("held", ["individual_assessment"]))
        again = self.call(COUNSELLOR, "POST", "/v1/forms/concern.report", body)
        self.assertTrue(again["duplicate"])
        body["data"]["payload"]["concern"] = "Något annat"
        self.call(COUNSELLOR, "POST", "/v1/forms/concern.report", body, expect=409)
        facts = {"facts": [{"code": "individual_assessment", "value": True, "person": "p1", "reasonCode": "assessed_yes"}]}
        self.assertIn(self.call(COUNSELLOR, "POST", f"/v1/exchanges/{held['id']}/assessments", facts)["outcome"], PERMITTED)
        self.wait_state("school-south", held["id"])
        (record,) = self.received_of("social-board", held["id"], "errand")
        self.assertEqual(record["body"]["data"]["author"], {"id": COUNSELLOR, "name": "Kurator Prov"})

    def test_only_an_official_in_person(self):
        for caller in ("school-south", "operator"):
            self.call(caller, "GET", "/v1/forms", expect=403)
            self.call(caller, "POST", "/v1/forms/concern.report", self.filled(self.form()), expect=403)
        for official in ("municipal-privacy", "municipal-counsel"):  # no caseworkers
            self.call(official, "GET", "/v1/forms", expect=403)

    def test_what_does_not_fit_is_refused_with_its_place(self):
        form = self.form()
        number = people.CHILD_15["personalNumber"]
        for body, place in ((self.filled(form, facts=[]), "/data/facts"), (self.filled(form, consents=[]), "/data/consents"), (self.filled(form, kind="x"), "/data/kind"),
                            ({"data": {}}, "/submission"), ({"submission": form["submission"]}, "/data"), ({**self.filled(form), "x": 1}, ""),
                            (self.filled(form, persons=[{**build.as_person(people.CHILD_15), "protecton": "marked"}]), "/data/persons/0"),
                            (self.filled(form, payload={"concern": "Frånvaro", "x": number}), "/data/payload"), (self.filled(form, x=1), "/data"),
                            (self.filled(form, payload={}), "/data/payload"), (self.filled(form, persons=[]), "/data/persons"), ([], "")):
            refused = self.call(COUNSELLOR, "POST", "/v1/forms/concern.report", body, expect=400)
            self.assertTrue(refused.get("pointer", "").startswith(place), (place, refused))
            self.assertNotIn(number, str(refused))
        for path, method, expect in (("/v1/forms", "POST", 405), ("/v1/forms/concern.report", "DELETE", 405), ("/v1/forms/a/b", "GET", 404)):
            self.call(COUNSELLOR, method, path, expect=expect)


if __name__ == "__main__":
    unittest.main(warnings="ignore")
