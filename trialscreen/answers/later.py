"""Carries answers forward to a later day: ages, durations and windows change in the meantime.

An age of 62 is 62 or 63 within the next year. A fracture within two years may be older than that
by then. A medicine taken for 2 months, and still taken, has been taken for up to 8 half a year
later. `2026-05`, entered on 10 May, means no day after that. An undated value is from that day at
the latest. Everything else is assumed to last, as in `clears_on`.
"""

from collections.abc import Mapping
from datetime import date
from math import ceil
from typing import NamedTuple

from trialscreen.answers.answer import Answer, Answers, Key, read_facts
from trialscreen.answers.sampled import read_samples
from trialscreen.answers.values import value_or_none
from trialscreen.model.dates import add_months, completed_years
from trialscreen.model.errors import Problem
from trialscreen.model.facts import Dates, Exactly, Fact, Numbers
from trialscreen.model.trial import SCREENING_DATE, Element, Trial
from trialscreen.model.truth import FALSE
from trialscreen.model.wording import show_number
from trialscreen.screening.by_day import is_counted, may_be_not_yet, outlasts
from trialscreen.screening.evaluate import Evaluation
from trialscreen.screening.samples import Samples
from trialscreen.text.characters import shown


class Carried(NamedTuple):
    """The answers carried forward to a later day, and what changed in each, in words."""

    answers: dict[str, Answer]
    changes: dict[str, str]


class Understood(NamedTuple):
    """Answers parsed for a day: facts, sample dates and awaited values."""

    facts: Mapping[str, Fact]
    samples: Samples


def understood(
    trial: Trial, answers: Answers, on: date, problems: list[Problem] | None = None
) -> Understood:
    """Parses the answers for the day `on`; those that cannot be read are added to `problems`."""
    facts = read_facts(trial, answers, on, [] if problems is None else problems)
    return Understood(facts, read_samples(trial, answers, on, []))


def understood_later(
    trial: Trial, before: Understood, then: Answers, now: Answers, on: date
) -> Understood:
    """What the answers `now` state, which were `then`: only what may state something else is read.

    Only a date that is known in part depends on the day.
    """
    known = trial.answerable_by_name
    anew = {
        name: one
        for name, one in now.items()
        if name in known and (one.text != then[name].text or known[name].type == "date")
    }
    facts = {name: fact for name, fact in before.facts.items() if name not in anew}
    facts |= read_facts(trial, anew, on, [])
    in_order = {name: facts[name] for name in known if name in facts}
    return Understood(in_order, read_samples(trial, now, on, []))


def carried(
    trial: Trial, answers: Answers, then: date, now: date, before: Understood | None = None
) -> Carried:
    """The answers of the day `then`, on the day `now`, which is no earlier.

    `before`: what they state on the day `then`, for who has read them.
    """
    found: dict[str, Answer] = {}
    changes: dict[str, str] = {}
    facts, (sampled, awaited) = before or understood(trial, answers, then)
    since = {one.element: one.since for one in awaited}
    sampled_later = read_samples(trial, answers, now, []).days if sampled else {}
    of_a_day = trial.once(_of_a_day)
    for name, one in answers.items():
        if name == SCREENING_DATE:
            continue
        found[name] = one
        is_of_then = name in of_a_day or name in sampled
        if now > then and (is_of_then or (one.is_pending and name in trial.elements)):
            element, fact = trial.elements[name], facts.get(name)
            days = (sampled.get(name), sampled_later.get(name))
            kept = _dated(element, one, since.get(name, then), days)
            if isinstance(fact, Dates) and fact != value_or_none(trial, element, one.text, now):
                kept = kept.reworded(f"{fact.low} to {fact.high}")
            elif is_counted(trial, element):
                kept = _counted_on(element, kept, fact, (then, now))
            elif isinstance(fact, Numbers) and _may_run(trial, element, facts, then):
                longest = fact.high + _months_begun(then, now)
                kept = _as_span(element, kept, fact, (fact.low, longest))
            found[name] = kept
            if kept.text != one.text:
                told = f"as {shown(kept.text)} on {now}"
                changes[name] = f"{name} {shown(one.text)}, of {then}, is used {told}"
    return Carried(found, changes)


def _of_a_day(trial: Trial) -> frozenset[str]:
    """The elements whose values may hold only for the day on which they are entered."""
    return frozenset(
        name
        for name, one in trial.elements.items()
        if one.type == "date"
        or one.valid_for is not None
        or one.runs_while is not None
        or is_counted(trial, one)
    )


def _dated(
    element: Element, answer: Answer, then: date, days: tuple[Dates | None, Dates | None]
) -> Answer:
    """Measured, or awaited since, `then` at the latest. `days`: of the sample, then and later."""
    added: dict[str, str] = {}
    if answer.is_pending:
        known = Key.AWAITED_SINCE in answer.notes or Key.ANSWERED in answer.notes
        added = {} if known else {Key.AWAITED_SINCE: then.isoformat()}
    elif days[0] is not None and days[0] != days[1]:
        added = {Key.SAMPLED: f"{days[0].low} to {days[0].high}"}
    elif days[0] is None and element.valid_for is not None:
        added = {Key.SAMPLED: f"<={then}"}
    return answer._replace(notes={**answer.notes, **added}) if added else answer


def _counted_on(
    element: Element, answer: Answer, fact: Fact | None, days: tuple[date, date]
) -> Answer:
    if isinstance(fact, Exactly):
        lasts = outlasts(element, answer=fact == Exactly(value=True))
        return answer if lasts else answer.set_aside()
    if not isinstance(fact, Numbers):
        return answer
    years = completed_years(*days)
    begun = (days[0].month, days[0].day) != (days[1].month, days[1].day)
    high = (ceil(fact.high) if begun else fact.high) + years + begun
    low = fact.low if may_be_not_yet(fact) else fact.low + years
    return _as_span(element, answer, fact, (low, high))


def _may_run(trial: Trial, element: Element, facts: Mapping[str, Fact], then: date) -> bool:
    """Whether what an element counts the months of may have gone on after the day `then`."""
    running = element.runs_while
    return running is not None and Evaluation(trial, facts, then).truth(running) is not FALSE


def _months_begun(since: date, on: date) -> int:
    """How many months, the last of which may not be over, lie between two days."""
    months = 12 * (on.year - since.year) + on.month - since.month
    return months + (add_months(since, months) < on)


def _as_span(element: Element, answer: Answer, fact: Numbers, ends: tuple[float, float]) -> Answer:
    """`fact` of an earlier day, grown to what lies between these ends."""
    low, high = ends
    if element.range is not None:
        most = element.range[1]
        assert isinstance(most, int | float)
        if fact.low_open and high >= most:
            return answer.reworded(f">{show_number(low)}")
        high = min(high, max(low, most))
    said = dict.fromkeys((show_number(low), show_number(high)))
    return answer.reworded(" to ".join(said))
