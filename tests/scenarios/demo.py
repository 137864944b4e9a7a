#!/usr/bin/env python3
"""The demo: the five collaborations, carried by the real hub between real processes over mutual TLS.

    ./dev demo                 runs all steps, plays the stories of config/scenarios, prints every exchange,
                               leaves hub and counterparts running
    ./dev demo --once          the same, then stops; exit code 0 when every outcome was as expected
    ./dev demo --soak MINUTES  again and again on the same hub
    --kills N --seed S         kill -9 the hub N times at random points meanwhile and start it again

All persons are Skatteverket's published test numbers. Exit codes: 0 as expected, 1 not, 2 wrong use.
"""
import argparse
import hashlib
import http.client
import json
import os
import pathlib
import queue
import random
import re
import shutil
import signal
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import uuid

SOURCE = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(SOURCE / "tests" / "support"))
import people  # noqa: E402
import samband_client as build  # noqa: E402
from hub_harness import SAMBAND, Client, Counterparts, Hub, wait_for  # noqa: E402
from officials import signed_assessment  # noqa: E402

# script, party, usual port, name of the endpoint's system
COUNTERPARTS = [("errands", "social-board", 19101), ("fhir", "maria-ungdom", 19102), ("fhir", "bup", 19103),
                ("landlord", "landlord-private", 19104), ("sdk_receiver", "kronofogden", 19105), ("sdk_receiver", "police-west", 19106)]
STORIES = ["mumin", "bofast", "sig", "coach", "minimaria"]
ARRIVAL_SECONDS_MAX = 60
PERMITTED = ("released", "partial")


class Unexpected(AssertionError):
    pass


def utc(offset_s=0):
    return time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(time.time() + offset_s))


class Killer:
    """kill -9 at random points, and start again. One thread that outlives the demo: the hub dies with its parent thread."""

    def __init__(self, hub, kills, seed):
        self.hub, self.left, self.done = hub, kills, 0
        self.random = random.Random(seed)
        self.orders = queue.Queue()
        threading.Thread(target=self.work, daemon=True).start()

    def maybe(self, chance=0.6):
        if self.left <= 0 or self.random.random() > chance:
            return
        self.left -= 1
        # From "before the request has left" to "long after the answer": the journey takes a few milliseconds.
        self.orders.put(time.monotonic() + self.random.choice([0, 0.002, 0.005, 0.01, 0.02, 0.05, 0.2]) * self.random.random() * 2)

    def work(self):
        while True:
            at = self.orders.get()
            time.sleep(max(0.0, at - time.monotonic()))
            self.hub.kill9()
            self.done += 1
            try:
                self.hub.start()
            except Exception as error:  # the demo finds no hub and says so; here is why
                print(f"the hub did not come back: {error}", file=sys.stderr, flush=True)
                os._exit(1)
            self.orders.task_done()

    def settle(self):
        self.orders.join()


