#!/usr/bin/env python3
"""Exchanges per second of the real hub, beside nginx as a no-op proxy to the same recipient. Run by `./dev bench`.

Both get the same request (a canonical rent.arrears message) from the same load generator over mutual TLS 1.3, and send
one request to the same recipient over mutual TLS. nginx copies bytes. Samband identifies, decides, minimises, records
durably, answers with a receipt, delivers, and records the acknowledgement: an exchange counts when that acknowledgement
is recorded, and the time until the last one (the drain) counts too. Rounds alternate, because the machine drifts; only
figures of one run may be compared.
"""
import argparse
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import hub_harness
import nginx_peer

SENDER, RECIPIENT = "landlord-private", "social-board"
CONFIG = pathlib.Path(__file__).resolve().parent / "config"
DRAIN_SECONDS_MAX = 120
LOADGEN = hub_harness.BINARIES / "bin" / "samband-loadgen"


def message():
    """SFS 1978:314 form 3, a thousand tenants in turn; the load generator fills the places in braces."""
    body = hub_harness.message("rent.arrears", SENDER, {
        "persons": [{"ref": "p1", "role": "tenant", "givenName": "Test {{PERSON}}", "familyName": "Testsson", "municipality": "0999",
                     "district": "south", "address": {"street": "Exempelgatan {{PERSON}}", "apartment": "1101", "postalCode": "99901",
                                                      "city": "Exempelstad"}}],
        "payload": {"form": "SFS 1978:314 form 3", "dwelling": True, "rooms": 2, "amount": 845000, "currency": "SEK",
                    "dueDate": "2026-10-31", "interest": "enligt räntelagen från förfallodagen", "paymentAccount": "000-0000",
                    "leaseNumber": "EX-{{SEQ}}", "servedAt": "{{NOW}}",
                    "landlord": {"name": "Exempel Bostäder AB", "address": "Exempelgatan 2, 999 01 Exempelstad", "phone": "070-1740605"},
                    "premises": {"municipality": "0999", "district": "south"}}}, message_id="{{UUID}}", at="{{NOW}}")
    return json.dumps(body, ensure_ascii=False)


def load(label, port, path, body, certs, connections, seconds, contains=""):
    command = [str(LOADGEN), "--label", label, "--port", str(port), "--path", path, "--body", str(body), "--cert",
               str(certs / f"{SENDER}.pem"), "--key", str(certs / f"{SENDER}.key"), "--ca", str(certs / "ca.pem"), "-c", str(connections),
               "-d", str(seconds)]
    done = subprocess.run(command + (["--contains", contains] if contains else []), capture_output=True, text=True)
    if not done.stdout:
        raise RuntimeError(f"load generator: {done.stderr.strip()}")
    result = json.loads(done.stdout)
    if done.returncode != 0:
        print(f"  {label}: {result['bad']} bad, {result['failed']} failed; first: {result['first_bad'][:300]}", file=sys.stderr)
    return result


def delivered(hub):
    return hub.metric("samband_deliveries_total", result="delivered")


def cpu_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def samband_round(hub, body, connections, seconds):
    before, cpu_before, began = delivered(hub), cpu_seconds(hub.process.pid), time.monotonic()
    answers = load("samband", hub.port(8443), "/v1/messages", body, hub.certs, connections, seconds, '"outcome":"released"')
    load_ended = time.monotonic()
    try:
        hub_harness.wait_for("empty outbox", lambda: delivered(hub) - before >= answers["good"], DRAIN_SECONDS_MAX, 0.02)
    except TimeoutError as error:
        print(f"  {error}: the rest does not count", file=sys.stderr)
    ended = time.monotonic()
    count = delivered(hub) - before
    return {"rate": count / (ended - began), "acknowledged": int(count), "answered": answers["good"],
            "bad": answers["bad"] + answers["failed"], "drain_s": ended - load_ended,
            "cpu_us": (cpu_seconds(hub.process.pid) - cpu_before) * 1e6 / max(count, 1), "latency_us": answers["latency_us"],
            "loadgen_cpu_us": answers["cpu_us_per_request"]}


