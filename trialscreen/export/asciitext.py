"""Texts in ASCII, for formats that regulators take in nothing else; no change goes untold."""

import unicodedata
from collections.abc import Iterable

from trialscreen.errors import ValueProblem
from trialscreen.text import PLAIN, printable, shown


def to_ascii(text: str) -> str:
    """`text` on one line, in ASCII: `≥` as `>=`, `×` as `x`, `é` as `e`.

    Raises ValueProblem for a character that has no such form.
    """
    return "".join(_plain(char, text) for char in printable(" ".join(text.split())))


def replaced(texts: Iterable[str]) -> list[str]:
    """The characters that `to_ascii` replaces in `texts`, each once: `≥ as >=`."""
    chars = sorted({char for text in texts for char in text if not char.isascii()})
    return [f"{char} as {_plain(char, char)}" for char in chars]


def _plain(char: str, text: str) -> str:
    if char.isascii():
        return char
    plain = PLAIN.get(char)
    if plain is None:
        base = unicodedata.normalize("NFKD", char)
        plain = "".join(one for one in base if not unicodedata.combining(one))
    if not plain.isascii() or not plain.isprintable():
        raise ValueProblem(
            f"{shown(text)} holds {char} (U+{ord(char):04X}), which cannot be written in ASCII"
        )
    return plain
