#!/usr/bin/env python3
"""Writes characters.inc: what every character is, by its general category in the Unicode Character Database.

    python3 plugins/person_numbers/make_table.py > plugins/person_numbers/characters.inc

A letter is Lu, Ll, Lt or Lo: modifier letters (Lm) look like signs and so part digits as signs do. A digit is whatever has a
value of 0 to 99: every Nd, and the raised, circled, Roman and other numerals among No and Nl. All else is a sign, or hidden
where nobody sees it (format and control characters) or it sits on the character before it (marks). Written with Unicode 14;
the digits of later versions are named here, and a letter of a later version parts digits: then too much is found, not too little.
"""
import sys
import unicodedata as ucd

LATER_DIGITS = (0x10D40, 0x116D0, 0x116DA, 0x11BF0, 0x11DE0, 0x11F50, 0x16130, 0x16D70, 0x1CCF0, 0x1E4F0, 0x1E5F1)  # the zeros
FILLERS = {0x115F, 0x1160, 0x3164, 0xFFA0}  # letters by their category, and nothing to see
BLANKS = {0x9, 0xA, 0xB, 0xC, 0xD, 0x85}


def value(c):
    for zero in LATER_DIGITS:
        if zero <= c < zero + 10:
            return c - zero
    number = ucd.numeric(chr(c), -1) if ucd.category(chr(c))[0] == "N" else -1
    return int(number) if number in range(100) else -1


def sort(c):
    category = ucd.category(chr(c))
    if value(c) >= 0 or category == "Cn":
        return "any"  # looked up before, or not there
    if category in ("Lu", "Ll", "Lt", "Lo") and c not in FILLERS:
        return "letter"
    return "sign" if category[0] in "PSZNL" and c not in FILLERS or c in BLANKS else "hidden"


def rows():
    """Runs of digits that count upwards: first, last, value of the first."""
    out = []
    for c in range(0x110000):
        v = value(c)
        if v < 0:
            continue
        if out and out[-1][1] == c - 1 and v == out[-1][2] + c - out[-1][0]:
            out[-1][1] = c
        else:
            out.append([c, c, v])
    return out


def edges(name, ignored):
    """The characters at which `name` begins and ends, in turn."""
    out, inside = [], False
    for c in range(0x110000):
        kind = sort(c)
        if kind not in ignored and (kind == name) != inside:
            inside = not inside
            out.append(c)
    return out


def table(declaration, items):
    text = f"constexpr {declaration}[] = {{"
    for i, item in enumerate(items):
        piece = item + (", " if i + 1 < len(items) else "};")
        if len(text.rsplit("\n", 1)[-1]) + len(piece.rstrip()) > 118:
            text = text.rstrip() + "\n    "
        text += piece
    return text + "\n"


sys.stdout.write("// Written by make_table.py: do not edit.\n")
sys.stdout.write(table("Row kDigits", [f"{{0x{a:X}, 0x{b:X}, {v}}}" for a, b, v in rows()]))
sys.stdout.write("// Where letters begin and end, in turn; then the same of what is hidden (asked of what is no letter).\n")
sys.stdout.write(table("char32_t kLetters", [f"0x{c:X}" for c in edges("letter", ())]))
sys.stdout.write(table("char32_t kHidden", [f"0x{c:X}" for c in edges("hidden", ("any", "letter"))]))
