"""An agency's side of the hub, for tests and the demo: mutual TLS, retries over a hub that dies, and builders of messages.

A builder answers (media type, body text). Same arguments, same bytes, apart from the message id and the time (`at`): a
message that is sent again must be byte for byte the same, so keep what the builder gave. Standard library only.
"""
import http.client
import json
import os
import ssl
import time
import uuid
from urllib.parse import urlsplit
from xml.sax.saxutils import escape, quoteattr

import officials

XML = "application/xml"
JSON = "application/json"
FHIR = "application/fhir+json"
HUB_ADDRESS = ("0203:samband.example", "sdk.example.0203:samband.example")


class Agency:
    """One agency's keep-alive connection. Connection errors are retried: POSTs are idempotent by message id."""

    def __init__(self, cert, key, ca, base_url, timeout_s=70, retry_s=60):
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self.context.minimum_version = ssl.TLSVersion.TLSv1_3
        self.context.load_verify_locations(ca)
        self.context.load_cert_chain(cert, key)
        parts = urlsplit(base_url)
        self.host, self.port, self.prefix = parts.hostname, parts.port or 443, parts.path.rstrip("/")
        self.timeout_s, self.retry_s, self.connection = timeout_s, retry_s, None

    def request(self, method, path, body=None, media_type=JSON, headers=None, retry_s=None):
        """(status, headers, bytes). A hub that is not there is asked again until retry_s has passed."""
        headers = dict(headers or {})
        if body is not None:
            headers["content-type"] = media_type
            body = body.encode() if isinstance(body, str) else body
        deadline = time.monotonic() + (self.retry_s if retry_s is None else retry_s)
        while True:
            try:
                if self.connection is None:
                    self.connection = http.client.HTTPSConnection(self.host, self.port, timeout=self.timeout_s, context=self.context)
                self.connection.request(method, self.prefix + path, body=body, headers=headers)
                answer = self.connection.getresponse()
                return answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read()
            except ssl.SSLCertVerificationError:
                self.close()
                raise
            except (http.client.HTTPException, OSError):
                self.close()
                if time.monotonic() >= deadline:
                    raise
                time.sleep(0.05)

    def get(self, path, **more):
        return parsed(self.request("GET", path, **more))

    def post(self, path, body, media_type=JSON, **more):
        if not isinstance(body, (str, bytes)):
            body = json.dumps(body, ensure_ascii=False)
        return parsed(self.request("POST", path, body, media_type, **more))

    def send(self, adapter, message, **more):
        """message: what a builder gave. (status, JSON)."""
        media_type, body = message
        return self.post(f"/v1/in/{adapter}" if adapter else "/v1/messages", body, media_type, **more)

    def close(self):
        if self.connection:
            self.connection.close()
        self.connection = None


def parsed(answer):
    status, headers, body = answer
    is_json = headers.get("content-type", "").split(";")[0].strip() in (JSON, FHIR, "application/problem+json")
    return status, json.loads(body) if is_json and body else body


def now(offset_s=0):
    return time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(time.time() + offset_s))


def as_person(person, ref="p1", role="subject", **more):
    return {"ref": ref, "role": role, **person, **more}


# -- SDK (XHE with our extension, plugins/digg_sdk/README.md) ----------------------------------------------------------


def notice_xml(name, value):
    """A member of the extension. Empty values are left out: SDK forbids empty elements."""
    if value is None or value == "" or value == [] or value == {}:
        return ""
    tag = f"s:{name}"
    if isinstance(value, bool):
        return f'<{tag} t="b">{"true" if value else "false"}</{tag}>'
    if isinstance(value, (int, float)):
        return f'<{tag} t="n">{json.dumps(value)}</{tag}>'
    if isinstance(value, dict):
        inner = "".join(notice_xml(k, v) for k, v in value.items())
    elif isinstance(value, list):
        inner = "".join(notice_xml("item", v) for v in value)
    else:
        inner = escape(value)
    return f"<{tag}>{inner}</{tag}>" if inner else ""


def sdk_party(element, participant, address):
    return (f"<m:{element}><m:{element}ID><m:root>iso6523-actorid-upis</m:root><m:extension>{escape(participant)}</m:extension></m:{element}ID>"
            f"<m:attention><m:subOrganization><m:organizationId><m:root>urn:riv:infrastructure:messaging:functionalAddress</m:root>"
            f"<m:extension>{escape(address)}</m:extension></m:organizationId></m:subOrganization></m:attention></m:{element}>")


