"""Text from outside: which characters may reach a terminal, and the nearest known word."""

from collections.abc import Iterable

_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def is_control(char: str) -> bool:
    """C0 and C1 controls (but tab and newline), DEL, separators, and marks that reorder text."""
    code = ord(char)
    if code < 0x20:
        return char not in "\t\n"
    return 0x7F <= code < 0xA0 or char in _BIDI or char in "\u2028\u2029\ufeff"


def first_control(text: str) -> str | None:
    """The first control character in `text`, as U+XXXX; None if there is none."""
    if text.isprintable():
        return None
    return next((f"U+{ord(char):04X}" for char in text if is_control(char)), None)


def printable(text: str) -> str:
    """`text` on one line and without controls: safe to show, whatever it was."""
    if text.isprintable():
        return text
    kept = (char for char in text if not is_control(char))
    return " ".join("".join(kept).split())


def shown(text: str, limit: int = 60) -> str:
    """`text` quoted for a message: printable, and cut to `limit` characters."""
    clean = printable(text)
    return f"'{clean}'" if len(clean) <= limit else f"'{clean[:limit]}…'"


def nearest(name: str, known: Iterable[str]) -> str:
    """' Did you mean …?' with the nearest of `known`; empty if none is near."""
    import difflib  # noqa: PLC0415 - only for messages

    match = difflib.get_close_matches(name, list(known), n=1, cutoff=0.6)
    return f" Did you mean {match[0]!r}?" if match else ""
