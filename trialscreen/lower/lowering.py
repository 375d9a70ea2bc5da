"""Rules and elements of a trial over the columns of a table, each lowered once."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import assert_never

from trialscreen.dates import Period
from trialscreen.derive import FORMULAS as SPECS
from trialscreen.lower.bounds import UNKNOWN, Bounds, first_known, judge, narrowed, one_value
from trialscreen.lower.folding import (
    before,
    coalesce,
    compare,
    constant,
    if_,
    known,
    negated,
    one_of,
    rounded_to,
    unknown,
)
from trialscreen.lower.formulas import computed
from trialscreen.lower.judged import (
    Held,
    Judged,
    Share,
    Source,
    element_lacks_data,
    judged_all,
    judged_any,
    judged_at_least,
    judged_not,
    judged_test,
)
from trialscreen.lower.program import Step, Table
from trialscreen.rule import (
    AllOf,
    AnyOf,
    AtLeastN,
    Clause,
    Compare,
    Given,
    Is,
    LongerAgoThan,
    Not,
    OneOf,
    Operator,
    Rule,
    Test,
    Within,
    elements_of_test,
)
from trialscreen.scalar import NULL, TRUE, Column, CompletedYears, Constant, If, Scalar, is_simple
from trialscreen.trial import SCREENING_DATE, Element, Formula, Trial


@dataclass(frozen=True)
class Lowering:
    """One trial over one table; remembers the steps so far, and each element."""

    trial: Trial
    table: Table
    steps: dict[str, Step] = field(default_factory=dict, repr=False)
    _names: dict[Scalar, Column] = field(default_factory=dict, repr=False)
    _held: dict[str, Held] = field(default_factory=dict, repr=False)

    @property
    def on(self) -> Scalar:
        return Column(SCREENING_DATE) if self.table.on is None else constant(self.table.on)

    # Steps.

    def share(self, name: str, about: str, value: Scalar) -> Scalar:
        """`value` under a name of its own, like `name`; as it is, if it is simple."""
        if is_simple(value):
            return value
        if value not in self._names:
            free = self._free_name(name)
            self.steps[free] = Step(free, value, about)
            self._names[value] = Column(free)
        return self._names[value]

    def _free_name(self, name: str) -> str:
        number = 2
        free = name
        while free.casefold() in self._taken:
            free = f"{name}_{number}"
            number += 1
        self._taken.add(free.casefold())
        return free

    @cached_property
    def _taken(self) -> set[str]:
        """Names that a step may not have, in any case of letters: what SQL takes for the same."""
        return {one.casefold() for one in (*self.table.columns, *self.trial.elements)}

    def _share_parts_of(self, name: str) -> Share:
        return lambda value: self.share(f"{name}_part", f"a part of {name}", value)

    # Rules.

    def rule(self, rule: Rule, name: str) -> Judged:
        """`rule`, which is (a part of) what `name` rests on."""
        share = self._share_parts_of(name)
        match rule:
            case AllOf(parts):
                return judged_all([self.rule(part, name) for part in parts], share)
            case AnyOf(parts):
                return judged_any([self.rule(part, name) for part in parts], share)
            case AtLeastN(count, parts):
                return judged_at_least(count, [self.rule(part, name) for part in parts], share)
            case Not(part):
                return judged_not(self.rule(part, name))
            case Clause(_, _, part):
                return self.rule(part, name)
            case _:
                used = [self.element(one) for one in elements_of_test(rule)]
                return judged_test(self._test(rule, [one.fact for one in used]), used)

    def _test(self, test: Test, facts: list[Bounds]) -> Scalar:
        value = facts[0]
        match test:
            case Given():
                return if_(known(value.low), TRUE, NULL)
            case Is(_, bool() as wanted):
                return value.low if wanted else negated(value.low)
            case Is(_, wanted):
                return compare("==", value.low, constant(wanted))
            case OneOf(_, values):
                return one_of(value.low, values)
            case Compare(_, operator, float() | int() as bound):
                return judge(operator, value, one_value(constant(bound)))
            case Compare(_, operator, _):
                return judge(operator, value, facts[1])
            case Within(_, period):
                return judge(Operator.AT_LEAST, value, self._start(period))
            case LongerAgoThan(_, period):
                return judge(Operator.BELOW, value, self._start(period))
            case _:
                assert_never(test)

    def _start(self, period: Period) -> Bounds:
        return one_value(
            self.share(
                f"{period.count}_{period.unit}_before",
                f"the screening date less {period}",
                before(self.on, period),
            )
        )

    # Elements.

    def element(self, name: str) -> Held:
        """What the rows hold of an element."""
        if name not in self._held:
            self._held[name] = self._hold(self.trial.elements[name])
        return self._held[name]

    def _hold(self, element: Element) -> Held:
        entered = self._entered(element)
        derived, sources = self._derived(element)
        combine = first_known if element.reported_wins else narrowed
        fact = combine(entered, derived)
        if isinstance(fact.low, If):
            fact = self._shared(element, fact, "entered and derived")
        validity = None
        if element.valid_if is not None:
            validity = self.rule(element.valid_if, element.name)
            low, high = (if_(validity.truth, end, NULL) for end in fact)
            fact = self._shared(element, Bounds(low, high), "where it is valid")
        lacks_data = element_lacks_data(element, entered, sources, validity)
        return Held(fact, entered, derived, lacks_data)

    def _entered(self, element: Element) -> Bounds:
        name = element.name
        if element.internal or name == SCREENING_DATE:
            return UNKNOWN  # nobody can enter it; the screening date is the anchor of windows
        columns = self.table.columns
        exact = Column(name) if name in columns else NULL
        low, high = f"{name}_low", f"{name}_high"
        if not {low, high} <= columns or {low, high} & self.trial.elements.keys():
            return one_value(exact)
        return Bounds(coalesce(exact, Column(low)), coalesce(exact, Column(high)))

    def _derived(self, element: Element) -> tuple[Bounds, list[Source]]:
        """What follows from other elements, and whether these are open."""
        match element.derive:
            case None:
                return UNKNOWN, []
            case Formula(name, names) as formula:
                inputs = [self.element(one) for one in names]
                bounds = computed(formula, tuple(one.fact for one in inputs), self.on)
                if not _moves_bounds(bounds.low):
                    how = f"computed: {name}({', '.join(names)})"
                    bounds = self._shared(element, bounds, how)
                if not SPECS[name].whole:
                    bounds = Bounds(rounded_to(bounds.low), rounded_to(bounds.high))
                return bounds, [Source(one.open, one.lacks_data) for one in inputs]
            case rule:
                basis = self.rule(rule, element.name)
                about = f"{element.label}, derived"
                truth = self.share(f"{element.name}_derived", about, basis.truth)
                return one_value(truth), [Source(unknown(truth), basis.lacks_data)]

    def _shared(self, element: Element, bounds: Bounds, how: str) -> Bounds:
        """The ends under names of their own."""
        about = f"{element.label}, {how}"
        if bounds.is_one_value:
            return one_value(self.share(f"{element.name}_value", about, bounds.low))
        return Bounds(
            self.share(f"{element.name}_least", about, bounds.low),
            self.share(f"{element.name}_most", about, bounds.high),
        )


def _moves_bounds(end: Scalar) -> bool:
    """Whether tests get rid of `end`: an age on one day is told from the date of birth itself."""
    return isinstance(end, CompletedYears) and isinstance(end.on, Constant)