def xhe(kind, data, message_id, sender, recipient=HUB_ADDRESS, at=None, label="Underrättelse", text=None):
    """An unencrypted XHE envelope around MessageWithAttachments v3 with our notice. sender, recipient: (0203:..., address).
    What `data` says of conversation and earlier message stands in the header."""
    at = at or now()
    conversation = data.get("conversationId", message_id)
    earlier = f"<m:refToMessageId>{data['refToMessageId']}</m:refToMessageId>" if "refToMessageId" in data else ""
    data = {k: v for k, v in data.items() if k not in ("kind", "conversationId", "refToMessageId")}
    scope = "".join(
        f"<a:BusinessScopeCriterion><b:BusinessScopeCriterionTypeCode>{code}</b:BusinessScopeCriterionTypeCode>"
        f"<b:BusinessScopeCriterionValue>{value}</b:BusinessScopeCriterionValue></a:BusinessScopeCriterion>"
        for code, value in [
            ("FEDERATIONID", "urn:fdc:digg.se:edelivery:federation:sdk"), ("PROCESSID", "bdx:noprocess"),
            ("PROCESSID_SCHEME", "urn:fdc:digg.se:edelivery:process"),
            ("DOCUMENTID", "urn:riv:infrastructure:messaging:MessageWithAttachments:3::messagePayload##3.0::tm-base-ext-sigenc"),
            ("DOCUMENTID_SCHEME", "busdox-docid-qns")])
    document_text = text or "Underrättelsen finns i strukturerad form i meddelandet."
    rendered = "" if text else ' text="rendered"'
    members = "".join(notice_xml(k, v) for k, v in data.items())
    body = (
        '<?xml version="1.0" encoding="UTF-8"?>'
        '<x:XHE xmlns:x="http://docs.oasis-open.org/bdxr/ns/XHE/1/ExchangeHeaderEnvelope" '
        'xmlns:a="http://docs.oasis-open.org/bdxr/ns/XHE/1/AggregateComponents" '
        'xmlns:b="http://docs.oasis-open.org/bdxr/ns/XHE/1/BasicComponents" xmlns:m="urn:riv:infrastructure:messaging:MessageWithAttachments:3">'
        "<b:XHEVersionID>1.0</b:XHEVersionID><b:CustomizationID>urn:fdc:digg.se:edelivery:xhe:1</b:CustomizationID>"
        f"<a:Header><b:ID>{message_id}</b:ID><b:CreationDateTime>{at}</b:CreationDateTime><a:BusinessScope>{scope}</a:BusinessScope>"
        f'<a:FromParty><a:PartyIdentification><b:ID schemeID="iso6523-actorid-upis">{escape(sender[0])}</b:ID></a:PartyIdentification></a:FromParty>'
        f'<a:ToParty><a:PartyIdentification><b:ID schemeID="iso6523-actorid-upis">{escape(recipient[0])}</b:ID></a:PartyIdentification></a:ToParty></a:Header>'
        "<a:Payloads><a:Payload><b:DocumentTypeCode>Q{urn:riv:infrastructure:messaging:MessageWithAttachments:3}messagePayload</b:DocumentTypeCode>"
        f"<b:ContentTypeCode>application/xml</b:ContentTypeCode><b:HandlingServiceID>{escape(recipient[1])}</b:HandlingServiceID>"
        "<b:InstanceEncryptionIndicator>false</b:InstanceEncryptionIndicator><a:PayloadContent><m:messagePayload><m:message>"
        f"<m:messageHeader><m:creationDateTime>{at}</m:creationDateTime><m:messageId>{message_id}</m:messageId>"
        f"<m:conversationId>{conversation}</m:conversationId>{earlier}<m:label>{escape(label)}</m:label><m:confidentiality>true</m:confidentiality>"
        f"{sdk_party('recipient', *recipient)}{sdk_party('sender', *sender)}</m:messageHeader>"
        "<m:messageBody><m:documents><m:documentID>SDK-Meddelande</m:documentID><m:documentName>SDK-Meddelande</m:documentName><m:index>1</m:index>"
        f"<m:ContentText><m:characterSequence>{escape(document_text)}</m:characterSequence></m:ContentText></m:documents>"
        f'<s:notice xmlns:s="urn:samband:notice:1" kind={quoteattr(kind)} version="1"{rendered}>{members}</s:notice>'
        "</m:messageBody></m:message></m:messagePayload></a:PayloadContent></a:Payload></a:Payloads></x:XHE>")
    return XML, body


