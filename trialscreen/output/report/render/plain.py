"""Renders blocks as plain lines, for screen readers and braille: no columns, boxes or colour."""

from collections.abc import Iterator
from typing import assert_never

from trialscreen.output.report.render import blocks
from trialscreen.text.characters import printable


def render(page: blocks.Page) -> str:
    """The page as text, ending in one newline."""
    lines = [line for part in blocks.parts(page) for line in _part(part)]
    return "\n".join(lines).strip("\n") + "\n"


def _part(block: blocks.Part) -> Iterator[str]:
    match block:
        case blocks.Heading(text):
            yield from ("", printable(text))
        case blocks.Paragraph(text):
            yield from _split(text)
        case blocks.Banner(text, detail):
            yield from (printable(text), *_split(detail))
        case blocks.Items(items):
            for item in items:
                yield from ("  " * item.depth + line for line in _split(item.text))
        case blocks.Table():
            yield from _rows(block)
        case blocks.Terms(rows):
            yield from (f"{printable(name)}: {_joined(cell)}" for name, cell in rows)
        case blocks.Choices(text, options):
            yield from (printable(text), *(f"  [ ] {printable(option)}" for option in options))
        case blocks.Flow(stages):
            yield from _stages(stages)
        case _:
            assert_never(block)


def _stages(stages: tuple[blocks.Stage, ...]) -> Iterator[str]:
    for stage in stages:
        yield printable(f"{stage.text}: {stage.size}")
        if stage.leaving is not None:
            yield from _split(stage.why)
            yield from (f"  {line}" for line in _rows(stage.leaving))


def _joined(cell: blocks.Cell) -> str:
    return "; ".join(_split(cell.text))


def _split(text: str) -> list[str]:
    return [printable(line) for line in text.split("\n")]


def _rows(table: blocks.Table) -> Iterator[str]:
    """One line per row if it has two cells or is compact; otherwise one line per cell, named."""
    for cells in table.rows:
        texts = [_split(cell.text) for cell in cells]
        named = 1 if table.columns[0] else 2
        if len(cells) == 2 or table.compact:
            name = " ".join(cell.text for cell in cells[:named])
            told = "; ".join(_joined(cell) for cell in cells[named:])
            yield f"{printable(name)}: {told}"
            continue
        yield " ".join(line for lines in texts[:named] for line in lines)
        for column, (first, *more) in list(zip(table.columns, texts, strict=True))[named:]:
            if first:
                yield f"  {printable(column)}: {first}"
                yield from (f"  {line}" for line in more)