class Demo:
    def __init__(self, folder, kills=0, seed=0, quiet=False):
        self.folder = pathlib.Path(folder)
        self.quiet = quiet
        self.hub = Hub(folder=self.folder / "hub")
        self.counterparts = Counterparts(self.hub.certs, self.folder)
        self.killer = Killer(self.hub, kills, seed)
        self.refusals = []   # problem documents
        self.results = []    # (step, what, expected, got)
        self.stories = []    # (last line of its account, outcomes as expected, outcomes)
        self.exchanges = []  # every exchange shown
        self.started = time.monotonic()

    # -- plumbing -----------------------------------------------------------------------------------------------------

    def start(self):
        self.say("starting the counterparts of five agencies, each with a certificate of its own")
        for script, party, port in COUNTERPARTS:
            self.counterparts.start(script, party, self.hub.port(port))
        self.hub.start()
        self.say(f"samband serve: agency API https://localhost:{self.hub.port(8443)}, console https://localhost:{self.hub.port(8444)}/")

    def say(self, text):
        if not self.quiet:
            print(text, flush=True)

    def call(self, party, method, path, body=None, headers=None, expect=200):
        """One request as an agency's system makes it: the same request again until the hub answers."""
        self.killer.maybe()
        deadline = time.monotonic() + 90
        while True:
            client = Client(self.hub.certs, party, self.hub.port(8443))
            try:
                answer = client.request(method, path, body, headers)
                if answer.status == 503:
                    raise OSError("busy")
                break
            except (OSError, http.client.HTTPException):
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.1)
            finally:
                client.close()
        if expect is not None and answer.status != expect:
            raise Unexpected(f"{method} {path} as {party}: {answer.status}, expected {expect}: {answer.body[:600]!r}")
        return answer

    def send(self, party, adapter, message):
        """message: (media type, body). Answers the parsed answer and the time it took."""
        media_type, body = message
        began = time.monotonic()
        answer = self.call(party, "POST", f"/v1/in/{adapter}" if adapter else "/v1/messages", body, {"content-type": media_type})
        took_ms = (time.monotonic() - began) * 1000
        parsed = answer.json()
        for exchange in parsed["exchanges"]:
            self.show(exchange, took_ms, parsed.get("warnings", []))
        return parsed

    def show(self, e, took_ms=None, warnings=()):
        self.exchanges.append(e)
        fields = e["fields"]

        def group(name, citation=False):
            parts = []
            for f in fields[name]:
                why = f" [{', '.join(f.get('provisions', [])) or f.get('reason', '')}]" if citation else ""
                if name == "held":
                    why += f" missing: {', '.join(f['missing'])}" if f.get("missing") else ""
                parts.append(f"{f['category']} {f['count']}{why}")
            return ", ".join(parts) or "-"

        time_text = f", {took_ms:.0f} ms" if took_ms is not None else ""
        self.say(f"  {e['sender']} -> {e['recipient']}  {e['kind']} for {e['purpose']}: {e['outcome'].upper()} ({e['reason']}{time_text})")
        self.say(f"     released  {group('released')}")
        self.say(f"     withheld  {group('withheld', True)}")
        if fields["held"]:
            self.say(f"     held      {group('held', True)}")
        self.say(f"     ground    {'; '.join(e['grounds']) or 'none'}{'   duty due ' + e['duty']['due'] if e['duty'] else ''}")
        self.say(f"     receipt   exchange {e['id']}, leaf {e['receipt']['leafIndex']}")
        for w in warnings:
            self.say(f"     note      {w['code']} at {w['where']}")

    def expect(self, step, what, got, expected):
        self.results.append((step, what, expected, got))
        if got != expected:
            self.say(f"  UNEXPECTED {what}: {got!r}, expected {expected!r}")

    def to(self, answer, recipient):
        found = [e for e in answer["exchanges"] if e["recipient"] == recipient]
        if not found:
            raise Unexpected(f"no exchange to {recipient}: {[e['recipient'] for e in answer['exchanges']]}")
        return found[0]

    def exchange(self, party, exchange_id):
        return self.call(party, "GET", f"/v1/exchanges/{exchange_id}").json()

    def wait_state(self, party, exchange_id, state="delivered"):
        def there():
            e = self.exchange(party, exchange_id)
            if e["state"] in ("dead", "refused", "withdrawn") and e["state"] != state:
                raise Unexpected(f"exchange to {e['recipient']} is {e['state']}, expected {state}")
            return e if e["state"] == state else None

        return wait_for(f"exchange {state}", there, ARRIVAL_SECONDS_MAX, 0.1)

    def arrived(self, script, party, exchange_id, kind=None):
        """What the recipient's own system holds of an exchange; several records when it came more than once."""
        return [r for r in self.counterparts.received(script, party) if r["key"] == exchange_id and (kind is None or r["kind"] == kind)]

    def inbox(self, party):
        return self.call(party, "GET", "/v1/inbox?wait=0").json()["exchanges"]

    def step(self, number, title):
        self.say(f"\n{number}. {title}")
        return number

    # -- the collaborations -------------------------------------------------------------------------------------------

    def police_suspicion(self):
        s = self.step(1, "Police: a 17-year-old is reasonably suspected of a minor drug offence (LUL 6 §)")
        a = self.send("police-west", "police", build.police_suspicion(people.YOUTH_17, str(uuid.uuid4())))
        board, clinic = self.to(a, "social-board"), self.to(a, "maria-ungdom")
        self.expect(s, "duty to the social board", board["outcome"] in PERMITTED and board["reason"], "cleared")
        self.expect(s, "ground", any("LUL" in g for g in board["grounds"]), True)
        self.expect(s, "identity released", any(f["category"] == "identity" for f in board["fields"]["released"]), True)
        self.expect(s, "Maria Ungdom without a ground", clinic["outcome"], "refused")
        done = self.wait_state("police-west", board["id"])
        self.say(f"     received  by the board's case system at {done['acknowledgedAt']} as {done['externalReference']}")

    def lob_protected(self):
        s = self.step(2, "Police: LOB custody of a 22-year-old with protected identity")
        person = dict(people.ADULT_22, protection="protected_registration")
        a = self.send("police-west", "police", build.police_lob(person, str(uuid.uuid4())))
        e = self.to(a, "social-restricted")
        self.expect(s, "held until assessed", (e["outcome"], e["missing"]), ("held", ["need_of_help"]))
        self.expect(s, "nothing in the inbox", [x for x in self.inbox("social-restricted") if x["id"] == e["id"]], [])
        self.say("  the sender's officer logs in with her own certificate and records the assessment")
        body = {"facts": [{"code": "need_of_help", "value": True, "person": "p1", "reasonCode": "need_established"}]}
        began = time.monotonic()
        e = self.call("police-west-officer", "POST", f"/v1/exchanges/{e['id']}/assessments", body).json()
        self.show(e, (time.monotonic() - began) * 1000)
        self.expect(s, "released to the restricted recipient", e["outcome"] in PERMITTED, True)
        got = wait_for("message in the restricted inbox", lambda: [x for x in self.inbox("social-restricted") if x["id"] == e["id"]], 30)[0]
        text = json.dumps(got["data"], ensure_ascii=False)
        places = [p for p in (person["address"]["street"], person["phone"], person["address"]["postalCode"], "Stortorget") if p in text]
        self.expect(s, "anything that reveals a place", places, [])
        self.expect(s, "identity arrived", person["personalNumber"] in text, True)
        self.call("social-restricted", "POST", f"/v1/inbox/{e['id']}/ack", {"reference": "SKYDD-1"})
        self.wait_state("police-west", e["id"])

    def offers(self):
        s = self.step(3, "Police: an adult accepts the offer of support at the intervention, another declines (MUMIN)")
        a = self.send("police-west", "police", build.police_offer(people.ADULT_19, str(uuid.uuid4()), accepted=True))
        e = self.to(a, "maria-ungdom")
        self.expect(s, "accepted: released on consent", e["outcome"] in PERMITTED, True)
        self.expect(s, "ground is the consent", any("12:2" in g or "12 kap" in g for g in e["grounds"]), True)
        self.wait_state("police-west", e["id"])
        declined = self.send("police-west", "police", build.police_offer(people.ADULT_22, str(uuid.uuid4()), accepted=False))
        for e in declined["exchanges"]:
            self.expect(s, f"declined: nothing to {e['recipient']}", (e["outcome"], e["reason"]), ("refused", "offer_declined"))
            for script, party in (("errands", "social-board"), ("fhir", "maria-ungdom")):
                self.expect(s, f"nothing of it at {party}", self.arrived(script, party, e["id"]), [])

    def rent_arrears(self):
        s = self.step(4, "Landlord: rent arrears, form 3, with a personnummer that slipped in (JB 12:44)")
        first_id = str(uuid.uuid4())
        a = self.send("landlord-private", "landlord", build.landlord_arrears(people.GUARDIAN_45, first_id, slip_in_number=True))
        board, coordinator = self.to(a, "social-board"), self.to(a, "housing-coordinator")
        self.expect(s, "released to the social board", board["outcome"] in PERMITTED, True)
        self.expect(s, "the slip is said", [w["code"] for w in a["warnings"]][:1], ["personnummer_stripped"])
        self.expect(s, "bosamordnare is an exchange of its own", coordinator["outcome"] in PERMITTED, True)
        done = self.wait_state("landlord-private", board["id"])
        received = self.arrived("errands", "social-board", board["id"]) or self.counterparts.received("errands", "social-board")
        self.expect(s, "no personnummer arrived", people.GUARDIAN_45["personalNumber"][2:8] in json.dumps(received[-1]["body"], ensure_ascii=False), False)
        e = self.exchange("landlord-private", board["id"])
        self.expect(s, "the receipt proves the board's date", bool(e["acknowledgedAt"]) and e["acknowledgementReceipt"]["proof"].startswith("c2sp.org/tlog-proof@v1"), True)
        self.say(f"     the clock starts at the board's receipt: {e['acknowledgedAt']}, proof leaf {e['acknowledgementReceipt']['leafIndex']}")
        proof = wait_for("receipt at the landlord", lambda: self.counterparts.received("landlord", "landlord-private"), ARRIVAL_SECONDS_MAX)
        proofs = [r["body"] for r in proof if isinstance(r["body"], dict) and r["body"].get("exchangeId") == board["id"]]
        self.expect(s, "the landlord's system has the dated proof",
                    [p.get("receivedAt") == e["acknowledgedAt"] and str(p.get("proof")).startswith("c2sp.org/tlog-proof@v1") for p in proofs[:1]], [True])
        self.say("     social-board -> landlord-private  exchange.receipt: delivered to the landlord's system, dated, with proof")
        self.say("  the landlord corrects the amount")
        b = self.send("landlord-private", "landlord", build.landlord_arrears(people.GUARDIAN_45, str(uuid.uuid4()), amount="7 200,00 kr", correction_of=first_id))
        again = self.wait_state("landlord-private", self.to(b, "social-board")["id"])
        self.expect(s, "the corrected notice restarts the clock", again["acknowledgedAt"] > done["acknowledgedAt"], True)
        self.say(f"     new clock {again['acknowledgedAt']}")

    def eviction(self):
        s = self.step(5, "Kronofogden: time set for an eviction, two children in the home (UF 16:2)")
        a = self.send("kronofogden", "kronofogden", build.eviction_time(people.GUARDIAN_45, str(uuid.uuid4()), children=2))
        e = self.to(a, "social-board")
        self.expect(s, "released to the social board", e["outcome"] in PERMITTED, True)
        self.expect(s, "children released", any(f["category"] == "children" for f in e["fields"]["released"]), True)
        self.expect(s, "confirmation due the same day", "confirm_same_day" in e["obligations"] and bool(e["dueAt"]), True)
        self.say(f"     confirmation due {e['dueAt']}")
        self.wait_state("kronofogden", e["id"])
        r = self.call("social-board", "POST", f"/v1/exchanges/{e['id']}/status", {"status": "confirmed", "handler": {"id": "h-12", "name": "Handläggare Prov", "phone": "08-465 004 20"}}, expect=None)
        if r.status == 409:  # asked twice because the hub died between recording and answering
            self.say("     (confirmed before)")
        else:
            for x in r.json()["statusMessage"].get("exchanges", []):
                self.show(x)
                self.expect(s, "the confirmation goes to Kronofogden", x["outcome"] in PERMITTED, True)
        self.expect(s, "confirmed by a named handler", self.exchange("social-board", e["id"])["life"], "confirmed")
        self.expect(s, "nothing is due any more", self.exchange("kronofogden", e["id"])["dueAt"], None)

    def referral(self):
        s = self.step(6, "Municipality: referral of a 15-year-old to BUP; neither need for care nor consent is recorded")
        a = self.send("social-board", "municipal_case", build.referral(people.CHILD_15, str(uuid.uuid4())))
        e = self.to(a, "bup")
        self.expect(s, "held", e["outcome"], "held")
        self.expect(s, "what is missing", "need_for_care" in e["missing"], True)
        self.say(f"     would change with {' or '.join('+'.join(x) for x in e['nearestChange'])}")
        self.say("  the board registers the consent of both guardians and the child")
        consent = {"person": {"personalNumber": people.CHILD_15["personalNumber"]}, "giver": "both_guardians_and_child", "maturityAssessor": "caseworker-7",
                   "recipients": ["bup"], "purposes": ["care_referral"],
                   "categories": ["identity", "contact", "home_area", "health", "social_situation", "misuse", "school", "family", "address", "case_reference", "official", "event", "protection"],
                   "validTo": utc(90 * 86400), "evidenceSha256": hashlib.sha256(b"signed form").hexdigest(), "language": "sv"}
        self.call("social-board", "POST", "/v1/consents", consent, expect=201)
        # The consent may have been recorded by a hub that died before it decided again: asking for the exchange is enough
        # to see, registering again to repair.
        if "guardian_harm" not in self.exchange("social-board", e["id"])["missing"]:
            self.call("social-board", "POST", "/v1/consents", consent, expect=201)
        e = self.exchange("social-board", e["id"])
        self.expect(s, "waits for the test against the guardians (OSL 12:3)", (e["outcome"], "guardian_harm" in e["missing"]), ("held", True))
        self.say("  the board's caseworker signs that no harm comes of the guardians' knowing; the board's system carries it")
        body = signed_assessment("social-board-caseworker", e["id"], [{"code": "guardian_harm", "value": False, "person": "p1", "reasonCode": "assessed_no"}],
                                 self.hub.certs)
        e = self.call("social-board", "POST", f"/v1/exchanges/{e['id']}/assessments", body).json()
        self.show(e)
        self.expect(s, "released on consent", e["outcome"] in PERMITTED, True)
        self.wait_state("social-board", e["id"])
        record = wait_for("bundle at BUP", lambda: self.counterparts.received("fhir", "bup"), ARRIVAL_SECONDS_MAX)
        self.expect(s, "BUP holds it as FHIR", any("ServiceRequest" in json.dumps(r["body"]) for r in record), True)
        self.say("  BUP accepts; the need for care is assessed by its clinician")
        status = self.send("bup", "health", build.task_status(people.CHILD_15, e["id"], "accepted", str(uuid.uuid4()), need_for_care=True))
        back = self.to(status, "social-board")
        self.expect(s, "the status returns to the sender", back["outcome"] in PERMITTED, True)
        self.wait_state("bup", back["id"])
        life = self.exchange("bup", e["id"])["life"]
        self.expect(s, "life of the referral", life, "accepted")
        self.say(f"     the referral is {life}; the status went back as an exchange of its own")

    def sig(self):
        s = self.step(7, "SIG: police inform the school under signed consent; the consent is revoked while a second message waits")
        consent = {"person": {"personalNumber": people.YOUTH_17["personalNumber"]}, "giver": "both_guardians_and_child", "maturityAssessor": "coordinator-3",
                   "recipients": ["school-south"], "purposes": ["sig_cooperation"],
                   "categories": ["identity", "suspicion", "school", "social_situation", "risk_assessment", "event", "case_reference", "official", "home_area", "protection"],
                   "validTo": utc(60 * 86400), "evidenceSha256": hashlib.sha256(b"SIG form").hexdigest(), "language": "sv", "agreement": "sig-2026"}
        given = self.call("police-west", "POST", "/v1/consents", consent, expect=201).json()
        # OSL 12:3: a guardian's consent counts only when the test against the guardians is recorded.
        tested = {"code": "guardian_harm", "value": False, "person": "p1", "assessor": "police-west-officer", "reasonCode": "assessed_no"}
        first = self.to(self.send("police-west", "police", build.sig_information(people.YOUTH_17, str(uuid.uuid4()), facts=[tested])), "school-south")
        self.expect(s, "first: released under the consent", first["outcome"] in PERMITTED, True)
        wait_for("first message in the school's inbox", lambda: [x for x in self.inbox("school-south") if x["id"] == first["id"]], 30)
        self.call("school-south", "POST", f"/v1/inbox/{first['id']}/ack", {"reference": "EHT-1"})
        second = self.to(self.send("police-west", "police", build.sig_information(people.YOUTH_17, str(uuid.uuid4()), facts=[tested])), "school-south")
        self.expect(s, "second: waits in the inbox", second["outcome"] in PERMITTED, True)
        self.say("  the consent is revoked")
        for consent_id in self.sig_consents(given["id"]):
            self.call("police-west", "POST", f"/v1/consents/{consent_id}/revocations", {})
            self.call("police-west", "POST", f"/v1/consents/{consent_id}/revocations", {})  # asking twice is safe
        e = self.exchange("police-west", second["id"])
        self.show(e)
        self.expect(s, "second: refused and recorded", (e["outcome"], e["state"], e["reason"]), ("refused", "withdrawn", "consent_revoked"))
        box = self.inbox("school-south")
        self.expect(s, "second is not handed out", [x for x in box if x["id"] == second["id"]], [])
        recall = wait_for("recall in the inbox", lambda: [x for x in self.inbox("school-south") if x["recall"] and x["data"]["payload"]["exchangeId"] == first["id"]], 30)
        self.expect(s, "recall of the first", len(recall), 1)
        self.say(f"     police-west -> school-south  exchange.recall of {first['id']}: handed out, {recall[0]['data']['payload']['reasonCode']}")
        self.call("school-south", "POST", f"/v1/inbox/{recall[0]['id']}/ack", {})
        self.expect(s, "life of the first", self.exchange("police-west", first["id"])["life"], "recalled")

    def sig_consents(self, consent_id):
        """All valid SIG consents of the police: a death between recording and answering registers a second one."""
        listed = self.call("police-west", "GET", "/v1/consents").json()["consents"]
        return [c["id"] for c in listed if c["id"] == consent_id or (c["state"] == "valid" and c["agreement"] == "sig-2026")]

    def failures(self):
        s = self.step(8, "The same message twice; a recipient that is down; malformed and unauthorised messages")
        message = build.police_suspicion(people.YOUTH_17, str(uuid.uuid4()))
        one = self.send("police-west", "police", message)
        two = self.send("police-west", "police", message)
        self.expect(s, "same message twice: one exchange", [e["id"] for e in two["exchanges"]], [e["id"] for e in one["exchanges"]])
        self.expect(s, "and the same outcome", [e["outcome"] for e in two["exchanges"]], [e["outcome"] for e in one["exchanges"]])
        self.expect(s, "said to be a duplicate", two["duplicate"], True)
        self.say(f"     the second answer: duplicate {two['duplicate']}, the same {len(two['exchanges'])} exchanges")
        changed = (message[0], message[1].replace("Södra", "Norra") if "Södra" in message[1] else message[1].replace("Testgatan 1", "Testgatan 9"))
        r = self.call("police-west", "POST", "/v1/in/police", changed[1], {"content-type": changed[0]}, expect=None)
        self.expect(s, "same id, other content", r.status, 409)
        self.say(f"  same id, other content: {r.status} {r.json()['code']}: {r.json()['detail']}")

        self.say("  the board's case system goes down")
        self.counterparts.mode("errands", "social-board", down=1)
        e = self.to(self.send("landlord-private", "landlord", build.landlord_arrears(people.GUARDIAN_45, str(uuid.uuid4()), amount="5 100,00 kr")), "social-board")
        wait_for("failed attempt", lambda: self.exchange("landlord-private", e["id"])["attempts"] >= 1, 60)
        self.expect(s, "waits while the recipient is down", self.exchange("landlord-private", e["id"])["state"], "queued")
        self.counterparts.mode("errands", "social-board", down=0)
        done = self.wait_state("landlord-private", e["id"])
        self.expect(s, "delivered when it is back", done["state"], "delivered")
        self.say(f"     delivered after {done['attempts']} failed attempt(s)")

        for what, party, path, body, media_type, status in [
            ("broken XML", "police-west", "/v1/in/police", "<XHE", "application/xml", 400),
            ("an entity bomb", "police-west", "/v1/in/police", '<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>', "application/xml", 400),
            ("a kind the sender may not send", "landlord-private", "/v1/messages", json.dumps(build.canonical("care.referral", "landlord-private", {"persons": [build.as_person(people.CHILD_15)], "payload": {"service": "coach"}})), "application/json", 403),
            ("another agency's adapter", "landlord-private", "/v1/in/police", message[1], "application/xml", 403),
        ]:
            r = self.call(party, "POST", path, body, {"content-type": media_type}, expect=None)
            self.expect(s, what, r.status, status)
            p = r.json()
            self.refusals.append(r.body.decode())
            self.say(f"  {what}: {r.status} {p.get('code')} {p.get('pointer', '')}: {p.get('detail')}")
        self.expect(s, "a certificate of another CA", self.stranger(), "refused")
        self.say("  a certificate of another CA: refused in the TLS handshake")

    def stranger(self):
        for _ in range(200):
            client = Client(self.hub.certs, "stranger", self.hub.port(8443)) if (self.hub.certs / "stranger.pem").exists() else None
            if client is None:
                return "no stranger certificate"
            try:
                return f"answered {client.request('GET', '/v1/exchanges').status}"
            except ssl.SSLError:
                return "refused"
            except ConnectionRefusedError:
                time.sleep(0.1)  # the hub is starting again
            except (OSError, http.client.HTTPException):
                return "refused"
            finally:
                client.close()
        return "no hub"

    def steps(self):
        return [self.police_suspicion, self.lob_protected, self.offers, self.rent_arrears, self.eviction, self.referral, self.sig, self.failures]

    # -- after --------------------------------------------------------------------------------------------------------

    def audit(self):
        """The record against the world: the log verifies, and whatever a recipient holds has its record."""
        s = self.step(9, "The record: samband log verify; everything that arrived was recorded before")
        self.killer.settle()
        verified = self.hub.command("log", "verify", "--config", str(self.hub.config), "--json", check=False)
        result = json.loads(verified.stdout) if verified.stdout.startswith("{") else {"valid": False, "problems": verified.stderr}
        self.expect(s, "log verify", result["valid"], True)
        listed = json.loads(self.hub.command("exchange", "list", "--config", str(self.hub.config), "--json", "--limit", "1000").stdout)
        known = {e["id"]: e for e in listed}
        unrecorded, twice = [], []
        for script, party, _ in COUNTERPARTS:
            for r in self.counterparts.received(script, party):
                e = known.get(r["key"])
                if r["key"] and e is None and len(listed) < 1000:
                    unrecorded.append((party, r["key"]))
                if r["key"] and e is not None and e["outcome"] not in PERMITTED and e["life"] != "recalled":
                    unrecorded.append((party, r["key"], e["outcome"]))
        self.expect(s, "arrived without a record", unrecorded, [])
        lost = [e["id"] for e in self.exchanges if e["id"] not in known and len(listed) < 1000]
        self.expect(s, "acknowledged and lost", lost, [])
        self.say(f"  {len(known)} exchanges, {result.get('size')} log entries, root {str(result.get('root'))[:16]}..., valid: {result['valid']}")

    def leaks(self):
        """No person number in anything that is not the message itself."""
        s = self.step(10, "No person in the log, the metrics, any refusal or any URL")
        texts = {"hub log": self.hub.log(), "metrics": self.hub.admin("/metrics")[1], "refusals": "\n".join(self.refusals),
                 "URLs out": "\n".join(self.counterparts.targets()), "URLs in": "\n".join(Client.asked)}
        self.expect(s, "URLs were seen both ways", bool(texts["URLs out"] and texts["URLs in"]), True)
        found = []
        for where, text in texts.items():
            for person in people.ALL:
                number = person["personalNumber"]
                for form in (number, number[2:], f"{number[:8]}-{number[8:]}", f"{number[2:8]}-{number[8:]}"):
                    if form in text:
                        found.append((where, "a person number"))
                if person["familyName"] in text:
                    found.append((where, "a name"))
        self.expect(s, "personal data found", found, [])
        self.say(f"  searched {', '.join(texts)} for {len(people.ALL)} persons: {'nothing' if not found else found}")

    def play(self, name):
        """One story of config/scenarios, through a hub of its own (docs/scenarios.md)."""
        self.say(f"\n=== samband demo {name}")
        last = ""
        with subprocess.Popen([str(SAMBAND), "demo", name], cwd=SOURCE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as story:
            for line in story.stdout:
                self.say(line.rstrip("\n"))
                if line.startswith(f"demo {name}: "):
                    last = line.strip()
        found = re.fullmatch(rf"demo {name}: (\d+) of (\d+) outcomes as expected", last)
        met, total = (int(found[1]), int(found[2])) if found else (0, 1)
        if story.returncode != 0 and met == total:
            total += 1  # it says that all is well, and its exit code does not
        self.stories.append((last or f"demo {name}: did not come to its end", met, total))

    def summary(self):
        bad = [r for r in self.results if r[2] != r[3]]
        outcomes = {}
        for e in self.exchanges:
            outcomes[e["outcome"]] = outcomes.get(e["outcome"], 0) + 1
        shown = ", ".join(f"{n} {o}" for o, n in sorted(outcomes.items()))
        kills = f", {self.killer.done} kill -9" if self.killer.done else ""
        self.say("")
        for step, what, expected, got in bad:
            print(f"UNEXPECTED step {step}: {what}: got {got!r}, expected {expected!r}", flush=True)
        for line, _, _ in self.stories:
            print(line)
        total = len(self.results) + sum(all_ for _, _, all_ in self.stories)
        met = len(self.results) - len(bad) + sum(met for _, met, _ in self.stories)
        print(f"demo: {met} of {total} outcomes as expected; decisions shown: {shown}{kills}; "
              f"{time.monotonic() - self.started:.1f} s", flush=True)
        return met == total

    def close(self):
        self.killer.left = 0
        self.killer.settle()
        self.counterparts.close()
        self.hub.close()


def run(folder, kills=0, seed=0, quiet=False, stories=()):
    """All steps once, then the stories. Returns (demo, ok); the caller closes."""
    demo = Demo(folder, kills, seed, quiet)
    try:
        demo.start()
        for step in demo.steps():
            step()
        demo.audit()
        demo.leaks()
        for name in stories:
            demo.play(name)
        return demo, demo.summary()
    except BaseException:
        print(f"--- end of the hub's log ({demo.hub.log_path})\n{demo.hub.log()[-4000:]}", file=sys.stderr)
        demo.close()
        raise


def main():
    parser = argparse.ArgumentParser(prog="./dev demo", description="The five collaborations over mutual TLS, through the real hub.")
    parser.add_argument("--once", action="store_true", help="stop everything afterwards; exit code tells the outcome")
    parser.add_argument("--soak", type=float, metavar="MINUTES", help="again and again on the same hub")
    parser.add_argument("--kills", type=int, default=0, metavar="N", help="kill -9 the hub N times at random points")
    parser.add_argument("--seed", type=int, default=None, help="of the random points (printed)")
    parser.add_argument("--folder", help="where everything goes (default: build/demo, made anew)")
    options = parser.parse_args()
    seed = options.seed if options.seed is not None else random.randrange(1 << 30)
    if options.folder:
        folder = pathlib.Path(options.folder)
    else:
        folder = SOURCE / "build" / "demo"
        shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if options.kills:
        print(f"kill -9 at {options.kills} random points, seed {seed}")
    demo, ok = run(folder, options.kills, seed, stories=STORIES)
    try:
        if options.soak:
            end = time.monotonic() + options.soak * 60
            rounds = 1
            while ok and time.monotonic() < end:
                demo.quiet = True
                demo.results.clear()
                demo.stories.clear()
                for step in demo.steps():
                    step()
                ok = demo.summary()
                rounds += 1
            demo.audit()
            print(f"soak: {rounds} rounds")
            return 0 if ok else 1
        if options.once:
            return 0 if ok else 1
        sample = folder / "message.json"
        sample.write_text(build.landlord_arrears(people.GUARDIAN_45, "demo-" + uuid.uuid4().hex[:8])[1], encoding="utf-8")
        certs = demo.hub.certs
        print(f"""
Everything is running; Ctrl-C stops it.
Send a message as the landlord (change messageId to send another):
  curl --cacert {certs}/ca.pem --cert {certs}/landlord-private.pem --key {certs}/landlord-private.key \\
       -H 'content-type: application/json' --data @{sample} https://localhost:{demo.hub.port(8443)}/v1/in/landlord
Console (client certificate of a party, for example operator.pem):
  https://localhost:{demo.hub.port(8444)}/
  curl --cacert {certs}/ca.pem --cert {certs}/operator.pem --key {certs}/operator.key https://localhost:{demo.hub.port(8444)}/
Metrics: http://127.0.0.1:{demo.hub.port(9464)}/metrics""", flush=True)
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
        try:
            while demo.hub.process.poll() is None:
                time.sleep(1)
            print(demo.hub.log()[-2000:], file=sys.stderr)
        except KeyboardInterrupt:
            pass
        return 0 if ok else 1
    finally:
        demo.close()


if __name__ == "__main__":
    sys.exit(main())
