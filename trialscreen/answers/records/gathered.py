"""Collects the answers, evidence and problems found in one patient's record."""

import re
from collections.abc import Collection, Iterable
from contextlib import suppress
from datetime import date, datetime
from typing import NamedTuple

from trialscreen.answers.answer import Answer, Key
from trialscreen.answers.records.codes import Binding, Codes
from trialscreen.answers.records.entries import (
    Amount,
    Coding,
    Entry,
    Person,
    When,
    day_text,
    days_text,
    when,
)
from trialscreen.answers.values import read_value
from trialscreen.model.errors import Problem, ValueProblem
from trialscreen.model.evidence import Evidence, EvidenceKind
from trialscreen.model.facts import Fact
from trialscreen.model.trial import Element, Trial
from trialscreen.text.characters import short

MOST_SHOWN = 200
"""The most characters of a textual result that are shown."""

LAST_SHOWN = "the last that the record shows; there may be later ones"
NOT_MAPPED = "mapped to no concept: its code is only in the column of the source"
_WRITTEN_DOWN = "on the day it was written down"
_CONCEPT = re.compile(r"[0-9]{6,18}")
_NORMAL = "normal"
_SAY_NOTHING = ("refuted", "error", "planned")


class Hit(NamedTuple):
    """An entry with the code that maps it to an element, and its date if known."""

    entry: Entry
    coding: Coding
    binding: Binding
    when: When | None

    def about(self, element: str) -> "Hit":
        """The same hit, for another element."""
        return self._replace(binding=self.binding._replace(element=element))

    @property
    def only_proposes(self) -> bool:
        """Whether a person must confirm it, because of its code, status or body site."""
        binding = self.binding
        return (
            binding.role != "sets"
            or self.is_provisional
            or self.is_elsewhere
            or (binding.only_active and not self.entry.active)
        )

    @property
    def is_provisional(self) -> bool:
        return self.entry.standing in ("provisional", "resolved")

    @property
    def is_elsewhere(self) -> bool:
        """Whether it does not state the body site that its code requires, or states another."""
        if not (self.binding.sites or (self.entry.site and self.binding.elsewhere)):
            return False
        sites = {
            (one.system, part) for one in self.entry.site for part in (one.code, *_parts_of(one))
        }
        wanted, others = (
            {one[:2] for one in of} for of in (self.binding.sites, self.binding.elsewhere)
        )
        return (bool(wanted) and wanted.isdisjoint(sites)) or not others.isdisjoint(sites)

    @property
    def place(self) -> tuple[date, str]:
        """A chronological sort key; undated hits come first."""
        return (self.when.last if self.when else date.min), self.entry.source

    @property
    def side(self) -> str:
        """The side of the body, as its code or the record names it; empty if neither does."""
        return self.binding.side or " ".join(sorted(one.code for one in self.entry.site))


class Selection(NamedTuple):
    """How facts are selected; `on` is every patient's screening date.

    `assume_absent`: sections whose yes/no elements are taken as no if nothing codes them.
    """

    trial: Trial
    codes: Codes
    on: date
    assume_absent: Collection[str] = ()


