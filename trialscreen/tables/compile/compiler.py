"""Compiles the rules and elements of a trial to expressions over the columns of a table."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import partial
from itertools import chain, count
from typing import NamedTuple, assert_never

from trialscreen.model import expr, rules
from trialscreen.model.dates import Period
from trialscreen.model.expr import FALSE, TRUE, Constant, Scalar
from trialscreen.model.formulas import FORMULAS as SPECS
from trialscreen.model.trial import SCREENING_DATE, Element, Formula, Trial
from trialscreen.tables.compile.intervals import (
    NO_BOUNDS,
    Bounds,
    combined,
    computed,
    first_known,
    half_of_shown,
    is_exact,
    judge,
    one_value,
    unlimited,
    where,
    written,
)
from trialscreen.tables.compile.program import Step, Table
from trialscreen.tables.compile.simplify import (
    at_least,
    before,
    both,
    coalesce,
    compare,
    either,
    if_,
    known,
    negated,
    one_of,
    rounded_to,
    unknown,
)

Share = Callable[[Scalar], Scalar]
"""Gives an expression that is read more than once a name, and returns that."""


class Judged(NamedTuple):
    """`truth`: null while unknown. `lacks`: an element that is sought is open.

    `lacks` counts only where the truth is unknown. It is true for a rule that rests on such
    alone, and false for one that rests on none: both are known without a row.
    """

    truth: Scalar
    lacks: Scalar

    @property
    def open(self) -> Scalar:
        """Whether the truth is unknown; never null."""
        return unknown(self.truth)

    @property
    def open_for_it(self) -> Scalar:
        """`lacks`, for a row in which the truth may be known."""
        return FALSE if self.lacks == FALSE else both(self.open, self.lacks)


def _joined(join: Callable[..., Scalar], parts: Sequence[Judged], share: Share) -> Judged:
    """Those that rest on data are judged together, so that one look tells whether one is open.

    No part of an unknown `all` is false: its data parts together are unknown just when one
    of them is. Likewise no part of an unknown `any` is true.
    """
    for lacks in (TRUE, FALSE):
        if all(part.lacks == lacks for part in parts):
            return Judged(join(*(part.truth for part in parts)), lacks)
    by_data = [part.truth for part in parts if part.lacks == TRUE]
    others = [part for part in parts if part.lacks != TRUE]
    data = Judged(share(join(*by_data)), TRUE)
    others = [one if one.lacks == FALSE else Judged(share(one.truth), one.lacks) for one in others]
    truth = join(data.truth, *(part.truth for part in others))
    open_parts = [part.open_for_it for part in others]
    return Judged(truth, either(*([data.open_for_it] if by_data else []), *open_parts))


def judged_at_least(count: int, parts: Sequence[Judged], share: Share) -> Judged:
    if count in (1, len(parts)):
        return _joined(either if count == 1 < len(parts) else both, parts, share)
    parts = [Judged(share(part.truth), part.lacks) for part in parts]
    truth = at_least(count, tuple(part.truth for part in parts))
    if all(part.lacks == TRUE for part in parts):
        return Judged(truth, TRUE)
    return Judged(truth, either(*(part.open_for_it for part in parts)))


def judged_not(part: Judged) -> Judged:
    return Judged(negated(part.truth), part.lacks)


class ElementBounds(NamedTuple):
    """What a row holds of one element: what rules see, and what that was made from.

    `lacks`, as of a rule, counts only in a row in which `fact` is not exact.
    """

    fact: Bounds
    entered: Bounds
    derived: Bounds
    lacks: Scalar

    @property
    def open(self) -> Scalar:
        """Whether it is not known exactly; never null."""
        return negated(is_exact(self.fact))


def judged_test(truth: Scalar, used: Sequence[ElementBounds]) -> Judged:
    """A test lacks data if one of the elements that it uses does."""
    lacking = [one.lacks for one in used]
    if all(lacks == TRUE for lacks in lacking):
        return Judged(truth, TRUE)
    return Judged(truth, either(*(both(one.open, one.lacks) for one in used)))


def element_lacks(
    element: Element,
    entered: Bounds,
    sources: Sequence[ElementBounds | Judged],
    validity: Judged | None,
    *,
    sought: bool,
) -> Scalar:
    """Whether an element that is not known exactly is open for data: itself, or its `sources`.

    `sought`: whether it is itself of that kind. One that is only ever derived stands for itself
    only when nothing behind is open.
    """
    lacking = [one.lacks for one in sources]
    lacking += [] if validity is None else [validity.lacks]
    is_data = Constant(sought)
    if all(lacks == is_data for lacks in lacking):
        return is_data
    by_itself: Scalar = TRUE
    if element.source == "derived":
        nothing_behind = negated(either(*(one.open for one in sources)))
        by_itself = either(known(entered.low), nothing_behind)
    behind = (both(one.open, one.lacks) for one in sources)
    lacks = either(both(is_data, by_itself), *behind)
    if validity is None:
        return lacks
    lacks = either(validity.open_for_it, both(negated(is_exact(entered)), lacks))
    return if_(negated(validity.truth), is_data, lacks)


@dataclass(frozen=True)
class Compiler:
    """One trial over one table; remembers the steps so far, and each element.

    `sought`: of which kind an element is if a rule that waits for it lacks something.
    """

    trial: Trial
    table: Table
    sought: Callable[[Element], bool] = lambda element: not element.is_judgement
    steps: dict[str, Step] = field(default_factory=dict, repr=False)
    _names: dict[expr.Scalar, expr.Column] = field(default_factory=dict, repr=False)
    _taken: set[str] = field(default_factory=set, repr=False)
    _held: dict[str, ElementBounds] = field(default_factory=dict, repr=False)
    _written: dict[str, Bounds] = field(default_factory=dict, repr=False)

    def seeking(self, sought: Callable[[Element], bool]) -> "Compiler":
        """Another over the same table, with the same steps, that seeks something else."""
        return replace(self, sought=sought, _held={}, _written={})

    # Steps.

    def share(self, name: str, about: str, value: expr.Scalar) -> expr.Scalar:
        """`value` under a name of its own, like `name`; as it is, if it is simple."""
        if expr.is_simple(value):
            return value
        if value not in self._names:
            free = self._free_name(name)
            self.steps[free] = Step(free, value, about)
            self._names[value] = expr.Column(free, isinstance(value, expr.CompletedYears))
        return self._names[value]

    def _free_name(self, name: str) -> str:
        """Another than those of columns and elements, in any case of letters, as SQL has it."""
        if not self._taken:
            self._taken.update(map(str.casefold, (*self.table.columns, *self.trial.elements)))
        names = chain([name], (f"{name}_{number}" for number in count(2)))
        free = next(one for one in names if one.casefold() not in self._taken)
        self._taken.add(free.casefold())
        return free

    # Rules.

    def rule(self, rule: rules.Rule, name: str) -> Judged:
        """`rule`, which is (a part of) what `name` rests on."""
        if isinstance(rule, rules.Test):
            used = [self.element(one) for one in rules.elements_of_test(rule)]
            return judged_test(self._test(rule, [one.fact for one in used]), used)
        match rule:
            case rules.AtLeastN(least, parts):
                judged = [self.rule(part, name) for part in parts]
                share = partial(self.share, f"{name}_part", f"a part of {name}")
                return judged_at_least(least, judged, share)
            case rules.Not(rules.Within(element, period)):  # the other comparison, and no NOT
                held = self.element(element)
                truth = judge(rules.Operator.BELOW, held.fact, self._start(period))
                return judged_test(truth, [held])
            case rules.Not(part):
                return judged_not(self.rule(part, name))
            case rules.Clause(_, _, part):
                return self.rule(part, name)
            case _:
                assert_never(rule)

    def _test(self, test: rules.Test, facts: list[Bounds]) -> expr.Scalar:
        value = facts[0]
        match test:
            case rules.Given():
                return if_(known(value.low), expr.TRUE, expr.NULL)
            case rules.Is(_, bool() as wanted):
                return value.low if wanted else negated(value.low)
            case rules.Is(_, wanted):
                return one_of(value.low, (str(wanted),))
            case rules.OneOf(_, values):
                return one_of(value.low, values)
            case rules.Compare(_, operator, float() | int() as bound):
                return judge(operator, value, one_value(expr.Constant(bound)))
            case rules.Compare(_, operator, _):
                return judge(operator, value, facts[1])
            case rules.Within(_, period):
                return judge(rules.Operator.AT_LEAST, value, self._start(period))
            case _:
                assert_never(test)

    def _start(self, period: Period) -> Bounds:
        name, about = f"{period.count}_{period.unit}_before", f"the screening date less {period}"
        return one_value(self.share(name, about, before(self.table.screening_day, period)))

    # Elements.

    def element(self, name: str) -> ElementBounds:
        """What the rows hold of an element."""
        if name not in self._held:
            self._held[name] = self._hold(self.trial.elements[name])
        return self._held[name]

    def _hold(self, element: Element) -> ElementBounds:
        entered = self._entered(element)
        derived, sources = self._derived(element)
        fact = self._fact(element, entered, derived)
        if isinstance(fact.low, expr.If):
            fact = self._shared(element, fact, "entered and derived")
        validity = None
        if element.valid_if is not None:
            validity = self.rule(element.valid_if, element.name)
            valid = where(validity.truth, fact, NO_BOUNDS)
            fact = self._shared(element, valid, "where it is valid")
        lacks = element_lacks(element, entered, sources, validity, sought=self.sought(element))
        return ElementBounds(fact, entered, derived, lacks)

    def _entered(self, element: Element) -> Bounds:
        name = element.name
        if element.internal or name == SCREENING_DATE:
            return NO_BOUNDS  # nobody can enter it; the screening date is the anchor of windows
        columns = self.table.columns
        exact = expr.Column(name) if name in columns else expr.NULL
        if element.no_is_not_yet:
            return one_value(self._unless_no(element, exact))
        low, high = f"{name}_low", f"{name}_high"
        if not {low, high} <= columns or {low, high} & self.trial.elements.keys():
            return one_value(exact)
        least, most = (coalesce(exact, expr.Column(end)) for end in (low, high))
        if name not in self.table.as_written:
            return Bounds(least, most)
        return Bounds(least, most, expr.Column(f"{low}_open"), expr.Column(f"{high}_open"))

    def _unless_no(self, element: Element, value: expr.Scalar) -> expr.Scalar:
        """A yes; null for a no that may still become one."""
        about = f"{element.label}: yes, or not yet known"
        return self.share(f"{element.name}_yes", about, if_(value, expr.TRUE, expr.NULL))

    def _fact(self, element: Element, entered: Bounds, derived: Bounds) -> Bounds:
        """As `evaluate.combine`."""
        if element.reported_wins or element.type == "boolean":
            return first_known(entered, derived)
        if expr.NULL in (entered.low, derived.low) or derived.is_one_value:
            return first_known(derived, entered)
        wide = self.unlimited(element, entered)
        return combined(entered, wide, derived, self.half(element.name))

    def unlimited(self, element: Element, entered: Bounds) -> Bounds:
        """As `evaluate.unlimited`, for numbers."""
        if element.range is None:
            return entered
        low, high = element.range
        assert not isinstance(low, date) and not isinstance(high, date)
        half = self.half(element.name) if element.name in self.table.as_written else expr.NULL
        return unlimited(entered, (low, high), half)

    def half(self, name: str) -> expr.Scalar:
        """Half a unit of the last digit of an entered number that is exact."""
        if name in self.table.as_written:
            return expr.Column(f"{name}_half")
        half = half_of_shown(self._entered(self.trial.elements[name]).low)
        return self.share(f"{name}_half", f"half a unit of the last digit of {name}", half)

    def by_digits(self, name: str) -> Bounds:
        """As `edit_checks.by_digits`."""
        if name not in self._written:
            element = self.trial.elements[name]
            bounds = self._by_digits(element)
            self._written[name] = self._shared(element, bounds, "as its digits allow")
        return self._written[name]

    def _by_digits(self, element: Element) -> Bounds:
        held = self.element(element.name)
        if element.type != "quantity":
            return held.fact
        is_entry = both(is_exact(held.entered), is_exact(held.fact))
        entered = where(is_entry, written(held.entered, self.half(element.name)), held.fact)
        formula = element.derive
        if not isinstance(formula, Formula):
            return entered
        derived = held.fact if SPECS[formula.name].whole else self.derived_by_digits(formula)
        derived = where(is_exact(held.derived), derived, held.fact)
        if element.reported_wins:
            return where(known(held.entered.low), entered, derived)
        return where(is_exact(held.derived), derived, entered)

    def derived_by_digits(self, formula: Formula) -> Bounds:
        """What follows from the values that the digits of the inputs allow."""
        inputs = tuple(self.by_digits(one) for one in formula.inputs)
        return _rounded(computed(formula, inputs, self.table.screening_day))

    def _derived(self, element: Element) -> tuple[Bounds, Sequence[ElementBounds | Judged]]:
        """What follows from other elements, and from what of them."""
        match element.derive:
            case None:
                return NO_BOUNDS, []
            case Formula(name, names) as formula:
                inputs = [self.element(one) for one in names]
                facts = tuple(map(self._with_named_age, names, inputs))
                bounds = computed(formula, facts, self.table.screening_day)
                # Tests get rid of an age on one day: it is told from the date of birth itself.
                if not _is_age(bounds):
                    how = f"computed: {name}({', '.join(names)})"
                    bounds = self._shared(element, bounds, how)
                bounds = bounds if SPECS[name].whole else _rounded(bounds)
                return bounds, inputs
            case rule:
                basis = self.rule(rule, element.name)
                about = f"{element.label}, derived"
                truth = self.share(f"{element.name}_derived", about, basis.truth)
                known = self._unless_no(element, truth) if element.no_is_not_yet else truth
                return one_value(known), [Judged(truth, basis.lacks)]

    def _with_named_age(self, name: str, held: ElementBounds) -> Bounds:
        """The fact of an element as an input of formulas; several read the same age."""
        if not _is_age(held.fact):
            return held.fact
        return self._shared(self.trial.elements[name], held.fact, "in completed years")

    def _shared(self, element: Element, bounds: Bounds, how: str) -> Bounds:
        """The ends under names of their own."""
        about = f"{element.label}, {how}"
        if bounds.is_one_value:
            return one_value(self.share(f"{element.name}_value", about, bounds.low))
        return bounds._replace(
            low=self.share(f"{element.name}_least", about, bounds.low),
            high=self.share(f"{element.name}_most", about, bounds.high),
        )


def _is_age(bounds: Bounds) -> bool:
    """Whether it is counted from a date to one day, the same for all."""
    low = bounds.low
    return isinstance(low, expr.CompletedYears) and isinstance(low.on, expr.Constant)


def _rounded(bounds: Bounds) -> Bounds:
    """Each end as `derive` rounds it; where the two become one number, that is not left out."""
    low, high = rounded_to(bounds.low), rounded_to(bounds.high)
    is_wide = compare("<", low, high)
    return Bounds(low, high, both(bounds.low_open, is_wide), both(bounds.high_open, is_wide))
