#!/usr/bin/env python3
"""A regional health system: a FHIR R4 server that takes the transaction Bundle of the health adapter.

It checks resource types, required elements, code bindings and references, refuses with an OperationOutcome, and honours
If-None-Exist on the exchange's identifier, so that the same Bundle twice makes one Task. The transaction is posted to the
base. Records: kind task (key = exchange id), recall (key = the recalled exchange's id).
"""
import re
import urllib.parse
import uuid

from counterpart import Answer, Counterpart, Refusal, http_date, run

EXCHANGE = "urn:samband:exchange"
PERSON_SYSTEMS = {
    "http://electronichealth.se/identifier/personnummer",
    "http://electronichealth.se/identifier/samordningsnummer",
    "http://electronichealth.se/identifier/nationelltReservnummer",
}
# Element -> True when required; other elements are refused, as a server with closed profiles does.
ELEMENTS = {
    "Patient": {"meta": False, "identifier": False, "active": False, "name": False, "telecom": False, "gender": False,
                "birthDate": False, "address": False, "contact": False, "communication": False},
    "ServiceRequest": {"meta": False, "identifier": False, "status": True, "intent": True, "category": False, "priority": False,
                       "code": False, "orderDetail": False, "subject": True, "authoredOn": False, "requester": False, "reasonCode": False,
                       "occurrenceDateTime": False, "supportingInfo": False, "note": False},
    "Task": {"meta": False, "identifier": False, "basedOn": False, "groupIdentifier": False, "status": True, "intent": True, "priority": False,
             "code": False, "description": False, "focus": False, "for": False, "authoredOn": False, "requester": False,
             "owner": False, "businessStatus": False, "statusReason": False, "note": False, "contained": False, "executionPeriod": False,
             "restriction": False},
    "DiagnosticReport": {"meta": False, "identifier": False, "basedOn": False, "status": True, "code": True, "subject": False,
                         "effectiveDateTime": False, "issued": False, "result": False, "conclusion": False},
    "Observation": {"meta": False, "identifier": False, "basedOn": False, "status": True, "code": True, "subject": False,
                    "effectiveDateTime": False, "valueString": False},
    "Consent": {"meta": False, "identifier": False, "status": True, "scope": True, "category": True, "patient": False,
                "dateTime": False, "policyRule": False, "provision": False, "performer": False, "organization": False, "policy": False, "language": False,
                "sourceReference": False},
    "DocumentReference": {"meta": False, "identifier": False, "status": True, "type": False, "subject": False, "description": False,
                          "content": True},
    "RelatedPerson": {"meta": False, "identifier": False, "patient": True, "relationship": False, "name": False,
                      "telecom": False, "gender": False, "birthDate": False, "address": False},
}
CODES = {
    ("Patient", "gender"): {"male", "female", "other", "unknown"},
    ("RelatedPerson", "gender"): {"male", "female", "other", "unknown"},
    ("ServiceRequest", "status"): {"draft", "active", "on-hold", "revoked", "completed", "entered-in-error", "unknown"},
    ("ServiceRequest", "intent"): {"proposal", "plan", "directive", "order", "original-order", "reflex-order", "filler-order",
                                   "instance-order", "option"},
    ("ServiceRequest", "priority"): {"routine", "urgent", "asap", "stat"},
    ("Task", "status"): {"draft", "requested", "received", "accepted", "rejected", "ready", "cancelled", "in-progress", "on-hold",
                         "failed", "completed", "entered-in-error"},
    ("Task", "intent"): {"unknown", "proposal", "plan", "order", "original-order", "reflex-order", "filler-order",
                         "instance-order", "option"},
    ("Task", "priority"): {"routine", "urgent", "asap", "stat"},
    ("DiagnosticReport", "status"): {"registered", "partial", "preliminary", "final", "amended", "corrected", "appended", "cancelled",
                                     "entered-in-error", "unknown"},
    ("Observation", "status"): {"registered", "preliminary", "final", "amended", "corrected", "cancelled", "entered-in-error", "unknown"},
    ("Consent", "status"): {"draft", "proposed", "active", "rejected", "inactive", "entered-in-error"},
}


