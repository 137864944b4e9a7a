#!/usr/bin/env python3
"""A landlord's system: takes receipts, recalls and notices as JSON (plugins/landlord/README.md) on POST /notices.

Strict about members. Records: kind receipt, recall or notice (key = the exchange's id); the same id again is answered
with the same reference and recorded as a duplicate.
"""
import re

from counterpart import Answer, Counterpart, Refusal, run

MEMBERS = {
    "receipt": {"id", "type", "refToMessageId", "exchangeId", "receivedAt", "receiptLeaf", "proof"},
    "recall": {"id", "type", "refToMessageId", "kind", "data"},
    "notice": {"id", "type", "refToMessageId", "kind", "data"},
}


class Landlord(Counterpart):
    def __init__(self, arguments, received):
        super().__init__(arguments.party, received)

    def error(self, refusal):
        return Answer(refusal.status, {"title": refusal.what, "status": refusal.status, "pointer": refusal.where},
                      "application/problem+json")

    def handle(self, request):
        if request.path.rstrip("/") != "/notices":
            raise Refusal(404, "no such resource")
        if request.method != "POST":
            raise Refusal(405, "only POST")
        body = request.json()
        if not isinstance(body, dict) or body.get("type") not in MEMBERS:
            raise Refusal(422, "must be a receipt, a recall or a notice", "/type")
        if set(body) - MEMBERS[body["type"]]:
            raise Refusal(422, "unknown member", "/")
        for name in ("id", "exchangeId", "receivedAt") if body["type"] == "receipt" else ("id", "data"):
            if not body.get(name):
                raise Refusal(422, "is required", "/" + name)
        if body["type"] == "receipt" and not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", body["receivedAt"]):
            raise Refusal(422, "must be an instant", "/receivedAt")
        before = self.received.find(body["id"], body["type"])
        record = self.received.add(body["id"], body["type"], body, reference=before["reference"] if before else f"HV-{len(self.received.all()) + 1}")
        return Answer(200 if before else 201, {"reference": record["reference"]})


if __name__ == "__main__":
    run(Landlord, __doc__)
