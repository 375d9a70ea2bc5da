"""The pages of a trial: its registration, its dose cohorts, its criteria."""

from collections.abc import Iterator

from trialscreen.model.registration import Registration
from trialscreen.model.trial import Criterion, ElementType, Trial
from trialscreen.model.wording import rule_in_words
from trialscreen.output.report.render import blocks

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
    return (
        blocks.Heading(registration.title, 1),
        blocks.Table(("", "Registered"), tuple(_registered(registration)), (0, 1)),
        *cohort_blocks(trial),
        blocks.Paragraph(
            f"Criteria {trial.origin}, version {trial.version}, SHA-256 {trial.sha256[:16]}….",
            "muted",
        ),
    )


def registered_fields(registration: Registration) -> Iterator[tuple[str, str]]:
    """Label and text of every field that is filled; a list has one line per entry."""
    for name, value in registration._asdict().items():
        if value not in (None, ()):
            yield _label(name), _text(value)


def _registered(registration: Registration) -> Iterator[tuple[blocks.Cell, ...]]:
    apart = set(map(_label, _SHOWN_APART))
    for label, text in registered_fields(registration):
        if label not in apart:
            yield blocks.row(label, text)


def _label(name: str) -> str:
    return _LABELS.get(name, name.replace("_", " ").capitalize())


def _text(value: object) -> str:
    """A line per entry of a list; the fields of a record on one line."""
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return "; ".join(_text(part) for part in value if part not in (None, ()))
    if isinstance(value, tuple):
        return "\n".join(map(_text, value))
    return str(value)


def cohort_blocks(trial: Trial) -> Iterator[blocks.Block]:
    """The dose cohorts with their details, and who assigns them."""
    registration = trial.registration
    yield blocks.Heading("Dose cohorts")
    yield blocks.Table(
        ("Cohort", "Dose", "Intervention", "Given as"),
        tuple(
            blocks.row(
                cohort.name,
                cohort.dose,
                f"{cohort.intervention} ({cohort.intervention_type.lower()})",
                cohort.description,
            )
            for cohort in registration.dose_cohorts
        ),
        (0, 0, 1, 1),
    )
    notes = (registration.dose_assignment, registration.dose_note)
    yield blocks.Items(tuple(blocks.Cell(note, "muted") for note in notes if note is not None))


def criteria_page(trial: Trial, criteria: tuple[Criterion, ...]) -> blocks.Page:
    """Each criterion word for word, its rule in words, the readings, the elements behind it."""
    return tuple(block for criterion in criteria for block in _criterion(trial, criterion))


def _criterion(trial: Trial, criterion: Criterion) -> Iterator[blocks.Block]:
    yield blocks.Heading(f"{criterion.id} ({criterion.kind}) {criterion.label}")
    yield blocks.Paragraph(criterion.text)
    yield blocks.Paragraph(f"Rule: {rule_in_words(trial, criterion.rule)}")
    if criterion.readings:
        yield blocks.Table(
            ("", "Ambiguous", "Reading taken", "Alternative", "Why"),
            tuple(
                blocks.row(one.ref, one.issue, one.chosen, one.alternative, one.why)
                for one in criterion.readings
            ),
            (0, 3, 4, 3, 4),
        )
    names = trial.elements_behind(criterion.rule)
    yield blocks.Items(tuple(blocks.Cell(_element_text(trial, name)) for name in names))


def _element_text(trial: Trial, name: str) -> str:
    element = trial.elements[name]
    unit = trial.unit_text(element.unit)
    kind = TYPE_WORDS[element.type] + (f", {unit}" if unit else "")
    return f"{name}: {element.label} ({kind}; {element.source})"
