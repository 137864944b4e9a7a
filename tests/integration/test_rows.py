#!/usr/bin/env python3
"""A file of rows through the real hub: every row stands alone, the same file again makes no second notice, a correction starts
a clock of its own, and a hub that is killed in the middle has neither lost a row nor taken one twice."""
import json
import pathlib
import sys
import threading
import unicodedata
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import people  # noqa: E402
import samband_client as build  # noqa: E402
from hub_case import HubCase, new_id, replaced  # noqa: E402
from hub_harness import wait_for  # noqa: E402

HEADER = "Avtalsnummer;Datum;Hyresvärd;Hyresgäst;Personnummer;Adress;Lgh;Postnr;Ort;Kommunkod;Distrikt;Rum;Skuld;Förfallodatum;Delgiven;Rättar"


def row(lease, name="Testsson, Åsa", number="", amount="8 450,00", due="2026-10-31", day="2026-11-20", corrects="", municipality="0999"):
    return f"{lease};{day};Prov AB;{name};{number};Provgatan 1;1102;99901;Provstad;{municipality};south;3;{amount};{due};2026-11-19;{corrects}"


def table(*rows):
    return "\r\n".join((HEADER, *rows)) + "\r\n"


class Rows(HubCase):
    SYSTEMS = ["social-board", "landlord-private"]

    def post(self, text, encoding="utf-8", media_type="text/csv", expect=200):
        return self.call("landlord-private", "POST", "/v1/in/landlord", text.encode(encoding), expect, {"content-type": media_type})

    def canonical(self, name, text, **more):
        return build.canonical("rent.arrears", "landlord-private", {
            "persons": [build.as_person({"givenName": "Åsa", "familyName": name, "municipality": "0999"}, role="tenant")], "text": text,
            "payload": {"form": "SFS 1978:314 form 3", "dwelling": True, "amount": 845000, "currency": "SEK", "dueDate": "2026-10-31",
                        "landlord": {"name": "Prov AB"}, "premises": {"municipality": "0999", "district": "south"}}}, **more)

    def board(self, result):
        return next(e for e in result["exchanges"] if e["recipient"] == "social-board")

    def test_a_bad_row_stops_no_other_and_says_its_place_never_its_value(self):
        lease = new_id()[:8]
        number = people.GUARDIAN_45["personalNumber"]
        secret = "Hemligsson"
        said = self.post(table(row(lease + "a"), row(lease + "b", name=secret, amount="8.450"), row(lease + "c", name="=" + secret),
                               row(lease + "d", municipality="1480"), row(lease + "e", number=f"{number[:8]}-{number[8:]}")))
        self.assertEqual(said["rows"], {"total": 5, "accepted": 2, "duplicates": 0, "refused": 3, "left": 0, "after": 6})
        self.assertEqual([r["row"] for r in said["results"]], [2, 3, 4, 5, 6])
        # What stands in its place fits where a postal code does: a number in the wrong column is no reason to refuse either.
        wrong_column = self.post(table(row(lease + "g")).replace("99901", f"{number[2:8]}-{number[8:]}"))
        self.assertEqual(wrong_column["rows"]["accepted"], 1, wrong_column)
        as_text = self.post(table(row(lease + "h", number=f'="{number}"')))
        self.assertEqual(as_text["rows"]["accepted"], 1, as_text)
        # A second column of numbers (the co-tenant's) is removed as the first is.
        two = table(row(lease + "f", number=number)).replace("Rättar\r\n", "Rättar;Samordningsnummer\r\n").replace(";\r\n", f";;{number[2:]}\r\n")
        twice = self.post(two)
        self.assertEqual((twice["rows"]["accepted"], twice["results"][0]["warnings"][0]["code"]), (1, "personnummer_stripped"), twice)
        self.assertNotIn(number[2:], str(twice))
        good, wrong_sum, formula, nowhere, numbered = said["results"]
        self.assertEqual((wrong_sum["problem"]["code"], wrong_sum["column"]), ("invalid_input", "Belopp"))
        self.assertEqual(formula["column"], "Hyresgäst")
        self.assertIn("begins as a formula", formula["problem"]["detail"])
        self.assertIn("NOT SENT", nowhere["problem"]["detail"])
        self.assertEqual(self.board(good)["outcome"], "released")
        self.assertEqual([w["code"] for w in numbered["warnings"]], ["personnummer_stripped"])
        self.assertIn("quarantine", said)
        self.wait_state("landlord-private", self.board(numbered)["id"])
        (arrived,) = self.received_of("social-board", self.board(numbered)["id"])
        self.assertNotIn(number, str(arrived))
        self.assertNotIn(number[8:], str(arrived))
        for text in (secret, number):
            self.assertNotIn(text, str(said))
            self.assertNotIn(text, self.hub.log())

    def test_a_number_however_it_is_written_is_taken_out_of_rows_forms_and_canonical_notices(self):
        number = people.GUARDIAN_45["personalNumber"]
        wide = "".join(chr(0xFF10 + int(d)) for d in number)
        for written in (".".join(number), f"{number[2:8]} - {number[8:]}", number[:8] + "\u200b" + number[8:], f"\u202e{number[2:8]}-{number[8:]}\u202c",
                        wide, f"{number[:4]}/{number[4:6]}/{number[6:8]} {number[8:]}", "\u2060".join(number)):
            with self.subTest(ascii(written)):
                name = f"Åsa {written} Testsson"
                numbers = [self.post(table(row(new_id()[:8], name=name, amount="8 450,00")))["results"][0]]
                media_type, form = build.landlord_arrears({**people.GUARDIAN_45, "familyName": written}, new_id())
                numbers.append(self.call("landlord-private", "POST", "/v1/in/landlord", form.encode(), 200, {"content-type": media_type}))
                numbers.append(self.send("landlord-private", None, self.canonical(name, "Ring " + written)))
                for said in numbers:
                    self.assertIn("personnummer_stripped", [w["code"] for w in said["warnings"]])
                    sent = self.board(said)
                    self.wait_state("landlord-private", sent["id"])
                    (arrived,) = self.received_of("social-board", sent["id"])
                    text = unicodedata.normalize("NFKC", json.dumps(arrived, ensure_ascii=False))
                    self.assertNotIn(written, text)
                    self.assertNotIn(number[2:], "".join(c for c in text if c.isalnum()))

    def test_a_number_where_a_code_or_a_date_belongs_is_no_reason_to_refuse(self):
        number = people.GUARDIAN_45["personalNumber"]
        ten = f"{number[2:8]}-{number[8:]}"

        def sent(said, *places):
            self.assertLessEqual(set(places), {w["where"] for w in said["warnings"]}, said["warnings"])
            self.assertEqual({w["code"] for w in said["warnings"]}, {"personnummer_stripped"})
            self.wait_state("landlord-private", self.board(said)["id"])
            (arrived,) = self.received_of("social-board", self.board(said)["id"])
            self.assertNotIn(ten, json.dumps(arrived))
            return json.dumps(arrived)

        # Delgiven and Kommun of a row: what is left counts, or nothing.
        served = row(new_id()[:8]).replace("2026-11-19", ten)
        self.assertNotIn("servedAt", sent(self.post(table(served))["results"][0], "/servedAt"))
        beside = row(new_id()[:8], municipality="0999 " + ten).replace("2026-11-19", "2026-11-19 " + number)
        self.assertIn("2026-11-19", sent(self.post(table(beside))["results"][0], "/servedAt", "/premises/municipality"))
        # The same of a form and of a canonical notice; a copy of a termination keeps its bytes.
        media_type, text = build.landlord_arrears(people.GUARDIAN_45, new_id())
        form = {**json.loads(text), "servedAt": number, "premises": {"municipality": "0999 " + ten, "district": "south"}}
        sent(self.call("landlord-private", "POST", "/v1/in/landlord", json.dumps(form).encode(), 200, {"content-type": media_type}),
             "/servedAt", "/premises/municipality")
        notice = self.canonical("Testsson", "-")
        notice["data"]["payload"]["servedAt"] = ten
        notice["data"]["persons"][0]["municipality"] = ten
        notice["data"]["attachments"] = [{"name": ten + ".pdf", "mediaType": "application/" + number, "content": "JVBERi0="}]
        said = self.send("landlord-private", None, notice)
        sent(said, "/data/payload/servedAt", "/data/persons/0/municipality", "/data/attachments/0/mediaType")
        # Where only a number says which municipality it is, none does: the answer is that of a row without one.
        answers = [self.post(table(row(new_id()[:8], municipality=m)))["results"][0] for m in (ten, "")]
        self.assertEqual(*({k: v for k, v in a.get("problem", {}).items() if k in ("code", "detail")} for a in answers))
        # What is wrong without a number is refused as ever; so is a required value where a number stands.
        for place, value in (("servedAt", "nyss"), ("servedAt", ten[:-1]), ("dueDate", ten)):
            wrong = self.canonical("Testsson", "-")
            wrong["data"]["payload"][place] = value
            problem = self.send("landlord-private", None, wrong, expect=400)
            self.assertIn("/data/payload", problem["pointer"])
            self.assertNotIn(ten, json.dumps(problem))

    def test_a_key_with_a_number_is_replaced_and_finds_what_it_refers_to(self):
        number = people.GUARDIAN_45["personalNumber"]
        wide = "".join(chr(0xFF10 + int(d)) for d in number)

        def form(message_id, **more):
            media_type, text = build.landlord_arrears(people.GUARDIAN_45, new_id())
            text = json.dumps({**json.loads(text), "messageId": message_id, **more})
            said = self.call("landlord-private", "POST", "/v1/in/landlord", text.encode(), 200, {"content-type": media_type})
            return said, text

        lease = f"{number[2:8]}-{number[8:]}"
        table_of_one = table(row(lease), row(lease, amount="8 540,00", day="2026-11-21", corrects="ja"))
        whole = self.post(table_of_one)
        self.assertEqual(whole["rows"]["accepted"], 2, whole)
        again = self.post(table_of_one)
        self.assertEqual((again["rows"]["duplicates"], [r["senderMessageId"] for r in again["results"]]),
                         (2, [r["senderMessageId"] for r in whole["results"]]))
        changed = self.post(table(row(lease, amount="1,00")))["results"][0]
        self.assertEqual((changed["problem"]["code"], changed["senderMessageId"]), ("conflict", whole["results"][0]["senderMessageId"]))
        first, text = form(number)
        second, _ = form(new_id(), correctionOf=int(number), conversationId=wide)
        plain, _ = form("HV-" + new_id())
        for written in (wide, number[:8] + "\u200b" + number[8:], f"{number[:4]}.{number[4:6]}.{number[6:8]} - {number[8:]}", "nr 0" + number,
                        f"{number[2:8]}-T{number[9:]}", "19150072-2390", f"{number[8:]}-{number[2:8]}", "20261122-" + "1231"):  # a day and a serial number
            said = self.send("landlord-private", None, self.canonical("Testsson", "-", message_id="nr-" + written))
            self.assertRegex(said["senderMessageId"], "^pnr-[a-p]{32}$")
            self.assertIn({"code": "personnummer_stripped", "where": "/id"}, said["warnings"])
        self.assertRegex(first["senderMessageId"], "^pnr-[a-p]{32}$")
        self.assertIn({"code": "personnummer_stripped", "where": "/id"}, first["warnings"])
        self.assertLessEqual({"/data/correctionOf", "/data/conversationId"}, {w["where"] for w in second["warnings"]})
        self.assertTrue(plain["senderMessageId"].startswith("HV-"))
        self.assertEqual(plain["warnings"], [])
        self.assertTrue(self.call("landlord-private", "POST", "/v1/in/landlord", text.encode(), 200, {"content-type": "application/json"})["duplicate"])
        for said in (first, second, *whole["results"]):
            self.wait_state("landlord-private", self.board(said)["id"])
            (arrived,) = self.received_of("social-board", self.board(said)["id"])
            for part in (number, number[2:], lease, wide):
                self.assertNotIn(part, json.dumps(arrived, ensure_ascii=False))
                self.assertNotIn(part, json.dumps([first, second, whole, changed], ensure_ascii=False))
                self.assertNotIn(part, self.hub.log())
        # The receipt names the notice by the key that the answer gave.
        wait_for("the receipt", lambda: any(r["body"].get("refToMessageId") == first["senderMessageId"]
                                            for r in self.received("landlord-private", "receipt")), 30)
        # A correction found what it corrects: the deadline of the earlier one has ended, that of the later one runs.
        due = [self.call("social-board", "GET", f"/v1/exchanges/{self.board(said)['id']}", None, 200)["deadlines"] for said in (first, second)]
        self.assertEqual([bool(d) for d in due], [False, True], due)
        # Of any other attribute of an envelope a number is refused: it stands in clear in logs and queues.
        envelope = {**self.canonical("Testsson", "-"), "source": "urn:x:" + number}
        self.assertIn("/source", json.dumps(self.send("landlord-private", None, envelope, expect=400)))
        undated = {**self.canonical("Testsson", "-"), "source": "urn:x:191500722390"}
        self.assertIn("/source", json.dumps(self.send("landlord-private", None, undated, expect=400)))
        self.send("landlord-private", None, {**self.canonical("Testsson", "-"), "source": "urn:x:191500722391"})

    def test_the_same_file_again_makes_no_second_notice_whatever_its_encoding_or_order(self):
        lease = new_id()[:8]
        rows = [row(f"{lease}{i}") for i in range(3)]
        first = self.post(table(*rows))
        again = self.post(table(*reversed(rows)), encoding="iso-8859-1", media_type="text/csv; charset=ISO-8859-1")
        self.assertEqual(again["rows"], {"total": 3, "accepted": 0, "duplicates": 3, "refused": 0, "left": 0, "after": 4})
        self.assertEqual([self.board(r)["id"] for r in again["results"]], [self.board(r)["id"] for r in reversed(first["results"])])
        # Another sum for the same lease and day is no second notice either: it must say that it corrects.
        changed = self.post(table(row(f"{lease}0", amount="8 540,00")))
        self.assertEqual((changed["rows"]["refused"], changed["results"][0]["problem"]["code"]), (1, "conflict"))

    def test_a_correction_is_a_new_notice_with_a_clock_of_its_own(self):
        lease = new_id()[:8]
        said = self.post(table(row(lease), row(lease, amount="8 540,00", day="2026-11-21", corrects="ja")))
        self.assertEqual(said["rows"]["accepted"], 2)
        earlier, later = (self.board(r) for r in said["results"])
        self.assertNotEqual(earlier["id"], later["id"])
        for one in (earlier, later):
            self.wait_state("landlord-private", one["id"])
        arrived = [self.received_of("social-board", one["id"]) for one in (earlier, later)]
        self.assertEqual([len(a) for a in arrived], [1, 1])
        # Each has a receipt of its own, and the landlord gets it: the three weeks of the later one run from the later one.
        def there():
            mine = {r["body"]["exchangeId"]: r["body"] for r in self.received("landlord-private", "receipt")}
            return mine if {earlier["id"], later["id"]} <= set(mine) else None

        receipts = wait_for("two receipts", there, 30)
        self.assertGreater(receipts[later["id"]]["receiptLeaf"], 0)
        self.assertNotEqual(receipts[later["id"]]["receiptLeaf"], receipts[earlier["id"]]["receiptLeaf"])

    def test_of_a_file_that_cannot_be_told_apart_nothing_is_taken(self):
        kept = 0
        good = row(new_id()[:8])
        for text, why in ((table(good).replace(";", "|"), "no delimiter"), (HEADER + "\r\n", "no rows"), ("", "no delimiter"),
                          (table(*[good] * 50001), "more than 50000 rows"), (table(good).replace("Datum;", "Dag;", 1), "lacks Datum")):
            refused = self.post(text, expect=400)
            self.assertIn(why, refused["detail"])
            kept += "quarantine" in refused
        kept += "quarantine" in self.post(table(good), media_type="text/csv; charset=utf-7", expect=400)
        kept += "quarantine" in self.post(table(good), encoding="utf-16", expect=400)
        self.assertEqual(kept, 7, "each is kept, sealed, for the operator")
        self.assertEqual(self.post(table(good))["rows"]["accepted"], 1, "none of them had been taken")

    def test_a_file_goes_on_after_the_line_that_was_answered(self):
        lease = new_id()[:8]
        text = table(*(row(f"{lease}{i}") for i in range(4))).encode()

        def after(line, expect=200, media_type="text/csv", body=text):
            return self.call("landlord-private", "POST", f"/v1/in/landlord?after={line}", body, expect, {"content-type": media_type})

        said = after(3)
        self.assertEqual(said["rows"], {"total": 4, "accepted": 2, "duplicates": 0, "refused": 0, "left": 0, "after": 5})
        self.assertEqual([r["row"] for r in said["results"]], [4, 5])
        self.assertEqual(after(5)["results"], [])
        self.assertEqual(self.post(text.decode())["rows"]["duplicates"], 2)
        for wrong in ("x", "-1", "9999999999", "1&after=2"):
            after(wrong, expect=400)
        after(1, 400, "application/json", b"{}")

    def test_an_early_request_reaches_the_coordinator_and_nothing_but_the_receipt_comes_back(self):
        answer = self.send("landlord-private", "landlord", build.landlord_contact(people.GUARDIAN_45, new_id(), note="Hon mår dåligt."))
        self.assertEqual([w["code"] for w in answer["warnings"]], ["unknown_field"])
        exchange = self.to(answer, "housing-coordinator")
        self.assertEqual((exchange["outcome"], exchange["rules"]), ("released", ["LL-HC-CONTACT"]))
        (entry,) = self.wait_inbox("housing-coordinator", lambda x: x["id"] == exchange["id"])
        self.assertEqual(entry["data"]["payload"]["concern"], "late_rent")
        self.assertNotIn("mår dåligt", str(entry))
        self.call("housing-coordinator", "POST", f"/v1/inbox/{exchange['id']}/ack", {"reference": "BOS-1"})
        wait_for("the receipt", lambda: [r for r in self.received("landlord-private", "receipt") if r["body"]["exchangeId"] == exchange["id"]], 30)
        # What the coordinator does next is the tenant's matter.
        self.call("housing-coordinator", "POST", f"/v1/exchanges/{exchange['id']}/status", {"status": "in_progress"}, None)
        about = [r for r in self.received("landlord-private") if exchange["id"] in str(r["body"])]
        self.assertEqual({r["kind"] for r in about}, {"receipt"})
        self.assertNotIn("BOS-1", str(about))

    def test_no_other_party_may_send_a_file(self):
        self.call("police-west", "POST", "/v1/in/landlord", table(row("x")).encode(), 403, {"content-type": "text/csv"})


