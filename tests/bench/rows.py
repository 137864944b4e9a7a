#!/usr/bin/env python3
"""How fast a landlord's file of rows is taken: a real hub, one CSV file, two recipients a row (the board and the coordinator).

    tests/bench/rows.py [--rows N] [--inbox]

--inbox: the board reads in its inbox, so that taking the file is measured alone; else the hub delivers to a case system
of the tests at the same time, on the same cores. The machine decides the figures, and what else it does meanwhile.
"""
import argparse
import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from hub_case import ENDPOINTS, replaced  # noqa: E402
from hub_harness import Counterparts, Hub  # noqa: E402

HEADER = "Avtalsnummer;Datum;Hyresvärd;Hyresgäst;Gatuadress;Lägenhetsnummer;Postnummer;Postort;Kommun;Stadsdel;Antal rum;Belopp;Förfallodatum;Delgiven"


def table(rows):
    return "\r\n".join([HEADER] + [f"A-{i};2026-11-20;Prov AB;Test{i} Testsson;Provgatan {i % 90};1{i % 10:03};99901;Provstad;0999;south;3;8 450,00;"
                                   "2026-10-31;2026-11-19" for i in range(rows)]) + "\r\n"


def reads_in_inbox(folder):
    replaced(folder / "parties.toml", ('adapter = "municipal_case"\nendpoint = "case-system"\n', ""))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=5000)
    parser.add_argument("--inbox", action="store_true")
    options = parser.parse_args()
    body, after, answers = table(options.rows).encode(), 0, 0
    with Hub(edit=reads_in_inbox if options.inbox else None) as hub, Counterparts(hub.certs, hub.folder) as systems:
        if not options.inbox:
            script, port = ENDPOINTS["social-board"]
            systems.start(script, "social-board", hub.port(port))
        client = hub.client("landlord-private")
        client.timeout = 120
        before, began, left = hub.metrics(), time.monotonic(), options.rows
        while left:
            answer = client.request("POST", f"/v1/in/landlord?after={after}", body, {"content-type": "text/csv"})
            if answer.status != 200:
                raise SystemExit(f"answered {answer.status}")
            rows = answer.json()["rows"]
            after, left, answers = rows["after"], rows["left"], answers + 1
        took = time.monotonic() - began

        def grown(name):
            return hub.metric(name) - sum(v for k, v in before.items() if k == name)

        print(f"{options.rows} rows in {took:.1f} s and {answers} answer(s): {options.rows / took:.0f} rows/s")
        print(f"{grown('samband_commit_seconds_count'):.0f} transactions, {grown('samband_commit_seconds_sum'):.1f} s; "
              f"{grown('samband_decision_seconds_count'):.0f} decisions, {grown('samband_decision_seconds_sum'):.1f} s; "
              f"{grown('samband_ledger_size'):.0f} leaves")


if __name__ == "__main__":
    main()