def references(value):
    if isinstance(value, dict):
        if isinstance(value.get("reference"), str):
            yield value["reference"]
        for item in value.values():
            yield from references(item)
    elif isinstance(value, list):
        for item in value:
            yield from references(item)


def has_empty(value):
    """FHIR forbids empty strings, objects and arrays."""
    if isinstance(value, dict):
        return not value or any(has_empty(v) for v in value.values())
    if isinstance(value, list):
        return not value or any(has_empty(v) for v in value)
    return value is None or value == ""


def exchange_of(resource):
    for identifier in resource.get("identifier", []):
        if identifier.get("system") == EXCHANGE:
            return identifier.get("value", "")
    return ""


def check_resource(resource, where):
    kind = resource.get("resourceType")
    if kind not in ELEMENTS:
        raise Refusal(422, "resource type is not supported", where, "not-supported")
    for name in resource:
        if name != "resourceType" and name not in ELEMENTS[kind]:
            raise Refusal(422, "unknown element", f"{where}.{name[:40]}", "structure")
    for name, required in ELEMENTS[kind].items():
        if required and name not in resource:
            raise Refusal(422, "a required element is missing", f"{where}.{name}", "required")
    for (of, name), codes in CODES.items():
        if of == kind and name in resource and resource[name] not in codes:
            raise Refusal(422, "code is not in the required value set", f"{where}.{name}", "code-invalid")
    for name in ("identifier", "name", "telecom", "address", "note", "reasonCode", "category"):
        if name in resource and not isinstance(resource[name], list):
            raise Refusal(422, "must be an array", f"{where}.{name}", "structure")
    if has_empty(resource):
        raise Refusal(422, "empty values are not allowed", where, "structure")
    if "birthDate" in resource and not re.fullmatch(r"\d{4}(-\d{2}(-\d{2})?)?", str(resource["birthDate"])):
        raise Refusal(422, "is not a date", f"{where}.birthDate", "value")
    for text in (n.get("text") for n in resource.get("note", [])):
        if not isinstance(text, str):
            raise Refusal(422, "a note needs text", f"{where}.note", "required")
    if kind == "Patient":
        for identifier in resource.get("identifier", []):
            if identifier.get("system") in PERSON_SYSTEMS and not re.fullmatch(r"\d{8}[0-9A-Z]{4}", identifier.get("value", "")):
                raise Refusal(422, "is not a personal identity", f"{where}.identifier", "value")


