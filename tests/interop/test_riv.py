#!/usr/bin/env python3
"""RIV-TA referrals beside what others wrote: the eRemiss pilot's samples are read, and what the adapter writes is valid by
the published schemas of clinicalprocess:activity:request (xmllint). Skips, and says so, without the samples or xmllint."""
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree as ET

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "support"))
import plugin_driver as driver  # noqa: E402
from hub_harness import SAMBAND, SOURCE  # noqa: E402

RIV = SOURCE.parent / "shared" / "testdata" / "riv"
MODULE = SAMBAND.parent.parent / "lib" / "samband-health.so"
CASES = SOURCE / "plugins" / "health" / "cases"
CONFIG = {"careUnit": "SE9999000061-HUB", "parties": {"hospital": {"format": "riv", "careUnit": "SE9999000038-H001"},
                                                      "social-board": {"careUnit": "SE9999000020-S001"}}}
STEPS = [("received", ""), ("accepted", ""), ("declined", "person_declined"), ("declined", "recipient_declined"), ("completion_requested", ""),
         ("forwarded", ""), ("queued", ""), ("first_visit_booked", ""), ("no_show", ""), ("first_visit", ""), ("in_progress", ""),
         ("completed", ""), ("broken_off", "withdrawn")]


def samples():
    found = sorted((RIV / "eremiss").glob("testcase_*.xml"))
    if not found:
        raise unittest.SkipTest("the eRemiss samples are not here (../shared/testdata/riv)")
    return found


class Samples(unittest.TestCase):
    def test_every_sample_is_read(self):
        plugin = driver.Plugin(MODULE)  # nobody's care units: routing decides
        for path in samples():
            with self.subTest(path.name):
                (message,) = plugin.decode("text/xml", path.read_bytes())
                root = ET.parse(path).getroot()
                ns = {"r": root.tag[1:].split("}")[0]}
                data = message["data"]
                number = root.find("r:patient/r:personId", ns).get("extension")
                self.assertEqual(data["persons"][0]["personalNumber"], number)
                self.assertEqual(data["persons"][0]["familyName"].split()[0], "Testsson")
                if root.tag.endswith("}request"):
                    self.assertEqual(data["kind"], "care.referral")
                    self.assertEqual(data["payload"]["question"], root.find("r:questionFormulation/r:text", ns).text.strip())
                    for extra in root.findall("r:awarenessInformation/r:text", ns):
                        self.assertIn(extra.text.strip(), data["payload"]["clinicalInformation"])
                else:
                    self.assertEqual((data["kind"], data["payload"]["status"]), ("care.status", "completed"))
                    self.assertEqual(data["payload"]["exchangeId"], root.find("r:requestId", ns).get("extension").split("#")[1])
                    self.assertTrue(data["text"])


class Schemas(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        if not shutil.which("xmllint") or not (RIV / "activity-request").is_dir():
            raise unittest.SkipTest("xmllint or the schemas (../shared/testdata/riv) are not here")
        folder = tempfile.TemporaryDirectory(prefix="samband-riv-")
        cls.addClassCleanup(folder.cleanup)
        cls.folder = pathlib.Path(folder.name)
        (cls.folder / "core_components").mkdir()
        (cls.folder / "interactions" / "all").mkdir(parents=True)
        for path in (RIV / "activity-request").glob("*.xsd"):  # as the schemas name each other
            shutil.copy(path, cls.folder / ("interactions/all" if "Responder" in path.name else "core_components"))

    def write(self, exchange):
        action, _ = driver.Plugin(MODULE, CONFIG).step(driver.DELIVER, exchange, b"", driver.STARTED)
        self.assertEqual(action["kind"], driver.HTTP, action["reason"])
        body = ET.fromstring(action["body"]).find("{http://schemas.xmlsoap.org/soap/envelope/}Body")
        (call,) = list(body)
        operation = call.tag.split("}")[1]
        self.assertEqual(action["headers"]["soapaction"],
                         f'"urn:riv:clinicalprocess:activity:request:{operation}Responder:1:{operation}"')
        return operation, call

    def validate(self, operation, call):
        document = self.folder / "call.xml"
        document.write_bytes(ET.tostring(call))
        schema = self.folder / "interactions/all" / f"{operation}Responder_1.0.xsd"
        done = subprocess.run(["xmllint", "--nonet", "--noout", "--schema", schema, document], capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr)

    def case(self, name):
        return json.loads((CASES / name / "in.json").read_text(encoding="utf-8"))

    def test_a_referral_is_valid(self):
        operation, call = self.write(self.case("riv_encode_referral"))
        self.assertEqual(operation, "ProcessRequest")
        self.validate(operation, call)

    def test_a_bare_referral_is_valid(self):
        exchange = self.case("riv_encode_referral")
        exchange["data"] = {"persons": [{"ref": "p1", "role": "subject", "personalNumber": "200703022392"}], "payload": {"service": "x" * 60}}
        self.validate(*self.write(exchange))

    def test_every_status_is_valid(self):
        for status, reason in STEPS:
            with self.subTest(status=status, reason=reason):
                exchange = self.case("riv_encode_status")
                exchange["data"]["payload"] |= {"status": status} | ({"reasonCode": reason} if reason else {})
                operation, call = self.write(exchange)
                self.assertEqual(operation == "ProcessRequestOutcome", status in ("declined", "completed", "broken_off"))
                self.validate(operation, call)

    def test_a_wrong_document_is_seen(self):
        operation, call = self.write(self.case("riv_encode_referral"))
        next(call.iter("{urn:riv:clinicalprocess:activity:request:1}typeOfRequest")).set("code", "99")
        with self.assertRaises(AssertionError):
            self.validate(operation, call)


if __name__ == "__main__":
    unittest.main()
