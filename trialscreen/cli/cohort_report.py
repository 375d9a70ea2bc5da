"""The report that `cohort` prints on stderr when it is done: counts, unusual values, columns."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING

from trialscreen.cli.output import say
from trialscreen.model.trial import SCREENING_DATE, Trial
from trialscreen.model.wording import show_typical
from trialscreen.screening.samples import day_column
from trialscreen.tables.quality import DECLARE
from trialscreen.text.characters import count_of, nearest, printable, shown, some

if TYPE_CHECKING:
    from trialscreen.tables.cohort.data_quality import DataQuality
    from trialscreen.tables.cohort.run import Done, Job

Verdicts = Mapping[tuple[str, str | None], int]
_OPEN = {
    "consent": "only for consent",
    "judgement": "only for judgement",
    "data": "because data are missing",
}


def verdicts_line(verdicts: Verdicts) -> str:
    """The number of patients with each verdict, and what the undetermined ones wait for."""
    eligible, ineligible = (verdicts.get((one, None), 0) for one in ("eligible", "ineligible"))
    waiting = {lacks: verdicts.get(("undetermined", lacks), 0) for lacks in _OPEN}
    parts = ", ".join(f"{n:,} {_OPEN[lacks]}" for lacks, n in waiting.items() if n)
    return (
        f"{eligible:,} eligible, {ineligible:,} ineligible, {sum(waiting.values()):,} undetermined"
        f"{parts and f' ({parts})'}"
    )


def tell_screened(
    trial: Trial, rows: int, when: str, on: date | None, output: str, verdicts: Verdicts
) -> None:
    """Reports how many patients were screened and the verdicts, without any patient's values.

    `when` describes the screening dates; `on` is the date of rows without one of their own, if any.
    """
    say(f"{count_of(rows, 'patient')} screened {when}: {printable(output)}")
    if on is not None:
        say(*unusual_day(trial, on))
    say(verdicts_line(verdicts))


def tell_columns(strange: Sequence[str], alike: Mapping[str, str]) -> None:
    """Reports columns that were not used, and those matched despite case or punctuation."""
    if strange:
        say(f"columns that hold no data element, not used: {some(strange)}")
    if alike:
        names = some([f"{shown(name)} as {known}" for name, known in alike.items()])
        say(f"named like an element but for capitals and punctuation, and used: {names}")


def report(trial: Trial, job: "Job", done: "Done") -> None:
    """Reports on a run on this machine."""
    from trialscreen.tables.cohort.findings_file import name_of

    found, matched = done.quality, done.matched
    elements = {element.name: element for element in trial.answerable()}
    when, own = f"on {job.anchor.on}", found.filled[SCREENING_DATE]
    if own:
        others = f", the other {found.rows - own:,} {when}" if own < found.rows else ""
        when = f"on the day in {SCREENING_DATE}{others}"
    on = job.anchor.on if own < found.rows else None
    tell_screened(trial, found.rows, when, on, name_of(job.output), found.verdicts)
    strange = [f"{shown(name)}{nearest(name, elements)}" for name in matched.strange]
    say(*done.notes)
    tell_columns(strange, {one.name: one.element.name for one in matched.columns if one.alike})
    days = (day_column(name) for name, one in elements.items() if one.valid_for is not None)
    unruled = {SCREENING_DATE, *days}
    absent = [
        name
        for name, element in elements.items()
        if not found.filled[name] and element.derive is None and name not in unruled
    ]
    if absent:
        say(f"without any value, so unknown for every patient: {some(absent)}")
    say(*of_values(trial, found))
    if job.problems is not None:
        what = "each value that could not be used, or is unusual"
        say(f"{what}: {printable(str(job.problems))}")


def unusual_day(trial: Trial, on: date) -> Iterator[str]:
    """A warning if the screening date for all rows is outside its typical range."""
    element = trial.elements.get(SCREENING_DATE)
    low, high = (element and element.typical) or (on, on)
    assert isinstance(low, date) and isinstance(high, date), "typical of a day"
    if element is not None and not low <= on <= high:
        typical = show_typical(element)
        yield f"the screening date {on} is unusual, and used (typical: {typical})"


def of_values(trial: Trial, quality: "DataQuality", *, can_declare: bool = True) -> Iterator[str]:
    """Warnings on each element's values; `can_declare`: --columns can declare missing codes."""
    for element in trial.answerable():
        name = element.name
        if bad := quality.unreadable.get(name):
            yield f"{name}: {count_of(bad, 'value')} could not be read: unknown"
        if empty := quality.empty.get(name):
            yield f"{name}: {count_of(empty, 'cell')} without a value: unknown"
        if bad := quality.contradictory.get(name):
            yield f"{name}: {count_of(bad, 'value')} contradicting others: unknown"
        if odd := quality.unusual.get(name):
            known = f"typical: {show_typical(element)}"
            if can_declare and (codes := [f"{code:.0f}" for code in odd.codes]):
                known += f"; declare {some(codes)} in --columns if it stands for missing"
            yield f"{name}: {count_of(odd.count, 'value')} unusual, and used ({known})"
    for why, rows in quality.beside.items():
        yield f"{count_of(rows, 'row')} unusual, and used: {why}"
    yield from (message for _, message in quality.medians())
    if like_missing := quality.like_missing.total():
        count = count_of(like_missing, "value")
        yield f"{count} of these may be codes for missing: {DECLARE}"
