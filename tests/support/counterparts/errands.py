#!/usr/bin/env python3
"""A municipality's errand inbox (after Sundsvall's CareManagement errand), with an inbox for recalls: who it is about stands
in the body, never in a URL.

Strict: unknown fields are refused. An externalReference that is there already answers 409 with the errand's id; PATCH
brings it up to date; GET reads it, with the status that its own people have set (POST /_set).
Records: kind errand (key = externalReference), update (the same key), recall (key = exchangeId), read (key = the errand's id).
"""
import re
import uuid

from counterpart import Answer, Counterpart, Refusal, run

BASE = "/case-api/v1"
UPDATE_FIELDS = {"typeSlug", "title", "description", "priority", "stakeholders", "data"}
ERRAND_FIELDS = UPDATE_FIELDS | {"status", "externalReference"}
STAKEHOLDER_FIELDS = {"externalId", "externalIdType", "role", "firstName", "lastName", "organizationName", "address", "zipCode",
                      "city", "country", "careOf", "contactChannels"}


class Errands(Counterpart):
    base = BASE

    def error(self, refusal):
        return Answer(refusal.status, {"title": "Bad Request" if refusal.status == 400 else refusal.what, "status": refusal.status,
                                       "detail": refusal.what}, media_type="application/problem+json")

    def handle(self, request):
        if request.query_pairs:
            raise Refusal(400, "no parameters here", "errand:")
        answer = self.errand_or_recall(request)
        if not answer:
            raise Refusal(404, "no such resource", "errand:")
        return answer

    def errand_or_recall(self, request):
        """Nothing when the request is about neither."""
        path = request.path[len(self.base):] if request.path.startswith(self.base + "/") else ""
        known = re.fullmatch(r"/Errands/([0-9a-f-]{36})", path)
        if known and request.method == "GET":
            return self.get_errand(known[1])
        if known and request.method == "PATCH":
            return self.patch_errand(request, known[1])
        if request.method == "POST" and path == "/Errands":
            return self.post_errand(request)
        if request.method == "POST" and path == "/Recalls":
            return self.post_recall(request)
        return None

    @staticmethod
    def checked(request, allowed, required):
        body = request.json()
        if not isinstance(body, dict) or set(body) - allowed:
            raise Refusal(400, "unknown field", "errand:")
        for name in required:
            if not isinstance(body.get(name), str) or not body[name]:
                raise Refusal(400, name + " is required", "errand:")
        for stakeholder in body.get("stakeholders", []):
            if not isinstance(stakeholder, dict) or set(stakeholder) - STAKEHOLDER_FIELDS or not stakeholder.get("role"):
                raise Refusal(400, "bad stakeholder", "errand:")
        return body

    def post_errand(self, request):
        body = self.checked(request, ERRAND_FIELDS, ("typeSlug", "title", "externalReference"))
        before = self.received.find(body["externalReference"], "errand")
        record = self.received.add(body["externalReference"], "errand", body, id=before["id"] if before else str(uuid.uuid4()))
        if before:
            return Answer(409, {"title": "Conflict", "status": 409, "detail": "externalReference exists", "id": before["id"]},
                          media_type="application/problem+json")
        return Answer(201, {"id": record["id"]}, headers={"location": f"{self.base}/Errands/{record['id']}"})

    def patch_errand(self, request, errand_id):
        body = self.checked(request, UPDATE_FIELDS, ())
        before = next((r for r in self.received.all("errand") if r["id"] == errand_id), None)
        if not before:
            raise Refusal(404, "no such errand", "errand:")
        self.received.add(before["key"], "update", body, id=errand_id)
        return Answer(204)

    # What the public errand has beside what it was made with.
    def get_errand(self, errand_id):
        errand = next((r for r in self.received.all("errand") if r["id"] == errand_id), None)
        if not errand:
            raise Refusal(404, "no such errand", "errand:")
        self.received.add(errand_id, "read", {})
        now = next((r["body"] for r in reversed(self.received.all("status")) if r["key"] == errand["key"]), {"status": "NEW"})
        if not now["status"]:  # taken away by its own people
            raise Refusal(404, "no such errand", "errand:")
        shown = {k: v for k, v in errand["body"].items() if k in ("typeSlug", "title", "description", "priority", "externalReference")}
        return Answer(200, {"id": errand_id, "municipalityId": "0999", "namespace": "SAMBAND", **shown, "errandNumber": now.get("errandNumber"),
                            "status": now["status"], "created": errand["at"], "modified": errand["at"], "touched": errand["at"]})

    def set(self, value):
        return self.received.add(value["externalReference"], "status", {k: value[k] for k in ("status", "errandNumber")})

    def post_recall(self, request):
        body = request.json()
        if not isinstance(body, dict) or set(body) - {"exchangeId", "reference"} or not isinstance(body.get("exchangeId"), str):
            raise Refusal(400, "needs exchangeId", "errand:")
        self.received.add(body["exchangeId"], "recall", body)
        return Answer(200, {"recalled": True})


if __name__ == "__main__":
    run(Errands, __doc__)
