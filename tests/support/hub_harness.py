"""Runs the real hub and its counterparts for a test, in a folder of their own and on free ports.

    with Hub() as hub:
        answer = hub.request("landlord-private", "POST", "/v1/messages", message)

A Hub takes the example configuration (config/), moves every port in hub.toml to a free one, makes development
certificates and keys, and starts `samband serve`. kill9() is a power cut: no drain, no flush; restart() comes back on the
same data. Whatever a test starts dies with it. Standard library only.
"""
import ctypes
import http.client
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
import uuid

SOURCE = pathlib.Path(os.environ.get("SAMBAND_SOURCE_DIR", pathlib.Path(__file__).resolve().parents[2]))
BINARIES = pathlib.Path(os.environ.get("SAMBAND_BINARY_DIR", SOURCE / "build" / "dev"))
SAMBAND = BINARIES / "bin" / "samband"
COUNTERPARTS = SOURCE / "tests" / "support" / "counterparts"
sys.path.insert(0, str(COUNTERPARTS))
sys.path.insert(0, str(COUNTERPARTS.parent))
import officials  # noqa: E402

READY_SECONDS_MAX = 60
STOP_SECONDS_MAX = 40
PORT = re.compile(r"(?<=127\.0\.0\.1:)\d{4,5}\b|(?<=localhost:)\d{4,5}\b|(?<=\[::1\]:)\d{4,5}\b|(?<=port = )\d{4,5}\b")


def need_hub():
    """Skips (77) where this checkout has no hub to build yet; a hub that should be there and is not is a failure."""
    if SAMBAND.exists():
        return
    if not (SOURCE / "hub" / "app" / "CMakeLists.txt").exists():
        print("skipped: this checkout builds no hub yet")
        sys.exit(77)
    sys.exit(f"{SAMBAND.name} is not built: ./dev build")


def free_ports(count):
    """Ports that were free a moment ago; all held open together so that they differ."""
    held = [socket.socket() for _ in range(count)]
    try:
        for s in held:
            s.bind(("127.0.0.1", 0))
        return [s.getsockname()[1] for s in held]
    finally:
        for s in held:
            s.close()


def wait_for(what, condition, seconds, interval=0.05):
    """The condition's first true value; an error that names `what` when the time is up."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise TimeoutError(f"no {what} within {seconds} s")
        time.sleep(interval)


def _die_with_parent():
    ctypes.CDLL(None, use_errno=True).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


def make_certificates(folder, config=None):
    """Development CA and one certificate per party of a configuration (the example municipality when None)."""
    script = SOURCE / "certs" / "make-dev-certs.sh"
    done = subprocess.run([str(script), str(folder), str(config or SOURCE / "config")], capture_output=True, text=True, timeout=300)
    if done.returncode != 0:
        raise RuntimeError(f"{script.name} failed ({done.returncode}): {done.stderr[-800:]}")


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    @property
    def media_type(self):
        return self.headers.get("content-type", "").split(";")[0].strip()

    def json(self):
        return json.loads(self.body)

    def __repr__(self):
        return f"<{self.status} {self.media_type} {self.body[:600]!r}>"


class Client:
    """One party's keep-alive connection to the agency API."""

    asked = set()  # targets of all requests of this program

    def __init__(self, certs, party, port, timeout=70):
        import counterpart

        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self.context.minimum_version = ssl.TLSVersion.TLSv1_3
        cert, key, ca = counterpart.credentials(str(certs), party) if party else (None, None, None)
        self.context.load_verify_locations(ca or str(pathlib.Path(certs) / "ca.pem"))
        if cert:
            self.context.load_cert_chain(cert, key)
        self.port, self.timeout, self.connection = port, timeout, None

    def request(self, method, path, body=None, headers=None):
        Client.asked.add(path)
        headers = dict(headers or {})
        if body is not None and not isinstance(body, (bytes, str)):
            body = json.dumps(body, ensure_ascii=False)
        if isinstance(body, str):
            body = body.encode()
        if body is not None:
            headers.setdefault("content-type", "application/json")
        for attempt in (1, 2):
            fresh = self.connection is None
            if fresh:
                self.connection = http.client.HTTPSConnection("localhost", self.port, timeout=self.timeout, context=self.context)
            try:
                self.connection.request(method, path, body=body, headers=headers)
                answer = self.connection.getresponse()
                return Answer(answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read())
            except (http.client.HTTPException, OSError):
                self.close()
                # A kept connection may have been closed meanwhile; a fresh one that fails is an answer to the test.
                if fresh or attempt == 2:
                    raise

    def close(self):
        if self.connection:
            self.connection.close()
        self.connection = None


