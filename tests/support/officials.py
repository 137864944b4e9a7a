"""Officials in tests: their certificates and lists of revoked ones; signs what a caseworker's client would sign (JWS, RFC 7515 compact, ES256), with openssl."""
import base64
import json
import pathlib
import subprocess
import tempfile
import time


def _base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _coordinates(der):
    """DER SEQUENCE of two INTEGERs -> r and s, 32 octets each (RFC 7518 section 3.4)."""
    at, out = 2, b""
    for _ in range(2):
        length = der[at + 1]
        out += der[at + 2:at + 2 + length].lstrip(b"\0").rjust(32, b"\0")
        at += 2 + length
    return out


def sign(official, payload, certs, header=None):
    """official: the name of the key file in the folder of certificates, and the `kid`."""
    head = {"alg": "ES256", "kid": official, **(header or {})}
    text = ".".join(_base64url(json.dumps(part, ensure_ascii=False).encode()) for part in (head, payload))
    der = subprocess.run(["openssl", "dgst", "-sha256", "-sign", str(certs / f"{official}.key")], input=text.encode(), check=True,
                         capture_output=True).stdout
    return f"{text}.{_base64url(_coordinates(der))}"


keys = None  # the folder of certificates of the hub made last: whose officials sign what builders build


def judged(message_id, facts, persons):
    """Facts of a message, each whose assessor is an official's id signed by that official."""
    numbers = {p.get("ref", "p1"): p.get("personalNumber") for p in persons}
    return [_signed(message_id, fact, numbers) if isinstance(fact.get("assessor"), str) else fact for fact in facts]


def _signed(message_id, fact, numbers):
    official, about = fact["assessor"], {k: fact[k] for k in ("code", "value", "person") if k in fact}
    if keys is None:
        return {**fact, "assessor": {"id": official}}
    if numbers.get(fact.get("person")):
        about["personalNumber"] = numbers[fact["person"]]
    return {**fact, "assessor": {"id": official, "jws": sign(official, {"message": message_id, **about}, keys)}}


def sign_body(party, body, certs, header=None):
    """The header x-jws-signature: a detached JWS (RFC 7515 appendix F) over a body."""
    body = body.encode() if isinstance(body, str) else body
    head = _base64url(json.dumps({"alg": "ES256", "kid": party, **(header or {})}).encode())
    der = subprocess.run(["openssl", "dgst", "-sha256", "-sign", str(certs / f"{party}.key")], input=f"{head}.{_base64url(body)}".encode(),
                         check=True, capture_output=True).stdout
    return f"{head}..{_base64url(_coordinates(der))}"


def signed_assessment(official, exchange_id, facts, certs, age_s=0):
    """The body of POST /v1/exchanges/{id}/assessments."""
    return {"jws": sign(official, {"exchange": exchange_id, "iat": int(time.time()) - age_s, "facts": facts}, certs)}


def _authority(certs, *arguments):
    """openssl ca by the test's own authority: the only command that revokes, and that sets both ends of a period."""
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        (folder / "index.txt").touch()
        (folder / "ca.cnf").write_text(
            f"[ca]\ndefault_ca = one\n[one]\ndatabase = {folder}/index.txt\nnew_certs_dir = {folder}\ndefault_md = sha256\n"
            f"certificate = {certs}/ca.pem\nprivate_key = {certs}/ca.key\ndefault_crl_days = 1\nrand_serial = yes\npolicy = any\n"
            "[any]\nserialNumber = optional\ncommonName = supplied\n")
        for argument in arguments:
            subprocess.run(["openssl", "ca", "-batch", "-config", str(folder / "ca.cnf"), *argument], check=True, capture_output=True)


def revocation_list(certs, revoked=()):
    """Writes ca.crl. revoked: names of certificates."""
    _authority(certs, *(["-revoke", str(certs / f"{name}.pem")] for name in revoked), ["-gencrl", "-out", str(certs / "ca.crl")])


def expired_certificate(certs, name):
    """A certificate of the official whose year has passed."""
    request = certs / f"{name}.csr"
    subprocess.run(["openssl", "req", "-new", "-sha256", "-key", str(certs / f"{name}.key"), "-subj", f"/serialNumber={name}/CN={name}", "-out",
                    str(request)], check=True, capture_output=True)
    _authority(certs, ["-in", str(request), "-out", str(certs / f"{name}.pem"), "-startdate", "20240101000000Z", "-enddate", "20250101000000Z",
                       "-notext"])
    request.unlink()
