#!/usr/bin/env python3
"""samband policy decide and policy test: case files, their defaults and mistakes, decision tables, and the worked examples of
docs/policy-cases.md. No hub runs here."""
import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import time
import unittest

SOURCE = pathlib.Path(os.environ["SAMBAND_SOURCE_DIR"])
SAMBAND = pathlib.Path(os.environ["SAMBAND_BINARY_DIR"]) / "bin" / "samband"
RULES = SOURCE / "config" / "rules"
TABLES = SOURCE / "config" / "decision_tables"
OK, FAILED, USAGE = 0, 1, 2

NOTICE = {"id": "notice", "date": "2026-11-23", "holder": "police", "recipient": "social_board", "kind": "police.suspicion",
          "purpose": "youth_offence_notice", "persons": [{"role": "subject", "age": 16}],
          "facts": {"reasonable_suspicion": True, "prison_in_scale": True}, "categories": ["identity", "suspicion"]}


def samband(*arguments, stdin=""):
    return subprocess.run([str(SAMBAND), *map(str, arguments)], capture_output=True, text=True, input=stdin, timeout=120, cwd=str(SOURCE))


def lines_of(*cases):
    return "".join((c if isinstance(c, str) else json.dumps(c, ensure_ascii=False)) + "\n" for c in cases)


def decide(*cases, check=OK, rules=RULES):
    done = samband("policy", "decide", "--rules", rules, "--json", stdin=lines_of(*cases))
    assert done.returncode == check, done.stdout + done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


