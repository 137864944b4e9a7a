"""A test class around one running hub and the agencies' systems that it delivers to.

    class Holds(HubCase):
        SYSTEMS = ["social-board", "bup"]

A class that needs another configuration overrides edit(folder). Standard library only.
"""
import json
import pathlib
import unittest
import uuid

import people
import samband_client as build
from hub_harness import Counterparts, Hub, wait_for

# party -> script of its system, usual port of its endpoint
ENDPOINTS = {"social-board": ("errands", 19101), "maria-ungdom": ("fhir", 19102), "bup": ("fhir", 19103),
             "landlord-private": ("landlord", 19104), "kronofogden": ("sdk_receiver", 19105), "police-west": ("sdk_receiver", 19106),
             "bas": ("fhir", 19107), "hospital": ("riv", 19108),
             "leisure-centre": ("school", 19109)}
PERMITTED = ("released", "partial")
ARRIVAL_SECONDS_MAX = 30
# Who assesses for a party, by a certificate of his or her own.
OFFICIALS = {"police-west": "police-west-officer", "social-board": "social-board-caseworker", "social-restricted": "social-restricted-caseworker",
             "school-south": "school-south-principal", "maria-ungdom": "maria-ungdom-clinician", "bup": "bup-clinician", "bas": "bas-clinician",
             "hospital": "hospital-clinician", "kronofogden": "kronofogden-inspector"}


def new_id():
    return str(uuid.uuid4())


class HubCase(unittest.TestCase):
    SYSTEMS = ()
    maxDiff = 4000

    @staticmethod
    def edit(folder):
        """Changes the copied configuration before the first start."""

    @classmethod
    def prepare(cls, hub):
        """Changes certificates, keys or data before the first start."""

    @classmethod
    def setUpClass(cls):
        cls.hub = Hub(edit=cls.edit)
        cls.addClassCleanup(cls.hub.close)
        cls.systems = Counterparts(cls.hub.certs, cls.hub.folder)
        cls.addClassCleanup(cls.systems.close)
        for party in cls.SYSTEMS:
            cls.start_system(party)
        cls.prepare(cls.hub)
        cls.hub.start()

    @classmethod
    def start_system(cls, party):
        script, port = ENDPOINTS[party]
        cls.systems.start(script, party, cls.hub.port(port))

    # -- speaking to the hub ------------------------------------------------------------------------------------------

    def call(self, party, method, path, body=None, expect=200, headers=None):
        answer = self.hub.request(party, method, path, body, headers)
        if expect is not None:
            self.assertEqual(answer.status, expect, f"{method} {path} as {party}: {answer}")
        return answer.json() if answer.media_type.endswith("json") and answer.body else answer.body

    def send(self, party, adapter, message, expect=200):
        """message: what a builder of samband_client gave, or a canonical message."""
        media_type, body = message if isinstance(message, tuple) else ("application/json", message)
        return self.call(party, "POST", f"/v1/in/{adapter}" if adapter else "/v1/messages", body, expect, {"content-type": media_type})

    def to(self, answer, recipient):
        found = [e for e in answer["exchanges"] if e["recipient"] == recipient]
        self.assertEqual(len(found), 1, f"exchanges go to {[e['recipient'] for e in answer['exchanges']]}")
        return found[0]

    def exchange(self, party, exchange_id):
        return self.call(party, "GET", f"/v1/exchanges/{exchange_id}")

    def wait_state(self, party, exchange_id, state="delivered", seconds=ARRIVAL_SECONDS_MAX):
        seen = []

        def there():
            seen[:] = [self.exchange(party, exchange_id)]
            return seen[0] if seen[0]["state"] == state else None

        try:
            return wait_for(f"exchange {state}", there, seconds)
        except TimeoutError:
            self.fail(f"the exchange is {seen[0]['state']} after {seconds} s, expected {state}")

    def assess(self, party, exchange_id, expect=200, **facts):
        """The party's official answers, in a login of his or her own."""
        body = {"facts": [{"code": code, "value": value, "person": "p1", "reasonCode": "assessed_yes" if value else "assessed_no"}
                          for code, value in facts.items()]}
        return self.call(OFFICIALS[party], "POST", f"/v1/exchanges/{exchange_id}/assessments", body, expect)

    def inbox(self, party, wait=0):
        """All of it: a page has fifty at most."""
        out = page = self.call(party, "GET", f"/v1/inbox?wait={wait}")["exchanges"]
        while page:
            page = self.call(party, "GET", f"/v1/inbox?after={page[-1]['id']}")["exchanges"]
            out = out + page
        return out

    def wait_inbox(self, party, wanted, seconds=ARRIVAL_SECONDS_MAX):
        return wait_for("entry in the inbox", lambda: [x for x in self.inbox(party) if wanted(x)], seconds)

    # -- what the recipients hold -------------------------------------------------------------------------------------

    def received(self, party, kind=None):
        return self.systems.received(ENDPOINTS[party][0], party, kind)

    def received_of(self, party, exchange_id, kind=None):
        return [r for r in self.received(party, kind) if r["key"] == exchange_id]

    def mode(self, party, **faults):
        return self.systems.mode(ENDPOINTS[party][0], party, **{**dict.fromkeys(("fail", "delay", "twice", "half", "down"), 0), **faults})

    # -- beside the hub -----------------------------------------------------------------------------------------------

    def leaves(self):
        return self.hub.metric("samband_ledger_size")

    def cli(self, *arguments, check=None):
        """Exit code and output of a command with this hub's configuration. check: the exit code that it must be."""
        done = self.hub.command(*arguments, "--config", str(self.hub.config), check=False)
        if check is not None:
            self.assertEqual(done.returncode, check, f"samband {' '.join(arguments)}:\n{done.stdout}{done.stderr}")
        return done

    def cli_json(self, *arguments, check=0):
        return json.loads(self.cli(*arguments, "--json", check=check).stdout)

    def assert_log_verifies(self):
        found = json.loads(self.cli("log", "verify", "--json").stdout)
        self.assertEqual((found["valid"], found["problems"]), (True, []))
        return found


