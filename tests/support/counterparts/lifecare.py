#!/usr/bin/env python3
"""A municipal case system: the part of Lifecare FC's REST interface that the municipal_case adapter speaks, plus the
municipality's errand inbox and its inbox for recalls (errands.py) on the same base.

Strict: unknown fields, ids that are not in the person's Proposals, and bad person numbers are refused. As in the vendor's
API there is no idempotency key: the same POST twice makes two actualisations. Records: kind actualisation (no key, it
names no exchange), attachment (the notice; key = the exchange id in its title), file (further attachments), and what
errands.py records.
"""
import base64
import email.parser
import email.policy
import re

from counterpart import Answer, Refusal, run
from errands import Errands

BASE = "/lifecare-fc/apifc/v1"
FROM_WHO = ["Polis", "Skola", "Hälso- och sjukvård", "Kronofogden", "Hyresvärd", "Annan myndighet", "Klient"]
TYPES = {
    (1, "Anmälan"): ["Oro för barn", "Erbjudande om stöd", "Missbruk"],
    (2, "Underrättelse"): ["Brottsmisstanke", "Omhändertagande LOB", "Hyresskuld", "Störning", "Avhysning"],
    (3, "Information"): ["Återkoppling", "Social insatsgrupp", "Övrigt"],
    (4, "Ansökan"): ["Behov"],
}


def proposals():
    types = []
    for (number, name), reasons in TYPES.items():
        types.append({
            "Id": number, "Name": name, "SpecifyTypeMandatory": False, "WorkingStatus": True,
            "Reasons": [{"Id": number * 10 + i, "Name": r} for i, r in enumerate(reasons)],
            "FromWho": [{"Id": 100 + i, "Name": w} for i, w in enumerate(FROM_WHO)],
            "InvestigationTypes": [], "ServiceTypes": [],
        })
    senders = [{"Id": 60, "Name": "Myndighet"}, {"Id": 61, "Name": "Klient"}]
    return {
        "ActualisationTypes": types, "SpecifyTypes": [{"Id": 2, "Name": "Special"}],
        "WorkingStatus": [{"Id": 3, "Name": "Aktiv"}, {"Id": 7, "Name": "Ny"}],
        "Organizations": [{"Id": 4, "UnitId": "U1", "Name": "IFO Mottagning"}, {"Id": 5, "UnitId": "U2", "Name": "IFO Vuxen"}],
        "Investigations": [], "Services": [],
        "AttachmentTypes": [{"Id": 50, "Name": "Bilaga", "SenderTypes": senders}],
    }


PROPOSALS = proposals()
INT_FIELDS = {"Type", "FromWho", "Reason", "OrganisationId", "Specifies", "ServiceId", "InvestigationId", "WorkingStatus"}
TEXT_FIELDS = {"PersonId", "Date", "OrganisationUnitId", "CaseworkerId"}
REQUIRED = {"PersonId", "Date", "Type", "FromWho", "Reason", "OrganisationId", "OrganisationUnitId"}


def check_person_id(value):
    if not isinstance(value, str) or not re.fullmatch(r"[0-9]{12}", value):
        raise Refusal(400, "must be twelve digits", "personId")
    doubled = [int(d) * (2 - i % 2) for i, d in enumerate(value[2:])]
    if sum(d - 9 if d > 9 else d for d in doubled) % 10:
        raise Refusal(400, "is not a person number", "personId")
    return value


def by_id(entries, number):
    return next((e for e in entries if e["Id"] == number), None)


