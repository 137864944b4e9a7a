"""What every counterpart shares: a strict HTTP/1.1 server over mutual TLS 1.3 that remembers what it received.

A counterpart stands in for an agency's own system in demos and tests. It runs as a process of its own, so that the hub
(or the counterpart) can be killed at any moment; what it received is kept as JSON lines in --state and read back.

Faults, from the command line or with POST /_mode (JSON, any certificate of the test CA):
  fail N    the next N requests are answered 503 and not acted on
  delay MS  every request is answered this much later (the work is done before the wait)
  twice N   the next N writes are done, then the connection is dropped without an answer: a sender that retries sends twice
  half N    the next N answers are cut in the middle and the connection dropped (the work is done)
  down      every connection is dropped before anything is read or done
GET /_received answers the records as a JSON array; GET /_mode the faults that are left. POST /_set is what the agency's own people
change in their system, where a counterpart knows such a thing. The target of every request is
kept, one a line, beside --state as <state>.targets.
Test program: standard library only, no protection beyond TLS, never for production.
"""
import argparse
import email.utils
import json
import os
import socket
import ssl
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

BODY_MAX = 40 << 20


def find_file(folder, names):
    for name in names:
        path = os.path.join(folder, name)
        if os.path.isfile(path):
            return path
    raise SystemExit(f"none of {', '.join(names)} in the folder of certificates")


def credentials(folder, party):
    """(certificate, key, CA) of a party, in the layouts that tools commonly make."""
    cert = find_file(folder, [f"{party}.pem", f"{party}.crt", f"{party}/cert.pem", f"{party}-cert.pem"])
    key = find_file(folder, [f"{party}.key", f"{party}/key.pem", f"{party}-key.pem"])
    ca = find_file(folder, ["ca.pem", "ca.crt", "ca/ca.pem", "ca-cert.pem"])
    return cert, key, ca


class Refusal(Exception):
    """The request is not as the API wants it. `where` and `what` go into the API's own error form."""

    def __init__(self, status, what, where="", code="invalid"):
        super().__init__(what)
        self.status, self.what, self.where, self.code = status, what, where, code


class Answer:
    def __init__(self, status, body=None, media_type="application/json", headers=None):
        self.status = status
        self.media_type = media_type
        self.headers = dict(headers or {})
        if body is None:
            self.body = b""
        elif isinstance(body, bytes):
            self.body = body
        elif isinstance(body, str):
            self.body = body.encode()
        else:
            self.body = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


class Request:
    def __init__(self, method, target, headers, body, peer):
        parts = urlsplit(target)
        self.method, self.path, self.headers, self.body, self.peer = method, parts.path, headers, body, peer
        self.query_pairs = parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query))
        self.query = dict(self.query_pairs)

    def media_type(self):
        return (self.headers.get("content-type") or "").split(";")[0].strip().lower()

    def json(self, *media_types):
        """The body as JSON. Duplicate keys and other media types are refused."""
        if self.media_type() not in (media_types or ("application/json",)):
            raise Refusal(415, "unsupported media type", code="not-supported")

        def no_duplicates(pairs):
            keys = [k for k, _ in pairs]
            if len(keys) != len(set(keys)):
                raise Refusal(400, "duplicate key", code="structure")
            return dict(pairs)

        try:
            return json.loads(self.body.decode("utf-8"), object_pairs_hook=no_duplicates)
        except (UnicodeDecodeError, json.JSONDecodeError):
            raise Refusal(400, "the body is not JSON", code="structure") from None


