#!/usr/bin/env python3
"""A canary: a made-up person's number and names, in every string that a sender, a recipient or a caller can say, whole and
malformed. Afterwards it stands nowhere but in the messages: no log line, metric, problem, answer, page or listing, and no
byte of the data and key folders (payloads are sealed)."""
import copy
import json
import pathlib
import re
import sys
import unittest
import xml.etree.ElementTree as tree
from urllib.parse import quote, unquote

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import people  # noqa: E402
import samband_client as build  # noqa: E402
from hub_case import ENDPOINTS, PERMITTED, HubCase, data_files, faster_retries, new_id, replaced  # noqa: E402
from hub_harness import SOURCE, wait_for  # noqa: E402

NUMBER = "201002022380"  # one of Skatteverket's, used nowhere else
DASHED = "20100202-2380"
GIVEN, FAMILY = "Kanarina", "Fågelburman"
STREET = "Burgatan 77"
ADULT_NUMBER = "199002022383"
# What is looked for. A birth date alone is no person's; a number with its last four digits is.
TRACES = [NUMBER, NUMBER[2:], DASHED, DASHED[2:], DASHED.replace("-", "+"), GIVEN, FAMILY, json.dumps(FAMILY)[1:-1], "F&#229;gelburman",
          "F&#xE5;gelburman", quote(FAMILY), STREET, ADULT_NUMBER[2:], f"{ADULT_NUMBER[2:8]}-{ADULT_NUMBER[8:]}"]
CANARY = {**people.YOUTH_17, "personalNumber": NUMBER, "birthDate": "2010-02-02", "givenName": GIVEN, "familyName": FAMILY, "sex": "female",
          "address": {"street": STREET, "apartment": "1102", "postalCode": "99901", "city": "Exempelstad"}}
ADULT_CANARY = {**CANARY, "personalNumber": ADULT_NUMBER, "birthDate": "1990-02-02"}
# What is put into a string: number in both forms, names.
SAID = [NUMBER, f"{DASHED} {GIVEN} {FAMILY}"]


def traces_in(text):
    if isinstance(text, bytes):
        return [t for t in TRACES if t.encode() in text]
    return [t for t in TRACES if t in text]


