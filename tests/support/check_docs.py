#!/usr/bin/env python3
"""Checks of the tracked tree that need no compiler: links in the docs lead somewhere, no machine's paths, no private keys,
and no personnummer that is not one of Skatteverket's published test numbers.

Findings name file, line and kind, never the value. First the checker proves on made-up files that it can fail.
"""
import datetime
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

LINK = re.compile(r"(?<!!)\[[^\]\n]+\]\(([^)\s]+)\)")
MACHINE_PATH = re.compile(r"(?<![\w.$}])/(?:home|Users|root|work|mnt|workspace)/[\w.-]+")
PRIVATE_KEY = re.compile(r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----\s*\n\s*[A-Za-z0-9+/]{20}")
PERSON_NUMBER = re.compile(r"(?<![0-9A-Za-z.+-])((?:18|19|20)?\d{6})([-+ ]?)(\d{4})(?![0-9A-Za-z])")
TEXT_SIZE_MAX = 2 << 20


def tracked(root):
    """Tracked files and new ones that are not ignored: what a commit would carry."""
    out = subprocess.run(["git", "-C", str(root), "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
                         check=True, capture_output=True).stdout
    return [root / name for name in sorted(set(out.decode().split("\0"))) if name and (root / name).is_file()]


def line_of(text, at):
    return text.count("\n", 0, at) + 1


def anchors(text):
    """GitHub's anchors of a page's headings."""
    found = set()
    for heading in re.findall(r"^#+\s+(.*)$", text, re.M):
        found.add(re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-"))
    return found


def check_links(path, text, root):
    if path.suffix != ".md":
        return
    without_code = re.sub(r"```.*?```", lambda m: "\n" * m.group(0).count("\n"), text, flags=re.S)
    for match in LINK.finditer(without_code):
        target, _, fragment = match.group(1).partition("#")
        if re.match(r"[a-z]+:", target):
            continue
        there = (path.parent / target).resolve() if target else path
        where = f"{path.relative_to(root)}:{line_of(without_code, match.start())}"
        if not there.exists():
            yield f"{where}: link to {target} leads nowhere"
        elif fragment and there.suffix == ".md" and fragment not in anchors(there.read_text(encoding="utf-8")):
            yield f"{where}: {target or path.name} has no heading #{fragment}"


def luhn(digits):
    total = 0
    for i, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if i % 2 else 1)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def is_person_number(digits):
    """Ten digits with a real date (day + 60 for a samordningsnummer), a birth number and a right check digit."""
    if digits[6:9] == "000":
        return False
    month, day = int(digits[2:4]), int(digits[4:6])
    day -= 60 if day > 60 else 0
    try:
        datetime.date(2000, month, day)
    except ValueError:
        return False
    return luhn(digits)


def check_person_numbers(path, text, root, allowed):
    for match in PERSON_NUMBER.finditer(text):
        digits = (match.group(1) + match.group(3))[-10:]
        if not is_person_number(digits) or digits in allowed:
            continue
        # A bare run of ten digits is more often a time or an amount; a number with a century or a dash is meant as one.
        if len(match.group(1)) == 6 and not match.group(2):
            continue
        yield f"{path.relative_to(root)}:{line_of(text, match.start())}: a personnummer that is no published test number"


def check_text(path, text, root, allowed):
    yield from check_links(path, text, root)
    if path.name != "check_docs.py":
        for match in MACHINE_PATH.finditer(text):
            yield f"{path.relative_to(root)}:{line_of(text, match.start())}: a path of one machine"
    for match in PRIVATE_KEY.finditer(text):
        yield f"{path.relative_to(root)}:{line_of(text, match.start())}: a private key"
    if allowed is not None:
        yield from check_person_numbers(path, text, root, allowed)


TEST_NAME = re.compile(r"\b(unit|integration|scenario|structure)\.([a-z_0-9]+)")


def check_threat_table(root):
    """Every row of the threat model names tests that exist, or says that there are none yet."""
    path = root / "docs" / "threat-model.md"
    there = {"unit": lambda n: any((root / "tests/unit" / n).glob("*.cpp")), "structure": lambda n: n in ("rooms", "docs"),
             "integration": lambda n: (root / f"tests/integration/test_{n}.py").is_file(),
             "scenario": lambda n: (root / f"tests/scenarios/test_{n}.py").is_file()}
    for number, row in enumerate(path.read_text(encoding="utf-8").splitlines(), 1) if path.is_file() else ():
        cells = [c.strip() for c in row.strip().strip("|").split("|")]
        if not row.startswith("|") or len(cells) < 4 or cells[0] in ("threat", "---"):
            continue
        names = TEST_NAME.findall(cells[-1])
        if not names and "none yet" not in cells[-1]:
            yield f"docs/threat-model.md:{number}: the row names no test"
        for label, name in names:
            if not there[label](name):
                yield f"docs/threat-model.md:{number}: there is no test {label}.{name}"


def test_numbers(root):
    """Skatteverket's test numbers, ten digits each; None when the folder of test data is not beside the checkout."""
    folder = pathlib.Path(os.environ.get("SAMBAND_TESTDATA", root.parent / "shared" / "testdata")) / "ids"
    files = [folder / "personnummer-allPins.json", folder / "personnummer-allCoords.json"]
    if not all(f.is_file() for f in files):
        return None
    return {number[-10:] for f in files for number in json.loads(f.read_text())}


def self_test():
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        page = root / "page.md"
        number = "19640823" + "-" + "3234"  # a well-known example; split so that this file passes its own check
        bad = {"leads nowhere": "[x](missing.md)", "no heading": "[x](#nothing)", "path of one machine": "see /home" + "/somebody/x",
               "private key": "-----BEGIN " + "PRIVATE KEY-----\nMIGHAgEAMBMGByqGSM49AgEG", "no published": f"born {number}"}
        for expected, text in bad.items():
            page.write_text("# Here\n" + text + "\n")
            if not any(expected in p for p in check_text(page, page.read_text(), root, set())):
                sys.exit(f"self-test: not seen: {expected}")
        page.write_text(f"# Here\n[x](#here) [y](page.md) /v1/work/x {number}\n")
        found = list(check_text(page, page.read_text(), root, {"6408233234"}))
        if found:
            sys.exit(f"self-test: refused without reason: {found}")


def main():
    self_test()
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".").resolve()
    allowed = test_numbers(root)
    if allowed is None:
        print("no ../shared/testdata and no SAMBAND_TESTDATA: person numbers were NOT checked")
    problems, count = list(check_threat_table(root)), 0
    for path in tracked(root):
        data = path.read_bytes()
        if b"\0" in data or len(data) > TEXT_SIZE_MAX:
            continue
        count += 1
        problems += check_text(path, data.decode("utf-8", "replace"), root, allowed)
    for problem in problems:
        print(problem)
    print(f"{count} files read, {len(problems)} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