class Received:
    """Everything that arrived, in order, in memory and on disk. A key that came before is a duplicate."""

    def __init__(self, path):
        self._lock = threading.Lock()
        self._records = []
        self._file = None
        if path:
            if os.path.exists(path):
                self._records = self._read_back(path)
            self._file = open(path, "a", encoding="utf-8")

    @staticmethod
    def _read_back(path):
        records = []
        with open(path, "rb+") as file:
            good = 0
            for line in file:
                try:
                    records.append(json.loads(line))
                except json.JSONDecodeError:
                    break  # a kill in the middle of a write leaves a torn last line
                if not line.endswith(b"\n"):
                    records.pop()
                    break
                good += len(line)
            file.truncate(good)
        return records

    def add(self, key, kind, body, **more):
        """Records one arrival and returns it; ["duplicate"] says whether the same key and kind came before."""
        with self._lock:
            duplicate = bool(key) and any(r["key"] == key and r["kind"] == kind for r in self._records)
            record = {"n": len(self._records) + 1, "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), "key": key,
                      "kind": kind, "duplicate": duplicate, "body": body, **more}
            self._records.append(record)
            if self._file:
                self._file.write(json.dumps(record, ensure_ascii=False) + "\n")
                self._file.flush()
                os.fsync(self._file.fileno())
            return record

    def find(self, key, kind):
        with self._lock:
            return next((r for r in self._records if r["key"] == key and r["kind"] == kind), None)

    def all(self, kind=None):
        with self._lock:
            return [r for r in self._records if kind is None or r["kind"] == kind]


class Mode:
    """The faults that are left to play."""

    FIELDS = ("fail", "delay", "twice", "half", "down")

    def __init__(self, **values):
        self._lock = threading.Lock()
        self._values = {name: int(values.get(name) or 0) for name in self.FIELDS}

    def set(self, values):
        if not isinstance(values, dict) or any(
            k not in self.FIELDS or not isinstance(v, (int, bool)) or v < 0 for k, v in values.items()
        ):
            raise Refusal(400, "a mode is an object of " + ", ".join(self.FIELDS) + " with counts")
        with self._lock:
            self._values.update({k: int(v) for k, v in values.items()})

    def get(self, name):
        with self._lock:
            return self._values[name]

    def take(self, name):
        with self._lock:
            if not self._values[name]:
                return False
            self._values[name] -= 1
            return True

    def all(self):
        with self._lock:
            return dict(self._values)


class Counterpart:
    """Base of the counterparts: override handle() and error()."""

    def __init__(self, party, received):
        self.party, self.received = party, received
        self.lock = threading.RLock()  # one request at a time sees and changes what is kept

    def handle(self, request):
        raise NotImplementedError

    def set(self, value):
        raise Refusal(405, "nobody changes anything here")

    def error(self, refusal):
        return Answer(refusal.status, {"title": refusal.what, "status": refusal.status})


def peer_name(certificate):
    for rdn in (certificate or {}).get("subject", ()):
        for key, value in rdn:
            if key == "commonName":
                return value
    return ""