def data_files(folder):
    return [p for p in sorted(pathlib.Path(folder).rglob("*")) if p.is_file()]


# -- delivery ----------------------------------------------------------------------------------------------------------


def replaced(file, *pairs):
    text = file.read_text(encoding="utf-8")
    for old, new in pairs:
        assert old in text, f"{file.name} has no {old!r}"
        text = text.replace(old, new)
    file.write_text(text, encoding="utf-8")


def faster_retries(folder):
    """Retries come fast, and a recipient is waited for 1.5 s."""
    replaced(folder / "hub.toml", ("initial_ms = 1000", "initial_ms = 100"), ("max_ms = 3600000", "max_ms = 400"),
             ('server_name = "localhost"', 'server_name = "localhost"\nrequest_timeout_ms = 1500'))


class DeliveryCase(HubCase):
    """Messages to three kinds of systems, and how to tell that each got one case."""

    # sender, recipient, what is sent
    WAYS = [("police-west", "social-board", "suspicion"), ("landlord-private", "social-board", "arrears"), ("social-board", "bup", "referral")]
    edit = staticmethod(faster_retries)

    def suspicion(self):
        return self.to(self.send("police-west", "police", build.police_suspicion(people.YOUTH_17, new_id())), "social-board")

    def arrears(self):
        return self.to(self.send("landlord-private", "landlord", build.landlord_arrears(people.GUARDIAN_45, new_id())), "social-board")

    def referral(self):
        return self.to(self.send("social-board", "municipal_case", build.referral(people.CHILD_15, new_id(), need_for_care=True)), "bup")

    def cases(self, recipient, exchange_id):
        """How many cases the recipient has of one exchange: what it opened, not how often it was asked."""
        return len([r for r in self.received_of(recipient, exchange_id) if r["kind"] in ("errand", "task") and not r["duplicate"]])

    def opened(self, recipient):
        """How many cases it has in all."""
        return len([r for r in self.received(recipient) if r["kind"] in ("errand", "task") and not r["duplicate"]])

    def assert_one_case(self, sender, recipient, exchange):
        done = self.wait_state(sender, exchange["id"])
        self.assertIn(done["outcome"], PERMITTED)
        self.assertTrue(done["acknowledgedAt"] and done["externalReference"] and done["acknowledgementReceipt"]["proof"])
        self.assertEqual(self.cases(recipient, exchange["id"]), 1)
        return done
