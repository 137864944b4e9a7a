#!/usr/bin/env python3
"""The command line: help, JSON, exit codes; configuration errors with their place; consents, dead letters and the log from
the operator's and the holders' side, beside a running hub."""
import json
import pathlib
import re
import shutil
import sqlite3
import stat
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import hub_harness  # noqa: E402
import people  # noqa: E402
import samband_client as build  # noqa: E402
from hub_case import PERMITTED, HubCase, faster_retries, new_id, replaced  # noqa: E402
from hub_harness import wait_for  # noqa: E402

OK, FAILED, USAGE = 0, 1, 2
COMMANDS = ["serve", "demo", "simulate", "check", "keys dev", "plugin list", "policy check", "policy decide", "policy diff", "policy explain", "policy list", "policy test",
            "policy publish", "policy approve", "policy status",
            "policy fetch", "policy simulate", "report statistics", "report duties", "report assessments", "report follow-up", "report subject",
            "review list", "review close", "consent add", "consent revoke", "consent list",
            "erase", "retention run", "incident open", "incident close", "incident list", "incident show", "keys rotate", "store backup", "store restore", "store check",
            "exchange list", "exchange show", "exchange retry", "quarantine list", "quarantine show", "quarantine delete", "log verify", "log checkpoint", "log export", "log key", "log guard", "log witness", "keys token"]
CATEGORIES = ["identity", "suspicion", "school", "social_situation", "risk_assessment", "event", "case_reference", "official", "home_area",
              "protection"]


