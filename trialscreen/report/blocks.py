"""What a page is made of, before it is known where it will be shown."""

from typing import Literal, NamedTuple

Tone = Literal["plain", "good", "bad", "open", "muted"]
"""How a text is coloured where colour is to be had; the words say it as well."""


class Cell(NamedTuple):
    """A text; `depth` indents it in a list."""

    text: str
    tone: Tone = "plain"
    depth: int = 0


class Heading(NamedTuple):
    text: str
    level: int = 2


class Paragraph(NamedTuple):
    text: str
    tone: Tone = "plain"


class Banner(NamedTuple):
    """The one thing to read first."""

    text: str
    detail: str
    tone: Tone


class Items(NamedTuple):
    """A list."""

    items: tuple[Cell, ...]


class Table(NamedTuple):
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
