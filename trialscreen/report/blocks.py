"""What a page is made of, before it is known where it will be shown."""

from dataclasses import dataclass
from typing import Literal

Tone = Literal["plain", "good", "bad", "open", "muted"]
"""How a text is coloured where colour is to be had; the words say it as well."""


@dataclass(frozen=True, slots=True)
class Cell:
    text: str
    tone: Tone = "plain"


@dataclass(frozen=True, slots=True)
class Heading:
    text: str
    level: int = 2


@dataclass(frozen=True, slots=True)
class Paragraph:
    text: str
    tone: Tone = "plain"


@dataclass(frozen=True, slots=True)
class Banner:
    """The one thing to read first."""

    text: str
    detail: str
    tone: Tone


@dataclass(frozen=True, slots=True)
class Items:
    """A list; `level` indents."""

    items: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under named columns; the first column names the row.

    `shares` divides the width: 0 takes what its text needs, the others share the rest.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    shares: tuple[int, ...]


Block = Heading | Paragraph | Banner | Items | Table
Page = tuple[Block, ...]


def row(*texts: str | Cell) -> tuple[Cell, ...]:
    """A table row; plain texts become plain cells."""
    return tuple(text if isinstance(text, Cell) else Cell(text) for text in texts)
