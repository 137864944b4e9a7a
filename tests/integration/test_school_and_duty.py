#!/usr/bin/env python3
"""Schools and leisure through the real hub, and who is on duty when the units are closed.

The hub runs on a simulated clock for the second: a week passes in moments.
"""
import datetime
import http.client
import json
import os
import pathlib
import sys
import unittest

SOURCE = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(SOURCE / "tests" / "support"))
import people  # noqa: E402
import samband_client as build  # noqa: E402
from hub_case import PERMITTED, HubCase, new_id, replaced  # noqa: E402

FORM = SOURCE / "plugins" / "school" / "cases" / "concern" / "in.json"
SAMPLES = pathlib.Path(os.environ.get("SAMBAND_TESTDATA", SOURCE.parent / "shared" / "testdata")) / "ss12000/test/resources/sampledata"
SIG = ["identity", "home_area", "contact", "protection", "case_reference", "school", "social_situation"]


def pupil(person, **more):
    return {"id": "fa592db1-912b-57fe-8cf6-df5f81522f01", "givenName": person["givenName"], "familyName": person["familyName"],
            "eduPersonPrincipalNames": [], "civicNo": {"value": person["personalNumber"]}, **more}


def form(person=people.CHILD_15, type="concern", section=None, **more):
    value = {"messageId": new_id(), "createdAt": build.now(), "type": type, "reporter": {"id": "kurator-3", "name": "Kurator Prov"},
             "person": pupil(person), "home": {"municipality": "0999", "district": "south"}, type: section or {"concern": "Frånvaro sedan fyra veckor"}}
    return {**value, **more}


class Schools(HubCase):
    SYSTEMS = ["social-board", "leisure-centre"]

    def judge(self, official, exchange_id):
        body = {"facts": [{"code": "individual_assessment", "value": True, "person": "p1", "reasonCode": "assessed_yes"}]}
        return self.call(official, "POST", f"/v1/exchanges/{exchange_id}/assessments", body)

    def test_a_school_reports_concern_and_a_named_person_stands_for_it(self):
        held = self.to(self.send("school-south", "school", form()), "social-board")
        self.assertEqual((held["outcome"], held["missing"]), ("held", ["individual_assessment"]))
        self.assertIn(self.judge("school-south-counsellor", held["id"])["outcome"], PERMITTED)
        self.wait_state("school-south", held["id"])
        (record,) = self.received_of("social-board", held["id"], "errand")
        self.assertEqual(record["body"]["data"]["payload"]["concern"], "Frånvaro sedan fyra veckor")

    def test_the_published_person_is_read_but_for_a_number_that_nobody_has(self):
        if not SAMPLES.exists():
            raise unittest.SkipTest("no ../shared/testdata (SAMBAND_TESTDATA): ss12000")
        sample = json.loads((SAMPLES / "person.json").read_text(encoding="utf-8"))
        refused = self.send("school-south", "school", form(person=people.CHILD_15) | {"person": sample}, expect=400)
        self.assertNotIn(sample["civicNo"]["value"], str(refused))  # its check digit is wrong
        sample["civicNo"]["value"] = people.CHILD_15["personalNumber"]
        self.assertEqual(self.to(self.send("school-south", "school", form() | {"person": sample}), "social-board")["outcome"], "held")
        bad = json.loads((SAMPLES / "activities_invalid.json").read_text(encoding="utf-8"))
        self.send("school-south", "school", bad, expect=400)

    def test_a_marking_decides_who_may_read(self):
        for marking, recipient, warned in (("Ingen", "social-board", False), ("Sekretessmarkering", "social-restricted", False),
                                           ("Skyddad folkbokföring", "social-restricted", False), ("Skyddad adress", "social-restricted", True)):
            with self.subTest(marking):
                answer = self.send("school-south", "school", form() | {"person": pupil(people.CHILD_15, securityMarking=marking)})
                self.assertEqual([e["recipient"] for e in answer["exchanges"]], [recipient])
                self.assertEqual("protected_identity" in [w["code"] for w in answer["warnings"]], warned)

    def test_field_workers_bring_an_irk_form(self):
        answer = self.send("leisure-centre", "school", form(type="irk", section={"score": 14, "school": "Åk 9"}))
        held = self.to(answer, "social-board")
        self.assertEqual(held["kind"], "sig.nomination")
        self.assertIn(self.judge("field-worker", held["id"])["outcome"], PERMITTED)

    def test_leisure_gets_what_the_consent_lists_and_nothing_without_it(self):
        def told():
            return self.to(self.send("social-board", "municipal_case", build.sig_from_board(people.ADULT_19, new_id())), "leisure-centre")

        before = told()
        self.assertNotIn(before["outcome"], PERMITTED)
        consent = {"person": {"personalNumber": people.ADULT_19["personalNumber"]}, "giver": "self", "recipients": ["leisure-centre"],
                   "purposes": ["sig_cooperation"], "categories": SIG, "validTo": build.now(86400), "evidenceSha256": "6b" * 32, "language": "sv",
                   "agreement": "sig-2026"}
        given = self.call("social-board", "POST", "/v1/consents", consent, expect=201)
        sent = told()
        self.assertIn(sent["outcome"], PERMITTED)
        self.wait_state("social-board", sent["id"])
        (record,) = self.received_of("leisure-centre", sent["id"], "sig.information")
        self.assertEqual(record["body"]["persons"][0]["civicNo"]["value"], people.ADULT_19["personalNumber"])
        self.assertEqual(record["body"]["data"]["payload"]["leisure"], "Fotboll")
        self.call("social-board", "POST", f"/v1/consents/{given['id']}/revocations", {})
        self.assertNotIn(told()["outcome"], PERMITTED)


