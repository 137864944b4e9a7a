"""nginx twice: the recipient that both sides of the bench deliver to, and the no-op proxy that Samband is compared with.

Both speak TLS 1.3 with client certificates in and out, keep their connections, and log nothing. One worker each: the
bench machine has few cores and the load generator wants one. A party's certificate serves as server certificate, as
in the demo's counterparts.
"""
import ctypes
import pathlib
import shutil
import signal
import subprocess
import time

COMMON = """
worker_processes 1;
daemon off;
pid {folder}/{name}.pid;
error_log {folder}/{name}.log warn;
events {{ worker_connections 4096; }}
http {{
  access_log off;
  server_tokens off;
  tcp_nodelay on;
  default_type application/json;
  keepalive_requests 1000000000;
  keepalive_timeout 300s;
  client_body_buffer_size 64k;
  client_max_body_size 4m;
  client_body_temp_path {folder}/temp; proxy_temp_path {folder}/temp; fastcgi_temp_path {folder}/temp;
  uwsgi_temp_path {folder}/temp; scgi_temp_path {folder}/temp;
  ssl_protocols TLSv1.3;
  ssl_client_certificate {certs}/ca.pem;
  ssl_verify_client on;
  ssl_session_tickets off;
  ssl_buffer_size 4k;
  {upstream}
  server {{
    listen 127.0.0.1:{port} ssl backlog=1024;
    ssl_certificate {certs}/{party}.pem;
    ssl_certificate_key {certs}/{party}.key;
    {location}
  }}
}}
"""

UPSTREAM = """upstream recipient {{
    server 127.0.0.1:{port};
    keepalive 128;
    keepalive_requests 1000000000;
    keepalive_timeout 300s;
  }}"""

PROXY = """location / {{
      proxy_pass https://recipient;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_ssl_protocols TLSv1.3;
      proxy_ssl_certificate {certs}/{client}.pem;
      proxy_ssl_certificate_key {certs}/{client}.key;
      proxy_ssl_trusted_certificate {certs}/ca.pem;
      proxy_ssl_verify on;
      proxy_ssl_name localhost;
      proxy_ssl_server_name on;
    }}"""


def _end_with_parent():
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)  # PR_SET_PDEATHSIG: SIGTERM, so that the master ends its worker


class Nginx:
    """One nginx in the foreground; ends with stop() or with its `with` block."""

    def __init__(self, folder, name, port, certs, party, location, upstream=""):
        self.folder = pathlib.Path(folder).resolve()
        self.folder.mkdir(parents=True, exist_ok=True)
        config = self.folder / f"{name}.conf"
        config.write_text(COMMON.format(folder=self.folder, name=name, port=port, certs=pathlib.Path(certs).resolve(), party=party,
                                        location=location, upstream=upstream))
        nginx = shutil.which("nginx") or "/usr/sbin/nginx"
        self.log = self.folder / f"{name}.log"
        self.process = subprocess.Popen([nginx, "-e", str(self.log), "-c", str(config), "-p", str(self.folder)],
                                        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, preexec_fn=_end_with_parent)
        time.sleep(0.3)
        if self.process.poll() is not None:
            raise RuntimeError(f"nginx ({name}) did not start:\n{self.log.read_text()[-1500:]}")

    def cpu_seconds(self):
        """CPU time of the worker so far: what the peer itself costs."""
        children = subprocess.run(["pgrep", "-P", str(self.process.pid)], capture_output=True, text=True).stdout.split()
        ticks = 0
        for pid in [*children, str(self.process.pid)]:
            fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
            ticks += int(fields[11]) + int(fields[12])
        return ticks / 100

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(10)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


def recipient(folder, port, certs, party, answer, status=200):
    """Answers every request alike. `answer` is JSON text without quotes that nginx would end its string at."""
    return Nginx(folder, "recipient", port, certs, party, f"location / {{ return {status} '{answer}'; }}")


def proxy(folder, port, recipient_port, certs, party, client):
    return Nginx(folder, "proxy", port, certs, party, PROXY.format(certs=pathlib.Path(certs).resolve(), client=client),
                 UPSTREAM.format(port=recipient_port))
