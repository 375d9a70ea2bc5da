"""A trial as its criteria file states it: elements, criteria, checks. Frozen values only."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from datetime import date
from functools import cache, cached_property
from typing import Generic, Literal, NamedTuple, TypeVar, get_args

from trialscreen.model.dates import Period
from trialscreen.model.kept import Keeps
from trialscreen.model.registration import Registration
from trialscreen.model.rules import Rule, Test, elements_of_test, tests_of

ElementType = Literal["boolean", "choice", "integer", "quantity", "date"]
Source = Literal["participant", "chart", "laboratory", "imaging", "investigator", "derived"]
Kind = Literal["inclusion", "exclusion"]
Level = Literal["error", "warning", "note"]
Verdict = Literal["eligible", "ineligible", "undetermined"]
Open = Literal["data", "consent", "judgement"]
"""What an undetermined verdict waits for."""

SOURCES: tuple[Source, ...] = get_args(Source)

SCREENING_DATE = "screening_date"
"""The one element that is not a fact about the patient: the anchor of every window."""

RESULT_COLUMNS = ("verdict", "open", "missing", "reasons", "clears_on", "stale", "awaited")
"""Columns of a screened table that no element or criterion can be called like."""


class Formula(NamedTuple):
    """A named formula of `formulas`, and the elements it is computed from, in its order.

    `factors` take each input from its element's unit to the one that the formula computes
    in; none at all where every input is in that unit, or has none.
    """

    name: str
    inputs: tuple[str, ...]
    factors: tuple[float, ...] = ()


class Unit(NamedTuple):
    """A UCUM code, how it is printed, and how else people write it."""

    code: str
    show: str
    spellings: tuple[str, ...] = ()

    @property
    def of_one(self) -> str:
        """How it is printed behind 1: `year`, if `years` is how it is printed."""
        return next((one for one in self.spellings if f"{one}s" == self.show), self.show)


@dataclass(frozen=True)
class Element:
    """One data element: what is asked, in which form an answer comes, who can give it.

    Numbers are stored in `unit` (UCUM). `accepts` maps each other unit to its factor:
    value x factor = value in `unit`. `units` are those of the criteria file.
    `range` refuses, `typical` warns; both inclusive.
    `examples` help to recognise what the label means; `no_text` is how a no is shown.
    `source` is asked first; `other_sources` can give it as well, or confirm it.
    A value with `valid_for` may carry the day of its sample, and is stale when it is older. Of one
    with `warn_after`, which carries no day, a record tells it: there is a warning of an older one.
    What is counted up to the screening day holds for that day only: a yes with `window` is of
    that time before it; a number of months with `runs_while` grows where that rule can hold.
    """

    name: str
    label: str
    type: ElementType
    source: Source
    section: str
    ask: str = ""
    help: str = ""
    examples: str = ""
    no_text: str = "no"
    unit: str | None = None
    accepts: Mapping[str, float] = field(default_factory=dict)
    refuses: Mapping[str, str] = field(default_factory=dict)
    range: tuple[float, float] | tuple[date, date] | None = None
    range_help: str = ""
    typical: tuple[float, float] | tuple[date, date] | None = None
    typical_help: str = ""
    choices: Mapping[str, str] = field(default_factory=dict)
    spellings: Mapping[str, str] = field(default_factory=dict)
    card: str | None = None
    other_sources: tuple[Source, ...] = ()
    consent: bool = False
    derive: Formula | Rule | None = None
    valid_if: Rule | None = None
    valid_for: Period | None = None
    warn_after: Period | None = None
    window: Period | None = None
    runs_while: Rule | None = None
    invalid_help: str = ""
    reported_to: float | None = None
    reported_wins: bool = False
    internal: bool = False
    units: Mapping[str, Unit] = field(default_factory=dict, compare=False, repr=False)

    @cached_property
    def shown_unit(self) -> str:
        """Its unit as people print it; empty for none."""
        return "" if self.unit is None else self.unit_named(self.unit).show

    def unit_named(self, code: str) -> Unit:
        return self.units.get(code, Unit(code, code))

    @property
    def no_is_not_yet(self) -> bool:
        """Whether a no may still become a yes, as a missing signature; rules do not see it."""
        return self.consent and self.no_text != "no"

    @property
    def is_judgement(self) -> bool:
        """Whether only a person's consent or the investigator can settle it."""
        return self.consent or self.sources == ("investigator",)

    @property
    def rules(self) -> tuple[Rule, ...]:
        """Those that its value rests on: what it follows from, and when it counts."""
        return tuple(one for one in (self.derive, self.valid_if) if isinstance(one, Rule))

    @property
    def sources(self) -> tuple[Source, ...]:
        """Everyone who can give it, who is asked first at the head."""
        return (self.source, *self.other_sources)


class Section(NamedTuple):
    id: str
    title: str


Direction = Literal["same", "narrower", "wider"]
"""What the alternative of a reading does to a criterion's statement: nothing; it implies the one
that was chosen; it follows from that."""


class Confirmed(NamedTuple):
    """Who confirmed a reading for the sponsor, and when."""

    by: str
    on: date


