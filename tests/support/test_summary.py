#!/usr/bin/env python3
"""Prints what a ctest run came to, from its JUnit file: counts, what failed, what was skipped, what was slow."""
import sys
import xml.etree.ElementTree as xml


def main(path):
    cases = xml.parse(path).getroot().findall("testcase")
    failed = [c for c in cases if c.find("failure") is not None or c.get("status") == "fail"]
    skipped = [c for c in cases if c.find("skipped") is not None or c.get("status") in ("notrun", "disabled")]
    skipped = [c for c in skipped if c not in failed]
    seconds = sum(float(c.get("time", 0)) for c in cases)
    slow = sorted(cases, key=lambda c: -float(c.get("time", 0)))[:3]
    print("\n== summary")
    for title, found in (("FAILED", failed), ("skipped", skipped)):
        for case in found:
            print(f"  {title:8} {case.get('name')}")
    print("  slowest  " + ", ".join(f"{c.get('name')} {float(c.get('time', 0)):.1f} s" for c in slow))
    print(f"  {len(cases) - len(failed) - len(skipped)} passed, {len(failed)} failed, {len(skipped)} skipped "
          f"({len(cases)} tests, {seconds:.0f} s of test time)")
    return 1 if failed or not cases else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
