"""Renders blocks as Markdown (GitHub's dialect). Text cannot become markup."""

import re
from typing import assert_never

from trialscreen.output.report.render import blocks
from trialscreen.text.characters import printable

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~])")


def render(page: blocks.Page) -> str:
    """The page as Markdown, ending in one newline."""
    return "\n\n".join(filter(None, map(_part, blocks.parts(page)))).strip() + "\n"


def escape(text: str) -> str:
    """`text` on one line, shown as it is."""
    return _SPECIAL.sub(r"\\\1", printable(text))


def _lines(text: str) -> str:
    return "<br>".join(escape(line) for line in text.split("\n"))


def _part(block: blocks.Part) -> str:
    match block:
        case blocks.Heading(text, level):
            return f"{'#' * level} {escape(text)}"
        case blocks.Paragraph(text):
            return _lines(text)
        case blocks.Banner(text, detail):
            return f"**{escape(text)}**\n\n{_lines(detail)}"
        case blocks.Items(items):
            return "\n".join(f"{'  ' * item.depth}- {_lines(item.text)}" for item in items)
        case blocks.Table():
            return _table(block)
        case blocks.Terms(rows):
            return "\n".join(f"- {escape(name)}: {_lines(cell.text)}" for name, cell in rows)
        case blocks.Choices(text, options):
            return "\n".join([f"{escape(text)}\n", *(f"- [ ] {escape(one)}" for one in options)])
        case blocks.Flow(stages):
            return "\n\n↓\n\n".join(map(_stage, stages))
        case _:
            assert_never(block)


def _table(table: blocks.Table) -> str:
    head = f"| {' | '.join(map(escape, table.columns))} |"
    rules = (" ---: |" if n in table.numbers else " --- |" for n in range(len(table.columns)))
    body = [f"| {' | '.join(_lines(cell.text) for cell in cells)} |" for cells in table.rows]
    return "\n".join([head, f"|{''.join(rules)}", *body])


def _stage(stage: blocks.Stage) -> str:
    texts = [f"**{escape(stage.text)}: {escape(stage.size)}**"]
    if stage.leaving is not None:
        texts += [_lines(stage.why), _table(stage.leaving)]
    return "\n\n".join(texts)