def simulated(folder):
    replaced(folder / "hub.toml", ('origin = "samband.example/exempelkommun"', 'origin = "samband.example/simulation"'),
             ("[listeners.agency]", "[simulation]\nclock = true\n\n[listeners.agency]"))
    replaced(folder / "parties.toml", ('adapter = "municipal_case"\nendpoint = "case-system"\n', ""))


class OnDuty(HubCase):
    edit = staticmethod(simulated)

    def clock(self, **body):
        connection = http.client.HTTPConnection("127.0.0.1", self.hub.port(9464), timeout=60)
        connection.request("POST" if body else "GET", "/simulation/clock", json.dumps(body) if body else None, {"content-type": "application/json"})
        answer = connection.getresponse()
        text = answer.read()
        connection.close()
        self.assertEqual(answer.status, 200, text)
        return datetime.datetime.fromisoformat(json.loads(text)["now"].replace("Z", "+00:00"))

    def at(self, local):
        """Goes to a time of the week of Monday 4 January 2027 (UTC+1; Wednesday is Epiphany)."""
        day, clock = local.split()
        date = datetime.date(2027, 1, 4) + datetime.timedelta(days=["mon", "tue", "wed", "thu", "fri", "sat", "sun"].index(day))
        hour, minute = map(int, clock.split(":"))
        self.clock(to=(datetime.datetime.combine(date, datetime.time(hour, minute)) - datetime.timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%S.000Z"))

    def post(self, sender, kind, person, payload):
        at = self.clock().strftime("%Y-%m-%dT%H:%M:%S.000Z")
        return self.send(sender, None, build.canonical(kind, sender, {"persons": [build.as_person(person)], "payload": payload}, at=at))["exchanges"]

    def told(self):
        return [(e["recipient"], e["reason"] == "outside_hours")
                for e in self.post("police-west", "police.information", people.ADULT_22, {"circumstances": "Behöver stöd i kväll"})]

    def bed(self, person):
        (exchange,) = self.post("social-board", "housing.emergency", person, {"nights": 1})
        return exchange

    def test_a_week(self):
        unit, duty = [("social-board", False)], [("social-duty", False)]
        self.at("mon 07:59")
        self.assertEqual(self.told(), duty)
        self.at("mon 08:01")
        self.assertEqual(self.told(), unit)

        closed = self.bed(people.ADULT_22)
        self.assertEqual((closed["recipient"], closed["outcome"], closed["reason"]), ("housing-emergency", "refused", "outside_hours"))
        self.assertEqual(closed["opensAt"], "2027-01-04T15:30:00.000Z")
        self.assertEqual(closed["telephone"], {"recipient": "08-465 004 26"})
        self.assertIn("Öppnar 2027-01-04 16:30. Telefon: 08-465 004 26. Vänd er till Socialjouren", closed["words"]["sv"])
        self.assertEqual(closed["fields"]["released"], [])
        self.assertEqual(self.inbox("housing-emergency"), [])

        self.at("mon 16:31")
        self.assertEqual(self.told(), duty)
        open_now = self.bed(people.ADULT_22)
        self.assertEqual((open_now["recipient"], open_now["outcome"], open_now["missing"]), ("housing-emergency", "held", ["same_organisation"]))
        body = {"facts": [{"code": "same_organisation", "value": True, "person": "p1", "reasonCode": "assessed_yes"}]}
        self.assertIn(self.call("social-board-caseworker", "POST", f"/v1/exchanges/{open_now['id']}/assessments", body)["outcome"], PERMITTED)
        (entry,) = self.wait_inbox("housing-emergency", lambda e: e["id"] == open_now["id"])
        self.assertEqual(entry["data"]["payload"]["nights"], 1)

        # Somebody of 19 is too young for the shelter: not a matter of the hour, and the duty is named.
        for when in ("mon 16:32", "tue 12:00", "wed 12:00"):
            self.at(when)
            young = self.bed(people.ADULT_19)
            self.assertEqual((young["outcome"], young["reason"], young["alternative"]), ("refused", "age_outside_rule", "Socialjouren, 08-465 004 25"))
        self.assertEqual(self.told(), duty)  # Epiphany, at noon
        self.at("thu 12:00")
        self.assertEqual(self.told(), unit)
        self.at("sat 12:00")
        self.assertEqual(self.told(), duty)
        self.at("sun 23:59")
        self.assertEqual(self.told(), duty)
        self.assert_log_verifies()


def office_hours_only(folder):
    """Every door that a duty could go by is closed at night."""
    simulated(folder)
    hours = 'time = "08:00-16:30"\nworking_days_only = true\nalternative = "Socialjouren"\n'
    replaced(folder / "routes.toml", ('id = "suspicion-social"\n', 'id = "suspicion-social"\n' + hours), ('id = "concern-social"\n', 'id = "concern-social"\n' + hours))


class ClosedDoors(OnDuty):
    edit = staticmethod(office_hours_only)

    def youth(self):
        at = self.clock().strftime("%Y-%m-%dT%H:%M:%S.000Z")
        return self.to(self.send("police-west", None, build.canonical("police.suspicion", "police-west", {
            "persons": [build.as_person(people.YOUTH_17)], "occurredAt": at,
            "payload": {"suspicionLevel": "skaligen_misstankt", "offence": {"code": "5010", "prisonInScale": True}},
            "facts": [{"code": "reasonable_suspicion", "value": True, "person": "p1"}, {"code": "prison_in_scale", "value": True, "person": "p1"}]}, at=at)), "social-board")

    def test_a_week(self):
        """A duty waits for no opening hours, and is held for a missing answer only; what is no duty is refused at night."""
        self.at("mon 20:00")
        told = self.youth()
        self.assertIn(told["outcome"], PERMITTED)
        self.assertEqual(told["opensAt"], "2027-01-05T07:00:00.000Z")
        self.assertEqual(told["telephone"]["recipient"], "08-465 004 21")
        self.wait_inbox("social-board", lambda e: e["id"] == told["id"])
        held = self.to({"exchanges": self.post("police-west", "concern.report", people.CHILD_15, {"concern": "Oro hemma"})}, "social-board")
        self.assertEqual((held["outcome"], held["missing"]), ("held", ["individual_assessment"]))
        body = {"facts": [{"code": "individual_assessment", "value": True, "person": "p1", "reasonCode": "assessed_yes"}]}
        self.assertIn(self.call("police-west-officer", "POST", f"/v1/exchanges/{held['id']}/assessments", body)["outcome"], PERMITTED)
        # Nobody has received it when it is due: the alarm of every duty.
        self.at("wed 20:00")
        self.assertGreaterEqual(self.hub.metric("samband_alarms_total", kind="duty_missed"), 1)
        # The deny twin: a bed is no duty, and at noon nobody is there.
        self.at("thu 12:00")
        closed = self.bed(people.ADULT_22)
        self.assertEqual((closed["outcome"], closed["reason"]), ("refused", "outside_hours"))
        analysis = self.cli("policy", "check", "--json", check=None)
        self.assertIn("route_closed", analysis.stdout)
        self.assert_log_verifies()


if __name__ == "__main__":
    unittest.main(warnings="ignore")