def answer_questions(config):
    """Gives a copied configuration the example municipality's answers to open legal questions."""
    file = config / "hub.toml"
    line = 'local_settings = "local/exempelkommun.toml"'
    text = file.read_text(encoding="utf-8")
    if "# " + line in text:
        file.write_text(text.replace("# " + line, line), encoding="utf-8")


class Hub:
    def __init__(self, folder=None, config=None, certs=None, edit=None, env=None, answered=True):
        """folder: where everything goes (temporary when None). config: another configuration folder than the example.
        certs: certificates made before. edit(folder): changes the copied configuration before the first start.
        answered: with the example municipality's answers to open legal questions; without, as shipped."""
        need_hub()
        self._own = folder is None
        self.folder = pathlib.Path(folder or tempfile.mkdtemp(prefix="samband-test-"))
        self.config, self.data, self.keys = self.folder / "config", self.folder / "data", self.folder / "keys"
        self.certs = pathlib.Path(certs) if certs else self.folder / "certs"
        self.log_path = self.folder / "hub.log"
        self.process = None
        self.ports = {}
        self._clients = {}
        self._env = dict(env or {})
        if not self.config.exists():
            shutil.copytree(config or SOURCE / "config", self.config)
            self._move_ports()
            if answered:
                answer_questions(self.config)
            if edit:
                edit(self.config)
        else:
            self.ports = {int(k): v for k, v in json.loads((self.folder / "ports.json").read_text()).items()}
        if not certs and not self.certs.exists():
            make_certificates(self.certs, self.config)
        officials.keys = self.certs
        self.data.mkdir(exist_ok=True, mode=0o700)
        if not self.keys.exists():
            self.command("keys", "dev", "--keys", str(self.keys))

    def _move_ports(self):
        file = self.config / "hub.toml"
        text = file.read_text(encoding="utf-8")
        found = sorted({int(p) for p in PORT.findall(text)})
        self.ports = dict(zip(found, free_ports(len(found))))
        file.write_text(PORT.sub(lambda m: str(self.ports[int(m.group())]), text), encoding="utf-8")
        (self.folder / "ports.json").write_text(json.dumps(self.ports))

    def port(self, usual):
        """Where the port that the example configuration calls `usual` has moved to."""
        return self.ports[usual]

    def environment(self):
        return {**os.environ, "SAMBAND_DATA_DIR": str(self.data), "SAMBAND_KEYS_DIR": str(self.keys),
                "SAMBAND_CERTS_DIR": str(self.certs), "SAMBAND_PLUGIN_DIR": str(BINARIES / "lib"), **self._env}

    def command(self, *arguments, check=True, timeout=120):
        done = subprocess.run([str(SAMBAND), *arguments], capture_output=True, text=True, env=self.environment(), timeout=timeout,
                              cwd=str(SOURCE))
        if check and done.returncode != 0:
            raise RuntimeError(f"samband {' '.join(arguments)} failed ({done.returncode}):\n{done.stdout}{done.stderr}")
        return done

    # -- life ---------------------------------------------------------------------------------------------------------

    def start(self, wait=True):
        assert self.process is None, "already running"
        log = open(self.log_path, "ab")
        self.process = subprocess.Popen([str(SAMBAND), "serve", "--config", str(self.config)], stdout=log, stderr=log,
                                        env=self.environment(), cwd=str(SOURCE), preexec_fn=_die_with_parent)
        log.close()
        if wait:
            self.wait_ready()
        return self

    def admin(self, path, timeout=5):
        """(status, text) of the operator's port; (0, reason) when nothing answers."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port(9464)}{path}", timeout=timeout) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()
        except OSError as error:
            return 0, str(error)

    def wait_ready(self, seconds=READY_SECONDS_MAX):
        def ready():
            if self.process.poll() is not None:
                raise RuntimeError(f"the hub ended ({self.process.returncode}) before it was ready:\n{self.log()[-3000:]}")
            return self.admin("/readyz")[0] == 200

        try:
            wait_for("ready hub", ready, seconds)
        except TimeoutError as error:
            raise RuntimeError(f"{error}; /readyz says {self.admin('/readyz')}; log:\n{self.log()[-3000:]}") from None

    def kill9(self):
        """A power cut."""
        self._forget_clients()
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.process = None

    def stop(self):
        """SIGTERM: drains and ends. Returns the exit status."""
        self._forget_clients()
        if self.process is None:
            return None
        process, self.process = self.process, None
        process.send_signal(signal.SIGTERM)
        try:
            return process.wait(STOP_SECONDS_MAX)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise RuntimeError(f"the hub did not drain within {STOP_SECONDS_MAX} s:\n{self.log()[-2000:]}") from None

    def reload(self):
        self.process.send_signal(signal.SIGHUP)

    def restart(self):
        if self.process is not None:
            self.stop()
        return self.start()

    def log(self):
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    def metrics(self):
        """{"name{labels}": value}, labels as printed."""
        status, text = self.admin("/metrics")
        if status != 200:
            raise RuntimeError(f"/metrics answered {status}")
        values = {}
        for line in text.splitlines():
            if line and not line.startswith("#"):
                name, _, value = line.rpartition(" ")
                values[name] = float(value)
        return values

    def metric(self, name, **labels):
        """Sum of a metric over the series that carry these labels."""
        wanted = [f'{k}="{v}"' for k, v in labels.items()]
        return sum(v for k, v in self.metrics().items() if k.split("{")[0] == name and all(w in k for w in wanted))

    # -- speaking to it -----------------------------------------------------------------------------------------------

    def client(self, party, port=8443):
        """party None: no client certificate."""
        return Client(self.certs, party, self.port(port))

    def request(self, party, method, path, body=None, headers=None):
        if party not in self._clients:
            self._clients[party] = self.client(party)
        return self._clients[party].request(method, path, body, headers)

    def _forget_clients(self):
        for client in self._clients.values():
            client.close()
        self._clients.clear()

    def close(self):
        if self.process is not None:
            self._forget_clients()
            self.process.kill()
            self.process.wait()
            self.process = None
        if self._own and not os.environ.get("SAMBAND_KEEP"):
            shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self):
        try:
            return self.start()
        except BaseException:
            self.close()
            raise

    def __exit__(self, kind, error, trace):
        if kind is not None:
            print(f"--- end of the hub's log\n{self.log()[-3000:]}", file=sys.stderr)
        self.close()


class Counterparts:
    """Agencies' own systems, each a process: Counterparts(hub.certs, folder).start("landlord", "social-board", port)."""

    def __init__(self, certs, folder):
        self.certs, self.folder, self.running = pathlib.Path(certs), pathlib.Path(folder), {}

    def start(self, script, party, port, *options):
        name = f"{script}-{party}"
        command = [sys.executable, str(COUNTERPARTS / f"{script}.py"), "--port", str(port), "--certs", str(self.certs), "--party",
                   party, "--state", str(self.folder / f"{name}.jsonl"), *options]
        errors = open(self.folder / f"{name}.err", "ab")
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True, preexec_fn=_die_with_parent)
        errors.close()
        line = process.stdout.readline()
        if not line.startswith("ready"):
            process.kill()
            process.wait()
            raise RuntimeError(f"{name} did not start:\n{(self.folder / f'{name}.err').read_text()[-1500:]}")
        self.running[(script, party)] = (process, port)
        return self

    def control(self, script, party, method, path, body=None):
        _, port = self.running[(script, party)]
        client = Client(self.certs, party, port, timeout=10)
        try:
            return client.request(method, path, body).json()
        finally:
            client.close()

    def received(self, script, party, kind=None):
        return self.control(script, party, "GET", "/_received" + (f"?kind={kind}" if kind else ""))

    def targets(self):
        """Path and query of every request that any of them was sent."""
        return [line for file in sorted(self.folder.glob("*.jsonl.targets")) for line in file.read_text(encoding="utf-8").splitlines()]

    def mode(self, script, party, **faults):
        return self.control(script, party, "POST", "/_mode", faults)

    def set(self, script, party, value):
        """What the agency's own people change in their system."""
        return self.control(script, party, "POST", "/_set", value)

    def kill9(self, script, party):
        process, _ = self.running.pop((script, party))
        process.kill()
        process.wait()

    def close(self):
        for process, _ in self.running.values():
            process.kill()
            process.wait()
        self.running.clear()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def message(kind, sender, data, message_id=None, at=None):
    """A canonical message (docs/vocabulary.md) around `data`."""
    now = at or time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime())
    return {"specversion": "1.0", "id": message_id or str(uuid.uuid4()), "source": f"urn:samband:party:{sender}",
            "type": f"se.samband.notice.{kind}.v1", "time": now, "datacontenttype": "application/json",
            "data": {"kind": kind, **data}}
