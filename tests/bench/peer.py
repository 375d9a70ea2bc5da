"""The trial's rules in the languages of other rule engines, to compare with them.

A `Language` says how each part of a rule is written; `rule` walks our rule trees. A value is
written as entered, else as it follows from others, and as null while it is not valid. A
missing value is null, and `and`, `or` and `not` are the engine's own: what it makes of null
is what the comparison is about. NCT06949137 is what must be said, not every criteria file:
it counts nowhere, and compares no two dates.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from time import process_time
from typing import Any, Generic, Literal, NamedTuple, TypeVar, assert_never

from trialscreen.model.dates import Period
from trialscreen.model.formulas import UMOL_PER_L_IN_MG_PER_DL
from trialscreen.model.rules import (
    AtLeastN,
    Clause,
    Compare,
    ElementRef,
    Given,
    Is,
    Not,
    OneOf,
    Operator,
    Rule,
    Test,
    Within,
)
from trialscreen.model.trial import Element, Formula, Trial

Code = TypeVar("Code")
Input = TypeVar("Input")
Row = Mapping[str, Any]
Answer = bool | None | Literal["error"]
Answers = dict[str, Answer]
Sign = Literal[">=", "<=", ">", "<"]
SIGNS: Mapping[Operator, Sign] = {
    Operator.AT_LEAST: ">=",
    Operator.AT_MOST: "<=",
    Operator.ABOVE: ">",
    Operator.BELOW: "<",
}


class Found(NamedTuple):
    """The answers, patient by patient, and the processor microseconds for each."""

    answers: list[Answers]
    micros: float


class Engine(NamedTuple):
    """One way to screen patients; `run` does not count what it takes to make rows its input."""

    name: str
    run: Callable[[Sequence[Row]], Found]


def one_by_one(
    name: str, given: Callable[[Row], Input], answers: Callable[[Input], Answers]
) -> Engine:
    """An engine in this process that takes one patient at a time."""

    def run(rows: Sequence[Row]) -> Found:
        patients = [given(row) for row in rows]
        start = process_time()
        found = [answers(patient) for patient in patients]
        return Found(found, (process_time() - start) / len(rows) * 1e6)

    return Engine(name, run)


def in_json(row: Row) -> dict[str, Any]:
    """A row as JSON has it."""
    return {
        name: value.isoformat() if isinstance(value, date) else value for name, value in row.items()
    }


class Language(ABC, Generic[Code]):
    """How a rule of `trial` is written for an engine, with windows that end on day `on`."""

    def __init__(self, trial: Trial, on: date) -> None:
        self.trial = trial
        self.on = on

    @property
    def ids(self) -> tuple[str, ...]:
        return tuple(criterion.id for criterion in self.trial.criteria)

    def criteria(self) -> dict[str, Code]:
        return {criterion.id: self.rule(criterion.rule) for criterion in self.trial.criteria}

    def rule(self, rule: Rule) -> Code:
        match rule:
            case AtLeastN(_, parts) if rule.is_all or rule.is_any:
                return self.joined(
                    "and" if rule.is_all else "or", [self.rule(part) for part in parts]
                )
            case AtLeastN():
                raise NotImplementedError(rule)
            case Not(part):
                return self.opposite(self.rule(part))
            case Clause(_, _, part):
                return self.rule(part)
            case _:
                return self._test(rule)

    def _test(self, test: Test) -> Code:
        value = self.value(test.element)
        match test:
            case Is(_, wanted):
                return self._is(value, wanted)
            case OneOf(_, values):
                return self.one_of(value, values)
            case Given():
                return self.choose(self.known(value), self.literal(True), self.literal(None))
            case Compare(_, operator, bound):
                return self.compare(SIGNS[operator], value, self._bound(bound))
            case Within(_, period):
                return self.compare_days(">=", value, self.before(period))
            case _:
                assert_never(test)

    def _bound(self, bound: float | ElementRef) -> Code:
        return self.value(bound.name) if isinstance(bound, ElementRef) else self.literal(bound)

    def _is(self, value: Code, wanted: bool | str) -> Code:
        if isinstance(wanted, str):
            return self.equal(value, wanted)
        return value if wanted else self.opposite(value)

    def value(self, name: str) -> Code:
        element = self.trial.elements[name]
        code = self.entered(element)
        if element.derive is not None:
            code = self.first_known(code, self._derived(element.derive))
        if element.valid_if is not None:
            code = self.choose(self.rule(element.valid_if), code, self.literal(None))
        if element.no_is_not_yet:
            code = self.choose(code, self.literal(True), self.literal(None))
        return code

    def _derived(self, derive: Formula | Rule) -> Code:
        if not isinstance(derive, Formula):
            return self.rule(derive)
        inputs = [self.value(name) for name in derive.inputs]
        match derive.name, inputs:
            case "bmi", [weight, height]:
                metres = self.arithmetic("/", height, self.literal(100))
                return self.rounded(self.product("/", weight, self.product("*", metres, metres)))
            case "ratio", [value, limit]:
                return self.rounded(self.arithmetic("/", value, limit))
            case "completed_years", [since]:
                return self.completed_years(since)
            case "ckd_epi_2021", [creatinine, age, sex]:
                return self._ckd_epi_2021(creatinine, age, sex)
            case _:
                raise NotImplementedError(derive.name)

    def _ckd_epi_2021(self, creatinine: Code, age: Code, sex: Code) -> Code:
        number, one = self.literal, self.literal(1)

        def by_sex(female: float, male: float) -> Code:
            return self.choose(self.equal(sex, "female"), number(female), number(male))

        relative = self.product("/", creatinine, number(UMOL_PER_L_IN_MG_PER_DL), by_sex(0.7, 0.9))
        value = self.product(
            "*",
            number(142),
            self.arithmetic("^", self.extreme("min", relative, one), by_sex(-0.241, -0.302)),
            self.arithmetic("^", self.extreme("max", relative, one), number(-1.2)),
            self.arithmetic("^", number(0.9938), age),
            by_sex(1.012, 1),
        )
        applies = self.one_of(sex, ("female", "male"))
        return self.choose(applies, self.rounded(value), number(None))

    def product(self, sign: Literal["*", "/"], first: Code, *others: Code) -> Code:
        for other in others:
            first = self.arithmetic(sign, first, other)
        return first

    @abstractmethod
    def entered(self, element: Element) -> Code: ...
    @abstractmethod
    def literal(self, value: bool | float | str | None) -> Code: ...
    @abstractmethod
    def joined(self, word: Literal["and", "or"], parts: Sequence[Code]) -> Code: ...
    @abstractmethod
    def opposite(self, part: Code) -> Code: ...
    @abstractmethod
    def known(self, value: Code) -> Code: ...
    @abstractmethod
    def choose(self, condition: Code, then: Code, otherwise: Code) -> Code: ...
    @abstractmethod
    def first_known(self, first: Code, second: Code) -> Code: ...
    @abstractmethod
    def equal(self, value: Code, text: str) -> Code: ...
    @abstractmethod
    def one_of(self, value: Code, texts: Sequence[str]) -> Code: ...
    @abstractmethod
    def compare(self, sign: Sign, left: Code, right: Code) -> Code: ...
    @abstractmethod
    def compare_days(self, sign: Sign, left: Code, right: Code) -> Code: ...
    @abstractmethod
    def before(self, period: Period) -> Code: ...
    @abstractmethod
    def completed_years(self, since: Code) -> Code: ...
    @abstractmethod
    def arithmetic(self, sign: Literal["*", "/", "^"], left: Code, right: Code) -> Code: ...
    @abstractmethod
    def extreme(self, which: Literal["min", "max"], left: Code, right: Code) -> Code: ...
    @abstractmethod
    def rounded(self, value: Code) -> Code: ...
