"""Normalizes external text and makes it safe to print; wraps lines; suggests the nearest word.

Spellings that a careful reader takes for the same are folded into one. A raised, lowered or circled
digit is not part of a number: `55¹` is 55 with a footnote.
"""

import os
import re
import shutil
import sys
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from functools import partial

_CONTROL = re.compile(
    "[\\x00-\\x08\\x0b-\\x1f\\x7f-\\x9f\\u061c\\u200e\\u200f\\u2028-\\u202e\\u2066-\\u2069\\ud800-\\udfff\\ufeff]"
)
"""C0 and C1 controls except tab and newline, DEL, separators, bidirectional marks, surrogates and
the byte order mark."""

BLANKS = (
    " \t\n\v\f\r\x85\u00a0\u1680\u180e\u2028\u2029\u202f\u205f\u3000"
    "\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u200b\u200c\u200d\u2060\ufeff"
)
"""Invisible characters: spaces of every width, including zero, and line breaks."""

PLAIN = {
    "≥": ">=",
    "≤": "<=",
    "≠": "<>",
    "±": "+/-",
    "✓": "+",
    "✗": "x",
    "×": "x",
    "²": "2",
    "³": "3",
    "…": "...",
    "°": " deg",
    "•": "*",
    "µ": "u",
    "μ": "u",  # micro sign and Greek mu
    **dict.fromkeys("‐‑‒–—−", "-"),
    **dict.fromkeys("‘’‚′", "'"),
    **dict.fromkeys("“”„″", '"'),
    **dict.fromkeys("\u00a0\u2002\u2003\u2009\u202f", " "),
}
"""ASCII replacements for common characters."""


def first_control(text: str) -> str | None:
    """The first control character in `text`, as U+XXXX; None if there is none."""
    found = _CONTROL.search(text)
    return None if found is None else f"U+{ord(found[0]):04X}"


def printable(text: str) -> str:
    """`text` on one line and without control characters: safe to show, whatever it was."""
    if text.isprintable():
        return text
    return " ".join(_CONTROL.sub("", text).split())


def short(text: str, limit: int = 60) -> str:
    """`text` for a message: printable, and cut to `limit` characters."""
    clean = printable(text)
    return clean if len(clean) <= limit else f"{clean[:limit]}…"


def shown(text: str) -> str:
    """`text` quoted for a message."""
    return f"'{short(text)}'"


_START = re.compile(r" *(?:[0-9]+  )?")
_FILLER = "\ufdd0"
"""Stands for the second column of a wide character; a noncharacter, so it occurs in no text."""


def wrapped(text: str, columns: int) -> str:
    """Wraps each line at words; continuation lines align with its first word after a number."""
    import textwrap  # noqa: PLC0415 - only where lines are long

    lines = (text if text.isascii() else _filled(text)).split("\n")
    fill = partial(textwrap.fill, width=max(20, columns - 1), break_on_hyphens=False)
    broken = (fill(one, subsequent_indent=" " * len(_START.findall(one)[0])) for one in lines)
    return "\n".join(broken).replace(_FILLER, "")


def error_columns() -> int:
    """The current width of the terminal behind standard error, which can be resized.

    Some terminals, such as those of containers, report a width of 0; 80 is used instead.
    """
    columns = 0
    with suppress(OSError, ValueError):
        columns = os.get_terminal_size(sys.stderr.fileno()).columns
    return columns or shutil.get_terminal_size().columns


def _filled(text: str) -> str:
    """`text` padded to one character per column: two for each wide (e.g. Chinese) one."""
    wide = (unicodedata.east_asian_width(one) in "WF" for one in text)
    return "".join(one + _FILLER * two for one, two in zip(text, wide, strict=True))


def some(texts: Sequence[str], most: int = 5) -> str:
    """The first `most` of `texts`, and how many more there are."""
    more = len(texts) - most
    listed = ", ".join(texts[:most])
    return f"{listed} and {more:,} more" if more > 0 else listed