class Gathered:
    """What has been found in a record so far: answers, evidence, problems."""

    def __init__(self, by: Selection) -> None:
        self.trial, self.codes, self.on, self.assume_absent = by
        self.answers: dict[str, Answer] = {}
        self.evidence: list[Evidence] = []
        self.problems: list[Problem] = []

    def read(self, element: Element, text: str) -> Fact | None:
        """As `read_value`, which remembers: it is asked again when all is held together."""
        return read_value(self.trial, element, text, self.on)

    def usable(self, of: Element, hit: Hit, text: str, **shown: str) -> bool:
        """Whether a text can be read of an element; else that is told, and a person looks at it."""
        try:
            self.read(of, text)
        except ValueProblem as problem:
            self.problem(hit.entry, f"{of.name}: {problem}")
            self.show("candidate", hit, f"cannot be used: {problem}", **shown)
            return False
        return True

    def facts(self) -> dict[str, Fact]:
        """The facts that the answers state."""
        facts: dict[str, Fact] = {}
        for name, answer in self.answers.items():
            with suppress(ValueProblem):
                if (fact := self.read(self.trial.elements[name], answer.text)) is not None:
                    facts[name] = fact
        return facts

    def when_counted(self, entry: Entry) -> tuple[bool, When | None]:
        """Whether an entry is dated on or before the screening date, and its date.

        Undated entries, or with dates that cannot be read, count without one.
        """
        if entry.standing in _SAY_NOTHING:
            return False, None
        try:
            found = when(entry.start, "" if entry.kind == "condition" else entry.end)
        except ValueProblem as problem:
            self.problem(entry, str(problem))
            return True, None
        if found is not None:
            return found.first <= self.on, found
        if (known_by := _recorded(entry)) is None:
            return True, None
        # It was before it was written down.
        return known_by.first <= self.on, When(date.min, known_by.last)

    def problem(self, of: Entry | Person, message: str) -> None:
        where = " ".join(filter(None, (of.place, of.source)))
        if (problem := Problem(where, message)) not in self.problems:
            self.problems.append(problem)

    def answer(self, element: Element, hit: Hit, text: str) -> None:
        """Records an answer from an entry, with its date if the element has sample dates."""
        days = sample_days(hit.entry)
        is_sampled = element.valid_for is not None and days and hit.entry.kind == "measurement"
        notes = {Key.SAMPLED: days} if is_sampled else {}
        self.answers[element.name] = Answer(text, "record", hit.entry.source, notes)

    def set_aside(self, of: Collection[str], why: str = "", to: EvidenceKind = "conflict") -> None:
        """Withdraws the answers to some elements, and marks their evidence as `to`.

        That is a conflict by default, or `overruled` if a person has entered another answer.
        """
        for name in of:
            self.answers.pop(name, None)
        kinds = ("fact", "conflict") if to == "overruled" else ("fact",)
        for place, one in enumerate(self.evidence):
            if one.kind in kinds and one.element in of:
                note = "; ".join(filter(None, (why, one.note)))
                self.evidence[place] = one._replace(kind=to, note=note)

    def _beside(self, also: Iterable[Coding], value: str) -> list[str]:
        """What is said beside a value, but for what is normal, or is what the value says."""
        return [
            f"also said to be {said_as(one)}"
            for one in also
            if not {_NORMAL, value}.intersection(self.codes.meaning((one,)))
            if value.casefold() != one.display.casefold()
        ]

    def show(
        self, kind: EvidenceKind, hit: Hit, note: str = "", *, value: str = "", unit: str = ""
    ) -> None:
        """Evidence; `value`, with its `unit`, is shown instead of the entry's own."""
        entry = hit.entry
        if not value:
            value, unit = recorded_value(entry)
        says_why = hit.only_proposes or not (hit.binding.sites or hit.binding.only_active)
        own = hit.binding.note if says_why else ""
        undated = _WRITTEN_DOWN if entry.recorded and not (entry.start or entry.end) else ""
        also = self._beside(entry.also, value) if entry.also else ()
        is_at = [f"said to be of {said_as(one)}" for one in entry.site] if hit.is_elsewhere else []
        more = (*is_at, *entry.notes, *(one for one in also if one[len("also ") :] not in note))
        notes = dict.fromkeys(filter(None, (note, own, *more, undated)))
        day = day_text(entry.start or entry.end or entry.recorded)
        system, code, _ = hit.coding
        shown = (value, unit, day, code, system, entry.source, "; ".join(notes))
        self.evidence.append(Evidence(kind, hit.binding.element, *shown))


def _parts_of(site: Coding) -> list[str]:
    """The codes in an expression of SNOMED CT: `71341001:272741003=7771000` is a left femur."""
    return _CONCEPT.findall(site.code) if site.system == "snomed" else []


def said_as(one: Coding) -> str:
    """A code's display text with the code itself: `Positive (POS)`."""
    both = one.display and one.code and one.display != one.code
    return f"{one.display} ({one.code})" if both else one.display or one.code


def latest_of(hits: Iterable[Hit]) -> list[Hit]:
    """The dated hits that are not certainly earlier than another one.

    Times are compared as instants if both or neither have a time zone, otherwise by date.
    """
    dated = [(hit.when, hit) for hit in hits if hit.when is not None]
    if len(dated) < 2:
        return [hit for _, hit in dated]
    instants: dict[str, datetime] = {}
    first_days: dict[str, date] = {}
    for one, _ in dated:
        first_days[one.kind] = max(one.first, first_days.get(one.kind, date.min))
        if one.instant is not None:
            instants[one.kind] = max(one.instant, instants.get(one.kind, one.instant))

    def is_surpassed(one: When) -> bool:
        if one.instant is not None and one.instant < instants[one.kind]:
            return True
        others = (day for kind, day in first_days.items() if not kind or kind != one.kind)
        return any(one.last < day for day in others)

    return [hit for one, hit in dated if not is_surpassed(one)]


def sample_days(entry: Entry) -> str:
    """The possible days of a sample, as a text for the date parser."""
    days = days_text(entry.start, entry.end)
    is_known = bool(days) or _recorded(entry) is None
    return days if is_known else days_text("", entry.recorded)  # on that day, or earlier


def _recorded(entry: Entry) -> When | None:
    """When an entry was recorded; None if that cannot be read."""
    try:
        return when(entry.recorded)
    except ValueProblem:
        return None


def recorded_value(entry: Entry) -> tuple[str, str]:
    """The value and the unit of an entry as they were recorded; long texts cut."""
    text, value = plain_text(entry), entry.value
    if isinstance(value, Amount):
        return text, value.ucum or value.unit
    return short(text, MOST_SHOWN), ""


def plain_text(entry: Entry) -> str:
    """The value of an entry as a text, without its unit."""
    match entry.value:
        case None:
            return ""
        case bool() as said:
            return "yes" if said else "no"
        case str() as words:
            return words
        case Amount() as amount:
            return f"{amount.comparator}{amount.number}"
        case codings:
            return "; ".join(dict.fromkeys(one.display or one.code for one in codings))