POLICE = ("0203:police-west.example", "sdk.example.0203:police-west.example")
KRONOFOGDEN = ("0203:kronofogden.example", "sdk.example.0203:kronofogden.example")
OFFICER = {"id": "officer-4711", "name": "Inspektör Prov", "role": "förundersökningsledare", "phone": "08-465 004 12"}


def police(kind, person, message_id, payload, at=None, facts=(), consents=(), text=None, **more):
    """facts: one whose assessor is an official's id is signed by that official (officials.py)."""
    data = {"author": OFFICER, "persons": [as_person(person)], "facts": officials.judged(message_id, facts, [person]), "consents": list(consents), "payload": payload, **more}
    return xhe(kind, data, message_id, POLICE, at=at, text=text)


def police_suspicion(person, message_id, at=None, level="skaligen_misstankt", prison=True, text=None, **more):
    """LUL 6 §: a suspect under 18."""
    payload = {"policeCaseNo": "5000-K123-26", "suspicionLevel": level,
               "offence": {"code": "5005", "text": "ringa narkotikabrott, eget bruk", "prisonInScale": prison},
               "occurredAt": at or now(-3600), "place": "Södra torget", "substance": "cannabis",
               "mediation": {"asked": True, "answer": "avböjer"}}
    return police("police.suspicion", person, message_id, payload, at, text=text, **more)


def police_lob(person, message_id, at=None, identity_established=True, **more):
    """Custody of an intoxicated person; whether the person needs the social services' help is not yet assessed."""
    payload = {"policeCaseNo": "5000-L77-26", "custody": {"start": at or now(-7200), "reason": "berusad av alkohol"},
               "place": "Stortorget 2", "condition": "behövde ingen sjukvård", "substance": "alkohol",
               "identityEstablished": identity_established}
    return police("police.lob", person, message_id, payload, at, **more)


def police_offer(person, message_id, accepted=True, at=None, **more):
    """The offer to an adult at an intervention; who accepts it consents to what follows from it."""
    payload = {"policeCaseNo": "5000-E9-26", "offer": {"accepted": accepted, "at": at or now(-600), "service": "Maria Ungdom"},
               "intervention": "ingripande på allmän plats", "place": "Centralstationen", "substance": "cannabis",
               "noClassifiedDrug": False, "suspectedOffence": "ringa narkotikabrott"}
    consents = [{"person": "p1", "giver": "self", "recipients": ["maria-ungdom", "social-board"], "purposes": ["voluntary_offer"],
                 "categories": ["identity", "contact", "home_area", "event", "event_place", "misuse", "official", "case_reference", "protection"],
                 "validTo": now(30 * 86400), "evidenceSha256": "6b" * 32, "language": "sv"}] if accepted else []
    return police("police.offer", person, message_id, payload, at, consents=consents, **more)


def sig_information(person, message_id, at=None, **more):
    """What the police tell the group about one young person, this month."""
    payload = {"sigCaseNo": "SIG-12", "period": "2026-11", "police": {"incidents": 1}, "planStep": "veckosamtal",
               "risk": "måttlig", "leisure": "tränar två gånger i veckan"}
    return police("sig.information", person, message_id, payload, at, **more)


def eviction_time(person, message_id, children=0, at=None, scheduled_at=None, stage="time_set", **more):
    """Kronofogden has set a time."""
    tenant = {k: v for k, v in person.items() if k not in ("phone", "email")}
    payload = {"kfmCaseNo": "U-1234-26", "stage": stage, "scheduledAt": scheduled_at or now(21 * 86400),
               "applicant": {"name": "Exempelbostäder AB", "organisationNumber": "9999000046"},
               "premises": {"municipality": "0999", "district": "south"}, "debtAmount": 2345000,
               "contact": {"name": "Kronoinspektör Prov", "phone": "08-465 004 52"}}
    if children:
        payload["children"] = {"count": children, "residency": "permanent"}
    data = {"author": {"id": "kfm-77", "name": "Kronoinspektör Prov"}, "persons": [as_person(tenant, role="tenant")], "payload": payload, **more}
    return xhe("eviction.time", data, message_id, KRONOFOGDEN, at=at)


# -- landlord (form 3 and disturbances as JSON, plugins/landlord/README.md) --------------------------------------------


def landlord_form(form, person, message_id, at=None, **more):
    body = {"form": form, "messageId": message_id, "createdAt": at or now(),
            "landlord": {"name": "Exempelbostäder AB", "phone": "08-465 004 41",
                         "address": {"street": "Kontorsgatan 5", "postalCode": "99905", "city": "Exempelstad"}},
            "tenant": {"name": f"{person['givenName']} {person['familyName']}", "address": person["address"]},
            "premises": {"municipality": person["municipality"], "district": person["district"]}, **more}
    if form != "SFS1978:314/3":
        body["landlord"].pop("address")
    return JSON, json.dumps(body, ensure_ascii=False)