def leaves_of(value, path=()):
    """Paths of all strings in JSON."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from leaves_of(item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from leaves_of(item, (*path, index))
    elif isinstance(value, str):
        yield path


def with_leaf(value, path, text):
    value = copy.deepcopy(value)
    at = value
    for step in path[:-1]:
        at = at[step]
    at[path[-1]] = text
    return value


def with_member(value, text):
    """The text as the name of a member: at the root and one level down."""
    yield {**value, text: "x"}
    for key, item in value.items():
        if isinstance(item, dict):
            yield {**value, key: {**item, text: text}}


def json_variants(body, keep_ids):
    """Every string of a JSON message in turn, and every place for a name that should not be there."""
    message = json.loads(body)
    for path in leaves_of(message):
        for said in SAID:
            changed = with_leaf(message, path, said)
            yield path[-1], json.dumps(keep_ids(changed, path), ensure_ascii=False)
    for changed in with_member(message, NUMBER):
        yield "member", json.dumps(keep_ids(changed, ()), ensure_ascii=False)


def carried_consents(body):
    """Positions of the elements of the consents that a message carries: they are for the hub, tested on their own."""
    elements = list(tree.fromstring(body).iter())
    inside = {e for found in elements if found.tag.endswith("}consents") for e in found.iter()}
    return {n for n, e in enumerate(elements) if e in inside}


def xml_variants(body, fresh, only_consents=False):
    """Every text and every attribute of an XML message in turn, and unknown elements and attributes."""
    consents = carried_consents(body)
    for index in range(len(list(tree.fromstring(body).iter()))):
        if (index in consents) != only_consents:
            continue
        said = SAID[index % 2]

        def changed(change):
            root = tree.fromstring(fresh())
            change(list(root.iter())[index])
            return tree.tostring(root, encoding="unicode")

        element = list(tree.fromstring(body).iter())[index]
        if (element.text or "").strip():
            yield element.tag, changed(lambda e: setattr(e, "text", said))
        for name in element.attrib:
            yield name, changed(lambda e: e.set(name, said))  # noqa: B023
        if not index % 4:
            yield "attribute", changed(lambda e: e.set("x" + NUMBER, said))
            yield "element", changed(lambda e: tree.SubElement(e, "e" + NUMBER).__setattr__("text", said))


def malformed(body):
    """Broken in ways that parsers like to quote."""
    text = body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)
    yield from (broken for broken in broken_texts(text) if broken != text)


def broken_texts(text):
    yield text[: len(text) // 2]
    yield text + NUMBER
    yield NUMBER
    yield f'"{NUMBER} {FAMILY}"'
    yield f'{{"{NUMBER}": {NUMBER}, "{NUMBER}": 1}}'
    yield f'{{"data": {{"kind": "{NUMBER}", "persons": "{FAMILY}"}}}}'
    yield f'{{"id": {NUMBER}, "data": [{NUMBER}]}}'
    yield f'{{"a": "{FAMILY}\\u"}}'
    yield f"<x>{NUMBER}</y>"
    yield f"<p{NUMBER}>&{GIVEN};</p{NUMBER}>"
    yield f'<!DOCTYPE x [<!ENTITY {GIVEN} "{NUMBER}">]><x>&{GIVEN};</x>'
    yield f'<x {GIVEN}="{NUMBER}" {GIVEN}="{NUMBER}"/>'
    yield text.replace('"', "'")
    yield text.replace("<", f"<{GIVEN}:", 1)


class CanaryCase(HubCase):
    @staticmethod
    def edit(folder):
        faster_retries(folder)
        replaced(folder / "hub.toml", ('log_level = "info"', 'log_level = "debug"'), ("attempts_max = 200", "attempts_max = 2"))

    def ask(self, party, method, path, body=None, headers=None):
        answer = self.hub.request(party, method, path, body, headers)
        self.assertLess(answer.status, 500, f"{method} {path.replace(NUMBER, '<number>')}: {answer}")
        return answer

    def assert_silent(self, answer, what, own_id=None):
        """Nothing of the canary comes back, but for the sender's own name of its message."""
        text = answer.body.decode("utf-8", "replace") + json.dumps(answer.headers)
        if own_id:
            text = text.replace(json.dumps(own_id, ensure_ascii=False), "")
        self.assertEqual(traces_in(text), [], f"{what}: {answer.status}")

    def found_in_log(self):
        return [re.sub(r"[\w-]*(" + "|".join(map(re.escape, TRACES)) + r")[\w-]*", "<canary>", line) for line in self.hub.log().splitlines() if traces_in(line)][:5]

    def found_in_files(self):
        found = []
        for folder in (self.hub.data, self.hub.keys):
            for path in data_files(folder):
                content = path.read_bytes()
                for trace in traces_in(content):
                    for match in list(re.finditer(re.escape(trace.encode()), content))[:3]:
                        around = content[max(0, match.start() - 60):match.end() + 40]
                        found.append((path.name, re.sub(rb"[^\x20-\x7e]", b".", around).decode().replace(trace, "<canary>")))
        return found


