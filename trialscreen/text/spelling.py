"""One spelling for what a careful reader takes for the same.

A raised, lowered or circled digit is not part of a number: `55¹` is 55 with a footnote.
"""

import re
import unicodedata
from collections.abc import Mapping

WORDS: Mapping[str, tuple[str, ...]] = {
    "yes": ("yes", "y", "true", "t", "1"),
    "no": ("no", "n", "false", "f", "0"),
    "unknown": ("unknown",),
    "pending": (
        *("pending", "awaited", "awaiting", "result pending", "results pending"),
        *("pending result", "pending results", "awaiting result", "awaiting results"),
    ),
}
"""How yes, no, unknown and pending are written; a criteria file can add words of its own."""

_DASHES = "-‐‑‒–—―−﹘﹣－_"
_FULL_WIDTH = range(ord("０"), ord("９") + 1)
_RAISED_OR_LOWERED = "⁺⁻⁼₊₋₌"
_POWER_OF_TEN = (
    "(?:(?<=[x×*])|(?<=[x×*] ))10([⁰¹²³⁴⁵⁶⁷⁸⁹⁻]+)|(?<![0-9.])10([⁰¹²³⁴⁵⁶⁷⁸⁹⁻]+)(?= ?[a-z/{[])"
)
"""`1.2×10⁴`, `10⁴ copies/mL`. Alone, 10⁴ can be 10 with a footnote."""

_SQUARE_OR_CUBE = "(?<=m)[²³]"

_RAISED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")
_SAME = str.maketrans("−–‐‑≦⩽≧⩾\u200b", "----≤≤≥≥ ")


def flag(name: str) -> str:
    """The name of an element, or of an argument, as a flag of the command line."""
    return "--" + name.replace("_", "-")


def folded(text: str) -> str:
    """`text` in small letters and plain characters, with single blanks between its words."""
    if text.isascii():  # most texts are, and each is folded many times
        return " ".join(text.lower().split())
    text = unicodedata.normalize("NFC", "".join(map(_plain, text)))
    text = " ".join(text.casefold().translate(_SAME).split())
    if text.isascii():
        return text
    if "10" in text:
        text = re.sub(_POWER_OF_TEN, lambda at: f"10^{(at[1] or at[2]).translate(_RAISED)}", text)
    return re.sub(_SQUARE_OR_CUBE, lambda at: at[0].translate(_RAISED), text)


def _plain(character: str) -> str:
    """What a character stands for; itself, if that would make an ornament a digit or a sign."""
    plain = unicodedata.normalize("NFKC", character)
    if character in _RAISED_OR_LOWERED:
        return character
    if any(one.isdigit() for one in plain) and not plain[0].isalpha():
        return plain if ord(character) in _FULL_WIDTH else character
    return plain


DASH = "a dash can mean negative, none or not known; write the word for it"


def is_dash(text: str) -> bool:
    """Whether nothing but dashes is written, which is refused for what `DASH` says."""
    return bool(text.strip()) and not text.strip(f"{_DASHES} ")