def landlord_arrears(person, message_id, amount="8 450,00 kr", slip_in_number=False, correction_of=None, at=None, **more):
    """JB 12:44, SFS 1978:314 form 3. The form has no person number; slip_in_number writes one where it does not belong."""
    fields = {"rooms": 3, "amount": amount, "dueDate": "2026-10-30", "interest": "referensräntan plus åtta procentenheter",
              "paymentAccount": "bankgiro 5050-1055", "leaseNumber": "HK-2041", "servedAt": (at or now())[:10], **more}
    if correction_of:
        fields["correctionOf"] = correction_of
    media_type, body = landlord_form("SFS1978:314/3", person, message_id, at, **fields)
    if slip_in_number:
        form = json.loads(body)
        number = person["personalNumber"]
        form["tenant"]["name"] += f", {number[:8]}-{number[8:]}"
        body = json.dumps(form, ensure_ascii=False)
    return media_type, body


def landlord_disturbance(person, message_id, serious=False, at=None, **more):
    """JB 12:25 a, or 12:42 when it is especially serious."""
    fields = {"description": "Hög musik nattetid", "since": "2026-11-01", "dwelling": True, **more}
    if serious:  # with the copy of the termination
        fields.setdefault("attachments", [{"name": "uppsagning.pdf", "mediaType": "application/pdf", "content": "JVBERi0xLjQK"}])
    return landlord_form("JB12:42" if serious else "JB12:25a", person, message_id, at, **fields)


def landlord_contact(person, message_id, at=None, **more):
    """A landlord's early request that somebody contact the tenant."""
    return landlord_form("contact", person, message_id, at, **{"concern": "late_rent", "since": "2026-11-01", "dwelling": True, **more})


# -- municipal case system (plugins/municipal_case/README.md) ----------------------------------------------------------

CASEWORKER = {"id": "cw-17", "name": "Kaj Handläggare", "role": "socialsekreterare", "phone": "08-465 004 20"}
CLIENT_MEMBERS = ("personalNumber", "givenName", "familyName", "birthDate", "sex", "protection", "address", "municipality",
                  "district", "phone", "email", "interpreter")


def client(person):
    return {k: person[k] for k in CLIENT_MEMBERS if k in person}


def municipal(kind, message_id, at=None, **members):
    body = {"messageId": message_id, "createdAt": at or now(), "type": kind, "caseworker": CASEWORKER, **members}
    return JSON, json.dumps(body, ensure_ascii=False)


def referral(person, message_id, at=None, to=None, need_for_care=None, guardians=(), **more):
    """A referral to health care. need_for_care is signed by the board's caseworker; without it nobody has assessed it."""
    if need_for_care is not None:
        more["facts"] = [*more.get("facts", []),
                         {"code": "need_for_care", "value": need_for_care, "person": "p1", "assessor": "social-board-caseworker",
                          "reasonCode": "assessed_yes" if need_for_care else "assessed_no"}]
    if "facts" in more:
        more["facts"] = officials.judged(message_id, more["facts"], [person])
    if to:
        more["to"] = to
    if guardians:
        more["guardians"] = [client(g) for g in guardians]
    section = {"service": "bup", "priority": "urgent", "question": "Bedömning av psykiskt mående", "misuse": "Cannabis vid enstaka tillfällen",
               "socialSituation": "Bor hos en förälder", "school": "Hög frånvaro"}
    return municipal("referral", message_id, at, caseNumber="SN 2026-0417", client=client(person), referral=section, **more)


def concern(person, message_id, at=None, **more):
    section = {"concern": "Oro för hälsa och utveckling", "observation": "Kommer trött och hungrig", "immediateDanger": False}
    return municipal("concern", message_id, at, client=client(person), concern=section, **more)


def sig_from_board(person, message_id, at=None, **more):
    section = {"sigCaseNo": "SIG-12", "period": "2026-11", "planStep": "Veckosamtal", "leisure": "Fotboll"}
    return municipal("sig_information", message_id, at, client=client(person), sig=section, **more)


def municipal_status(person, exchange_id, status, message_id, at=None, **more):
    section = {"exchangeId": exchange_id, "status": status, "handler": {"name": CASEWORKER["name"], "phone": CASEWORKER["phone"]}, **more}
    return municipal("status", message_id, at, client=client(person), status=section)


# -- health (FHIR R4, plugins/health/README.md) ------------------------------------------------------------------------

