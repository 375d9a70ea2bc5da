"""Renders blocks in a terminal with Rich: tables if they fit, otherwise stacked lines."""

import os
import shutil
import sys
from collections.abc import Mapping
from typing import IO, assert_never

from rich import box
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.panel import Panel
from rich.table import Table as RichTable
from rich.text import Text

from trialscreen.output.report.render import blocks
from trialscreen.text.characters import printable

STYLES: dict[blocks.Tone, str] = {
    "plain": "",
    "good": "green",
    "bad": "bold red",
    "open": "yellow",
    "muted": "dim",
}
PIECES: dict[blocks.Tone, str] = dict(zip(STYLES, "██▚▒░", strict=True))
PLAIN_PIECES: dict[blocks.Tone, str] = dict(zip(STYLES, "==x?.", strict=True))
"""Characters for the pieces of bars, distinguishable without colour."""

NARROW = 70
"""Below this width a table is stacked: one row becomes a few lines."""

MOST_UNNAMED = 4
"""With more columns than these, a stacked line names its column."""


def console(file: IO[str] | None = None) -> Console:
    """A console that honours NO_COLOR, TERM=dumb, COLUMNS and pipes; it interprets no markup."""
    # Rich takes every dumb terminal to be 80 columns wide.
    dumb = os.environ.get("TERM") == "dumb"
    width, height = shutil.get_terminal_size() if dumb else (None, None)
    return Console(
        file=file or sys.stdout,
        width=width,
        height=height,
        markup=False,
        emoji=False,
        highlight=False,
    )


def show(page: blocks.Page, out: Console | None = None) -> None:
    """Prints a page."""
    out = out or console()
    plain = os.environ.get("TERM") == "dumb" or out.encoding.lower() not in ("utf-8", "utf8")
    for part in list(blocks.parts(page)):  # complete before printing, in case of an error
        out.print(_part(part, out.width, plain=plain))


def _part(block: blocks.Part, width: int, *, plain: bool) -> RenderableType:
    match block:
        case blocks.Heading(text, level):
            return Text(("\n" if level > 1 else "") + printable(text), style="bold")
        case blocks.Paragraph():
            return _text(blocks.Cell(block.text, block.tone))
        case blocks.Banner(text, detail, tone):
            body = Text.assemble((printable(text), f"bold {STYLES[tone]}"), "\n", printable(detail))
            return body if plain else Panel(body, border_style=STYLES[tone] or "none")
        case blocks.Items(items):
            return _list(items)
        case blocks.Table():
            return _table(block, plain=plain) if width >= NARROW else _stacked(block, width)
        case blocks.Terms(rows):
            return _list(tuple(cell._replace(text=f"{name}: {cell.text}") for name, cell in rows))
        case blocks.Choices(text, options):
            return Text("\n".join(map(printable, (text, *(f"[ ] {one}" for one in options)))))
        case blocks.Flow(stages):
            return Group(*(_stage(stage, width, plain=plain) for stage in stages))
        case _:
            assert_never(block)


def _stage(stage: blocks.Stage, width: int, *, plain: bool) -> RenderableType:
    """A stage of a flow diagram, and below it who leaves."""
    head = Text.assemble(
        (printable(stage.text), "bold"), ": ", (printable(stage.size), STYLES[stage.tone])
    )
    if stage.leaving is None:
        return head
    leaving = _part(stage.leaving, width - _INDENT, plain=plain)
    inside = Group(_text(blocks.Cell(stage.why, "muted")), leaving)
    return Group(head, Padding(inside, (0, 0, 0, _INDENT)))


def _list(items: tuple[blocks.Cell, ...]) -> RenderableType:
    """A dash before each item, and its later lines to the right of the dash."""
    rows = RichTable.grid()
    for item in items:
        line = RichTable.grid(padding=(0, 1))
        line.add_column(no_wrap=True)
        line.add_column(overflow="fold")
        line.add_row("-", _text(item))
        rows.add_row(Padding(line, (0, 0, 0, 2 * item.depth)))
    return rows


def _text(cell: blocks.Cell) -> Text:
    lines = (printable(line) for line in cell.text.split("\n"))
    return Text("\n".join(lines), style=STYLES[cell.tone])


_INDENT = 4
_BAR = 12


def _bar(shares: tuple[blocks.Share, ...], *, plain: bool) -> Text:
    """Pieces of a line; each ends where all the shares so far end."""
    pieces = PLAIN_PIECES if plain else PIECES
    bar, total = Text(), 0.0
    for share in shares:
        total += share.part
        length = max(round(total * _BAR) - len(bar), 0)
        bar.append(pieces[share.tone] * length, STYLES[share.tone])
    bar.append(" " * (_BAR - len(bar)))
    return bar


def _cells(cells: tuple[blocks.Cell, ...], widths: Mapping[int, int], *, plain: bool) -> list[Text]:
    """The texts of a row; `widths`: of the longest texts of columns with bars, which follow."""
    texts = []
    for n, cell in enumerate(cells):
        text = _text(cell)
        if n in widths:
            text.align("right", widths[n])
            text = Text.assemble(text, " ", _bar(cell.bar, plain=plain))
        texts.append(text)
    return texts


# Tables.


def _table(block: blocks.Table, *, plain: bool) -> RenderableType:
    table = RichTable(
        box=None if block.compact else box.ASCII if plain else box.SIMPLE_HEAD,
        show_header=not block.compact,
        expand=True,
        padding=(0, 1),
        pad_edge=False,
    )
    widths = {
        n: max(len(printable(cells[n].text)) for cells in block.rows)
        for n in block.columns_with_bars()
    }
    for n, (name, share) in enumerate(zip(block.columns, block.shares, strict=True)):
        table.add_column(
            printable(name),
            ratio=share or None,
            no_wrap=share == 0,
            overflow="fold",
            justify="right" if n in block.numbers and n not in widths else "left",
        )
    for cells in block.rows:
        table.add_row(*_cells(cells, widths, plain=plain))
    return table


def _one_a_line(block: blocks.Table, width: int) -> RenderableType:
    """Each row on one line, or else its last cell below the others."""
    lines: list[RenderableType] = []
    for cells in block.rows:
        head, last = Text(" ").join(map(_text, cells[:-1])), _text(cells[-1])
        head.stylize("bold")
        if "\n" not in last.plain and head.cell_len + last.cell_len < width:
            lines.append(Text.assemble(head, " ", last))
        else:
            lines += [head, Padding(last, (0, 0, 0, 2))]
    return Group(*lines)


def _stacked(block: blocks.Table, width: int) -> RenderableType:
    """Each row as a line for its first cells, and the rest indented below."""
    if block.compact:
        return _one_a_line(block, width)
    rows = RichTable.grid(expand=True)
    rows.add_column(overflow="fold")
    for cells in block.rows:
        named = 1 if block.columns[0] or "\n" in cells[1].text else 2
        head = " ".join(printable(cell.text) for cell in cells[:named])
        rows.add_row(Text(head, style="bold"))
        for name, cell in list(zip(block.columns, cells, strict=True))[named:]:
            if cell.text:
                told = f"{name}: " if len(cells) > MOST_UNNAMED else ""
                rows.add_row(Padding(_text(cell._replace(text=told + cell.text)), (0, 0, 0, 2)))
    return rows