def count_of(number: int, noun: str, plural: str = "") -> str:
    """`1 patient`, `2,000 patients`; `plural` if it is not the noun with an s."""
    return f"{number:,} {noun if number == 1 else plural or f'{noun}s'}"


LETTERS_ALIKE = 0.85
"""Similarity required of a misspelling; `negative`/`positive`, `male`/`female` are below it."""


def misspelt(word: str, known: Iterable[str]) -> str:
    """As `nearest`, but stricter, for answers: a similar word may mean the opposite.

    So may one with a prefix, such as `non-reactive`.
    """
    lowered = word.casefold()
    known = (one for one in known if not lowered.endswith(one.casefold()))
    return nearest(word, known, LETTERS_ALIKE)


def nearest(name: str, known: Iterable[str], alike: float = 0.6) -> str:
    """' Did you mean …?' with the nearest of `known`, or the only completion; empty if none."""
    import difflib  # noqa: PLC0415 - only for messages

    words, name = {word.casefold(): word for word in known}, name.casefold()
    begun = [word for word in words if len(name) > 2 and word.startswith(name)]
    match = difflib.get_close_matches(name, words, n=1, cutoff=alike) or begun * (len(begun) == 1)
    return f" Did you mean {words[match[0]]!r}?" if match else ""


def has_spaced_colon(data: bytes) -> bool:
    """Whether a blank stands before a colon in JSON, so that `":` does not count all its keys."""
    return b" :" in data or b"\t:" in data or b"\r:" in data or b"\n:" in data


def plain_name(name: str) -> str:
    """`name` in the form of element names: `Birth-Date ` becomes `birth_date`."""
    return re.sub(r"[\W_]+", "_", unicodedata.normalize("NFKC", name).casefold()).strip("_")


WORDS: Mapping[str, tuple[str, ...]] = {
    "yes": ("yes", "y", "true", "t", "1"),
    "no": ("no", "n", "false", "f", "0"),
    "unknown": ("unknown",),
    "pending": (
        *("pending", "awaited", "awaiting", "result pending", "results pending"),
        *("pending result", "pending results", "awaiting result", "awaiting results"),
    ),
}
"""Spellings of yes, no, unknown and pending; a criteria file can add its own."""

_DASHES = "-‐‑‒–—―−﹘﹣－_"
_FULL_WIDTH = range(ord("０"), ord("９") + 1)
_RAISED_OR_LOWERED = "⁺⁻⁼₊₋₌"
_POWER_OF_TEN = (
    "(?:(?<=[x×*])|(?<=[x×*] ))10([⁰¹²³⁴⁵⁶⁷⁸⁹⁻]+)|(?<![0-9.])10([⁰¹²³⁴⁵⁶⁷⁸⁹⁻]+)(?= ?[a-z/{[])"
)
"""`1.2×10⁴`, `10⁴ copies/mL`. On its own, 10⁴ may be 10 with a footnote."""

_SQUARE_OR_CUBE = "(?<=m)[²³]"

_RAISED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")
_SAME = str.maketrans("−–‐‑≦⩽≧⩾\u200b", "----≤≤≥≥ ")


def flag(name: str) -> str:
    """The command-line flag for an element or argument: `--birth-date`."""
    return "--" + name.replace("_", "-")


def folded(text: str) -> str:
    """`text` in lower case and plain characters, with single spaces between words."""
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
    """A character's NFKC form; unchanged if that would turn an ornament into a digit or sign."""
    plain = unicodedata.normalize("NFKC", character)
    if character in _RAISED_OR_LOWERED:
        return character
    if any(one.isdigit() for one in plain) and not plain[0].isalpha():
        return plain if ord(character) in _FULL_WIDTH else character
    return plain


DASH = "a dash can mean negative, none or not known; write the word for it"


def is_dash(text: str) -> bool:
    """Whether `text` consists of dashes only, which is refused for the reason in `DASH`."""
    return bool(text.strip()) and not text.strip(f"{_DASHES} ")
