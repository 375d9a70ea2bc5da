"""HTML pages: text stays text, the page needs nothing else, and everyone can read it."""

import re
from collections.abc import Iterator
from datetime import date
from html.parser import HTMLParser
from importlib.resources import files
from itertools import pairwise

import pytest

from trialscreen import load_trial, screen
from trialscreen.output.report.render.blocks import (
    Banner,
    Cell,
    Choices,
    Flow,
    Group,
    Heading,
    Items,
    Page,
    Paragraph,
    Share,
    Stage,
    Table,
    Terms,
    row,
)
from trialscreen.output.report.render.html import render
from trialscreen.output.report.screening_page import screening_page
from trialscreen.output.report.trial_page import criteria_page, trial_page

HOSTILE = "<script>alert(1)</script>\x1b[31m\x00\u202eevil\u2066 & \"'><img src=x onerror=alert(1)>"
TOLD = "<script>alert(1)</script>[31mevil & \"'><img src=x onerror=alert(1)>"
VOID = {"meta", "br", "col"}
NUMBERS = Table(
    ("", "Name", "Count"), (row("a", "b", Cell("1", bar=(Share(0.25, "bad"),))),), (0, 1, 0), (2,)
)


class Parsed(HTMLParser):
    """The tags with their attributes, the text of the body; fails if tags do not match."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.open: list[str] = []
        self.feed(page)
        self.close()
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.text += f"{data} "

    def named(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


def every_block(text: str) -> Page:
    cell = Cell(text)
    table = Table((text, text), ((cell, cell),), (1, 1))
    return (
        Heading(text),
        Paragraph(f"{text}\n{text}"),
        Banner(text, text, "bad"),
        Items((cell, Cell(text, depth=1))),
        table,
        Flow((Stage(text, text, "open", text, table), Stage(text, text))),
        Group("together", (Terms(((text, cell),)), Choices(text, (text,)))),
        Group("columns", (table,)),
        table._replace(columns=(text,) * 6, rows=((cell,) * 6,), to_fill=True, shares=(1,) * 6),
    )


def test_hostile_text_stays_text() -> None:
    text = render(every_block(HOSTILE), HOSTILE, foot=f'"; }} </style> */ {HOSTILE}')
    page = Parsed(text)
    assert not page.named("script") and not page.named("img")
    assert page.text.count(TOLD) == 42
    assert text.count("</style>") == 1
    assert not re.search(
        r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]", page.text
    )


def pages() -> Iterator[Page]:
    trial = load_trial()
    yield trial_page(trial)
    yield criteria_page(trial, trial.criteria)
    yield screening_page(screen(trial, {"tsh": 2.1}, on=date(2026, 6, 1)), explain=True)
    yield every_block("plain")


@pytest.mark.parametrize("page", [*pages()], ids=["trial", "criteria", "screening", "blocks"])
def test_a_page_is_whole_and_needs_nothing_else(page: Page) -> None:
    text = render(page, "A title")
    parsed = Parsed(text)
    assert text.startswith("<!doctype html>")
    assert parsed.named("html") == [{"lang": "en"}]
    assert not {tag for tag, _ in parsed.tags} & {"script", "link", "img", "iframe", "object"}
    assert not {name for _, given in parsed.tags for name in given} & {"src", "href", "onload"}
    assert not re.search(r"url\(|@import", text)
    assert "default-src 'none'" in text


@pytest.mark.parametrize("page", [*pages()], ids=["trial", "criteria", "screening", "blocks"])
def test_headings_and_tables_can_be_read_out(page: Page) -> None:
    parsed = Parsed(render(page, "A title"))
    levels = [int(tag[1]) for tag, _ in parsed.tags if re.fullmatch(r"h\d", tag)]
    assert levels.count(1) == 1 and levels[0] == 1
    assert all(other <= one + 1 for one, other in pairwise(levels))
    assert {head.get("scope") for head in parsed.named("th")} <= {"col", "row"}
    rows = sum(tag == "tr" for tag, _ in parsed.tags)
    assert sum(head["scope"] == "row" for head in parsed.named("th")) == rows - len(
        parsed.named("table")
    )


def test_a_bar_is_a_picture_of_the_number_beside_it() -> None:
    parsed = Parsed(render((NUMBERS,), "A title"))
    (bar,) = [one for one in parsed.named("span") if one.get("class") == "bar"]
    assert bar["aria-hidden"] == "true"
    assert parsed.named("i") == [{"class": "bad", "style": "width:25.00%"}]
    assert parsed.named("th")[-1] == {"scope": "row", "class": "plain"}


def test_a_foot_is_a_text_of_the_style_sheet_and_no_more() -> None:
    (told,) = re.findall(r"@bottom-left { content: (.*?);", render((), "A title", 'a"; }<b>\\'))
    assert told == r'"a\22 \3b \20 \7d \3c b\3e \5c "'
    assert "@bottom" not in render((), "A title")


def test_a_table_of_many_columns_can_be_scrolled_with_the_keyboard() -> None:
    parsed = Parsed(render(every_block("x"), "A title"))
    (wide,) = [one for one in parsed.named("div") if one.get("class") == "wide"]
    assert (wide["tabindex"], wide["aria-label"]) == ("0", "Table by x")
    assert len(parsed.named("col")) == 6 + 3 * 2


# Colours.


def test_every_colour_of_text_is_strong_enough() -> None:
    style = files("trialscreen.output.report.render").joinpath("page.css").read_text("utf-8")
    colours = dict(re.findall(r"--(\w+): (#[0-9a-f]{3,6})", style))
    for ink in ("ink", "soft", "good", "bad", "open"):
        assert contrast(colours[ink], colours["paper"]) >= 4.5, ink
        assert contrast(colours[ink], colours["tint"]) >= 4.5, ink
    assert f"color: {colours['soft']}" in render((), "A title", "A foot")


def contrast(one: str, other: str) -> float:
    """As WCAG 2 defines it: from 1 to 21."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    digits = colour[1:] if len(colour) == 7 else "".join(digit * 2 for digit in colour[1:])
    parts = [int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    red, green, blue = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
