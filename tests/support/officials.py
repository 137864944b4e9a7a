"""Officials in tests: signs what a caseworker's client would sign (JWS, RFC 7515 compact, ES256), with openssl."""
import base64
import json
import subprocess
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


def signed_assessment(official, exchange_id, facts, certs, age_s=0):
    """The body of POST /v1/exchanges/{id}/assessments."""
    return {"jws": sign(official, {"exchange": exchange_id, "iat": int(time.time()) - age_s, "facts": facts}, certs)}