class Killed(HubCase):
    SYSTEMS = ["landlord-private"]

    def test_a_hub_killed_in_the_middle_has_lost_no_row_and_taken_none_twice(self):
        lease = new_id()[:8]
        text = table(*(row(f"{lease}-{i}") for i in range(400))).encode()
        headers = {"content-type": "text/csv"}
        client = self.hub.client("landlord-private")

        def send():
            try:
                client.request("POST", "/v1/in/landlord", text, headers)
            except Exception:  # the hub dies under it
                pass

        before = self.leaves()
        thread = threading.Thread(target=send)
        thread.start()
        wait_for("some rows", lambda: self.leaves() > before + 60, 30)
        self.hub.kill9()
        thread.join()
        self.hub.start()
        said = self.call("landlord-private", "POST", "/v1/in/landlord", text, 200, headers)["rows"]
        self.assertEqual((said["accepted"] + said["duplicates"], said["refused"], said["left"]), (400, 0, 0))
        self.assertGreater(said["duplicates"], 0)
        listed = {e["id"] for e in self.inbox("housing-coordinator")}
        self.assertLessEqual(len(listed), 400)
        again = self.call("landlord-private", "POST", "/v1/in/landlord", text, 200, headers)
        self.assertEqual(again["rows"]["duplicates"], 400)
        self.assertEqual(len({e["id"] for r in again["results"] for e in r["exchanges"]}), 800)
        self.assert_log_verifies()


class RowsTogether(HubCase):
    """The board reads in its inbox: what is recorded is the file and nothing else."""

    @staticmethod
    def edit(folder):
        replaced(folder / "parties.toml", ('adapter = "municipal_case"\nendpoint = "case-system"\n', ""))

    def test_rows_are_recorded_together_and_each_is_answered_by_itself(self):
        rows = [row(f"together-{i}") for i in range(320)]
        rows[100] = rows[99]  # twice in one window: the second is a duplicate of the first
        rows[200] = row("together-bad", amount="8.450")
        before = self.hub.metric("samband_commit_seconds_count")
        said = self.call("landlord-private", "POST", "/v1/in/landlord", table(*rows).encode(), 200, {"content-type": "text/csv"})
        self.assertEqual(said["rows"], {"total": 320, "accepted": 318, "duplicates": 1, "refused": 1, "left": 0, "after": 321})
        self.assertEqual([r["row"] for r in said["results"]], list(range(2, 322)))
        # 5 windows; alone, nearly every row would be a transaction.
        self.assertLess(self.hub.metric("samband_commit_seconds_count") - before, 80)
        self.assert_log_verifies()


if __name__ == "__main__":
    unittest.main()
