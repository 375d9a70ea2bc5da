"""The common form of patients' records, whether from FHIR resources or OMOP tables.

Texts are kept as written. The FHIR and OMOP readers create entries and check their form only;
`select` decides which are facts. Whether a value counts depends on its date as written; which of
several is the latest, on the instants if both have a time of day, otherwise on the dates.
"""

import re
from collections.abc import Callable
from contextlib import suppress
from datetime import date, datetime, time
from functools import lru_cache
from typing import Literal, NamedTuple

from trialscreen.answers.written_dates import days_of
from trialscreen.text.characters import folded

_MOMENT = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})[Tt ][0-9].*")


class When(NamedTuple):
    """First and last day that a text allows, as written, and the instant, if it is a moment."""

    first: date
    last: date
    instant: datetime | None = None

    @property
    def kind(self) -> str:
        """Which moments it can be compared with; empty if it is none."""
        if self.instant is None:
            return ""
        return "here" if self.instant.tzinfo is None else "anywhere"


def when(start: str, end: str = "") -> When | None:
    """When something was that took from `start` to `end`; None if nothing is written.

    Raises ValueProblem for what is no date, or could be two.
    """
    if not start and not end:
        return None
    if not end or end == start:
        return written(start)
    if not start:
        return When(date.min, written(end).last)
    first, last = written(start), written(end)
    return When(first.first, max(first.last, last.last))


@lru_cache(maxsize=4096)  # all results of one visit have one moment
def written(text: str) -> When:
    """When something was that took place at what is written here. Raises as `when` does."""
    if _MOMENT.fullmatch(text) is not None:
        with suppress(ValueError):  # days_of says what is wrong, or leaves a time out that it knows
            instant = datetime.fromisoformat(text)
            # Databases write a day as its midnight, without a zone.
            is_day = instant.tzinfo is None and instant.time() == time.min
            return When(instant.date(), instant.date(), None if is_day else instant)
    return When(*days_of(folded(text), text))


def day_text(text: str) -> str:
    """A moment cut to the day as it is written; other texts as they are."""
    moment = _MOMENT.fullmatch(text)
    return text.strip() if moment is None else moment[1]


def days_text(start: str, end: str = "") -> str:
    """The days of a period, in one text that the parser of dates reads."""
    first, last = day_text(start), day_text(end)
    if not last or first == last:
        return first
    return f"{first} to {last}" if first else f"<={last}"


EntryKind = Literal["measurement", "condition", "procedure", "medication", "allergy", "answer"]
"""An `answer` is one to a question of our own Questionnaire: its one code has the system
`questionnaire`, the question's linkId as code, and the Questionnaire's address as display."""

Standing = Literal["counts", "provisional", "resolved", "refuted", "error", "planned", "past"]
"""What an entry's own statuses make of it.

`refuted` and `error` (entered in error, withdrawn results) say nothing; `provisional` and
`resolved` only propose; `planned` is an intent that was not carried out; `past` is a medicine
that was stopped, or completed.
"""


class Coding(NamedTuple):
    """A code. `system`: loinc, snomed, icd10, icd10cm, rxnorm, atc, omop; else as written."""

    system: str
    code: str
    display: str = ""


class Amount(NamedTuple):
    """A number with its unit, as written: `5.40`; comparator empty, `<`, `<=`, `>` or `>=`.

    `unit` is what is printed, `ucum` the code, where the record says it is one.
    """

    number: str
    comparator: str = ""
    unit: str = ""
    ucum: str = ""


class NormalRange(NamedTuple):
    """The range printed with a result; a side `<40` or `>0.4` is outside of the range itself."""

    low: Amount | None = None
    high: Amount | None = None


class RangeFor(NamedTuple):
    """A range of normal for some people: who are all of `people`, between two ages."""

    limits: NormalRange
    people: tuple[Coding, ...] = ()
    youngest: Amount | None = None
    oldest: Amount | None = None


class Entry(NamedTuple):
    """One statement of a record.

    `value`: of a measurement, None if it has none; a text for results in words, codings for
    coded ones. `also`: what is said of the result beside its value: FHIR's interpretation (POS, H);
    in OMOP a second value. `absent`: why there is no value, if that is said. `limits`: the range of
    normal for everybody; `ranges`: where some are for some people only, all that are printed.
    `start`: the day or moment it is about, as written (2026-03, 2020-10-02T16:13:53+00:00):
    effective, onset, first intake; `end`: abatement, last intake; `recorded`: when it was written
    down, which is not when it was. `days`: of a medicine, how many days were supplied; `dose`: how
    much a day, where that is certain, else what is written of it. `site`: where in the body.
    `source`: Observation/123. `active`: the record says of a condition that it is present. `place`:
    file and line, for messages. `is_mapped`: whether its codes are certain; else they are read from
    what the source wrote, and it says nothing by itself.
    """

    kind: EntryKind
    codes: tuple[Coding, ...]
    source: str
    value: Amount | bool | str | tuple[Coding, ...] | None = None
    also: tuple[Coding, ...] = ()
    absent: str = ""
    limits: NormalRange = NormalRange()
    ranges: tuple[RangeFor, ...] = ()
    start: str = ""
    end: str = ""
    recorded: str = ""
    days: int | None = None
    dose: Amount | str = ""
    standing: Standing = "counts"
    active: bool = False
    site: tuple[Coding, ...] = ()
    route: tuple[Coding, ...] = ()
    place: str = ""
    notes: tuple[str, ...] = ()
    is_mapped: bool = True


class Person(NamedTuple):
    """What a record says of the patient; two that differ under one id are a conflict."""

    sex: str = ""
    birth_date: str = ""
    deceased: str = ""
    source: str = ""
    place: str = ""


class Record(NamedTuple):
    """One patient's record. `deceased` in a person: the day, or `yes`.

    `older` gives results that later ones of the same code outdo: those of the moment before. They
    are made when it is called, which is where a later one cannot be used.
    """

    patient: str
    persons: tuple[Person, ...] = ()
    entries: tuple[Entry, ...] = ()
    older: Callable[[], tuple[Entry, ...]] = tuple
