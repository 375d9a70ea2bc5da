"""The immutable model of a trial, as read from a criteria file: elements, criteria, checks."""

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
"""What an undetermined verdict is waiting for."""

SOURCES: tuple[Source, ...] = get_args(Source)

SCREENING_DATE = "screening_date"
"""The one element that is not a fact about the patient: the anchor of every window."""

RESULT_COLUMNS = ("verdict", "open", "missing", "reasons", "clears_on", "stale", "awaited")
"""Reserved: columns of a screened table, which no element or criterion may be named after."""


class Formula(NamedTuple):
    """The name of a formula in `formulas`, and the elements that are its inputs, in its order.

    `factors` convert each input from its element's unit to the one that the formula computes in;
    empty if no input needs converting.
    """

    name: str
    inputs: tuple[str, ...]
    factors: tuple[float, ...] = ()


class Unit(NamedTuple):
    """A UCUM code, its display form, and the other spellings that people use."""

    code: str
    show: str
    spellings: tuple[str, ...] = ()

    @property
    def of_one(self) -> str:
        """The singular of the display form, if there is one: `year` for `years`."""
        return next((one for one in self.spellings if f"{one}s" == self.show), self.show)


@dataclass(frozen=True)
class Element:
    """One data element: the question, the form of its answers, and who can give them.

    Numbers are stored in `unit` (UCUM). `accepts` maps each other unit to its factor: value x
    factor = value in `unit`. `units` are all units of the criteria file, by code.
    A value outside `range` is refused, one outside `typical` gives a warning; both are inclusive.
    `examples` help to recognise what the label means; `no_text` is how a no is displayed.
    `source` is asked first; `other_sources` can give or confirm the value as well.
    A value with `valid_for` may have a sample date, and is stale once that is longer ago. A value
    with `warn_after` has none, but its date in a record may be known: an older one gives a warning.
    Two kinds of answer hold on the screening date only: a yes with `window` refers to that period
    before it, and a number of months with `runs_while` grows while that rule can hold.
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
        """The display form of its unit; empty if it has none."""
        return "" if self.unit is None else self.unit_named(self.unit).show

    def unit_named(self, code: str) -> Unit:
        return self.units.get(code, Unit(code, code))

    @property
    def no_is_not_yet(self) -> bool:
        """Whether a no means "not yet", as for a missing signature; to rules it is unknown."""
        return self.consent and self.no_text != "no"

    @property
    def is_judgement(self) -> bool:
        """Whether only a person's consent or the investigator can settle it."""
        return self.consent or self.sources == ("investigator",)

    @property
    def rules(self) -> tuple[Rule, ...]:
        """The rules its value depends on: its derivation and its validity, if they are rules."""
        return tuple(one for one in (self.derive, self.valid_if) if isinstance(one, Rule))

    @property
    def sources(self) -> tuple[Source, ...]:
        """Everyone who can give the value; the first is asked first."""
        return (self.source, *self.other_sources)


class Section(NamedTuple):
    id: str
    title: str


Direction = Literal["same", "narrower", "wider"]
"""A criterion's statement under the alternative reading, compared with the chosen one: equivalent
to it, implying it, or implied by it."""


class Confirmed(NamedTuple):
    """Who confirmed a reading for the sponsor, and when."""

    by: str
    on: date


class Alternative(NamedTuple):
    """What one criterion becomes under the alternative reading, as far as it can be computed.

    `rules` replace the criterion's rule, one for each meaning that the alternative may have. What
    they do not express is covered by `direction`, or concerns how the elements in `answers` are
    to be answered.
    """

    rules: tuple[Rule, ...] = ()
    direction: Direction | None = None
    answers: tuple[str, ...] = ()

    @property
    def is_encoded(self) -> bool:
        """Whether its rules express all of it."""
        return bool(self.rules) and self.direction is None and not self.answers


class Reading(NamedTuple):
    """How an ambiguous text was read: the chosen meaning, the alternative, and why."""

    ref: str
    issue: str
    chosen: str
    alternative: str
    why: str
    confirmed: Confirmed | None = None


EXPECTED_TO_FAIL = 0.1
"""The default of `Criterion.expected_to_fail`."""


class Criterion(NamedTuple):
    """One eligibility criterion. `rule` is true of a patient for whom its statement is true.

    `expected_to_fail` is the estimated share (0 to 1) of screened patients who fail it; it orders
    the questions of a quick interview and affects no finding. `alternatives`: the readings that
    its result may depend on, its own and those of other criteria, with what it would become.
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
    """A function of a rule, cached by the rule's identity."""

    def __init__(self, make: Callable[[Rule], Made]) -> None:
        self._make = make
        self._kept: dict[int, tuple[Rule, Made]] = {}  # a rule that is alive keeps its id

    def __call__(self, rule: Rule) -> Made:
        if (kept := self._kept.get(id(rule))) is None:
            kept = self._kept[id(rule)] = (rule, self._make(rule))
        return kept[1]


@dataclass(frozen=True)
class Trial(Keeps):
    """A criteria file. `criteria` are in protocol order, `elements` in the order of the file.

    `spellings` are the file's own words for yes, no, unknown and pending, in addition to
    `characters.WORDS`. `sha256` is the digest of the file, `origin` its path or name.
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
        """The fields only, without anything cached."""
        return {one.name: getattr(self, one.name) for one in fields(self)}

    @cached_property
    def reached(self) -> ByRule[tuple[Test, ...]]:
        """Every test that can decide a rule: its own, and those its elements are derived by."""
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
        """Every element that a rule can depend on, directly or through derivation and validity."""
        return ByRule(
            lambda rule: self._computed_from(
                *(name for test in self.reached(rule) for name in elements_of_test(test))
            )
        )

    @cached_property
    def sources_of(self) -> Callable[[str], frozenset[str]]:
        """The elements from which an element's value can be derived if it is not entered."""

        def sources(name: str) -> frozenset[str]:
            computed = self._computed_from(name)
            rules = (self.elements[one].derive for one in computed)
            behind = (self.elements_behind(one) for one in rules if isinstance(one, Rule))
            return frozenset(computed[1:]).union(*behind)

        return cache(sources)

    def _computed_from(self, *names: str) -> tuple[str, ...]:
        """These elements, and the inputs of the formulas that compute them, recursively."""
        found = list(dict.fromkeys(names))
        for name in found:
            if isinstance(formula := self.elements[name].derive, Formula):
                found += [one for one in formula.inputs if one not in found]
        return tuple(found)

    def answerable(self) -> Iterable[Element]:
        """The elements that a patient's data may contain: all but the internal ones."""
        return self.answerable_by_name.values()

    def by_section(self, elements: Iterable[Element]) -> Iterator[tuple[Section, list[Element]]]:
        """These elements grouped by section, without empty sections."""
        listed = list(elements)
        for section in self.sections:
            if members := [one for one in listed if one.section == section.id]:
                yield section, members

    @cached_property
    def answerable_by_name(self) -> Mapping[str, Element]:
        return {name: one for name, one in self.elements.items() if not one.internal}
