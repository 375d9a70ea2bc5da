"""What the log says of a later day: whose screening would come out otherwise, who is due when."""

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import Literal, NamedTuple, TypeVar

from trialscreen.answers.later import carried, understood, understood_later
from trialscreen.log.decisions import Kept
from trialscreen.log.entry import Outcome, ScreeningEntry
from trialscreen.log.recording import outcome_of
from trialscreen.model.errors import InputError, Problem, refuse
from trialscreen.model.trial import Trial
from trialscreen.screening.samples import Stale
from trialscreen.screening.screen import Screening, screen

K = TypeVar("K", bound=Kept)


def corrected_by(entries: Iterable[Kept]) -> dict[int, int]:
    """The number of each entry that was corrected, and of the one that stands in for it."""
    return {one.corrects.of: one.number for one in entries if one.corrects is not None}


def current(entries: Iterable[K]) -> list[K]:
    """The entries that no later one corrects, in their order."""
    listed = list(entries)
    corrected = corrected_by(listed)
    return [one for one in listed if one.number not in corrected]


def latest(entries: Iterable[ScreeningEntry]) -> dict[str, ScreeningEntry]:
    """The last screening of each subject, by its date; subjects as they first appear."""
    found: dict[str, ScreeningEntry] = {}
    for entry in current(entries):
        subject, before = entry.subject, found.get(entry.subject)
        if before is None or before.on <= entry.on:
            found[subject] = entry
    return found


# Who is due.


class Due(NamedTuple):
    """A subject to screen again: from `day` on, by the last entry; `failed` clear by then."""

    day: date
    entry: ScreeningEntry


def due(entries: Iterable[ScreeningEntry]) -> list[Due]:
    """Who fails now and will not later, if nothing else changes; the earliest first."""
    found = [
        Due(entry.outcome.clears_on, entry)
        for entry in latest(entries).values()
        if entry.outcome.clears_on is not None
    ]
    return sorted(found, key=lambda one: (one.day, one.entry.number))


# Screening anew.

Cause = Literal["date", "criteria", "removed"]


class Flip(NamedTuple):
    """A criterion that came out otherwise: whether it passed, and whether it passes now.

    `was` and `now` are None for unknown; `cause` is the new criteria file where that alone
    changes it, else the later date; or `removed`, of what is no criterion of the new file.
    """

    id: str
    was: bool | None
    now: bool | None
    cause: Cause


class Again(NamedTuple):
    """One subject screened anew. `now` is None if that cannot be, `problems` say why.

    `problems` with an outcome name answers that could not be used. `stale` are the values that
    are too old by then.
    """

    entry: ScreeningEntry
    now: Outcome | None
    flips: tuple[Flip, ...] = ()
    problems: tuple[str, ...] = ()
    stale: tuple[Stale, ...] = ()

    @property
    def is_outdated(self) -> bool:
        """Whether values are too old of a subject whom nothing excludes."""
        return self.now is not None and self.now.verdict != "ineligible" and bool(self.stale)

    @property
    def is_changed(self) -> bool:
        """Whether the verdict, or what an undetermined one waits for, came out otherwise."""
        was = self.entry.outcome
        return self.now is not None and (was.verdict, was.open) != (self.now.verdict, self.now.open)

    @property
    def to_be_told(self) -> bool:
        """Whether the verdict changed, or cannot be told."""
        return self.is_changed or self.now is None


def rescreen(trial: Trial, entries: Iterable[ScreeningEntry], on: date) -> list[Again]:
    """Each subject's last screening, with its answers and these criteria on day `on`."""
    every = list(entries)
    return rescreen_newest(trial, latest(every), every, on, lambda _: True)


def rescreen_newest(
    trial: Trial,
    newest: Mapping[str, ScreeningEntry],
    entries: Iterable[ScreeningEntry],
    on: date,
    is_told: Callable[[Again], bool],
) -> list[Again]:
    """As `rescreen`; `newest` are the `latest`, and need no details.

    `entries` have them, and are seen one at a time: all of a long log would fill the memory. So
    would what changed in those that are not told.
    """
    found: dict[str, Again] = {}
    for entry in entries:
        kept = newest.get(entry.subject)
        if kept is not None and kept.number == entry.number:
            again = _again(trial, entry, on)._replace(entry=kept)
            found[entry.subject] = again if is_told(again) else again._replace(flips=(), stale=())
    if found.keys() != newest.keys():
        refuse("log rescreen", "the log was changed while it was read")
    return [found[subject] for subject in newest]


def _again(trial: Trial, entry: ScreeningEntry, on: date) -> Again:
    if entry.stage != "full":
        return Again(entry, None, problems=("no answers are kept before consent",))
    if on < entry.on:
        return Again(entry, None, problems=(f"was screened later than that, on {entry.on}",))
    problems: list[Problem] = []
    answers = entry.answers
    before = understood(trial, answers, entry.on, problems)
    if problems:  # which say where; no log keeps that
        answers, problems = {name: one._replace(where=name) for name, one in answers.items()}, []
        before = understood(trial, answers, entry.on, problems)
    told = tuple(map(str, problems))
    try:
        then = screen(trial, before.facts, entry.on, before.samples)
        later = carried(trial, answers, entry.on, on, before).answers
        facts, samples = understood_later(trial, before, answers, later, on)
        now = screen(trial, facts, on, samples)
    except InputError as error:
        return Again(entry, None, problems=(*told, *map(str, error.problems)))
    flips = tuple(_flips(entry, then, now))
    return Again(entry, outcome_of(now), flips, told, now.stale)


def _flips(entry: ScreeningEntry, then: Screening, now: Screening) -> Iterable[Flip]:
    """`then` is by the new criteria on the old date."""
    was = {one.id: one.passes for one in entry.findings}
    for by_then, one in zip(then.findings, now.findings, strict=True):
        before = was.get(one.id)
        if one.passes is not before or one.id not in was:
            cause: Cause = "date" if by_then.passes is before else "criteria"
            yield Flip(one.id, before, one.passes, cause)
    for name in was.keys() - {one.id for one in now.findings}:
        yield Flip(name, was[name], None, "removed")
