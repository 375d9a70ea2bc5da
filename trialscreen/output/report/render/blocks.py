"""The format-independent blocks that pages are composed of: headings, tables, lists, bars."""

from collections.abc import Iterable, Iterator
from typing import Literal, NamedTuple

Tone = Literal["plain", "good", "bad", "open", "muted"]
"""The colour of a text, where available; the words carry the same information."""
BOX = "☐"
"""A box to tick by hand."""


class Share(NamedTuple):
    """A piece of a bar, as a fraction (0 to 1) of the whole length."""

    part: float
    tone: Tone = "plain"


class Cell(NamedTuple):
    """A text; `depth` indents it in a list. A `bar` only illustrates numbers in other cells."""

    text: str
    tone: Tone = "plain"
    depth: int = 0
    bar: tuple[Share, ...] = ()


class Heading(NamedTuple):
    """A title; `new_sheet`: starts a new sheet when printed."""

    text: str
    level: int = 2
    new_sheet: bool = False


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
    """Rows under named columns; the first column is the row header.

    `shares` divides the width: a column with 0 is as wide as its text, the others share the rest.
    The columns in `numbers` (from 0) are right-aligned. `to_fill`: to be filled in by hand, with
    high rows and fixed widths. `compact`: rendered on as few lines as possible.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    shares: tuple[int, ...]
    numbers: tuple[int, ...] = ()
    to_fill: bool = False
    compact: bool = False

    def columns_with_bars(self) -> set[int]:
        """Indices (from 0) of the columns that have a bar in any row."""
        return {n for row in self.rows for n, cell in enumerate(row) if cell.bar}


class Terms(NamedTuple):
    """Names with descriptions."""

    rows: tuple[tuple[str, Cell], ...]


class Choices(NamedTuple):
    """Boxes to tick by hand, under what they decide."""

    text: str
    options: tuple[str, ...]


class Stage(NamedTuple):
    """A box of a flow diagram; `leaving` describes those who go no further."""

    text: str
    size: str
    tone: Tone = "plain"
    why: str = ""
    leaving: Table | None = None


class Flow(NamedTuple):
    """A flow diagram, in which each stage is part of the one before."""

    stages: tuple[Stage, ...]


Part = Heading | Paragraph | Banner | Items | Table | Terms | Choices | Flow


class Group(NamedTuple):
    """Blocks that are kept together on one sheet if possible, or set in two columns."""

    kind: Literal["together", "columns"]
    parts: tuple[Part, ...]


Block = Part | Group
Page = Iterable[Block]


def parts(page: Page) -> Iterator[Part]:
    """The blocks of a page without groups, for formats without sheets."""
    for block in page:
        yield from block.parts if isinstance(block, Group) else (block,)


def titled(title: str, table: Table) -> Iterator[Part]:
    """A table under its title; neither where there are no rows."""
    if table.rows:
        yield from (Heading(title), table)


def cell(text: str | Cell) -> Cell:
    """A plain text becomes a plain cell."""
    return text if isinstance(text, Cell) else Cell(text)


def row(*texts: str | Cell) -> tuple[Cell, ...]:
    """The cells of a table's row."""
    return tuple(map(cell, texts))


def table(
    columns: Iterable[str],
    rows: Iterable[Iterable[str | Cell]],
    shares: Iterable[int],
    numbers: tuple[int, ...] = (),
    *,
    to_fill: bool = False,
    compact: bool = False,
) -> Table:
    """A table of texts and cells."""
    cells = tuple(row(*texts) for texts in rows)
    return Table(tuple(columns), cells, tuple(shares), numbers, to_fill, compact)


def counts(columns: tuple[str, ...], rows: Iterable[Iterable[str | Cell]]) -> Table:
    """A table of numbers: the first column names the row, and has what room is left."""
    others = range(1, len(columns))
    return table(columns, rows, (1, *(0 for _ in others)), tuple(others))


def terms(rows: Iterable[tuple[str, str | Cell]]) -> Terms:
    """Names, each with a text or a cell."""
    return Terms(tuple((name, cell(text)) for name, text in rows))


def items(texts: Iterable[str | Cell], tone: Tone = "plain") -> Items:
    """A list of cells, and of texts in one tone."""
    return Items(tuple(one if isinstance(one, Cell) else Cell(one, tone) for one in texts))
