"""What a page is made of, before it is known where it will be shown."""

from collections.abc import Iterable, Iterator
from typing import Literal, NamedTuple

Tone = Literal["plain", "good", "bad", "open", "muted"]
"""How a text is coloured where colour is to be had; the words say it as well."""
BOX = "☐"
"""To tick by hand, before what it stands for in a cell of a table to fill."""


class Share(NamedTuple):
    """A piece of a bar: from 0 to 1 of its whole length."""

    part: float
    tone: Tone = "plain"


class Cell(NamedTuple):
    """A text; `depth` indents it in a list. A bar in a table shows what other cells say."""

    text: str
    tone: Tone = "plain"
    depth: int = 0
    bar: tuple[Share, ...] = ()


class Heading(NamedTuple):
    """A title; `new_sheet`: it begins a sheet of paper where the page is printed."""

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
    """Rows under named columns; the first column names the row.

    `shares` divides the width: 0 takes what its text needs, the others share the rest. The
    columns in `numbers` (from 0) stand to the right. `to_fill`: by hand, so the
    rows are high, and each column has its share. `compact`: on as few lines as it can be; its
    heading says what is in it.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    shares: tuple[int, ...]
    numbers: tuple[int, ...] = ()
    to_fill: bool = False
    compact: bool = False

    def columns_with_bars(self) -> set[int]:
        """From 0; all rows are looked at."""
        return {n for row in self.rows for n, cell in enumerate(row) if cell.bar}


class Terms(NamedTuple):
    """Names, each with what it stands for."""

    rows: tuple[tuple[str, Cell], ...]


class Choices(NamedTuple):
    """Boxes to tick by hand, under what they decide."""

    text: str
    options: tuple[str, ...]


class Stage(NamedTuple):
    """A box of a flow diagram: who is here. `leaving` says who of them goes no further."""

    text: str
    size: str
    tone: Tone = "plain"
    why: str = ""
    leaving: Table | None = None


class Flow(NamedTuple):
    """A flow diagram: from one stage to the next there are fewer."""

    stages: tuple[Stage, ...]


Part = Heading | Paragraph | Banner | Items | Table | Terms | Choices | Flow


class Group(NamedTuple):
    """Blocks that stay together on one sheet of paper if they can, or stand in two columns."""

    kind: Literal["together", "columns"]
    parts: tuple[Part, ...]


Block = Part | Group
Page = Iterable[Block]


def parts(page: Page) -> Iterator[Part]:
    """The blocks of a page where nothing is kept together, as there are no sheets."""
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
