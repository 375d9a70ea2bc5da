"""Blocks to one HTML page that needs nothing else: no script, no other file, no network.

It reads on a wide screen, on a narrow one, and on A4. Text cannot become markup.
"""

import html
from collections.abc import Set
from importlib.resources import files
from typing import assert_never

from trialscreen.output.report.render import blocks
from trialscreen.text.characters import printable

_PAGE = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>{title}</title>
<style>
{style}</style>
</head>
<body>
<main>
{body}
</main>
</body>
</html>
"""


def render(page: blocks.Page, title: str, foot: str = "") -> str:
    """The page as a whole HTML document; `title` heads it if no heading of level 1 does.

    `foot` stands below every printed page, with the number of the page.
    """
    page = list(page)
    if not any(isinstance(block, blocks.Heading) and block.level == 1 for block in page):
        page.insert(0, blocks.Heading(title, 1))
    style = files(__package__).joinpath("page.css").read_text(encoding="utf-8")
    style += _FOOTER.format(text=_css_string(foot), font=_FOOTER_FONT) if foot else ""
    body = "\n".join(map(_block, page))
    return _PAGE.format(title=escape(title), style=style, body=body)


def escape(text: str) -> str:
    """`text` on one line, shown as it is; without controls and marks that reorder it."""
    return html.escape(printable(text))


_FOOTER = """\
@page {{ margin-bottom: 15mm;
  @bottom-left {{ content: {text}; {font} width: 80%; text-align: left; }}
  @bottom-right {{ content: "page " counter(page) " of " counter(pages); {font} }} }}
"""
_FOOTER_FONT = "font: 7.5pt Arial, sans-serif; color: #505c6b; vertical-align: middle;"


def _css_string(text: str) -> str:
    """`text` as a CSS string: all but letters and digits of ASCII by number, so none can end it."""
    plain = (c if c.isascii() and c.isalnum() else f"\\{ord(c):x} " for c in printable(text))
    return f'"{"".join(plain)}"'


def _lines(text: str) -> str:
    return "<br>".join(escape(line) for line in text.split("\n"))


def _block(block: blocks.Block) -> str:
    if not isinstance(block, blocks.Group):
        return _part(block)
    inside = "\n".join(map(_part, block.parts))
    return f'<section class="{block.kind}">\n{inside}\n</section>'


def _part(block: blocks.Part) -> str:
    match block:
        case blocks.Heading(text, level, new_sheet):
            where = ' class="new-sheet"' if new_sheet else ""
            return f"<h{level}{where}>{escape(text)}</h{level}>"
        case blocks.Paragraph(text, tone):
            return f'<p class="{tone}">{_lines(text)}</p>'
        case blocks.Banner(text, detail, tone):
            return (
                f'<div class="banner {tone}"><p><strong>{escape(text)}</strong></p>'
                f"<p>{_lines(detail)}</p></div>"
            )
        case blocks.Items(items):
            inside = "".join(
                f'<li class="{item.tone} depth-{item.depth}">{_lines(item.text)}</li>\n'
                for item in items
            )
            return f"<ul>\n{inside}</ul>"
        case blocks.Table():
            return _table(block)
        case blocks.Terms(rows):
            return f"<dl>\n{''.join(_term(name, cell) for name, cell in rows)}</dl>"
        case blocks.Choices(text, options):
            inside = "".join(f"<li>{escape(option)}</li>\n" for option in options)
            return f'<p>{escape(text)}</p>\n<ul class="choices">\n{inside}</ul>'
        case blocks.Flow(stages):
            return f'<ol class="flow">\n{"".join(map(_stage, stages))}</ol>'
        case _:
            assert_never(block)


def _term(name: str, cell: blocks.Cell) -> str:
    return f'<div><dt>{escape(name)}</dt><dd class="{cell.tone}">{_lines(cell.text)}</dd></div>\n'


def _stage(stage: blocks.Stage) -> str:
    """A box, and beside it who leaves."""
    box = f"<span>{escape(stage.text)}</span> <strong>{escape(stage.size)}</strong>"
    aside = ""
    if stage.leaving is not None:
        aside = f'<div class="leaving"><p>{_lines(stage.why)}</p>\n{_table(stage.leaving)}</div>'
    return f'<li><p class="box {stage.tone}">{box}</p>{aside}</li>\n'


_MOST_SQUEEZED = 5
"""A table with more columns than these is not made narrower than its words."""


def _table(table: blocks.Table) -> str:
    """Many columns scroll sideways on a narrow screen, with the keyboard too; few are squeezed."""
    around, inside = 'class="squeezed"', ">"
    if len(table.columns) > _MOST_SQUEEZED:
        label = f"Table by {escape(table.columns[0])}"
        around = f'class="wide" role="group" aria-label="{label}" tabindex="0"'
    if all(table.shares):  # the widths are fixed, whatever is in the cells
        whole = sum(table.shares)
        widths = "".join(f'<col style="width:{share / whole:.0%}">' for share in table.shares)
        kind = "to-fill" if table.to_fill else "fixed"
        inside = f' class="{kind}">\n<colgroup>{widths}</colgroup>'
    head = "".join(_head(table, n, name) for n, name in enumerate(table.columns))
    with_bars = table.columns_with_bars()
    rows = "".join(f"<tr>{_row(table, cells, with_bars)}</tr>\n" for cells in table.rows)
    return (
        f"<div {around}><table{inside}\n<thead><tr>{head}</tr></thead>\n"
        f"<tbody>\n{rows}</tbody>\n</table></div>"
    )


def _head(table: blocks.Table, column: int, name: str) -> str:
    """A column without a name has no header to read out."""
    number = ' class="number"' if column in table.numbers else ""
    return f'<th scope="col"{number}>{escape(name)}</th>' if name else "<td></td>"


_DRAWN = f'<span class="tick">{blocks.BOX}</span>'
"""A box to tick that is drawn: not every font has one."""


def _row(table: blocks.Table, cells: tuple[blocks.Cell, ...], with_bars: Set[int]) -> str:
    """The first cell names the row."""
    texts = [f'<th scope="row" class="{cells[0].tone}">{_lines(cells[0].text)}</th>']
    for column, cell in enumerate(cells[1:], start=1):
        number = " number" if column in table.numbers else ""
        bar = _bar(cell) if column in with_bars else ""
        text = _lines(cell.text)
        if table.to_fill:
            text = text.replace(blocks.BOX, _DRAWN)
        texts.append(f'<td class="{cell.tone}{number}">{text}{bar}</td>')
    return "".join(texts)


def _bar(cell: blocks.Cell) -> str:
    """A picture of what the table says in numbers, so it is not read out."""
    if not cell.bar:
        return '<span class="bar none" aria-hidden="true"></span>'  # keeps the place of one
    pieces = "".join(
        f'<i class="{share.tone}" style="width:{share.part:.2%}"></i>' for share in cell.bar
    )
    return f'<span class="bar" aria-hidden="true">{pieces}</span>'
