"""Pages, JSON data and rows for a trial, and for the differences between two criteria files.

A trial consists of its registration, dose cohorts, criteria and data elements.
"""

from collections.abc import Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from itertools import groupby
from typing import Any

from trialscreen.criteria_file.differences import Difference
from trialscreen.model.registration import Registration, as_data
from trialscreen.model.trial import SCREENING_DATE, Criterion, Element, ElementType, Reading, Trial
from trialscreen.model.wording import rule_in_words, show_range
from trialscreen.output.report.listing import Columns, Listing, listed
from trialscreen.output.report.render import blocks
from trialscreen.output.report.verdict_words import SCHEMA_VERSION, criteria_file, file_data
from trialscreen.text.characters import count_of, flag

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
    """The registration, and its criteria file."""
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
    """The dose cohorts, one row each; what they have in common is stated once."""
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
    """The form of an answer and its accepted range: `number, kg`, `20 to 300 kg`."""
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
    """A row for each element; values outside `range` are refused, outside `typical` warned of."""
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


AROUND = 4
"""How many words are shown before and after a difference."""


def differences_page(old: Trial, new: Trial, found: Sequence[Difference]) -> blocks.Page:
    """A heading for each thing that differs, and its fields as they were and as they are."""
    yield blocks.Paragraph(f"Old: {criteria_file(old)}")
    yield blocks.Paragraph(f"New: {criteria_file(new)}")
    for key, some in groupby(found, lambda one: (one.part, one.id)):
        yield from _thing(old, new, key, list(some))
    count = count_of(len(found), "difference") if found else "No difference"
    yield blocks.Paragraph(f"{count}.")
    if found and old.version == new.version:
        said = (
            f"Both are version {old.version}: raise it in the new file, so that people see which."
        )
        yield blocks.Paragraph(said, "open")


def _thing(
    old: Trial, new: Trial, key: tuple[str, str], found: list[Difference]
) -> Iterator[blocks.Block]:
    part, name = key
    before, after = _label(old, part, name), _label(new, part, name)
    named = f"{part.capitalize()} {name} {after or before or ''}".rstrip()
    if before is None or after is None:
        yield blocks.Heading(f"{named}: {'new' if before is None else 'removed'}")
        rows = ((one.field, one.new or one.old or "") for one in found)
        yield blocks.table(("Field", "New" if before is None else "Old"), rows, (0, 1))
    else:
        yield blocks.Heading(named)
        by_rule = any(one.field == "rule" for one in found)
        follow = [one.field for one in found if by_rule and one.field.startswith("alternative ")]
        shown = [one for one in found if one.field not in follow]
        changed = ((one.field, *_changed(one.old or "", one.new or "")) for one in shown)
        yield blocks.table(("Field", "Old", "New"), changed, (0, 1, 1))
        if follow:
            refs = ", ".join(field.removeprefix("alternative ") for field in follow)
            said = (
                f"So does what the alternatives of {refs} would make of it; --format json has all."
            )
            yield blocks.Paragraph(said, "muted")


def _label(trial: Trial, part: str, name: str) -> str | None:
    """The label of a criterion, element or check; None if the trial has none of that name."""
    labels: Mapping[str, Mapping[str, str]] = {
        "criterion": {one.id: one.label for one in trial.criteria},
        "element": {name: one.label for name, one in trial.elements.items()},
        "check": {one.id: "" for one in trial.checks},
    }
    return labels[part].get(name) if part in labels else ""


def _changed(old: str, new: str) -> tuple[str, str]:
    """Both texts, with the words far from any difference replaced by `…`."""
    was, now = old.split(), new.split()
    matched = SequenceMatcher(None, was, now, autojunk=False)
    groups = [(some[0], some[-1]) for some in matched.get_grouped_opcodes(AROUND)]
    if not groups:  # they differ in blanks only
        return old, new
    return (
        _excerpt(was, [(first[1], last[2]) for first, last in groups]),
        _excerpt(now, [(first[3], last[4]) for first, last in groups]),
    )


def _excerpt(words: Sequence[str], spans: Sequence[tuple[int, int]]) -> str:
    told: list[str] = []
    at = 0
    for start, end in spans:
        told += (["…"] if start > at else []) + [*words[start:end]]
        at = end
    return " ".join([*told, "…"] if at < len(words) else told)


def differences_listing(found: Sequence[Difference]) -> Listing:
    return Listing(Difference._fields, list(found))


def differences_data(old: Trial, new: Trial, found: Sequence[Difference]) -> dict[str, Any]:
    return {
        "old": file_data(old),
        "new": file_data(new),
        "differs": bool(found),
        "differences": differences_listing(found).data(),
    }