class Cli(HubCase):
    SYSTEMS = ["police-west"]

    @staticmethod
    def edit(folder):
        faster_retries(folder)
        replaced(folder / "hub.toml", ("attempts_max = 200", "attempts_max = 2"))

    def run_bare(self, *arguments, stdin="", env=None):
        """Without --config."""
        return subprocess.run([str(hub_harness.SAMBAND), *arguments], capture_output=True, text=True, input=stdin, timeout=60,
                              env={**self.hub.environment(), **(env or {})}, cwd=str(hub_harness.SOURCE))

    def consent(self, number=people.YOUTH_17["personalNumber"], **more):
        return {"person": {"personalNumber": number}, "giver": "self", "maturityAssessor": "coordinator-3", "recipients": ["school-south"],
                "purposes": ["sig_cooperation"], "categories": CATEGORIES, "validTo": build.now(86400), "evidenceSha256": "5a" * 32,
                "language": "sv", "agreement": "sig-2026", **more}

    def file(self, content, name="file.json"):
        path = pathlib.Path(tempfile.mkdtemp(dir=self.hub.folder)) / name
        path.write_text(content if isinstance(content, str) else json.dumps(content, ensure_ascii=False), encoding="utf-8")
        return str(path)

    # -- help, wrong use ----------------------------------------------------------------------------------------------

    def test_the_overview_lists_every_command_and_each_has_help(self):
        overview = self.run_bare("--help")
        self.assertEqual((overview.returncode, overview.stderr), (OK, ""))
        listed = re.findall(r"^  ([a-z]+(?: [a-z-]+)?)  +\S", overview.stdout, re.M)
        self.assertEqual(sorted(listed), sorted(COMMANDS))
        for command in listed:
            with self.subTest(command=command):
                help_text = self.run_bare(*command.split(), "--help")
                self.assertEqual((help_text.returncode, help_text.stderr), (OK, ""))
                self.assertIn(f"samband {command}", help_text.stdout)
                self.assertIn("Exit codes", help_text.stdout)
        for same in ("-h", "help"):
            self.assertEqual(self.run_bare(same).stdout, overview.stdout)
        self.assertRegex(self.run_bare("--version").stdout, r"^samband \d+\.\d+\.\d+\n$")

    def test_wrong_use_is_two_and_says_what_to_try(self):
        for arguments in (["nothing"], ["policy", "nothing"], ["--nothing"], ["check", "--nothing"], ["check", "word"], ["serve", "word"],
                          ["policy", "explain"], ["report", "follow-up"], ["consent", "add"], ["consent", "revoke"], ["consent", "list"], ["exchange", "show"], ["exchange", "retry"],
                          ["quarantine", "show"], ["quarantine", "delete"], ["quarantine", "list", "word"],
                          ["log", "verify", "--vkey"], ["exchange", "list", "--limit"], ["keys", "dev", "--bogus=1"], ["keys"], ["log"], []):
            with self.subTest(arguments=arguments):
                done = self.run_bare(*arguments)
                self.assertEqual((done.returncode, done.stdout), (USAGE, ""), done.stderr)
                self.assertRegex(done.stderr, r"--help|usage")

    def test_wrong_values_of_options_are_two(self):
        message = self.file(build.canonical_concern(people.CHILD_15, "school-south"))
        for arguments in (["exchange", "list", "--limit", "0"], ["exchange", "list", "--limit", "1001"], ["exchange", "list", "--limit", "many"],
                          ["exchange", "list", "--state", "sleeping"], ["policy", "explain", message, "--from", "nobody"],
                          ["policy", "explain", message, "--from", "school-south", "--to", "nobody", "--purpose", "child_protection"],
                          ["policy", "explain", message, "--from", "school-south", "--to", "social-board", "--purpose", "anything"],
                          ["policy", "explain", message, "--from", "school-south", "--at", "yesterday"]):
            with self.subTest(arguments=arguments[2:]):
                self.cli(*arguments, check=USAGE)

    def test_values_that_are_quietly_taken(self):
        message = self.file(build.canonical_concern(people.CHILD_15, "school-south"))
        wrong = [["policy", "list", "--lang", "xx"], ["policy", "explain", message, "--from", "school-south", "--lang", "xx"],
                 ["exchange", "list", "--limit", "5x"], ["exchange", "show", new_id(), new_id()], ["policy", "explain", message, message, "--from", "school-south"]]
        self.assertEqual([a for a in wrong if self.cli(*a).returncode != USAGE], [])

    def test_the_configuration_folder_is_an_option_or_the_environment(self):
        config = str(self.hub.config)
        self.assertEqual(self.run_bare("check", f"--config={config}").returncode, OK)
        self.assertEqual(self.run_bare("check", env={"SAMBAND_CONFIG": config}).returncode, OK)
        done = self.run_bare("check", "--config", str(self.hub.folder / "nowhere"))
        self.assertEqual(done.returncode, FAILED)
        self.assertIn("nowhere", done.stderr)

    # -- check --------------------------------------------------------------------------------------------------------

    def test_check_of_what_is_right(self):
        found = self.cli_json("check")
        self.assertEqual((found["ok"], found["problems"]), (True, []))
        self.assertEqual((found["counts"]["parties"], found["counts"]["plugins"]), (25, 6))
        self.assertGreater(found["counts"]["rules"], 30)
        self.assertTrue(self.cli("check", check=OK).stdout.endswith("ok\n"))

    # file, what is replaced, by what; line of the error, and a word of it
    WRONG = [
        ("hub.toml", "version = 1", "version = 2", "expected"),
        ("hub.toml", "worker_threads = 0", "worker_threads = -1", "from 0 to 256"),
        ("hub.toml", 'log_level = "info"', 'log_level = "loud"', "log level"),
        ("hub.toml", 'log_level = "info"', 'log_levle = "info"', "log_levle"),
        ("hub.toml", 'name = "Exempelkommun"', "name = 7", "string"),
        ("hub.toml", "body_bytes_max = 33554432", "body_bytes_max = 1", "integer"),
        ("hub.toml", "factor = 2", "factor = 0.5", "number"),
        ("hub.toml", 'origin = "samband.example/exempelkommun"', 'origin = "two words"', "white space"),
        ("hub.toml", '"police.lob" = 365', '"police.log" = 365', "message kind"),
        ("hub.toml", "[quota.party.landlord-private]", "[quota.party.nobody]", "nobody"),
        ("hub.toml", 'url = "https://127.0.0.1:', 'url = "http://127.0.0.1:', "https"),
        ("hub.toml", 'sha256 = "file"', 'sha256 = "ABC"', "hex"),
        ("hub.toml", "attempts_max = 2", "attempts_max = 2x", ""),
        ("hub.toml", 'keys_dir = "../run/keys"', 'keys_dir = "../run/data/keys"', "data_dir"),
        ("parties.toml", 'actor_type = "police"', 'actor_type = "polis"', "actor"),
        ("parties.toml", 'organisation_number = "9999000012"', 'organisation_number = "9999000013"', "organisation"),
        ("parties.toml", 'endpoint = "police"', 'endpoint = "polise"', "endpoint"),
        ("parties.toml", 'adapter = "police"', 'adapter = "polise"', ""),
        ("parties.toml", 'inbound = ["police"]', 'inbound = ["polise"]', ""),
        ("parties.toml", '"police.lob"', '"police.lobb"', "kind"),
        ("parties.toml", 'restricted_recipient = "social-restricted"', 'restricted_recipient = "nobody"', ""),
        ("parties.toml", 'id = "bup"', 'id = "maria-ungdom"', "twice"),
        ("routes.toml", 'to = "maria-ungdom"', 'to = "mario-ungdom"', "mario-ungdom"),
        ("routes.toml", 'purpose = "early_care"', 'purpose = "late_care"', "purpose"),
        ("routes.toml", 'age = "13-20"', 'age = "20-13"', "age"),
        ("routes.toml", 'kinds = ["police.suspicion"]', 'kinds = ["police.suspicions"]', "kind"),
        ("routes.toml", 'id = "suspicion-maria"', 'id = "suspicion-social"', "twice"),
        ("routes.toml", 'from = ["police"]', 'form = ["police"]', "form"),
        ("agreements.toml", '"school-south"', '"school-north"', "school-north"),
        ("agreements.toml", "valid_to = 2027-12-31", "valid_to = 2025-12-31", ""),
        ("agreements.toml", "valid_from = 2026-01-01", 'valid_from = "soon"', "date"),
        ("rules/osl.toml", 'conditions = ["consent", "agreement"]', 'conditions = ["consent", "agremeent"]', "condition"),
        ("rules/osl.toml", 'id = "SIG-CONSENT"', 'id = "CARE-CONSENT"', "twice"),
        ("rules/lul.toml", 'from = ["police"', 'from = ["polis"', ""),
        ("rules/settings.toml", "cooperation_is_a_duty = false", 'cooperation_is_a_duty = "no"', "true or false"),
        ("rules/settings.toml", "cooperation_is_a_duty = false", "cooperation_is_a_dutty = false", "unknown key"),
        ("rules/purposes.toml", 'needs = []', 'needs = ["everything"]', "needs"),
        ("rules/provisions.toml", "schema = 1", "schema = 2", "schema"),
    ]

    def test_wrong_configuration_is_named_with_its_place(self):
        self.check_wrong(self.WRONG)

    def test_a_route_of_an_unknown_agreement_is_named_with_its_place(self):
        self.check_wrong([("routes.toml", 'agreement = "sig-2026"', 'agreement = "sig-2099"', "sig-2099")])

    def check_wrong(self, wrong):
        for name, old, new, word in wrong:
            with self.subTest(file=name, wrong=new):
                folder = pathlib.Path(tempfile.mkdtemp(dir=self.hub.folder)) / "config"
                shutil.copytree(self.hub.config, folder)
                text = (folder / name).read_text(encoding="utf-8")
                self.assertIn(old, text)
                (folder / name).write_text(text.replace(old, new, 1), encoding="utf-8")
                env = {} if "keys_dir" not in old else {"SAMBAND_DATA_DIR": "", "SAMBAND_KEYS_DIR": ""}
                done = self.run_bare("check", "--config", str(folder), "--json", env=env)
                self.assertEqual(done.returncode, FAILED, done.stdout)
                problem = json.loads(done.stdout)["problems"][0]
                place = re.search(re.escape(pathlib.Path(name).name) + r":(\d+):(\d+)$", problem["where"])
                self.assertTrue(place, f"no place: {problem}")
                at = text[: text.index(old)].count("\n") + 1
                lines = (folder / name).read_text(encoding="utf-8").splitlines()
                # The place is the wrong line, or the head of the table that it stands in.
                head = max([n + 1 for n in range(at) if lines[n].startswith("[")] or [1])
                self.assertTrue(head <= int(place[1]) <= at, f"{problem} (the wrong line is {at})")
                if word:
                    self.assertIn(word, problem["message"])
                # serve refuses the same, and plain check says the same in words.
                plain = self.run_bare("serve" if name == "routes.toml" else "check", "--config", str(folder), env=env)
                self.assertEqual(plain.returncode, FAILED)
                self.assertIn(place[0], plain.stderr)

    def test_missing_files_and_modules_are_named(self):
        for name in ("hub.toml", "parties.toml", "routes.toml", "agreements.toml"):
            folder = pathlib.Path(tempfile.mkdtemp(dir=self.hub.folder)) / "config"
            shutil.copytree(self.hub.config, folder)
            (folder / name).unlink()
            done = self.run_bare("check", "--config", str(folder))
            self.assertEqual(done.returncode, FAILED)
            self.assertIn(name, done.stderr)
        for variable, word in (("SAMBAND_PLUGIN_DIR", "samband-police.so"), ("SAMBAND_CERTS_DIR", "hub.pem"), ("SAMBAND_KEYS_DIR", "nowhere")):
            done = self.run_bare("check", "--config", str(self.hub.config), env={variable: str(self.hub.folder / "nowhere")})
            self.assertEqual(done.returncode, FAILED, variable)
            self.assertIn(word, done.stderr)

    def test_a_changed_module_is_not_loaded(self):
        modules = pathlib.Path(tempfile.mkdtemp(dir=self.hub.folder))
        for path in (hub_harness.BINARIES / "lib").glob("samband-*"):
            if path.is_file():
                shutil.copy(path, modules / path.name)
        env = {"SAMBAND_PLUGIN_DIR": str(modules)}
        self.assertEqual(self.run_bare("check", "--config", str(self.hub.config), env=env).returncode, OK)
        with open(modules / "samband-landlord.so", "ab") as module:
            module.write(b"\0")
        for command in (["check"], ["plugin", "list"], ["serve"]):
            # A hub of its own: what the running one has signed, its keys hold against any other data folder.
            own = pathlib.Path(tempfile.mkdtemp(dir=self.hub.folder))
            self.run_bare("keys", "dev", "--keys", str(own / "keys"))
            own_env = {**env, "SAMBAND_DATA_DIR": str(own / "data"), "SAMBAND_KEYS_DIR": str(own / "keys")}
            done = self.run_bare(*command, "--config", str(self.hub.config), env=own_env)
            self.assertEqual(done.returncode, FAILED, command)
            self.assertIn("landlord", done.stderr)

    # -- keys, plugins, rules -----------------------------------------------------------------------------------------

    def test_keys_are_made_once_and_for_nobody_else_to_read(self):
        folder = self.hub.folder / "new-keys"
        done = self.run_bare("keys", "dev", "--keys", str(folder))
        self.assertEqual(done.returncode, OK, done.stderr)
        self.assertEqual(stat.S_IMODE(folder.stat().st_mode), 0o700)
        files = [p for p in folder.rglob("*") if p.is_file()]
        self.assertTrue(files)
        self.assertEqual({stat.S_IMODE(p.stat().st_mode) for p in files}, {0o600})
        before = {p: p.read_bytes() for p in files}
        again = self.run_bare("keys", "dev", "--keys", str(folder))
        self.assertEqual(again.returncode, FAILED)
        self.assertIn("new-keys", again.stderr)
        self.assertEqual({p: p.read_bytes() for p in folder.rglob("*") if p.is_file()}, before)
        self.assertEqual(self.cli("keys", "dev").returncode, FAILED, "the running hub's keys stay")

    def test_plugins_are_listed(self):
        listed = self.cli_json("plugin", "list")
        self.assertEqual(sorted(p["name"] for p in listed), ["health", "kronofogden", "landlord", "municipal_case", "police", "school"])
        for p in listed:
            self.assertRegex(p["sha256"], r"^[0-9a-f]{64}$")
            self.assertRegex(p["abi"], r"^\d+\.\d+$")
            self.assertEqual(p["manifest"]["name"], p["name"])
        text = self.cli("plugin", "list", check=OK).stdout
        self.assertIn("kinds:", text)
        self.assertEqual(len([line for line in text.splitlines() if "sha256" in line]), 6)

    def test_rules_are_listed_with_their_citations(self):
        listed = self.cli_json("policy", "list")
        self.assertEqual(len(listed), self.cli_json("check")["counts"]["rules"])
        self.assertTrue(all(r["id"] and r["citation"] and r["sv"] and r["en"] and r["modality"] in ("must", "should", "may") for r in listed))
        self.assertIn(self.cli_json("check")["counts"]["rulesetHash"], self.cli("policy", "list", check=OK).stdout)
        self.assertNotEqual(self.cli("policy", "list", "--lang", "en").stdout, self.cli("policy", "list").stdout)

    def test_a_file_that_is_no_json_is_named(self):
        path = self.hub.folder / "half.json"
        path.write_text('{"id":')
        done = self.cli("policy", "explain", str(path), "--from", "police-west", check=FAILED)
        self.assertIn(f"{path}: byte", done.stderr)

    def test_a_decision_is_explained_without_sending(self):
        before = self.leaves()
        facts = [{"code": "reasonable_suspicion", "value": True}, {"code": "prison_in_scale", "value": True}, {"code": "identity_established", "value": True}]
        payload = {"policeCaseNo": "5000-K123-26", "suspicionLevel": "skaligen_misstankt", "occurredAt": build.now(-3600),
                   "offence": {"code": "5005", "text": "ringa narkotikabrott", "prisonInScale": True}}
        suspicion = build.canonical("police.suspicion", "police-west", {"persons": [build.as_person(people.YOUTH_17)], "facts": facts, "payload": payload})
        path = self.file(suspicion)
        released = self.cli("policy", "explain", path, "--from", "police-west", "--to", "social-board", "--purpose", "youth_offence_notice", "--json")
        found = json.loads(released.stdout)
        self.assertIn(found[0]["outcome"], PERMITTED, found)
        self.assertEqual(released.returncode, OK)
        self.assertIn("words", found[0])
        # By route there is a second recipient without a ground: exit code 1.
        by_route = self.cli_json("policy", "explain", path, "--from", "police-west", check=FAILED)
        self.assertEqual({e["recipient"]: e["outcome"] in PERMITTED for e in by_route}, {"social-board": True, "maria-ungdom": False})
        full = self.cli_json("policy", "explain", path, "--from", "police-west", "--full", check=FAILED)
        self.assertIn("explanation", full[0])
        words = self.cli("policy", "explain", path, "--from", "police-west", "--lang", "en", check=FAILED).stdout
        self.assertIn("police-west -> social-board (youth_offence_notice): ", words)
        # Held: nobody has assessed.
        lob = build.canonical("police.lob", "police-west", {"persons": [build.as_person(people.ADULT_22)], "payload": {"custody": {"start": build.now(-7200)}}})
        self.assertEqual(self.cli_json("policy", "explain", self.file(lob), "--from", "police-west", check=FAILED)[0]["outcome"], "held")
        # On another day the age is another: an adult's suspicion is refused.
        later = self.cli_json("policy", "explain", path, "--from", "police-west", "--to", "social-board", "--purpose", "youth_offence_notice",
                              "--at", "2030-01-01T12:00:00Z", check=FAILED)
        self.assertEqual(later[0]["outcome"], "refused")
        # A samordningsnummer without a date gives no age: held, and no notice of an adult by mistake; with the date it goes.
        nobody_knows = {**build.as_person(people.YOUTH_17), "personalNumber": "191500722390"}
        del nobody_knows["birthDate"]
        to_the_board = ["--from", "police-west", "--to", "social-board", "--purpose", "youth_offence_notice"]
        # So does a birth date that contradicts the number.
        contradicting = {**build.as_person(people.YOUTH_17), "birthDate": "2008-01-02"}
        for person, outcome in ((nobody_knows, "held"), ({**nobody_knows, "birthDate": people.YOUTH_17["birthDate"]}, "released"), (contradicting, "held")):
            message = build.canonical("police.suspicion", "police-west", {"persons": [person], "facts": facts[:2], "payload": payload})
            [found] = json.loads(self.cli("policy", "explain", self.file(message), *to_the_board, "--json").stdout)
            self.assertEqual((found["outcome"], found["missing"]), (outcome, ["birth_date"] if outcome == "held" else []))
        self.assertEqual(self.leaves(), before, "nothing is recorded")

    def test_what_if(self):
        lob = self.file(build.canonical("police.lob", "police-west", {"persons": [build.as_person(people.ADULT_22)], "payload": {"custody": {"start": build.now(-7200)}}}))
        explain = ["policy", "explain", lob, "--from", "police-west", "--to", "social-board", "--purpose", "need_of_help"]
        yes = ["--with", "fact:identity_established=true", "--with", "fact:need_of_help=true"]
        [found] = self.cli_json(*explain, *yes, check=OK)
        self.assertEqual((found["before"], found["outcome"]), ("held", "released"))
        self.assertEqual(self.cli_json(*explain, "--with", "fact:need_of_help=false", check=FAILED)[0]["outcome"], "refused")
        ref = build.as_person(people.ADULT_22)["ref"]
        self.assertEqual(self.cli_json(*explain, yes[0], f"{yes[1]}@{ref}", yes[2], f"{yes[3]}@{ref}", check=OK)[0]["outcome"], "released")
        text = self.cli(*explain, *yes, "--lang", "en", check=OK).stdout
        self.assertIn("police-west -> social-board (need_of_help): held => released\n", text)
        self.assertRegex(text, r"\n    deprivation of liberty \(the person concerned\): goes: Polislagen")
        self.assertIn("frihetsberövande (den det gäller): vilar, ett svar saknas: ", self.cli(*explain, check=FAILED).stdout)
        # A consent that came with the message, without it, and one that is imagined.
        offer = {"persons": [build.as_person(people.ADULT_22)], "payload": {"offer": {"accepted": True, "at": build.now(-3600)}},
                 "facts": [{"code": "offer_accepted", "value": True}],
                 "consents": [{"person": ref, "giver": "self", "recipients": ["social-board"], "purposes": ["voluntary_offer"],
                               "categories": ["identity", "event"], "validTo": build.now(86400), "evidenceSha256": "5a" * 32, "language": "sv"}]}
        path = self.file(build.canonical("police.offer", "police-west", offer))
        explain = ["policy", "explain", path, "--from", "police-west", "--to", "social-board", "--purpose", "voluntary_offer"]
        self.assertIn(self.cli_json(*explain, check=OK)[0]["outcome"], PERMITTED)
        [without] = self.cli_json(*explain, "--without-consent", check=FAILED)
        self.assertEqual((without["outcome"], without["reason"]), ("refused", "consent_missing"))
        self.assertIn(self.cli_json(*explain, "--without-consent", "--with", "consent", check=OK)[0]["outcome"], PERMITTED)
        for wrong in ("need_of_help=true", "fact:nothing=true", "fact:need_of_help=maybe", "fact:need_of_help=true@p9", "fact:need_of_help"):
            self.cli(*explain, "--with", wrong, check=USAGE)

    def test_a_recorded_exchange_is_explained(self):
        sent = self.to(self.send("police-west", "police", build.police_suspicion(people.YOUTH_17, new_id())), "social-board")
        shown = self.cli_json("policy", "explain", sent["id"], check=OK)
        suspicion = [row for row in shown["explanation"] if row["category"] == "suspicion"][0]
        self.assertEqual({c["provision"]: (c["role"], c["clearedBy"]) for c in suspicion["covers"]},
                         {p: ("subject", "POL-SN-15-17") for p in ("OSL 18:1", "OSL 35:1")})
        self.assertEqual((suspicion["grounds"], suspicion["obligations"]), (["LUL (1964:167) 6 § (OSL 10:28)"], ["receipt"]))
        self.assertEqual(shown["duty"]["deadline"], "at_once")
        self.assertRegex(shown["inputsHash"], r"^[0-9a-f]{64}$")
        self.assertEqual(sent["explanation"], shown["explanation"], "the sender is told the same")
        for lang, line in (("sv", "    misstanke (den det gäller): lämnas: LUL (1964:167) 6 § (OSL 10:28)\n"), ("en", "    suspicion (the person concerned): goes: LUL")):
            text = self.cli("policy", "explain", sent["id"], "--lang", lang, check=OK).stdout
            self.assertIn(line, text)
            self.assertIn(shown["rulesetHash"], text)
        self.cli("policy", "explain", new_id(), check=FAILED)
        self.cli("policy", "explain", sent["id"], "--from", "police-west", check=USAGE)

    def test_what_if_of_a_recorded_exchange(self):
        before = self.leaves()
        sent = self.to(self.send("police-west", "police", build.police_lob(people.ADULT_22, new_id())), "social-board")
        taken = self.leaves()
        explain = ["policy", "explain", sent["id"]]
        [found] = self.cli_json(*explain, "--with", "fact:need_of_help=true", check=OK)
        self.assertEqual((found["recorded"], found["before"], found["outcome"]), ("held", "held", "released"))
        self.assertEqual((found["rulesFrom"], found["rulesetHash"]), ("published", sent["rulesetHash"]))
        text = self.cli(*explain, "--with", "fact:need_of_help=true", "--lang", "en", check=OK).stdout
        self.assertIn("recorded held, now held => released\n", text)
        self.assertIn(f"rules {sent['rulesetHash']} (published), registered consents: ", text)
        self.assertEqual(self.cli_json(*explain, "--with", "fact:need_of_help=false", check=FAILED)[0]["outcome"], "refused")
        self.assertIn("explanation", self.cli_json(*explain, "--full", check=FAILED)[0])
        self.cli(*explain, "--with", "fact:nothing=true", check=USAGE)
        self.cli(*explain, "--at", "yesterday", check=USAGE)
        self.cli(*explain, "--rules", "/nowhere", check=FAILED)
        self.assertGreater(taken, before)
        self.assertEqual(self.leaves(), taken, "nothing is recorded")

    def test_registered_consents_count_in_an_explanation(self):
        offer = {"persons": [build.as_person(people.ADULT_22)], "payload": {"offer": {"accepted": True, "at": build.now(-3600)}}, "facts": [{"code": "offer_accepted", "value": True}]}
        path = self.file(build.canonical("police.offer", "police-west", offer))
        explain = ["policy", "explain", path, "--from", "police-west", "--to", "social-board", "--purpose", "voluntary_offer"]
        [none] = self.cli_json(*explain, check=FAILED)
        self.assertEqual(none["outcome"], "refused")
        consent = {"person": {"personalNumber": people.ADULT_22["personalNumber"]}, "giver": "self", "recipients": ["social-board"], "purposes": ["voluntary_offer"],
                   "categories": ["identity", "event"], "validTo": build.now(86400), "evidenceSha256": "5b" * 32, "language": "sv"}
        added = self.call("police-west", "POST", "/v1/consents", consent, expect=201)
        [found] = self.cli_json(*explain, check=OK)
        self.assertIn(found["outcome"], PERMITTED)
        self.assertEqual(found["registeredConsents"], none["registeredConsents"] + 1)
        self.assertEqual(self.cli_json(*explain, "--without-consent", check=FAILED)[0]["outcome"], "refused")
        self.call("police-west", "POST", f"/v1/consents/{added['id']}/revocations", {"reasonCode": "person_declined"})
        self.assertEqual(self.cli_json(*explain, check=FAILED)[0]["reason"], "consent_revoked")

    def test_a_message_that_cannot_be_explained_is_said_without_its_values(self):
        number = people.YOUTH_17["personalNumber"]
        good = build.canonical_concern(people.YOUTH_17, "school-south")
        for body, word in [("{", ""), ('{"data": 1}', "kind"), ({**good, "data": {**good["data"], "kind": number}}, "/data/kind"),
                           ({**good, "data": {**good["data"], "payload": {number: number}}}, "/data"),
                           ({**good, "data": {**good["data"], "persons": [{**good["data"]["persons"][0], "personalNumber": number + "1"}]}}, "personalNumber")]:
            done = self.cli("policy", "explain", self.file(body), "--from", "school-south", check=FAILED)
            self.assertIn(word, done.stderr)
            self.assertNotIn(number[2:], done.stderr + done.stdout)
        self.cli("policy", "explain", "/nowhere/message.json", "--from", "school-south", check=FAILED)

    # -- beside a running hub -----------------------------------------------------------------------------------------

    def sig(self, who=people.YOUTH_17):
        return self.to(self.send("police-west", "police", build.sig_information(who, new_id())), "school-south")

    def test_a_consent_is_added_listed_and_revoked_by_its_holder(self):
        path = self.file(self.consent())
        added = self.cli_json("consent", "add", path, "--as", "police-west")
        self.assertTrue(added["id"] and added["receipt"])
        listed = self.cli_json("consent", "list", "--as", "police-west")["consents"]
        self.assertEqual([c["state"] for c in listed if c["id"] == added["id"]], ["valid"])
        text = self.cli("consent", "list", "--as", "police-west", check=OK).stdout
        self.assertIn(added["id"], text)
        self.assertNotIn(people.YOUTH_17["personalNumber"][2:], text)
        self.assertEqual(self.cli("consent", "list", "--as", "landlord-private", check=OK).stdout, "no consents\n")
        sent = self.sig()
        self.assertIn(sent["outcome"], PERMITTED)
        # Another party holds no such consent, nor does the operator.
        for party in ("social-board", "operator"):
            self.assertIn("not_found", self.cli("consent", "revoke", added["id"], "--as", party, check=FAILED).stderr)
        revoked = self.cli("consent", "revoke", added["id"], "--as", "police-west", check=OK).stdout
        self.assertIn("revoked at", revoked)
        self.assertIn(f"withdrawn before it left: {sent['id']}", revoked)
        self.assertEqual(self.exchange("police-west", sent["id"])["state"], "withdrawn")
        again = self.cli_json("consent", "revoke", added["id"], "--as", "police-west")
        self.assertEqual((again["withdrawn"], again["recalled"]), ([], []))
        self.assertNotIn(self.sig()["outcome"], PERMITTED)

    def test_a_consent_is_read_from_standard_input(self):
        done = self.run_bare("consent", "add", "-", "--as", "police-west", "--config", str(self.hub.config), stdin=json.dumps(self.consent()))
        self.assertEqual(done.returncode, OK, done.stderr)
        number = re.search(r"consent (\S+) recorded as leaf \d+", done.stdout)[1]
        self.cli("consent", "revoke", number, "--as", "police-west", check=OK)

    def test_a_consent_that_is_wrong_is_refused_with_its_place(self):
        for change, where in (({"validTo": build.now(-1)}, "/validTo"), ({"recipients": ["nobody"]}, "/recipients/0"), ({"giver": "aunt"}, "/giver")):
            self.assertIn(where, self.cli("consent", "add", self.file(self.consent(**change)), "--as", "police-west", check=FAILED).stderr)
        self.cli("consent", "add", self.file("{"), "--as", "police-west", check=FAILED)
        self.cli("consent", "add", "/nowhere.json", "--as", "police-west", check=FAILED)
        self.cli("consent", "add", self.file(self.consent()), check=USAGE)  # nobody speaks
        self.cli("consent", "add", self.file(self.consent()), "--as", "nobody", check=FAILED)

    def test_a_hub_that_is_not_there_and_a_wrong_ca_are_failures(self):
        self.cli("consent", "list", "--as", "police-west", "--url", f"https://127.0.0.1:{hub_harness.free_ports(1)[0]}", check=FAILED)
        self.cli("consent", "list", "--as", "police-west", "--ca", str(self.hub.certs / "stranger-ca.pem"), check=FAILED)
        self.cli("consent", "list", "--as", "police-west", "--cert", str(self.hub.certs / "stranger.pem"), "--key", str(self.hub.certs / "stranger.key"), check=FAILED)

    def test_exchanges_are_listed_shown_and_retried(self):
        held = self.to(self.send("police-west", "police", build.police_lob(people.ADULT_22, new_id())), "social-board")
        lost = self.to(self.send("landlord-private", "landlord", build.landlord_arrears(people.GUARDIAN_45, new_id())), "social-board")
        self.wait_state("landlord-private", lost["id"], "dead")  # nobody listens there
        listed = {e["id"]: e for e in self.cli_json("exchange", "list", "--limit", "1000")}
        self.assertEqual((listed[held["id"]]["state"], listed[lost["id"]]["state"]), ("held", "dead"))
        self.assertTrue(all("data" not in e for e in listed.values()))
        for option, value, wanted in [("--state", "held", lambda e: e["state"] == "held"), ("--party", "landlord-private", lambda e: "landlord-private" in (e["sender"], e["recipient"]))]:
            found = self.cli_json("exchange", "list", option, value, "--limit", "1000")
            self.assertTrue(found)
            self.assertTrue(all(wanted(e) for e in found))
        newest_first = [e["id"] for e in self.cli_json("exchange", "list")]
        self.assertEqual(newest_first, sorted(newest_first, reverse=True))
        after = [e["id"] for e in self.cli_json("exchange", "list", "--after", held["id"])]
        self.assertEqual(after, sorted(i for i in listed if i > held["id"]))
        self.assertIn(held["id"], self.cli("exchange", "list", check=OK).stdout)
        shown = self.cli("exchange", "show", held["id"], check=OK).stdout
        self.assertIn("Vilar", shown)
        self.assertIn("Held", self.cli("exchange", "show", held["id"], "--lang", "en", check=OK).stdout)
        for text in (shown, json.dumps(list(listed.values()), ensure_ascii=False)):
            self.assertNotIn(people.ADULT_22["familyName"], text)
            self.assertNotIn(people.ADULT_22["personalNumber"][2:], text)
        self.assertEqual(self.cli_json("exchange", "show", lost["id"])["state"], "dead")
        self.assertIn("no exchange", self.cli("exchange", "show", new_id(), check=FAILED).stderr)
        self.cli("exchange", "retry", held["id"], check=FAILED)
        self.cli("exchange", "retry", new_id(), check=FAILED)
        self.assertIn("403", self.cli("exchange", "retry", lost["id"], "--as", "landlord-private", check=FAILED).stderr)
        self.start_system("social-board")
        self.assertEqual(self.cli_json("exchange", "retry", lost["id"]), {"id": lost["id"], "state": "queued"})
        self.wait_state("landlord-private", lost["id"])
        self.assertIn("received", self.cli("exchange", "show", lost["id"], check=OK).stdout)
        self.systems.kill9("errands", "social-board")

    # -- the log ------------------------------------------------------------------------------------------------------

    def copy_of_data(self):
        """As docs/operations.md makes a backup of a running hub."""
        folder = pathlib.Path(tempfile.mkdtemp(dir=self.hub.folder))
        source, target = sqlite3.connect(self.hub.data / "hub.db"), sqlite3.connect(folder / "hub.db")
        with source, target:
            source.backup(target)
        source.close()
        return folder, target

    def verify(self, folder):
        return self.run_bare("log", "verify", "--config", str(self.hub.config), "--json", env={"SAMBAND_DATA_DIR": str(folder)})

    def test_the_log_is_verified_and_a_flipped_byte_is_seen(self):
        for _ in range(3):
            self.send("police-west", "police", build.police_lob(people.ADULT_22, new_id()))
        found = self.assert_log_verifies()
        self.assertGreaterEqual(found["size"], 3)
        self.assertRegex(self.cli("log", "verify", check=OK).stdout, r"^valid: \d+ entries, root [0-9a-f]{64}\n$")
        folder, _ = self.copy_of_data()
        self.assertEqual(self.verify(folder).returncode, OK, "an honest copy")

        def flip(db):
            at, bytes_ = db.execute("SELECT idx, bytes FROM leaf ORDER BY idx LIMIT 1 OFFSET 1").fetchone()
            changed = bytearray(bytes_)
            changed[len(changed) // 2] ^= 1
            db.execute("UPDATE leaf SET bytes = ? WHERE idx = ?", (bytes(changed), at))

        def outcome(db):
            db.execute("UPDATE exchange SET outcome = 'released' WHERE outcome = 'held'")

        def other_leaf(db):
            db.execute("UPDATE exchange SET leaf_index = (SELECT min(leaf_index) FROM exchange) WHERE leaf_index = (SELECT max(leaf_index) FROM exchange)")

        def cut(db):
            db.execute("DELETE FROM leaf WHERE idx = (SELECT max(idx) FROM leaf)")

        def checkpoint(db):
            db.execute("UPDATE checkpoint SET note = replace(note, substr(note, instr(note, char(10)) + 4, 6), 'AAAAAA')")

        def grown(db):
            db.execute("INSERT INTO leaf(idx, count, bytes) SELECT idx + count, count, bytes FROM leaf ORDER BY idx DESC LIMIT 1")

        for change in (flip, outcome, other_leaf, cut, checkpoint, grown):
            with self.subTest(change=change.__name__):
                folder, db = self.copy_of_data()
                for trigger in ("leaf_update", "leaf_delete", "tile_update", "tile_delete"):
                    db.execute(f"DROP TRIGGER {trigger}")
                change(db)
                db.commit()
                db.close()
                done = self.verify(folder)
                self.assertEqual(done.returncode, FAILED, done.stdout)
                said = json.loads(done.stdout) if done.stdout else {"valid": False, "problems": [done.stderr]}
                self.assertFalse(said["valid"])
                self.assertTrue(said["problems"])
        # The store itself refuses a slip at a prompt.
        _, db = self.copy_of_data()
        with self.assertRaisesRegex(sqlite3.DatabaseError, "never change"):
            flip(db)
        db.close()

    def test_the_checkpoint_is_printed_and_a_key_of_another_log_does_not_verify(self):
        self.send("police-west", "police", build.police_lob(people.ADULT_22, new_id()))
        lines = self.cli("log", "checkpoint", check=OK).stdout.splitlines()
        self.assertEqual((lines[0], lines[3]), ("samband.example/exempelkommun", ""))
        self.assertRegex(lines[1], r"^\d+$")
        self.assertTrue(lines[4].startswith("\u2014 samband.example/exempelkommun "))
        # A verifier key of another key store is a well-formed key, and not this log's.
        other = self.hub.folder / "other-keys"
        self.run_bare("keys", "dev", "--keys", str(other))
        done = self.run_bare("log", "verify", "--config", str(self.hub.config), env={"SAMBAND_KEYS_DIR": str(other)})
        self.assertEqual(done.returncode, FAILED)
        self.assertEqual(self.cli("log", "verify", "--vkey", "nonsense").returncode, FAILED)

    def test_without_a_store_the_reading_commands_fail(self):
        env = {"SAMBAND_DATA_DIR": tempfile.mkdtemp(dir=self.hub.folder)}
        for command in (["exchange", "list"], ["exchange", "show", new_id()], ["log", "verify"], ["log", "checkpoint"]):
            done = self.run_bare(*command, "--config", str(self.hub.config), env=env)
            self.assertEqual(done.returncode, FAILED, command)
            self.assertIn("hub.db", done.stderr)
        self.assertEqual(list(pathlib.Path(env["SAMBAND_DATA_DIR"]).iterdir()), [], "reading makes no store")


if __name__ == "__main__":
    unittest.main(warnings="ignore")