def nginx_round(proxy, port, body, certs, connections, seconds):
    cpu_before = proxy.cpu_seconds()
    answers = load("nginx", port, "/v1/messages", body, certs, connections, seconds, "reference")
    return {"rate": answers["requests_per_s"], "acknowledged": answers["good"], "answered": answers["good"],
            "bad": answers["bad"] + answers["failed"], "drain_s": 0.0, "cpu_us": (proxy.cpu_seconds() - cpu_before) * 1e6 / answers["sent"],
            "latency_us": answers["latency_us"], "loadgen_cpu_us": answers["cpu_us_per_request"]}


def row(label, r):
    print(f"  {label:<10}{r['rate']:>10.0f}{r['acknowledged']:>10}{r['bad']:>6}{r['latency_us']['p50']:>10.0f}"
          f"{r['latency_us']['p99']:>10.0f}{r['drain_s']:>9.2f}{r['cpu_us']:>9.0f}{r['loadgen_cpu_us']:>9.0f}")


def add_rules(folder):
    shutil.copytree(hub_harness.SOURCE / "config" / "rules", folder / "rules")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=6, help="of load per round")
    parser.add_argument("--connections", "-c", type=int, default=16)
    parser.add_argument("--json", metavar="FILE", help="write all rounds there")
    o = parser.parse_args()
    hub_harness.need_hub()
    if not LOADGEN.exists():
        sys.exit("samband-loadgen is not built: ./dev build")
    rounds = {"nginx": [], "samband": []}
    with tempfile.TemporaryDirectory(prefix="samband-bench-") as folder:
        folder = pathlib.Path(folder)
        hub = hub_harness.Hub(folder / "hub", config=CONFIG, edit=add_rules)
        recipient_port, proxy_port = hub.port(19443), next(p for p in hub_harness.free_ports(50) if p not in hub.ports.values())
        body = folder / "message.json"
        body.write_text(message(), encoding="utf-8")
        answer = '{"reference":"BENCH-1","status":"accepted"}'
        recipient = nginx_peer.recipient(folder / "nginx", recipient_port, hub.certs, RECIPIENT, answer)
        proxy = nginx_peer.proxy(folder / "nginx", proxy_port, recipient_port, hub.certs, RECIPIENT, "hub-client")
        with recipient, proxy, hub:
            print(f"{o.connections} connections, {o.seconds:g} s of load a round, {body.stat().st_size} bytes a message, warm-up first")
            nginx_round(proxy, proxy_port, body, hub.certs, o.connections, 1)
            samband_round(hub, body, o.connections, 2)
            print(f"  {'':<10}{'per s':>10}{'done':>10}{'bad':>6}{'p50 us':>10}{'p99 us':>10}{'drain s':>9}{'cpu us':>9}{'gen us':>9}")
            for _ in range(o.rounds):
                rounds["nginx"].append(nginx_round(proxy, proxy_port, body, hub.certs, o.connections, o.seconds))
                row("nginx", rounds["nginx"][-1])
                rounds["samband"].append(samband_round(hub, body, o.connections, o.seconds))
                row("samband", rounds["samband"][-1])
            size = hub.metrics().get("samband_ledger_size")
    medians = {name: statistics.median(r["rate"] for r in found) for name, found in rounds.items()}
    spread = {name: f"[{min(r['rate'] for r in found):.0f}..{max(r['rate'] for r in found):.0f}]" for name, found in rounds.items()}
    ratio = medians["samband"] / medians["nginx"] if medians["nginx"] else 0
    print(f"median: nginx {medians['nginx']:.0f} {spread['nginx']} requests/s, samband {medians['samband']:.0f} {spread['samband']} "
          f"exchanges/s with acknowledgement recorded; ratio {ratio:.2f}")
    if size:
        print(f"the log has {size:.0f} leaves")
    if o.json:
        pathlib.Path(o.json).write_text(json.dumps({"rounds": rounds, "medians": medians, "ratio": ratio}, indent=1))
    lost = sum(r["answered"] - r["acknowledged"] for r in rounds["samband"] if r["answered"] > r["acknowledged"])
    bad = sum(r["bad"] for found in rounds.values() for r in found)
    if lost or bad:
        print(f"NOT CLEAN: {bad} bad answers, {lost} exchanges not acknowledged within {DRAIN_SECONDS_MAX} s")
    return 1 if lost or bad else 0


if __name__ == "__main__":
    sys.exit(main())