class Fhir(Counterpart):
    def __init__(self, arguments, received):
        super().__init__(arguments.party, received)
        self.base = arguments.base.rstrip("/")
        self.tasks = {r["key"]: r for r in received.all("task") if not r["duplicate"]}

    def error(self, refusal):
        issue = {"severity": "error", "code": refusal.code, "diagnostics": refusal.what}
        if refusal.where:
            issue["expression"] = [refusal.where]
        return Answer(refusal.status, {"resourceType": "OperationOutcome", "issue": [issue]}, "application/fhir+json")

    def handle(self, request):
        if request.method == "GET" and request.path == self.base + "/metadata":
            return Answer(200, {"resourceType": "CapabilityStatement", "status": "active", "kind": "instance", "date": "2026-11-22",
                                "fhirVersion": "4.0.1", "format": ["json"], "rest": [{"mode": "server"}]}, "application/fhir+json")
        task = re.fullmatch(re.escape(self.base) + r"/Task/([0-9a-f-]{36})", request.path)
        if task and request.method == "GET":
            found = next((r for r in self.tasks.values() if r["id"] == task[1]), None)
            if not found:
                raise Refusal(404, "no such resource", code="not-found")
            entry = next(e for e in found["body"]["entry"] if e["resource"]["resourceType"] == "Task")
            return Answer(200, entry["resource"] | {"id": task[1]}, "application/fhir+json")
        if request.method != "POST" or request.path.rstrip("/") != self.base:
            raise Refusal(404, "no such resource", code="not-found")
        bundle = request.json("application/fhir+json")
        if not isinstance(bundle, dict) or bundle.get("resourceType") != "Bundle" or bundle.get("type") != "transaction":
            raise Refusal(400, "a transaction Bundle is expected", "Bundle.type", "value")
        return self.transaction(bundle)

    def transaction(self, bundle):
        entries = bundle.get("entry")
        if set(bundle) - {"resourceType", "type", "entry"} or not isinstance(entries, list) or not entries:
            raise Refusal(400, "a transaction has entries", "Bundle.entry", "required")
        urls = set()
        for i, entry in enumerate(entries):
            where = f"Bundle.entry[{i}]"
            if not isinstance(entry, dict) or set(entry) - {"fullUrl", "resource", "request"} or "request" not in entry:
                raise Refusal(400, "an entry has fullUrl, resource and request", where, "structure")
            resource, how = entry.get("resource"), entry["request"]
            if not isinstance(resource, dict):
                raise Refusal(400, "an entry needs a resource", where, "required")
            check_resource(resource, resource.get("resourceType", where))
            if how.get("method") != "POST" or how.get("url") != resource["resourceType"] or set(how) - {"method", "url", "ifNoneExist"}:
                raise Refusal(400, "the request does not fit the resource", where + ".request", "value")
            if not re.fullmatch(r"urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", entry.get("fullUrl", "")):
                raise Refusal(400, "fullUrl must be a UUID", where + ".fullUrl", "value")
            if entry["fullUrl"] in urls:
                raise Refusal(400, "fullUrl is repeated", where + ".fullUrl", "duplicate")
            urls.add(entry["fullUrl"])
        for reference in references([e["resource"] for e in entries]):
            if reference.startswith("urn:uuid:") and reference not in urls:
                raise Refusal(422, "reference points outside the bundle", "Bundle", "not-found")
        tasks = [e for e in entries if e["resource"]["resourceType"] == "Task"]
        if len(tasks) != 1:
            raise Refusal(422, "one Task is expected", "Bundle.entry", "business-rule")
        return self.accept(bundle, entries, tasks[0])

    def accept(self, bundle, entries, task):
        key = exchange_of(task["resource"])
        if not key:
            raise Refusal(422, "the Task does not name the exchange", "Task.identifier", "required")
        code = next((c.get("code") for c in task["resource"].get("code", {}).get("coding", [])), "")
        if code == "abort":
            recalled = task["resource"].get("focus", {}).get("identifier", {})
            if recalled.get("system") != EXCHANGE or not recalled.get("value"):
                raise Refusal(422, "the Task does not name what is to be aborted", "Task.focus", "required")
            before = self.received.find(recalled["value"], "recall")
            record = self.received.add(recalled["value"], "recall", bundle, id=before["id"] if before else str(uuid.uuid4()))
            return self.response(entries, record["id"], "200 OK" if before else "201 Created")
        condition = task["request"].get("ifNoneExist", "")
        if condition and urllib.parse.unquote(condition) != f"identifier={EXCHANGE}|{key}":
            raise Refusal(412, "the condition does not select the exchange", "Bundle.entry.request.ifNoneExist", "invalid")
        before = self.tasks.get(key) if condition else None
        record = self.received.add(key, "task", bundle, id=before["id"] if before else str(uuid.uuid4()))
        if not before:
            self.tasks[key] = record
        return self.response(entries, record["id"], "200 OK" if before else "201 Created")

    @staticmethod
    def response(entries, task_id, status):
        answers = []
        for entry in entries:
            kind = entry["resource"]["resourceType"]
            number = task_id if kind == "Task" else str(uuid.uuid5(uuid.UUID(task_id), entry["fullUrl"]))
            answers.append({"response": {"status": status, "location": f"{kind}/{number}/_history/1", "etag": 'W/"1"'}})
        return Answer(200, {"resourceType": "Bundle", "type": "transaction-response", "entry": answers}, "application/fhir+json",
                      {"last-modified": http_date()})


if __name__ == "__main__":
    run(Fhir, __doc__, lambda parser: parser.add_argument("--base", default="/fhir", help="base of the FHIR server"))