class Alternative(NamedTuple):
    """What the alternative of a reading makes of one criterion, as far as it can be computed.

    `rules` stand for the criterion's rule, each under one of the things that the alternative
    may mean. What they leave out is told by `direction`, or is about how the elements `answers`
    are to be answered.
    """

    rules: tuple[Rule, ...] = ()
    direction: Direction | None = None
    answers: tuple[str, ...] = ()

    @property
    def is_encoded(self) -> bool:
        """Whether its rules are all of it."""
        return bool(self.rules) and self.direction is None and not self.answers


class Reading(NamedTuple):
    """How an ambiguous text was read: chosen, the alternative, and why."""

    ref: str
    issue: str
    chosen: str
    alternative: str
    why: str
    confirmed: Confirmed | None = None


EXPECTED_TO_FAIL = 0.1
"""The share of the screened who fail a criterion, where its entry in the file is silent."""


class Criterion(NamedTuple):
    """One eligibility criterion. `rule` says when its own statement is true of a patient.

    `expected_to_fail` is the share of the screened who fail it, as far as is known; it
    orders the questions of a quick interview and enters no finding. `alternatives`: the
    readings that it may turn on, its own and others', with what the alternative makes of it.
    """

    id: str
    kind: Kind
    label: str
    text: str
    rule: Rule
    readings: tuple[Reading, ...] = ()
    expected_to_fail: float = EXPECTED_TO_FAIL
    alternatives: tuple[tuple[Reading, Alternative], ...] = ()


class Check(NamedTuple):
    """A relation between elements; when it certainly holds, `say` is reported at `level`."""

    id: str
    level: Level
    when: Rule
    say: str


Made = TypeVar("Made")


class ByRule(Generic[Made]):
    """What is made of a rule, once; rules are told apart by their places in memory."""

    def __init__(self, make: Callable[[Rule], Made]) -> None:
        self._make = make
        self._kept: dict[int, tuple[Rule, Made]] = {}  # with the rule, or its place is used again

    def __call__(self, rule: Rule) -> Made:
        if (kept := self._kept.get(id(rule))) is None:
            kept = self._kept[id(rule)] = (rule, self._make(rule))
        return kept[1]


@dataclass(frozen=True)
class Trial(Keeps):
    """A whole criteria file. `criteria` stand in protocol order, `elements` in the file's.

    `spellings` are its own words for yes, no, unknown and pending, beside `characters.WORDS`.
    """

    version: str
    sha256: str
    origin: str
    registration: Registration
    sections: tuple[Section, ...]
    cards: Mapping[str, str]
    elements: Mapping[str, Element]
    criteria: tuple[Criterion, ...]
    checks: tuple[Check, ...]
    spellings: Mapping[str, str] = field(default_factory=dict)

    def __getstate__(self) -> dict[str, object]:
        """What the file states, without what was made of it."""
        return {one.name: getattr(self, one.name) for one in fields(self)}

    @cached_property
    def reached(self) -> ByRule[tuple[Test, ...]]:
        """Every test that can decide a rule: its own, and those behind its elements."""
        return ByRule(self._reached)

    def _reached(self, rule: Rule) -> tuple[Test, ...]:
        tests: dict[Test, None] = {}
        seen: set[str] = set()
        ahead = [rule]
        while ahead:
            for test in tests_of(ahead.pop()):
                tests[test] = None
                for name in elements_of_test(test):
                    behind = [one for one in reversed(self._computed_from(name)) if one not in seen]
                    seen.update(behind)
                    ahead.extend(one for name in behind for one in self.elements[name].rules)
        return tuple(tests)

    @cached_property
    def elements_behind(self) -> ByRule[tuple[str, ...]]:
        """Every element that a rule can depend on, through derivations and validity."""
        return ByRule(
            lambda rule: self._computed_from(
                *(name for test in self.reached(rule) for name in elements_of_test(test))
            )
        )

    @cached_property
    def sources_of(self) -> Callable[[str], frozenset[str]]:
        """The elements that an element's value can be derived from, if it is not entered."""

        def sources(name: str) -> frozenset[str]:
            computed = self._computed_from(name)
            rules = (self.elements[one].derive for one in computed)
            behind = (self.elements_behind(one) for one in rules if isinstance(one, Rule))
            return frozenset(computed[1:]).union(*behind)

        return cache(sources)

    def _computed_from(self, *names: str) -> tuple[str, ...]:
        """These elements, and those behind them that formulas compute their values from."""
        found = list(dict.fromkeys(names))
        for name in found:
            if isinstance(formula := self.elements[name].derive, Formula):
                found += [one for one in formula.inputs if one not in found]
        return tuple(found)

    def answerable(self) -> Iterable[Element]:
        """The elements a patient's data may name: all but the internal ones."""
        return self.answerable_by_name.values()

    def by_section(self, elements: Iterable[Element]) -> Iterator[tuple[Section, list[Element]]]:
        """The sections that have some of these elements, each with its own."""
        given = list(elements)
        for section in self.sections:
            if own := [one for one in given if one.section == section.id]:
                yield section, own

    @cached_property
    def answerable_by_name(self) -> Mapping[str, Element]:
        return {name: one for name, one in self.elements.items() if not one.internal}
