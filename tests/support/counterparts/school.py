#!/usr/bin/env python3
"""A school's or a leisure centre's system: takes notices around SS12000 persons (plugins/school/README.md) on POST /notices.

Strict about members and about the words of SS12000. Records: the notice's kind, key = the exchange's id; the same id again
is answered with the same reference and recorded as a duplicate.
"""
from counterpart import Answer, Counterpart, Refusal, run

NOTICE = {"id", "kind", "purpose", "conversationId", "createdAt", "sender", "persons", "data", "text"}
PERSON = {"ref", "role", "relationTo", "givenName", "familyName", "civicNo", "birthDate", "sex", "securityMarking", "emails", "phoneNumbers",
          "addresses", "district", "interpreter", "informed"}
MARKINGS = {"Ingen", "Sekretessmarkering", "Skyddad folkbokföring"}


class School(Counterpart):
    def __init__(self, arguments, received):
        super().__init__(arguments.party, received)

    def error(self, refusal):
        return Answer(refusal.status, {"title": refusal.what, "status": refusal.status, "pointer": refusal.where}, "application/problem+json")

    def handle(self, request):
        if request.path.rstrip("/") != "/notices":
            raise Refusal(404, "no such resource")
        if request.method != "POST":
            raise Refusal(405, "only POST")
        body = request.json()
        if not isinstance(body, dict) or set(body) - NOTICE or not {"id", "kind", "persons", "data", "text"} <= set(body):
            raise Refusal(422, "not a notice", "/")
        for i, person in enumerate(body["persons"]):
            if set(person) - PERSON or not {"ref", "role"} <= set(person):
                raise Refusal(422, "not a person", f"/persons/{i}")
            if person.get("securityMarking", "Ingen") not in MARKINGS or person.get("sex", "Man") not in ("Man", "Kvinna"):
                raise Refusal(422, "not a code of SS12000", f"/persons/{i}")
        before = self.received.find(body["id"], body["kind"])
        record = self.received.add(body["id"], body["kind"], body, reference=before["reference"] if before else f"EL-{len(self.received.all()) + 1}")
        return Answer(200 if before else 201, {"reference": record["reference"]})


if __name__ == "__main__":
    run(School, __doc__)
