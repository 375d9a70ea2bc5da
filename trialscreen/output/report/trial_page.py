"""A trial: its registration, dose cohorts, criteria and data elements, as pages and as data."""

from collections.abc import Iterator, Sequence
from typing import Any

from trialscreen.model.registration import Registration, as_data
from trialscreen.model.trial import SCREENING_DATE, Criterion, Element, ElementType, Reading, Trial
from trialscreen.model.wording import rule_in_words, show_range
from trialscreen.output.report.listing import Columns, Listing, listed
from trialscreen.output.report.render import blocks
from trialscreen.output.report.verdict_words import SCHEMA_VERSION, criteria_file, file_data
from trialscreen.text.characters import flag

_LABELS = {
    "nct_id": "NCT ID",
    "url": "Registry page",
    "dose_note": "On the doses",
    "dose_assignment": "Dose assignment",
    "other_ids": "Other identifiers",
    "healthy_volunteers": "Accepts healthy volunteers",
}
TYPE_WORDS: dict[ElementType, str] = {
    "boolean": "yes or no",
    "choice": "choice",
    "integer": "whole number",
    "quantity": "number",
    "date": "date",
}
_SHOWN_APART = ("dose_cohorts", "dose_note", "dose_assignment", "title")


def trial_page(trial: Trial) -> blocks.Page:
    """Everything that the registry says of the trial."""
    registration = trial.registration
    yield blocks.Heading(registration.title, 1)
    yield blocks.table(("", "Registered"), _filled(registration, _SHOWN_APART), (0, 1))
    yield from cohort_blocks(trial)
    yield blocks.Paragraph(f"{criteria_file(trial)}.", "muted")


def trial_data(trial: Trial) -> dict[str, Any]:
    """The registration, and which criteria file it stands in."""
    registered: dict[str, Any] = as_data(trial.registration)
    return {"schema_version": SCHEMA_VERSION, **file_data(trial), **registered}


def trial_listing(trial: Trial) -> Listing:
    """Everything that the registry says, a field in each row."""
    return Listing(("field", "value"), list(_filled(trial.registration)))


def _filled(registration: Registration, but: tuple[str, ...] = ()) -> Iterator[tuple[str, str]]:
    """Label and text of every field that is filled; a list has one line per entry."""
    for name, value in registration._asdict().items():
        if value not in (None, ()) and name not in but:
            yield _LABELS.get(name, name.replace("_", " ").capitalize()), _text(value)


def _text(value: object) -> str:
    """A line per entry of a list; the fields of a record on one line."""
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return "; ".join(_text(part) for part in value if part not in (None, ()))
    if isinstance(value, tuple):
        return "\n".join(map(_text, value))
    return str(value)


def cohort_blocks(trial: Trial) -> Iterator[blocks.Block]:
    """The dose cohorts with their details, and who assigns them."""
    yield blocks.Heading("Dose cohorts")
    columns = ("Cohort", "Dose", "Intervention", "Given as")
    yield blocks.table(columns, _cohorts(trial), (0, 0, 1, 1))
    yield cohort_notes(trial)


def _cohorts(trial: Trial) -> list[tuple[str, str, str, str]]:
    """The name of each dose cohort, its dose, what is given and how."""
    rows = []
    for one in trial.registration.dose_cohorts:
        given = f"{one.intervention} ({one.intervention_type.lower()})"
        rows.append((one.name, one.dose, given, one.description))
    return rows


def cohort_notes(trial: Trial) -> blocks.Items:
    """Who assigns the dose cohorts, and what to know of the doses."""
    notes = (trial.registration.dose_assignment, trial.registration.dose_note)
    return blocks.items((note for note in notes if note is not None), "muted")


def cohorts_in_short(trial: Trial) -> Iterator[blocks.Block]:
    """The dose cohorts, a row each; what is the same of all of them is told once."""
    cohorts = _cohorts(trial)
    if not cohorts:
        return
    _, *details = zip(*cohorts, strict=True)
    shared = [texts[0] for texts in details if len(texts) > 1 and len(set(texts)) == 1]
    rows = (
        (name, "; ".join(text for text in texts if text not in shared)) for name, *texts in cohorts
    )
    yield blocks.Heading("Dose cohorts, as registered")
    yield blocks.table(("Cohort", "Dose"), rows, (0, 1), compact=True)
    if shared:
        yield blocks.Paragraph(f"Each: {'; '.join(shared)}.")


def criteria_page(trial: Trial, criteria: tuple[Criterion, ...]) -> blocks.Page:
    """Each criterion word for word, its rule in words, the readings, the elements behind it."""
    for criterion in criteria:
        yield blocks.Heading(f"{criterion.id} ({criterion.kind}) {criterion.label}")
        yield blocks.Paragraph(criterion.text)
        yield blocks.Paragraph(f"Rule: {rule_in_words(trial, criterion.rule)}")
        rows = []
        for one in criterion.readings:
            taken = f"{one.chosen} {confirmed_words(one)}"
            rows.append((one.ref, one.issue, taken, one.alternative, one.why))
        if rows:
            columns = ("", "Ambiguous", "Reading taken", "Alternative", "Why")
            yield blocks.table(columns, rows, (0, 3, 4, 3, 4))
        behind = (trial.elements[name] for name in trial.elements_behind(criterion.rule))
        yield blocks.items(
            f"{one.name}: {one.label} ({_type(one)}; {', '.join(one.sources)})" for one in behind
        )


def _type(element: Element) -> str:
    """In words, with the unit."""
    unit = element.shown_unit
    return TYPE_WORDS[element.type] + (f", {unit}" if unit else "")


def confirmed_words(reading: Reading) -> str:
    """Whether, by whom and when a reading was confirmed."""
    if (confirmed := reading.confirmed) is None:
        return "Not confirmed by the sponsor."
    return f"Confirmed by {confirmed.by} on {confirmed.on}."


def criteria_listing(trial: Trial, criteria: tuple[Criterion, ...]) -> Listing:
    """A row for each criterion; its readings are records, with their ref and what was chosen."""
    columns: Columns[Criterion] = {
        "id": lambda one: one.id,
        "kind": lambda one: one.kind,
        "label": lambda one: one.label,
        "text": lambda one: one.text,
        "rule": lambda one: rule_in_words(trial, one.rule),
        "readings": lambda one: one.readings,
        "elements": lambda one: list(trial.elements_behind(one.rule)),
    }
    flat = {
        "readings": lambda readings: "; ".join(f"{one.ref}: {one.chosen}" for one in readings),
        "elements": ", ".join,
    }
    return listed(columns, criteria, flat)


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
        yield _type(element)
    if element.range is not None and element.type != "date":
        yield show_range(element)
    if element.valid_for is not None:
        yield f"valid for {element.valid_for}"


def elements_page(trial: Trial, elements: Sequence[Element]) -> blocks.Page:
    """A table for each section."""
    for section, some in trial.by_section(elements):
        yield blocks.Heading(f"{section.title} ({section.id})")
        rows = ((flag(e.name), "; ".join(answer_form(e)), ", ".join(e.sources)) for e in some)
        yield blocks.table(("Flag", "Answer", "From"), rows, (0, 1, 0))
    yield blocks.Paragraph(EVERY_ELEMENT, "muted")


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