class Lifecare(Errands):
    base = BASE

    def __init__(self, arguments, received):
        super().__init__(arguments.party, received)
        self.unknown = set(arguments.unknown)
        self.actualisations = [r["body"] | {"Id": r["id"]} for r in received.all("actualisation")]

    def error(self, refusal):
        if refusal.where.startswith("errand:"):
            return super().error(refusal)
        body = {"Message": "The request is invalid." if refusal.status == 400 else refusal.what}
        if refusal.where:
            body["ModelState"] = {refusal.where: [refusal.what]}
        return Answer(refusal.status, body)

    def handle(self, request):
        if not request.path.startswith(BASE + "/"):
            raise Refusal(404, "no such resource")
        path = request.path[len(BASE):]
        attachment = re.fullmatch(r"/Actualisations/([0-9]{1,9})/Attachments", path)
        routes = {
            ("GET", "/Actualisations/Proposals"): self.get_proposals,
            ("GET", "/Actualisations"): self.get_actualisations,
            ("POST", "/Actualisations"): self.post_actualisation,
        }
        if attachment and request.method == "POST":
            return self.post_attachment(request, int(attachment[1]))
        action = routes.get((request.method, path))
        if not action:
            answer = self.errand_or_recall(request)
            if answer:
                return answer
            raise Refusal(405 if any(p == path for _, p in routes) else 404, "no such resource")
        return action(request)

    def person(self, request, *others):
        unknown = set(request.query) - {"personId", *others}
        if unknown or len(request.query_pairs) != len(request.query):
            raise Refusal(400, "unknown or repeated parameter", "query")
        person = check_person_id(request.query.get("personId"))
        if person in self.unknown:
            raise Refusal(404, "Not Found")
        return person

    def get_proposals(self, request):
        self.person(request)
        return Answer(200, PROPOSALS)

    def get_actualisations(self, request):
        person = self.person(request, "startDate", "endDate", "pageSize", "pageNr", "ascending")
        for name in ("startDate", "endDate"):
            if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", request.query.get(name, "")):
                raise Refusal(400, "must be a date", name)
        found = [self.shown(a) for a in self.actualisations
                 if a["PersonId"] == person and request.query["startDate"] <= a["Date"][:10] <= request.query["endDate"]]
        return Answer(200, {"PageNumber": 1, "PageSize": max(len(found), 1), "TotalNumberOfPages": 1,
                            "TotalNumberOfRecords": len(found), "Result": found})

    @staticmethod
    def shown(a):
        kind = by_id(PROPOSALS["ActualisationTypes"], a["Type"])
        return {"Id": a["Id"], "Type": kind["Name"], "PersonId": a["PersonId"], "Name": kind["Name"],
                "Date": a["Date"][:10] + "T00:00:00Z", "Reason": by_id(kind["Reasons"], a["Reason"])["Name"],
                "FromWho": by_id(kind["FromWho"], a["FromWho"])["Name"],
                "Organization": by_id(PROPOSALS["Organizations"], a["OrganisationId"])["Name"], "Status": "Öppen"}

    def post_actualisation(self, request):
        body = request.json()
        if not isinstance(body, dict):
            raise Refusal(400, "must be an object", "body")
        for name, value in body.items():
            if name not in INT_FIELDS | TEXT_FIELDS:
                raise Refusal(400, "is not a field", "body." + str(name)[:40])
            wanted = int if name in INT_FIELDS else str
            if not isinstance(value, wanted) or isinstance(value, bool):
                raise Refusal(400, "has the wrong type", "body." + name)
        missing = sorted(REQUIRED - set(body))
        if missing:
            raise Refusal(400, "is required", "body." + missing[0])
        check_person_id(body["PersonId"])
        if not re.fullmatch(r"\d{4}-\d{2}-\d{2}(T00:00:00Z?)?", body["Date"]):
            raise Refusal(400, "must be a date", "body.Date")
        kind = by_id(PROPOSALS["ActualisationTypes"], body["Type"])
        if not kind:
            raise Refusal(400, "is not in Proposals", "body.Type")
        for name, entries in (("Reason", kind["Reasons"]), ("FromWho", kind["FromWho"])):
            if not by_id(entries, body[name]):
                raise Refusal(400, "is not in Proposals", "body." + name)
        organisation = by_id(PROPOSALS["Organizations"], body["OrganisationId"])
        if not organisation or organisation["UnitId"] != body["OrganisationUnitId"]:
            raise Refusal(400, "is not in Proposals", "body.OrganisationId")
        if "WorkingStatus" in body and not by_id(PROPOSALS["WorkingStatus"], body["WorkingStatus"]):
            raise Refusal(400, "is not in Proposals", "body.WorkingStatus")
        number = 98765 + len(self.actualisations)
        self.received.add("", "actualisation", body, id=number)
        self.actualisations.append(body | {"Id": number})
        return Answer(200, str(number))

    def post_attachment(self, request, number):
        if not by_id(self.actualisations, number):
            raise Refusal(404, "Not Found")
        parts = self.form_parts(request)
        kind = next((t for t in PROPOSALS["AttachmentTypes"] if str(t["Id"]) == parts["InsertDocumentType"]), None)
        if not kind or not any(str(s["Id"]) == parts["InsertDocumentSenderType"] for s in kind["SenderTypes"]):
            raise Refusal(400, "is not in Proposals", "InsertDocumentType")
        exchange = re.search(r"- utbyte ([0-9A-Za-z-]{1,64})$", parts.get("Title", ""))
        if not exchange:
            raise Refusal(400, "does not name the exchange", "Title")
        is_notice = parts["fileName"] == "underrattelse.md"
        if is_notice and f"\nUtbyte: {exchange[1]}\n" not in parts["Content"]:
            raise Refusal(400, "the document names another exchange than its title", "Content")
        self.received.add(exchange[1], "attachment" if is_notice else "file:" + parts["fileName"], parts, actualisation=number)
        return Answer(204)

    @staticmethod
    def form_parts(request):
        if request.media_type() != "multipart/form-data":
            raise Refusal(415, "must be multipart/form-data")
        head = f"content-type: {request.headers['content-type']}\r\n\r\n".encode()
        message = email.parser.BytesParser(policy=email.policy.HTTP).parsebytes(head + request.body)
        if message.defects or not message.is_multipart():
            raise Refusal(400, "is not well-formed", "body")
        allowed = {"InsertDocumentType", "InsertDocumentSenderType", "Title", "SenderName", "Content"}
        parts = {}
        for part in message.iter_parts():
            name = part.get_param("name", header="content-disposition")
            if part.get_content_disposition() != "form-data" or name not in allowed or name in parts:
                raise Refusal(400, "unknown or repeated part", "body")
            raw = part.get_payload(decode=True)
            if name == "Content":
                if not part.get_filename():
                    raise Refusal(400, "must be a file", "Content")
                parts["fileName"], parts["mediaType"] = part.get_filename(), part.get_content_type()
            try:
                parts[name] = raw.decode("utf-8")
            except UnicodeDecodeError:
                if name != "Content" or parts["mediaType"].startswith("text/"):
                    raise Refusal(400, "is not UTF-8", name) from None
                parts[name] = base64.b64encode(raw).decode()
        for name in ("InsertDocumentType", "InsertDocumentSenderType", "Content"):
            if not parts.get(name):
                raise Refusal(400, "is required", name)
        return parts


if __name__ == "__main__":
    run(Lifecare, __doc__,
        lambda parser: parser.add_argument("--unknown", nargs="*", default=[], help="person ids that the system does not know"))
