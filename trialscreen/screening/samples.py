"""Sample dates, stale values and awaited results: reported with findings, never affecting them."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from functools import cache
from typing import NamedTuple

from trialscreen.model.dates import Period
from trialscreen.model.facts import Dates
from trialscreen.model.trial import Element, Formula, Source, Trial
from trialscreen.model.wording import show_dates
from trialscreen.text.characters import count_of

SAMPLE_DAY = Element(
    "sample_date",
    "day of the sample",
    "date",
    "laboratory",
    "",
    range=(date(1970, 1, 2), date.max),  # excludes the default dates of databases
)
"""The element as which a sample date is parsed and displayed."""


def day_column(name: str) -> str:
    """The name of the table column for an element's sample date."""
    return f"{name}_date"


def with_sample_days(trial: Trial) -> Trial:
    """The trial with an additional element, used by no rule, for each sample-date column."""
    days = {
        day_column(one.name): replace(
            SAMPLE_DAY,
            name=day_column(one.name),
            label=f"day of the sample for {one.label}",
            source=one.source,
            section=one.section,
        )
        for one in trial.answerable()
        if one.valid_for is not None and day_column(one.name) not in trial.elements
    }
    return replace(trial, elements={**trial.elements, **days})


class Awaited(NamedTuple):
    """An awaited value: since when, and from whom (a source, or the user's own words)."""

    element: str
    since: date
    source: str


class StaleInWords(NamedTuple):
    """`Stale` as text, for the screening log."""

    element: str
    date: str
    valid_for: str


class Stale(NamedTuple):
    """A value older than its element's `valid_for`, whichever day of `date` it was sampled on."""

    element: str
    date: Dates
    valid_for: Period

    @property
    def day(self) -> str:
        """The date as text: `2026-05-20`, or `2026-05` if only the month is known."""
        return show_dates(SAMPLE_DAY, self.date)

    @property
    def in_words(self) -> StaleInWords:
        return StaleInWords(self.element, self.day, str(self.valid_for))


class Samples(NamedTuple):
    """The known sample dates, by element, and the awaited values."""

    days: Mapping[str, Dates] = {}
    awaited: tuple[Awaited, ...] = ()


NO_SAMPLES = Samples()


def stale(
    elements: Mapping[str, Element], days: Mapping[str, Dates], on: date
) -> tuple[Stale, ...]:
    """The values that on `on` are certainly older than allowed, in the order of `elements`."""
    if not days:
        return ()
    first_valid = cache(lambda valid_for: valid_for.before(on))
    return tuple(
        Stale(name, days[name], element.valid_for)
        for name, element in elements.items()
        if name in days
        and element.valid_for is not None
        and days[name].high < first_valid(element.valid_for)
    )


def old_values(stale: Iterable[Stale | StaleInWords]) -> str:
    """How many values are stale: `7 values are older than 28 days and 1 than 12 months`."""
    counts = Counter(str(one.valid_for) for one in stale)
    (period, count), *others = counts.items() or [("", 0)]
    first = f"{count_of(count, 'value is', 'values are')} older than {period}" if count else ""
    return "".join((first, *(f" and {more} than {other}" for other, more in others)))


def awaited_from(elements: Mapping[str, Element], element: Element) -> Source:
    """Who provides a value; for a computed one, who provides its first input."""
    while element.source == "derived" and isinstance(element.derive, Formula):
        element = elements[element.derive.inputs[0]]
    return element.source
