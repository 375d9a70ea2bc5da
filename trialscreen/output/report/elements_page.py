"""The data elements: what can be given of a patient, as which flag, in which form, by whom."""

from collections.abc import Iterator, Sequence

from trialscreen.model.trial import SCREENING_DATE, Element, Trial
from trialscreen.model.wording import show_range
from trialscreen.output.report.listing import Columns, Listing, listed
from trialscreen.output.report.render import blocks
from trialscreen.output.report.trial_page import TYPE_WORDS
from trialscreen.text.spelling import flag

EVERY_ELEMENT = (
    "Every element can be unknown or pending, and one that is left out is unknown. A number may"
    ' carry a unit ("121 lb") or a bound ("<20"), a laboratory value or a DXA its day ("3.1 on'
    ' 2026-05-20"); a date may be known in part (2026-03).'
)


def answer_form(element: Element) -> Iterator[str]:
    """In which form an answer comes, and between which limits: `number, kg`, `20 to 300 kg`."""
    if element.choices:
        yield ", ".join(element.choices)
    elif element.name == SCREENING_DATE:
        yield "day; today if none is given"
    else:
        yield f"{TYPE_WORDS[element.type]}{element.shown_unit and f', {element.shown_unit}'}"
    if element.range is not None and element.type != "date":
        yield show_range(element)
    if element.valid_for is not None:
        yield f"valid for {element.valid_for}"


def elements_page(trial: Trial, elements: Sequence[Element]) -> blocks.Page:
    """A table for each section."""
    return (*_sections(trial, elements), blocks.Paragraph(EVERY_ELEMENT, "muted"))


def _sections(trial: Trial, elements: Sequence[Element]) -> Iterator[blocks.Block]:
    for section in trial.sections:
        rows = [
            (flag(one.name), "; ".join(answer_form(one)), ", ".join(one.sources))
            for one in elements
            if one.section == section.id
        ]
        if rows:
            yield blocks.Heading(f"{section.title} ({section.id})")
            yield blocks.table(("Flag", "Answer", "From"), rows, (0, 1, 0))


def elements_listing(elements: Sequence[Element]) -> Listing:
    """A row for each element. `range` refuses what is outside it, `typical` tells of it."""
    columns: Columns[Element] = {
        "element": lambda one: one.name,
        "flag": lambda one: flag(one.name),
        "section": lambda one: one.section,
        "label": lambda one: one.label,
        "question": lambda one: one.ask,
        "type": lambda one: one.type,
        "unit": lambda one: one.shown_unit or None,
        "other_units": lambda one: [one.unit_named(code).show for code in one.accepts],
        "choices": lambda one: list(one.choices),
        "range": lambda one: one.range,
        "typical": lambda one: one.typical,
        "valid_for": lambda one: one.valid_for and str(one.valid_for),
        "source": lambda one: one.source,
        "other_sources": lambda one: list(one.other_sources),
    }
    return listed(columns, elements, {"range": _span, "typical": _span})


def _span(ends: tuple[object, object] | None) -> str:
    return "" if ends is None else f"{ends[0]} to {ends[1]}"