TASK_STATUS = {"received": "received", "accepted": "accepted", "declined": "rejected", "queued": "on-hold", "in_progress": "in-progress",
               "completed": "completed", "broken_off": "failed"}
STATUS_SYSTEM = "urn:samband:referral-status"


def fhir_patient(person):
    patient = {"resourceType": "Patient",
               "identifier": [{"system": "http://electronichealth.se/identifier/personnummer", "value": person["personalNumber"]}],
               "name": [{"family": person["familyName"], "given": [person["givenName"]]}]}
    label = {"marked": "sekretessmarkering", "protected_registration": "skyddadFolkbokforing"}.get(person.get("protection"))
    if label:
        patient["meta"] = {"security": [{"system": "http://hl7.se/fhir/ig/base/CodeSystem/SecurityLabel", "code": label}]}
    return patient


def task_status(person, exchange_id, status, message_id, at=None, need_for_care=None, visit_at=None, reason=None):
    """A clinic tells what became of a referral: a transaction Bundle with Patient and Task."""
    number, task_number = uuid.uuid5(uuid.NAMESPACE_URL, message_id + "/patient"), uuid.uuid5(uuid.NAMESPACE_URL, message_id + "/task")
    task = {"resourceType": "Task", "identifier": [{"system": "urn:samband:exchange", "value": exchange_id}], "intent": "order",
            "status": TASK_STATUS.get(status, "in-progress"), "businessStatus": {"coding": [{"system": STATUS_SYSTEM, "code": status}]},
            "for": {"reference": f"urn:uuid:{number}"}, "lastModified": at or now(),
            "owner": {"identifier": {"system": "urn:oid:1.2.752.29.4.19", "value": "SE9999000038-C001"}, "display": "Doktor Prov"}}
    if reason:
        task["statusReason"] = {"coding": [{"system": "urn:samband:reason", "code": reason}]}
    if visit_at:
        task["executionPeriod"] = {"start": visit_at}
    if need_for_care is not None:
        fact = {"code": "need_for_care", "value": need_for_care, "person": "p1", "assessor": "bup-clinician"}
        [signed] = officials.judged(message_id, [fact], [person])
        task["input"] = [{"type": {"coding": [{"system": "urn:samband:fact", "code": "need-for-care"}]}, "valueBoolean": need_for_care,
                          "extension": [{"url": "urn:samband:assessor-signature", "valueString": signed["assessor"].get("jws", "none")}]},
                         {"type": {"coding": [{"system": "urn:samband:fact", "code": "assessor"}]},
                          "valueReference": {"identifier": {"system": "urn:oid:1.2.752.29.4.19", "value": "SE9999000038-C001"}, "display": "Doktor Prov"}}]
    bundle = {"resourceType": "Bundle", "identifier": {"system": "urn:samband:message", "value": message_id}, "type": "transaction",
              "timestamp": at or now(),
              "entry": [{"fullUrl": f"urn:uuid:{number}", "resource": fhir_patient(person), "request": {"method": "POST", "url": "Patient"}},
                        {"fullUrl": f"urn:uuid:{task_number}", "resource": task, "request": {"method": "PUT", "url": f"Task?identifier=urn:samband:exchange|{exchange_id}"}}]}
    return FHIR, json.dumps(bundle, ensure_ascii=False)


# -- canonical ---------------------------------------------------------------------------------------------------------


def canonical(kind, sender, data, message_id=None, at=None):
    """A message as `POST /v1/messages` takes it (docs/vocabulary.md). Facts are signed as of police()."""
    message_id = message_id or str(uuid.uuid4())
    if "facts" in data:
        data = {**data, "facts": officials.judged(message_id, data["facts"], data.get("persons", []))}
    return {"specversion": "1.0", "id": message_id, "source": f"urn:samband:party:{sender}",
            "type": f"se.samband.notice.{kind}.v1", "time": at or now(), "datacontenttype": JSON, "data": {"kind": kind, **data}}


def canonical_concern(person, sender, message_id=None, at=None, **more):
    payload = {"concern": "Oro för hälsa och utveckling", "observation": "Kommer trött och hungrig", "immediateDanger": False}
    return canonical("concern.report", sender, {"persons": [as_person(person)], "payload": payload, **more}, message_id, at)


def agency_from_folder(certs, party, base_url, **more):
    """An Agency with the development certificates of a folder (certs/make-dev-certs.sh)."""
    join = os.path.join
    return Agency(join(certs, f"{party}.pem"), join(certs, f"{party}.key"), join(certs, "ca.pem"), base_url, **more)