class Decide(unittest.TestCase):
    def test_the_worked_examples_of_the_page(self):
        page = (SOURCE / "docs" / "policy-cases.md").read_text(encoding="utf-8")
        cases = "".join(re.findall(r"```jsonl\n(.*?)```", page, re.S))
        done = samband("policy", "decide", "--config", "config", "--json", stdin=cases)
        self.assertEqual(done.returncode, OK, done.stdout + done.stderr)
        answers = [json.loads(line) for line in done.stdout.splitlines()]
        self.assertGreaterEqual(len(answers), 10)
        self.assertTrue(all(a["asExpected"] for a in answers))
        self.assertIn(f"{len(answers)} cases: {len(answers)} as expected, 0 not", done.stderr)
        table = re.search(r"```toml\n(rule = .*?)```", page, re.S).group(1)
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "table.toml"
            path.write_text(table, encoding="utf-8")
            self.assertEqual(samband("policy", "test", path).returncode, OK)

    def test_the_answer_of_a_case(self):
        [a] = decide(NOTICE)
        self.assertEqual((a["line"], a["id"], a["outcome"], a["reason"], a["initiative"]), (1, "notice", "released", "cleared", "own"))
        self.assertEqual(a["categories"], {"identity": "release", "suspicion": "release"})
        suspicion = [f for f in a["fields"] if f["category"] == "suspicion"][0]
        self.assertEqual(suspicion["persons"], [{"person": "p1", "role": "subject"}])
        self.assertEqual({c["provision"]: (c["clearedBy"], c["ground"]) for c in suspicion["covers"]},
                         {p: ("POL-SN-15-17", "LUL (1964:167) 6 § (OSL 10:28)") for p in ("OSL 18:1", "OSL 35:1")})
        self.assertEqual(suspicion["obligations"], ["receipt"])
        self.assertEqual({k: a["duty"][k] for k in ("rule", "deadline", "due", "citation", "via")},
                         {"rule": "POL-SN-15-17", "deadline": "at_once", "due": "2026-11-23T11:00:00.000Z", "citation": "LUL (1964:167) 6 §", "via": "OSL 10:28"})
        self.assertRegex(a["rulesetHash"] + a["inputsHash"], r"^[0-9a-f]{128}$")
        self.assertNotIn("asExpected", a)
        held = decide({**NOTICE, "facts": {"prison_in_scale": True, "reasonable_suspicion": None, "may_be_suspected": False, "inquiry_opened": False}})[0]
        self.assertEqual((held["outcome"], held["missing"], held["nearestChange"]), ("held", ["reasonable_suspicion"], [["reasonable_suspicion"]]))
        self.assertEqual(held["fields"][1]["covers"][0]["missing"], ["investigation_not_harmed", "reasonable_suspicion"])

    def test_the_order_of_keys_and_of_facts_makes_no_difference_and_other_inputs_do(self):
        turned = dict(reversed(list(NOTICE.items())), facts=dict(reversed(list(NOTICE["facts"].items()))))
        first, second, other = decide(NOTICE, turned, {**NOTICE, "persons": [{"role": "subject", "age": 15}]})
        self.assertEqual({k: v for k, v in first.items() if k != "line"}, {k: v for k, v in second.items() if k != "line"})
        self.assertNotEqual(first["inputsHash"], other["inputsHash"])
        self.assertEqual(first["rulesetHash"], other["rulesetHash"])

    def test_ways_of_writing_the_same(self):
        same = [NOTICE, {**NOTICE, "persons": {"p1": {"role": "subject", "birthDate": "2010-11-23"}}},
                {**NOTICE, "persons": [{"id": "p1", "role": "subject", "birth_date": "2010-11-23"}], "initiative": "own", "emergency": False},
                {**NOTICE, "facts": {"reasonable_suspicion": "ja", "prison_in_scale": {"value": "yes", "assessor": "eva"}}},
                {**NOTICE, "categories": {"identity": ["p1"], "suspicion": True, "health": False}, "date": "2026-11-23T11:00:00Z"}]
        answers = decide(*same)
        self.assertEqual({json.dumps((a["outcome"], a["fields"], a["duty"])) for a in answers}.__len__(), 1)
        # Unknown is what nobody has recorded, in all its spellings.
        held = decide(*({**NOTICE, "facts": {"prison_in_scale": True, **unknown}} for unknown in
                        ({}, {"reasonable_suspicion": None}, {"reasonable_suspicion": "unknown"}, {"reasonable_suspicion": "okänt"})))
        self.assertEqual({a["outcome"] for a in held}, {"held"})

    def test_defaults_that_the_page_names(self):
        assess = {**NOTICE, "kind": "concern.report", "purpose": "child_protection", "facts": {"individual_assessment": True}}
        self.assertEqual([a["outcome"] for a in decide(assess, {**assess, "assessor": None}, {**assess, "facts": {"individual_assessment": {"value": True, "assessor": None}}})],
                         ["released", "held", "held"])
        two = decide({**NOTICE, "persons": [{"role": "subject", "age": 16}, {"role": "guardian", "guardian_of": "p1"}],
                      "categories": ["identity", "suspicion", "document", "official"]})[0]
        self.assertEqual([(f["category"], [p["person"] for p in f["persons"]]) for f in two["fields"]],
                         [("identity", ["p1"]), ("identity", ["p2"]), ("suspicion", ["p1"]), ("document", ["p1", "p2"]), ("official", [])])
        # A day of `valid_to` counts to its end; `revoked` is at the instant.
        consent = {"holder": "health_clinic", "recipient": "social_board", "kind": "test.result", "purpose": "substance_test", "date": "2026-11-23T20:00:00Z",
                   "persons": [{"role": "subject", "age": 19}], "categories": ["identity", "test_result"]}
        outcomes = [a["reason"] for a in decide(*({**consent, "consents": [c]} for c in (
            {}, {"valid_to": "2026-11-23"}, {"valid_to": "2026-11-22"}, {"revoked": True}, {"revoked_at": "2026-11-24"}, {"valid_from": "2026-11-24"})))]
        self.assertEqual(outcomes, ["cleared", "cleared", "consent_expired", "consent_revoked", "cleared", "consent_missing"])
        # The configuration's parties and agreements are known only with it.
        party = {**NOTICE, "holder": "police-west", "recipient": "social-restricted", "persons": [{"role": "subject", "age": 16, "protected": True}]}
        done = samband("policy", "decide", "--config", "config", "--json", stdin=lines_of(party, {**party, "recipient": "social-board"}))
        self.assertEqual([json.loads(line)["outcome"] for line in done.stdout.splitlines()], ["released", "held"])
        self.assertEqual(decide(party, check=FAILED)[0]["errors"][0]["pointer"], "/holder")

    def test_settings_and_emergency_of_a_case(self):
        lob = {**NOTICE, "kind": "police.lob", "purpose": "need_of_help", "facts": {"identity_established": True, "need_of_help": True}, "categories": ["identity"]}
        answered = {**lob, "settings": {"lob_assessment_is_balance": True, "police_purpose_tested_before": True}}
        self.assertEqual([a["outcome"] for a in decide(lob, answered, lob)], ["held", "released", "held"])
        now = {**NOTICE, "holder": "social_board", "recipient": "police", "kind": "concern.report", "purpose": "child_protection", "categories": ["identity", "event"],
               "facts": {"imminent_danger": True, "concrete_risk": False, "concrete_risk_kin": False, "offence_against_child": False, "not_unsuitable": False, "penalty_limit_met": False}}
        flags = [True, "child_in_danger", {"since": "2026-11-23T10:00:00Z"}, {"since": "2026-11-22"}, {"reason": None}, False]
        self.assertEqual([a["outcome"] for a in decide(*({**now, "emergency": flag} for flag in flags))], ["released"] * 3 + ["refused"] * 3)

    def test_a_mismatch_says_what_differs(self):
        wrong = {**NOTICE, "expect": {"outcome": "hold", "reason": "fact_missing", "categories": {"identity": {"outcome": "withhold", "rule": "POL-SN-U15"}},
                                      "rule": "POL-SN-CHILD", "duty": None, "obligations": [], "citation": "SoL", "missing": ["need_of_help"]}}
        right = {**NOTICE, "expect": {"outcome": "release", "rule": ["POL-SN-15-17"], "categories": {"identity/p1": "release"}}}
        first, second = decide(wrong, right, check=FAILED)
        self.assertFalse(first["asExpected"])
        self.assertEqual({d["what"]: (d["expected"], d["got"]) for d in first["differences"]}, {
            "outcome": ("held", "released"), "reason": ("fact_missing", "cleared"), "categories/identity": ("withhold", "release"),
            "categories/identity/rule": ("POL-SN-U15", "another or none"), "rule": ("POL-SN-CHILD", "POL-SN-15-17"), "duty": ("none", "POL-SN-15-17"),
            "citation": ("SoL", "LUL (1964:167) 6 §"), "obligations": ("none", "receipt"), "missing": ("need_of_help", "none")})
        self.assertTrue(second["asExpected"])
        text = samband("policy", "decide", "--rules", RULES, "--lang", "en", stdin=lines_of(wrong))
        self.assertEqual(text.returncode, FAILED)
        self.assertIn("notice: released (NOT AS EXPECTED)\n  Released: 2 of 2 items.", text.stdout)
        self.assertIn("  outcome: expected held, got released\n", text.stdout)

    def test_mistakes_have_their_place_and_stop_nothing(self):
        number = "201005012384"  # a shape, not a person: it must not be repeated
        mistakes = [
            ({"colour": "red"}, "/colour"), ({number: 1}, "/*"), ({"kind": number}, "/kind"), ({"purpose": None}, "/purpose"), ({"holder": "polis"}, "/holder"),
            ({"date": "23 November"}, "/date"), ({"date": "2026-02-30"}, "/date"), ({"initiative": "both"}, "/initiative"), ({"emergency": "fire"}, "/emergency"),
            ({"facts": {"suspicion": True}}, "/facts/suspicion"), ({"facts": {"dwelling": "maybe"}}, "/facts/dwelling"), ({"facts": {"dwelling": {"vaule": True}}}, "/facts/dwelling/vaule"),
            ({"persons": [{"role": "child"}]}, "/persons/0/role"), ({"persons": [{"age": 3}]}, "/persons/0/role"), ({"persons": [{"role": "subject", "age": -1}]}, "/persons/0/age"),
            ({"persons": [{"role": "subject", "age": 3, "birth_date": "2020-01-01"}]}, "/persons/0/age"), ({"persons": [{"role": "subject", "birth_date": "2030-01-01"}]}, "/persons/0/birth_date"),
            ({"persons": [{"role": "subject", "flags": ["secret"]}]}, "/persons/0/flags"), ({"persons": {number: {"role": "subject"}}}, "/persons/*"),
            ({"persons": [{"role": "subject", "birth_date": "2010-01-01", "birthDate": "2010-01-01"}]}, "/persons/0/birth_date"),
            ({"persons": [{"role": "subject"}, {"role": "guardian", "guardian_of": "p9"}]}, "/persons/1"),
            ({"persons": [{"role": "subject"}, {"role": "guardian", "guardian_of": "p2"}]}, "/persons/1"),
            ({"persons": [{"role": "subject"}, {"role": "guardian", "guardian_of": "p2", "relation_to": "p1"}]}, "/persons/1"),
            ({"persons": [{"role": "subject", "guardians": "p1"}]}, "/persons/0"), ({"persons": [{"role": "sibling", "relation_to": ["p1"]}]}, "/persons/0"),
            ({"id": "a\u001b[31m"}, "/id"), ({"id": "a\u202eb"}, "/id"), ({"id": "x" * 101}, "/id"),
            ({"expect": {"citation": "a\u001b[31m"}}, "/expect/citation"), ({"expect": {"obligations": ["a\nb"]}}, "/expect/obligations"),
            ({"expect": {"missing": "a\u001b[31m"}}, "/expect/missing"),
            ({"categories": ["identity", "shoe_size"]}, "/categories/1"), ({"categories": [{"category": "identity", "persons": ["p7"]}]}, "/categories/0"),
            ({"consents": [{"giver": "uncle"}]}, "/consents/0/giver"), ({"consents": [{"recipients": ["nobody"]}]}, "/consents/0/recipients"),
            ({"consents": [{"person": "p7"}]}, "/consents/0/person"), ({"agreements": ["sig-1900"]}, "/agreements"), ({"settings": {"everything": True}}, "/settings/everything"),
            ({"expect": {"outcome": "maybe"}}, "/expect/outcome"), ({"expect": {"categories": {"health": "release"}}}, "/expect/categories/health"),
            ({"expect": {"rule": "NO-SUCH-RULE"}}, "/expect/rule"), ({"expect": {"hope": 1}}, "/expect/hope")]
        broken = ["{", "[1]", '{"id": "x", "id": "y"}', "7"]
        given = [{**NOTICE, **change} for change, _ in mistakes] + broken + ["", "# a comment", {**NOTICE, "id": "last"}]
        done = samband("policy", "decide", "--rules", RULES, "--json", stdin=lines_of(*given))
        self.assertEqual(done.returncode, FAILED)
        answers = [json.loads(line) for line in done.stdout.splitlines()]
        self.assertEqual(len(answers), len(mistakes) + len(broken) + 1)
        for answer, (change, pointer) in zip(answers, mistakes):
            with self.subTest(change=change):
                self.assertEqual([e["pointer"] for e in answer.get("errors", [])][:1], [pointer], answer)
                self.assertIn(f"-:{answer['line']}: {pointer}: ", done.stderr)
        self.assertEqual([a["line"] - len(mistakes) for a in answers[-5:]], [1, 2, 3, 4, 7])
        self.assertEqual((answers[-1]["id"], answers[-1]["outcome"]), ("last", "released"))
        self.assertNotIn(number, done.stdout + done.stderr)

    def test_an_id_that_is_not_one_line_is_never_shown(self):
        for language in ("sv", "en"):
            done = samband("policy", "decide", "--rules", RULES, "--lang", language, stdin=lines_of({**NOTICE, "id": "a\u001b[31m"}, {**NOTICE, "id": "å" * 100}))
            self.assertEqual(done.returncode, FAILED)
            self.assertIn("-:1: /id: ", done.stderr)
            self.assertNotIn("\u001b", done.stdout + done.stderr)
            self.assertTrue(done.stdout.startswith("å" * 100 + ": released"), done.stdout)
        [refused] = decide({**NOTICE, "id": "a\u202eb"}, check=FAILED)
        self.assertNotIn("id", refused)

    def test_wrong_use(self):
        for arguments, code in ((["--lang", "xx"], USAGE), (["/nowhere/cases.jsonl"], FAILED), (["config"], FAILED), (["--rules", "/nowhere"], FAILED),
                                (["a", "b"], USAGE), (["--config", "/nowhere"], FAILED)):
            with self.subTest(arguments=arguments):
                done = samband("policy", "decide", *arguments)
                self.assertEqual((done.returncode, done.stdout), (code, ""))
                self.assertNotEqual(done.stderr, "")

    def test_a_long_line_is_refused_and_the_next_is_read(self):
        first, second = decide('{"id": "' + "x" * (1 << 20) + '"}', NOTICE, check=FAILED)
        self.assertIn("1 MiB", first["errors"][0]["message"])
        self.assertEqual(second["outcome"], "released")

    def test_an_answer_comes_before_the_next_line(self):
        with subprocess.Popen([str(SAMBAND), "policy", "decide", "--rules", str(RULES), "--json"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL, text=True, bufsize=1) as process:
            for turn in range(3):
                process.stdin.write(lines_of({**NOTICE, "id": f"turn-{turn}"}))
                process.stdin.flush()
                self.assertEqual(json.loads(process.stdout.readline())["id"], f"turn-{turn}")
            process.stdin.close()
            self.assertEqual(process.wait(30), OK)

    def test_thousands_a_second(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "many.jsonl"
            path.write_text(lines_of(NOTICE) * 20000, encoding="utf-8")
            start = time.monotonic()
            done = samband("policy", "decide", "--rules", RULES, "--json", path)
            rate = 20000 / (time.monotonic() - start)
        self.assertEqual((done.returncode, done.stdout.count("\n")), (OK, 20000))
        print(f"{rate:.0f} cases a second")
        self.assertGreater(rate, 1000)


class Tables(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.folder)
        shutil.copytree(RULES, self.folder / "rules")
        shutil.copytree(TABLES, self.folder / "decision_tables")

    def run_tables(self, *arguments, check=None):
        done = samband("policy", "test", "--rules", self.folder / "rules", *arguments)
        if check is not None:
            self.assertEqual(done.returncode, check, done.stdout + done.stderr)
        return done

    def change(self, name, old, new):
        path = self.folder / "decision_tables" / name
        text = path.read_text(encoding="utf-8")
        self.assertIn(old, text)
        path.write_text(text.replace(old, new, 1), encoding="utf-8")

    def test_the_shipped_tables_hold_for_every_rule(self):
        found = json.loads(samband("policy", "test", "--config", "config", "--json").stdout)
        self.assertTrue(found["ok"], [t for t in found["tables"] if not t["ok"]] + found["untested"] + found["errors"])
        self.assertEqual((found["untested"], found["errors"]), ([], []))
        self.assertEqual(found["rules"], len(found["tables"]))
        self.assertGreater(found["rows"], 300)
        self.assertRegex(self.run_tables(check=OK).stdout, r"^\d+ tables \(\d+ exempt\), \d+ rows: all as expected")

    def test_every_table_says_what_the_law_says(self):
        for path in sorted(TABLES.iterdir()):
            with self.subTest(table=path.name):
                text = path.read_text(encoding="utf-8")
                self.assertRegex(text, r'law = """\n(# )?\S')
                self.assertEqual(path.stem, re.search(r'rule = "([^"]+)"', text).group(1))

    def test_a_wrong_row_fails_with_its_line(self):
        self.change("LL-SN-RENT.toml", 'outcome = "refused"', 'outcome = "released"')
        done = self.run_tables(check=FAILED)
        self.assertRegex(done.stdout, r"LL-SN-RENT\.toml:\d+: FAILS  \[fact:dwelling false\] .*: refused\n      outcome: expected released, got refused\n")
        self.assertIn("1 tables fail", done.stdout)

    def test_a_rule_without_a_table_fails_unless_it_is_excused(self):
        (self.folder / "decision_tables" / "SN-LL.toml").unlink()
        self.assertIn("SN-LL: no decision table\n", self.run_tables(check=FAILED).stdout)
        (self.folder / "decision_tables" / "SN-LL.toml").write_text('rule = "SN-LL"\nexempt = "counsel has it"\n')
        self.assertIn("(1 exempt)", self.run_tables(check=OK).stdout)
        (self.folder / "decision_tables" / "SN-LL.toml").write_text('rule = "SN-LL"\n')
        self.assertIn("SN-LL.toml:1:1: needs a [case] with rows, or `exempt`", self.run_tables(check=FAILED).stdout)

    def test_a_condition_that_no_row_tries_is_named(self):
        csv = self.folder / "decision_tables" / "SN-POL-PREVENT21.csv"
        lines = csv.read_text(encoding="utf-8").splitlines(keepends=True)
        for gone, named in (("Ingen konkret risk", "no row flips fact:concrete_risk alone"), ("Lämpligheten", "no row has fact:not_unsuitable alone unknown"),
                            ("Fyllda tjugoett", "no row flips age<21 alone"), (("Alla villkor", "10:18 a"), "no row where all conditions hold")):
            with self.subTest(gone=gone):
                csv.write_text("".join(line for line in lines if not line.startswith(gone)), encoding="utf-8")
                self.assertIn(f"SN-POL-PREVENT21: {named}", self.run_tables(csv, check=FAILED).stdout)
        # A condition that is added to the rule needs its rows.
        csv.write_text("".join(lines), encoding="utf-8")
        rules = self.folder / "rules" / "osl.toml"
        text = rules.read_text(encoding="utf-8")
        rules.write_text(text.replace('"fact:not_unsuitable", "age<21"]', '"fact:not_unsuitable", "age<21", "not_fact:guardian_harm"]', 1), encoding="utf-8")
        self.assertIn("no row flips not_fact:guardian_harm alone", self.run_tables(csv, check=FAILED).stdout)

    def test_a_rule_that_is_weakened_fails_its_table(self):
        for file, old, new in (("lul.toml", '["fact:reasonable_suspicion", "fact:prison_in_scale", "age<18"]', '["fact:reasonable_suspicion", "age<18"]'),
                               ("jb_hyra.toml", '["fact:same_organisation"]', '["consent"]'), ("lul.toml", '"age<15"', '"age<16"')):
            with self.subTest(rule=old):
                shutil.copytree(RULES, self.folder / "rules", dirs_exist_ok=True)
                path = self.folder / "rules" / file
                text = path.read_text(encoding="utf-8")
                self.assertIn(old, text)
                path.write_text(text.replace(old, new), encoding="utf-8")
                self.run_tables(check=FAILED)

    def test_csv_as_a_spreadsheet_writes_it(self):
        source = (TABLES / "SN-POL-PREVENT21.csv").read_text(encoding="utf-8")
        path = self.folder / "with.csv"
        path.write_bytes(b"\xef\xbb\xbf" + source.replace("\n", "\r\n").encode())
        self.run_tables(path, check=OK)
        header = "".join(line for line in source.splitlines(keepends=True) if line.startswith("#"))
        path.write_text(header + 'note,facts.concrete_risk,outcome\n"with, a comma and ""quotes""",false,refused\n', encoding="utf-8")
        row = json.loads(self.run_tables(path, "--json", check=FAILED).stdout)["tables"][0]["rows"][0]
        self.assertEqual((row["note"], row["ok"], row["line"]), ('with, a comma and "quotes"', True, header.count("\n") + 2))
        path.write_text(header + "note;outcome\none;two;three\n", encoding="utf-8")
        self.assertIn(f"with.csv:{header.count(chr(10)) + 2}:1: expects 2 cells", self.run_tables(path, check=FAILED).stdout)

    def test_files_that_are_no_tables(self):
        path = self.folder / "one.toml"
        for text, said in (("rule = ", "one.toml:1:"), ('rule = "X"\ncolour = 1\n', "one.toml:2:1: unknown key `colour`"), ("[case]\nid = \"x\"\n", "lacks `rule`"),
                           ('rule = "NO-SUCH"\n[case]\nid = "x"\n', "no rule of this id"), ('rule = "SN-LL"\n[case]\nid = "x"\n[[row]]\nnote = "n"\noutcome = "held"\n', "/holder: is missing")):
            with self.subTest(text=text):
                path.write_text(text, encoding="utf-8")
                self.assertIn(said, self.run_tables(path, check=FAILED).stdout)
        self.run_tables("/nowhere", check=FAILED)
        done = self.run_tables(TABLES / "SN-LL.toml", TABLES / "SN-BOSAM.toml", TABLES / "SN-LL.toml", check=FAILED)
        self.assertIn("SN-LL has a table already", done.stdout)
        self.run_tables(TABLES / "SN-LL.toml", TABLES / "SN-BOSAM.toml", check=OK)


if __name__ == "__main__":
    unittest.main(verbosity=2)