def make_handler(counterpart, mode, hub_name, log, targets):
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        server_version = "counterpart"
        sys_version = ""
        timeout = 60

        def setup(self):
            # Here, not in accept(): a client that is slow with its handshake holds up nobody else.
            self.request.settimeout(10)
            self.request.do_handshake()
            super().setup()

        def log_message(self, *args):
            pass

        def do_any(self):
            started = time.monotonic()
            status = self.answer_one()
            if log:
                took_ms = int((time.monotonic() - started) * 1000)
                # The path without its query: the vendor's API carries a person number there.
                log.write(f"{self.command} {urlsplit(self.path).path} {status} {took_ms} ms\n")
                log.flush()

        do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = do_HEAD = do_any

        def answer_one(self):
            peer = peer_name(self.connection.getpeercert())
            control = urlsplit(self.path).path in ("/_received", "/_mode", "/_set")
            if targets and not control:
                targets.write(self.path + "\n")
            if mode.get("down") and not control:
                self.close_connection = True
                return "dropped"
            try:
                request = self.read_request(peer)
            except Refusal as refusal:
                self.close_connection = True
                return self.write(counterpart.error(refusal))
            if control:
                try:
                    return self.write(self.control(request))
                except Refusal as refusal:
                    return self.write(Answer(refusal.status, {"title": refusal.what}))
            if mode.take("fail"):
                return self.write(counterpart.error(Refusal(503, "temporarily out of order", code="transient")))
            try:
                if peer != hub_name:
                    raise Refusal(403, "only the hub may call this", code="forbidden")
                with counterpart.lock:
                    answer = counterpart.handle(request)
            except Refusal as refusal:
                answer = counterpart.error(refusal)
            if mode.get("delay"):
                time.sleep(mode.get("delay") / 1000)
            if request.method != "GET" and answer.status < 400 and mode.take("twice"):
                self.close_connection = True
                return "dropped after the work"
            if mode.take("half"):
                return self.write(answer, half=True)
            return self.write(answer)

        def read_request(self, peer):
            if self.headers.get("transfer-encoding"):
                raise Refusal(411, "a length is required", code="structure")
            try:
                length = int(self.headers.get("content-length") or 0)
            except ValueError:
                raise Refusal(400, "bad content-length", code="structure") from None
            if not 0 <= length <= BODY_MAX:
                raise Refusal(413, "too long", code="too-long")
            body = self.rfile.read(length)
            if len(body) != length:
                raise Refusal(400, "the body is cut", code="structure")
            try:
                return Request(self.command, self.path, self.headers, body, peer)
            except ValueError:
                raise Refusal(400, "bad query", code="structure") from None

        def control(self, request):
            if request.path == "/_received" and request.method == "GET":
                return Answer(200, counterpart.received.all(request.query.get("kind")))
            if request.path == "/_set" and request.method == "POST":
                return Answer(200, counterpart.set(request.json()))
            if request.path == "/_mode" and request.method == "POST":
                mode.set(request.json())
            elif request.path != "/_mode" or request.method != "GET":
                raise Refusal(405, "no such control")
            return Answer(200, mode.all())

        def write(self, answer, half=False):
            self.send_response(answer.status)
            if answer.body or answer.status != 204:
                self.send_header("content-type", answer.media_type)
                self.send_header("content-length", str(len(answer.body)))
            for name, value in answer.headers.items():
                self.send_header(name, value)
            if half:
                self.close_connection = True
            try:
                self.end_headers()
                self.wfile.write(answer.body[: len(answer.body) // 2] if half else answer.body)
                self.wfile.flush()
            except OSError:
                self.close_connection = True  # the sender went away; what it sent is recorded
            return f"{answer.status} cut" if half else answer.status

    return Handler


class Server(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 128

    def __init__(self, address, handler, context):
        super().__init__(address, handler)
        self._context = context

    def get_request(self):
        connection, address = super().get_request()
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return self._context.wrap_socket(connection, server_side=True, do_handshake_on_connect=False), address

    def shutdown_request(self, request):
        # A plain close: unwrapping TLS would wait for a peer that may be dead.
        self.close_request(request)

    def handle_error(self, request, client_address):
        error = sys.exc_info()[1]
        if not isinstance(error, (OSError, ssl.SSLError)):
            super().handle_error(request, client_address)


def server_context(certs, party):
    cert, key, ca = credentials(certs, party)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_cert_chain(cert, key)
    context.load_verify_locations(ca)
    return context


def http_date():
    return email.utils.formatdate(usegmt=True)


def run(make, description, add_arguments=lambda parser: None):
    """main() of a counterpart: make(arguments, received) -> Counterpart."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--port", type=int, required=True, help="0 = any; the port is printed")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--certs", required=True, help="folder with ca.pem, <party>.pem, <party>.key")
    parser.add_argument("--party", required=True)
    parser.add_argument("--hub", default="hub", help="common name of the hub's client certificate")
    parser.add_argument("--state", help="JSON lines file of what was received")
    parser.add_argument("--log", help="one line per request, without queries and bodies")
    parser.add_argument("--fail", type=int, default=0, metavar="N")
    parser.add_argument("--delay", type=int, default=0, metavar="MS")
    parser.add_argument("--twice", type=int, nargs="?", const=1, default=0, metavar="N")
    parser.add_argument("--half", type=int, nargs="?", const=1, default=0, metavar="N")
    parser.add_argument("--down", action="store_true")
    add_arguments(parser)
    arguments = parser.parse_args()
    mode = Mode(**{name: getattr(arguments, name) for name in Mode.FIELDS})
    counterpart = make(arguments, Received(arguments.state))
    log = open(arguments.log, "a", encoding="utf-8") if arguments.log else None
    targets = open(arguments.state + ".targets", "a", encoding="utf-8", buffering=1) if arguments.state else None
    server = Server((arguments.host, arguments.port), make_handler(counterpart, mode, arguments.hub, log, targets),
                    server_context(arguments.certs, arguments.party))
    print(f"ready {server.server_address[1]}", flush=True)
    try:
        server.serve_forever(poll_interval=0.1)
    except KeyboardInterrupt:
        pass