class Canary(CanaryCase):
    SYSTEMS = ["social-board", "maria-ungdom", "landlord-private"]

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.accepted = 0

    def post(self, party, adapter, media_type, body, what):
        answer = self.ask(party, "POST", f"/v1/in/{adapter}" if adapter else "/v1/messages", body, {"content-type": media_type})
        own_id = answer.json().get("senderMessageId") if answer.status == 200 else None
        self.assert_silent(answer, what, own_id)
        if answer.status == 200:
            type(self).accepted += 1
        return answer

    def say_everything(self, party, adapter, make):
        """make(): a fresh valid message (media type, body). All its variants."""
        media_type, body = make()
        accepted = self.accepted
        first = self.post(party, adapter, media_type, body, "whole")
        self.assertEqual(first.status, 200, f"the variants need a message that is right: {first}")
        if media_type.endswith("xml"):
            variants = xml_variants(body, lambda: make()[1])
        else:
            fresh = lambda: json.loads(make()[1])  # noqa: E731

            def own_id(changed, path):
                new = fresh()
                for name in ("id", "messageId"):
                    if path != (name,) and isinstance(changed.get(name), str) and isinstance(new.get(name), str):
                        changed[name] = new[name]
                if path[:2] != ("identifier", "value") and isinstance(changed.get("identifier"), dict):
                    changed["identifier"]["value"] = new["identifier"]["value"]
                return changed

            variants = json_variants(body, own_id)
        count = 0
        for place, variant in variants:
            self.post(party, adapter, media_type, variant, f"canary in {str(place).replace(NUMBER, '*')}")
            count += 1
        for variant in malformed(body):
            self.assertNotEqual(self.post(party, adapter, media_type, variant, "malformed").status, 200)
        self.assertGreater(count, 10)
        self.assertGreater(self.accepted, accepted + 1, "no variant was taken: free text should be")

    # -- what senders say ---------------------------------------------------------------------------------------------

    def test_police_say_it(self):
        fact = [{"code": "need_of_help", "value": True, "person": "p1", "reasonCode": "assessed_yes", "at": build.now(), "assessor": "police-west-officer"}]
        for make in (lambda: build.police_suspicion(CANARY, new_id(), text=f"Om {GIVEN} {FAMILY} {DASHED}"),
                     lambda: build.police_offer(ADULT_CANARY, new_id(), accepted=True), lambda: build.sig_information(CANARY, new_id()),
                     lambda: build.police_lob(CANARY, new_id(), text=f"Om {NUMBER}"),
                     lambda: build.police("police.lob", CANARY, new_id(), {"policeCaseNo": "5000-L77-26", "custody": {"start": build.now(-7200)}, "identityEstablished": True}, facts=fact)):
            self.say_everything("police-west", "police", make)

    def test_kronofogden_says_it(self):
        self.say_everything("kronofogden", "kronofogden", lambda: build.eviction_time(CANARY, new_id(), children=2))

    def test_the_landlord_says_it(self):
        self.say_everything("landlord-private", "landlord", lambda: build.landlord_arrears(CANARY, new_id()))
        self.say_everything("landlord-private", "landlord", lambda: build.landlord_arrears(CANARY, new_id(), slip_in_number=True))
        self.say_everything("landlord-private", "landlord", lambda: build.landlord_disturbance(CANARY, new_id(), serious=True))

    def test_the_municipality_says_it(self):
        self.say_everything("social-board", "municipal_case", lambda: build.referral(CANARY, new_id(), need_for_care=True, guardians=[CANARY]))
        self.say_everything("school-south", None, lambda: ("application/json", json.dumps(build.canonical_concern(CANARY, "school-south", new_id(), text=f"{FAMILY} {NUMBER}"), ensure_ascii=False)))
        self.say_everything("social-board", "municipal_case", lambda: build.sig_from_board(CANARY, new_id()))

    def test_a_clinic_says_it(self):
        # A status needs an exchange that the clinic has received; each step is taken once, so most variants are refused late.
        referral = self.to(self.send("social-board", "municipal_case", build.referral(CANARY, new_id(), need_for_care=True)), "bup")
        self.start_system("bup")
        if self.exchange("social-board", referral["id"])["state"] == "dead":
            self.call("operator", "POST", f"/v1/exchanges/{referral['id']}/retry", {})
        self.wait_state("social-board", referral["id"])
        make = lambda: build.task_status(CANARY, referral["id"], "accepted", new_id(), need_for_care=True, visit_at=build.now(86400), reason="no_capacity")  # noqa: E731
        media_type, body = make()
        booked = {"status": "queued", "expectedBy": "2027-01-31", "handler": {"name": f"{GIVEN} {FAMILY}", "phone": "070-1740605"}}
        self.assert_silent(self.ask("bup", "POST", f"/v1/exchanges/{referral['id']}/status", booked), "status")
        self.assertEqual([s["handler"] for s in self.exchange("bup", referral["id"])["statuses"]], [f"{GIVEN} {FAMILY}"], "kept, sealed")
        for place, variant in json_variants(body, lambda changed, path: changed):
            self.post("bup", "health", media_type, variant, f"canary in {str(place).replace(NUMBER, '*')}")
        for variant in malformed(body):
            self.post("bup", "health", media_type, variant, "malformed")
        self.systems.kill9("fhir", "bup")

    def test_the_canonical_form_says_it(self):
        self.say_everything("landlord-private", None, lambda: ("application/json", json.dumps(build.canonical("rent.arrears", "landlord-private", {
            "persons": [build.as_person({k: CANARY[k] for k in ("givenName", "familyName", "address", "municipality", "district")}, role="tenant")],
            "references": [{"system": "lease", "value": DASHED}], "author": {"id": "x-1", "name": FAMILY, "role": "x", "phone": "070-1740605", "email": "x@example.org"},
            "payload": {"form": "SFS 1978:314 form 3", "dwelling": True, "rooms": 2, "amount": 845000, "currency": "SEK", "dueDate": "2026-10-31",
                        "landlord": {"name": FAMILY, "address": STREET, "phone": "070-1740605"}, "premises": {"municipality": "0999", "district": "south"},
                        "leaseNumber": DASHED, "paymentAccount": NUMBER}}, new_id()), ensure_ascii=False)))

    # -- what callers say in other places -----------------------------------------------------------------------------

    def test_paths_queries_and_headers_say_it(self):
        for said in (NUMBER, DASHED, quote(f"{GIVEN} {FAMILY}"), quote(STREET)):
            for method, path in [("GET", f"/v1/exchanges/{said}"), ("GET", f"/v1/receipts/{said}"), ("GET", f"/v1/messages/{said}"), ("GET", f"/{said}"),
                                 ("GET", f"/v1/{said}"), ("GET", f"/v1/exchanges?state={said}"), ("GET", f"/v1/exchanges?after={said}&limit={said}"),
                                 ("GET", f"/v1/inbox?after={said}"), ("GET", f"/v1/exchanges?{said}={said}"), ("POST", f"/v1/exchanges/{said}/assessments"),
                                 ("POST", f"/v1/exchanges/{said}/status"), ("POST", f"/v1/exchanges/{said}/retry"), ("POST", f"/v1/exchanges/{said}/{said}"),
                                 ("POST", f"/v1/inbox/{said}/ack"), ("POST", f"/v1/consents/{said}/revocations"), ("DELETE", f"/v1/messages/{said}"),
                                 ("POST", f"/v1/messages?{said}"), ("POST", f"/v1/in/police?{said}")]:
                for party in ("police-west", "operator"):
                    body = {"facts": [{"code": said, "value": said}], "assessor": {"id": said}} if method == "POST" else None
                    self.assert_silent(self.ask(party, method, path, body), f"{method} {path.replace(said, '<said>')}")
            for header in ("x-note", "idempotency-key", "user-agent", "accept", "content-type", "traceparent", "x-request-id", "cookie", "authorization", "referer", "from"):
                for path in ("/v1/messages", "/v1/in/police", "/v1/in/landlord"):
                    self.assert_silent(self.ask("police-west", "POST", path, "{}", {header: said}), f"header {header}")

    def test_consents_assessments_and_statuses_say_it(self):
        consent = {"person": {"personalNumber": NUMBER}, "giver": "both_guardians", "maturityAssessor": "caseworker-7", "recipients": ["school-south"],
                   "purposes": ["sig_cooperation"], "categories": ["identity", "event"], "validTo": build.now(86400), "evidenceSha256": "5a" * 32, "language": "sv",
                   "agreement": "sig-2026"}
        self.assert_silent(self.ask("police-west", "POST", "/v1/consents", consent), "consent")
        for path in leaves_of(consent):
            if path[0] in ("maturityAssessor", "language"):
                continue  # the holder's own names of a person at work and of a language: kept as given
            for said in SAID:
                self.assert_silent(self.ask("police-west", "POST", "/v1/consents", with_leaf(consent, path, said)), f"consent {path}")
        for changed in with_member(consent, NUMBER):
            self.assert_silent(self.ask("police-west", "POST", "/v1/consents", changed), "consent member")
        self.assert_silent(self.ask("police-west", "GET", "/v1/consents"), "consents")
        held = self.to(self.send("police-west", "police", build.police_lob(CANARY, new_id())), "social-board")
        body = {"assessor": {"id": "police-west-officer", "name": FAMILY}, "facts": [{"code": "need_of_help", "value": True, "person": "p1", "reasonCode": "assessed_yes"}]}
        for path in leaves_of(body):
            for said in SAID:
                self.assert_silent(self.ask("police-west-officer", "POST", f"/v1/exchanges/{held['id']}/assessments", with_leaf(body, path, said)), f"assessment {path}")
        for text in malformed(body):
            for path in (f"/v1/exchanges/{held['id']}/assessments", "/v1/consents"):
                self.assert_silent(self.ask("police-west", "POST", path, text), "malformed")

    def test_zz_nothing_of_it_in_a_url_to_a_recipient(self):
        self.assertGreater(len(self.systems.targets()), 100)
        self.assertEqual([t for t in self.systems.targets() if traces_in(t) or traces_in(unquote(t))], [])

    # -- and then nowhere ---------------------------------------------------------------------------------------------

    def test_zz_nothing_of_it_in_log_metrics_pages_and_listings(self):
        self.assertGreater(self.accepted, 100, "the canary was in messages that the hub took")
        self.assertEqual(self.found_in_log(), [], "the hub's log")
        self.assertEqual(traces_in(self.hub.admin("/metrics")[1]), [], "metrics")
        for party in ("operator", "auditor", "police-west", "social-board", "landlord-private"):
            client = self.hub.client(party, 8444)
            overview = client.request("GET", "/").body.decode()
            self.assertEqual(traces_in(overview), [], f"the console's overview for {party}")
            for exchange in sorted(set(re.findall(r"/verify/([0-9a-f-]{36})", overview)))[:20]:
                for language in ("sv", "en"):
                    self.assertEqual(traces_in(client.request("GET", f"/verify/{exchange}?lang={language}").body.decode()), [], "a console page")
            self.assertEqual(traces_in(client.request("GET", f"/verify/{NUMBER}").body.decode()), [])
            client.close()
        log = self.hub.client("auditor", 8445)
        size = int(log.request("GET", "/log/checkpoint").body.decode().splitlines()[1])
        self.assertGreater(size, 100)
        paths = [f"/log/tile/entries/{n:03}" for n in range(min(size // 256, 999))] + [f"/log/tile/entries/{size // 256:03}.p/{size % 256}"]
        for path in paths:
            answer = log.request("GET", path)
            if answer.status == 200:
                self.assertEqual(traces_in(answer.body), [], "entries of the log")
        log.close()

    def test_zz_nothing_of_it_in_the_operators_listings(self):
        text = self.cli("exchange", "list", "--limit", "1000", "--json", check=0).stdout
        self.assertEqual(traces_in(text), [], "samband exchange list --json")
        self.assertEqual(traces_in(self.cli("exchange", "list", "--limit", "1000", check=0).stdout), [], "samband exchange list")
        seen = set()
        for e in json.loads(text):
            if (e["kind"], e["outcome"], e["state"]) in seen:
                continue
            seen.add((e["kind"], e["outcome"], e["state"]))
            for options in ([], ["--lang", "en"]):
                self.assertEqual(traces_in(self.cli("exchange", "show", e["id"], *options, check=0).stdout), [], "samband exchange show")
        self.assertGreater(len(seen), 5)
        done = self.cli("log", "verify")
        self.assertEqual(traces_in(done.stdout + done.stderr), [])
        self.assertEqual(traces_in(self.cli("log", "checkpoint").stdout), [])

    def test_zz_nothing_of_it_in_the_folders(self):
        self.assertGreater(sum(p.stat().st_size for p in data_files(self.hub.data)), 1 << 20)
        self.assertEqual(self.found_in_files(), [], "with the WAL beside it")

    def test_zzz_nothing_of_it_in_the_folders_after_a_stop(self):
        self.hub.stop()
        self.assertEqual(self.found_in_files(), [])
        self.assertEqual(traces_in(self.hub.log()), [])


class Urls(HubCase):
    """The vendor's case system wants the person number in a query: refused, unless the party's configuration permits it."""

    @staticmethod
    def edit(folder):
        faster_retries(folder)
        replaced(folder / "hub.toml", ('api = "errand"', 'api = "lifecare"\norganisationId = 4\nunitId = "U1"'), ("/case-api/v1", "/lifecare-fc/apifc/v1"))

    def test_a_person_number_in_a_url_needs_a_permission(self):
        self.systems.start("lifecare", "social-board", self.hub.port(ENDPOINTS["social-board"][1]))
        sent = self.to(self.send("police-west", "police", build.police_suspicion(CANARY, new_id())), "social-board")
        self.wait_state("police-west", sent["id"], "dead")
        self.assertIn('"reason":"person_number_in_url"', self.hub.log())
        self.assertEqual(self.systems.targets(), [], "refused before a byte left")
        self.assertEqual(self.cli_json("check")["warnings"], [])

        replaced(self.hub.config / "parties.toml", ('endpoint = "case-system"', 'endpoint = "case-system"\nperson_number_in_url = true'))
        warnings = self.cli_json("check")["warnings"]
        self.assertEqual([w["where"] for w in warnings], ["parties.toml"])
        self.assertIn("'social-board'", warnings[0]["message"])
        self.assertIn("warning: parties.toml", self.cli("check", check=0).stderr)
        self.hub.restart()
        self.cli("exchange", "retry", sent["id"], check=0)
        self.wait_state("police-west", sent["id"])
        self.assertTrue([t for t in self.systems.targets() if NUMBER in t], "the vendor's API needs no exception any more: take it away")
        self.assertEqual(traces_in(self.hub.log()), [], "and even then no log line has it")

    def test_the_example_and_the_demo_need_no_permission(self):
        # What the demo's own last step looks at: every target, both ways, in all its paths.
        self.assertNotIn("person_number_in_url", (SOURCE / "config" / "parties.toml").read_text(encoding="utf-8"))
        self.assertIn('api = "errand"', (SOURCE / "config" / "hub.toml").read_text(encoding="utf-8"))


class Adapters(CanaryCase):
    def test_the_name_of_an_adapter_is_the_callers_text(self):
        for said in (NUMBER, DASHED, quote(f"{GIVEN} {FAMILY}")):
            self.assert_silent(self.ask("police-west", "POST", f"/v1/in/{said}", "{}"), "adapter")
        self.assertEqual(self.found_in_log(), [])
        self.assertEqual(traces_in(self.hub.admin("/metrics")[1]), [])


class CarriedConsents(CanaryCase):
    def test_a_consent_in_a_message_keeps_no_free_text(self):
        media_type, body = build.police_offer(ADULT_CANARY, new_id())
        for _, variant in xml_variants(body, lambda: build.police_offer(ADULT_CANARY, new_id())[1], only_consents=True):
            self.assert_silent(self.ask("police-west", "POST", "/v1/in/police", variant, {"content-type": media_type}), "consent")
        self.assertEqual(self.found_in_log(), [])
        self.assertEqual(traces_in(json.dumps(self.call("police-west", "GET", "/v1/consents"), ensure_ascii=False)), [])
        self.assertEqual(self.found_in_files(), [])


class Recipients(CanaryCase):
    """A system that quotes the message in every part of its answer: body, codes, references, headers."""

    def quoted(self, statuses):
        for status in statuses:
            for recipient, sender, adapter, make in [
                    ("bup", "social-board", "municipal_case", lambda: build.referral(CANARY, new_id(), need_for_care=True)),
                    ("social-board", "police-west", "police", lambda: build.police_suspicion(CANARY, new_id())),
                    ("social-board", "landlord-private", "landlord", lambda: build.landlord_arrears(CANARY, new_id())),
                    ("landlord-private", None, None, None), ("police-west", "social-board", "municipal_case", lambda: build.sig_from_board(CANARY, new_id()))]:
                if make is None:
                    continue
                script, port = ENDPOINTS[recipient]
                self.systems.start("echo", recipient, self.hub.port(port), "--status", str(status), "--say", f"{NUMBER} {DASHED} {GIVEN} {FAMILY}")
                exchange = self.to(self.send(sender, adapter, make()), recipient)
                if exchange["outcome"] in PERMITTED:
                    wait_for("attempts", lambda: self.exchange(sender, exchange["id"])["state"] in ("dead", "delivered"), 30)  # noqa: B023
                    type(self).attempts = getattr(self, "attempts", 0) + 1
                self.systems.kill9("echo", recipient)

    def test_a_system_that_quotes_in_an_error(self):
        self.quoted([500, 403])
        self.assertGreater(self.attempts, 5)
        self.assertEqual(self.found_in_log(), [])
        self.assertEqual(self.found_in_files(), [])
        self.assertEqual(traces_in(self.hub.admin("/metrics")[1]), [])


class Outcomes(Recipients):
    test_a_system_that_quotes_in_an_error = None

    def test_a_health_system_that_quotes_in_its_code(self):
        self.quoted([400, 422])
        self.assertEqual(self.found_in_log(), [])
        self.assertEqual(self.found_in_files(), [])


class References(Recipients):
    test_a_system_that_quotes_in_an_error = None

    def test_a_reference_is_not_any_text(self):
        # What a recipient calls the case is kept sealed: a system may put a person's name into it.
        self.quoted([200, 201, 409])
        self.assertEqual(self.found_in_log(), [])
        self.assertEqual(self.found_in_files(), [])


class TheEye(unittest.TestCase):
    def test_it_sees(self):
        for text in (f"x{NUMBER}y", f"{DASHED}", NUMBER[2:], f'{{"n":"{FAMILY}"}}', json.dumps(FAMILY), quote(FAMILY), GIVEN):
            self.assertTrue(traces_in(text), text)
            self.assertTrue(traces_in(text.encode()), text)
        self.assertEqual(traces_in("2010-02-02 20100202 Kanarie Fågel"), [])
        self.assertGreater(len(list(json_variants(json.dumps({"a": {"b": ["x", "y"]}}), lambda c, _: c))), 4)


if __name__ == "__main__":
    unittest.main(warnings="ignore")
