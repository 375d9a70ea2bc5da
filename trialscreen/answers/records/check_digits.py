"""Check digits of codes: one with a wrong digit is a slip, and matches nothing in a record."""

import re
from collections.abc import Mapping

_FORMS: Mapping[str, re.Pattern[str]] = {
    "loinc": re.compile(r"[0-9]{1,7}-[0-9]"),  # its answers and parts have letters, and others
    "snomed": re.compile(r"[1-9][0-9]{5,17}"),
}
CHECKED = tuple(_FORMS)
"""The systems whose codes have a check digit."""

_PERMUTED = (1, 5, 7, 6, 2, 8, 3, 0, 9, 4)


def is_mistyped(system: str, code: str) -> bool:
    """Whether a code has the form of its system's codes, and a wrong check digit."""
    if system not in _FORMS or _FORMS[system].fullmatch(code) is None:
        return False
    return not (mod_10(code) if system == "loinc" else verhoeff(code))


def mod_10(code: str) -> bool:
    """https://loinc.org/kb/users-guide/calculating-mod-10-check-digits/."""
    body, _, digit = code.partition("-")
    doubled = str(int(body[::-1][::2]) * 2)  # every second digit, from the right
    return -sum(map(int, body[::-1][1::2] + doubled)) % 10 == int(digit)


def verhoeff(code: str) -> bool:
    """J. Verhoeff, Error Detecting Decimal Codes (1969): the dihedral group of order 10."""
    total = 0
    for place, digit in enumerate(reversed(code)):
        value = int(digit)
        for _ in range(place % 8):
            value = _PERMUTED[value]
        flipped = total >= 5
        turned = (total + (-value if flipped else value)) % 5
        total = turned + 5 * (flipped != (value >= 5))
    return total == 0
