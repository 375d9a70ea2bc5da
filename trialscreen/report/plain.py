"""Blocks to plain lines, for screen readers and braille: no columns, no boxes, no colour."""

from collections.abc import Iterator
from typing import assert_never

from trialscreen.report.blocks import Banner, Block, Flow, Heading, Items, Page, Paragraph, Table
from trialscreen.text import printable


def render(page: Page) -> str:
    """The page as text, ending in one newline."""
    lines = [line for block in page for line in _lines(block)]
    return "\n".join(lines).strip("\n") + "\n"


def _lines(block: Block) -> Iterator[str]:
    match block:
        case Heading(text):
            yield from ("", printable(text))
        case Paragraph(text):
            yield from _split(text)
        case Banner(text, detail):
            yield from (printable(text), *_split(detail))
        case Items(items):
            for item in items:
                yield from ("  " * item.depth + line for line in _split(item.text))
        case Table():
            yield from _rows(block)
        case Flow(stages):
            for stage in stages:
                yield printable(f"{stage.text}: {stage.size}")
                if stage.leaving is not None:
                    yield from _split(stage.why)
                    yield from (f"  {line}" for line in _rows(stage.leaving))
        case _:
            assert_never(block)


def _split(text: str) -> list[str]:
    return [printable(line) for line in text.split("\n")]


def _rows(table: Table) -> Iterator[str]:
    """A row of two cells is a line; of a longer one, each cell after its name is."""
    for cells in table.rows:
        texts = [_split(cell.text) for cell in cells]
        if len(cells) == 2:
            yield f"{' '.join(texts[0])}: {'; '.join(texts[1])}"
            continue
        named = 1 if table.columns[0] else 2
        yield " ".join(line for lines in texts[:named] for line in lines)
        for column, (first, *more) in list(zip(table.columns, texts, strict=True))[named:]:
            if first:
                yield f"  {printable(column)}: {first}"
                yield from (f"  {line}" for line in more)
