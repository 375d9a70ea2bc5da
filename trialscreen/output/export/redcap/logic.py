"""Generates REDCap branching logic, which shows a field while it is needed, and calculations.

REDCap Help & FAQ, "Branching Logic": comparisons of [field] with a value, and, or,
brackets; values in quotes, but for numbers beside < and >. There is no "not". A blank field
is compared with ''; how < treats one is not documented, so a number is compared only beside
a test for blank.

"Special Functions" and "Calculated Fields": year, month and day of a date, round, min, max,
(base)^(exponent), if; those formulas that REDCap computes to the same 9 decimals. Not datediff in
years, which divides days by 365.2425 and errs around birthdays. A calculation must not use another
calculated field, so an input that is itself derived is written out in full.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import assert_never

from trialscreen.model import expr
from trialscreen.model.facts import DECIMALS
from trialscreen.model.formulas import FORMULAS
from trialscreen.model.trial import SCREENING_DATE, Formula, Trial
from trialscreen.model.wording import show_number
from trialscreen.output.export import conditions
from trialscreen.output.export.conditions import Joined, Relevance, flat, values_of

YES_NO = {True: "yes", False: "no"}
"""The codes of a yes/no field: the words that trialscreen reads."""

Logic = str | Joined[str]
"""A comparison as it is written, `[age] >= 45` or `[sex] = 'female'`, or several, joined."""
NEVER = Joined[str]("or", ())


def every(parts: Iterable[Logic]) -> Logic:
    """All of `parts`, each once; a part implied by another is omitted."""
    found = flat("and", parts)
    if NEVER in found:
        return NEVER
    kept = [one for one in found if not (isinstance(one, Joined) and found.keys() & one.parts)]
    return kept[0] if len(kept) == 1 else Joined("and", tuple(kept))


def some(parts: Iterable[Logic]) -> Logic:
    """Any of `parts`, each once."""
    found = tuple(flat("or", parts))
    return found[0] if len(found) == 1 else Joined("or", found)


def equal(field: str, value: str) -> str:
    return f"[{field}] = '{value}'"


def unequal(field: str, value: str) -> str:
    return f"[{field}] <> '{value}'"


def filled(field: str) -> str:
    """A test that the field is not blank."""
    return unequal(field, "")


def text(logic: Logic) -> str:
    """`logic` in REDCap syntax; must not be NEVER."""
    if isinstance(logic, str):
        return logic
    inner = (one if isinstance(one, str) else f"({text(one)})" for one in logic.parts)
    return f" {logic.word} ".join(inner)


def branching(trial: Trial, calculated: Mapping[str, str]) -> Mapping[str, str]:
    """When the field of each element is shown; empty for always, as the screening date is.

    `calculated` names the fields that compute elements. What holds while the field itself is
    blank decides, so that no answer hides its own field.
    """
    relevance, shown = Relevance(trial, calculated, as_it_stands=True), {SCREENING_DATE: ""}
    sources = {field: {name, *trial.sources_of(name)} for name, field in calculated.items()}
    for name in (one.name for one in trial.answerable() if one.name != SCREENING_DATE):
        blank = {name, *(field for field, names in sources.items() if name in names)}
        irrelevant = conditions.while_blank(relevance.irrelevant(name), blank)
        always = irrelevant == conditions.NEVER
        shown[name] = "" if always else text(_unless(irrelevant, trial))
    return shown


def _unless(condition: conditions.Condition, trial: Trial) -> Logic:
    """The negation of `condition`, pushed down to its tests, as REDCap has no "not"."""
    match condition:
        case Joined(word, parts):
            combine = every if word == "or" else some
            return combine(_unless(part, trial) for part in parts)
        case conditions.Chosen(field, values):
            return every(unequal(field, code_of(value)) for value in values)
        case conditions.Answered(field):
            unchosen = [unequal(field, code) for code in _codes(field, trial)]
            return every(unchosen or [equal(field, "")])
        case conditions.Unanswered(field):
            chosen = [equal(field, code) for code in _codes(field, trial)]
            return some(chosen or [filled(field)])
        case conditions.Bounded(field, operator, bound):
            beyond = f"[{field}] {operator.opposite.sign} {show_number(bound)}"
            return some((equal(field, ""), beyond))
        case conditions.Compared(field, operator, other):
            beyond = f"[{field}] {operator.opposite.sign} [{other}]"
            return some((equal(field, ""), equal(other, ""), beyond))
        case _:
            assert_never(condition)


def _codes(field: str, trial: Trial) -> tuple[str, ...]:
    """The codes of a field with choices, but for "unknown"; none for a number or date."""
    element = trial.elements.get(field)
    return () if element is None else tuple(map(code_of, values_of(element)))


def code_of(value: bool | str) -> str:
    return YES_NO[value] if isinstance(value, bool) else value


def calculation(trial: Trial, name: str) -> str | None:
    """The calculation of element `name` from its inputs, blank while one is missing.

    None if no formula derives it, or if it depends on a value that may not be valid.
    """
    formula = trial.elements[name].derive
    names = (name, *trial.sources_of(name))
    if not isinstance(formula, Formula) or any(trial.elements[one].valid_if for one in names):
        return None
    if (known := _computable(trial, formula)) == NEVER:
        return None
    return f"if({text(known)}, {_computed(trial, formula)}, '')"


def _computable(trial: Trial, formula: Formula) -> Logic:
    """When every input is present, and in the domain of the formula."""
    spec = FORMULAS[formula.name]
    known = [_known(trial, one) for one in formula.inputs]
    if SCREENING_DATE in expr.columns_of(spec.term):
        known.append(filled(SCREENING_DATE))
    for given, name in zip(spec.inputs, formula.inputs, strict=True):
        if given.sign is not None:
            known.append(f"{_value(trial, name)} {given.sign} 0")
        if given.choices:
            known.append(some(equal(name, one) for one in given.choices))
    return every(known)


def _known(trial: Trial, name: str) -> Logic:
    """When an input has a value, entered or computed."""
    element = trial.elements[name]
    ways: list[Logic] = [] if element.internal else [filled(name)]
    if isinstance(element.derive, Formula):
        ways.append(_computable(trial, element.derive))
    return some(ways)


def _value(trial: Trial, name: str) -> str:
    """An input: computed if possible, else as entered; for `reported_wins`, the other way round."""
    element, entered = trial.elements[name], f"[{name}]"
    if not isinstance(element.derive, Formula):
        return entered
    computed = _computed(trial, element.derive)
    if element.internal:
        return computed
    if element.reported_wins:
        return f"if({text(filled(name))}, {entered}, {computed})"
    return f"if({text(_computable(trial, element.derive))}, {computed}, {entered})"


def _computed(trial: Trial, formula: Formula) -> str:
    """A formula over its inputs, in the units that it computes in."""
    spec, values = FORMULAS[formula.name], {SCREENING_DATE: f"[{SCREENING_DATE}]"}
    factors = formula.factors or (1,) * len(formula.inputs)
    for given, name, factor in zip(spec.inputs, formula.inputs, factors, strict=True):
        value = _value(trial, name)
        values[given.name] = value if factor == 1 else f"({value} * {Decimal(repr(factor)):f})"

    def result(choice: str | None) -> str:
        text = _text(spec.term, values, choice)
        return text if spec.whole else f"round({text}, {DECIMALS})"

    for given in spec.inputs:
        if given.choices:
            *most, last = given.choices
            text = result(last)
            for choice in reversed(most):
                text = f"if({values[given.name]} = '{choice}', {result(choice)}, {text})"
            return text
    return result(None)


def _text(term: expr.Scalar, values: Mapping[str, str], choice: str | None) -> str:
    """A formula where its one input with choices is `choice`."""
    assert isinstance(term, expr.Term) and not isinstance(term, expr.Comparison)
    match term:
        case expr.Column(name):
            return values[name]
        case expr.Constant(value):
            assert isinstance(value, int | float)
            return show_number(value)
        case expr.Arithmetic("**", base, expr.If(is_low, low, high)) if is_low == (
            expr.Comparison("<", base, expr.Constant(1.0))
        ):  # of the two, one is a power of 1
            powered = f"({_text(base, values, choice)})"
            below, above = _text(low, values, choice), _text(high, values, choice)
            return f"(min({powered}, 1))^({below}) * (max({powered}, 1))^({above})"
        case expr.Arithmetic(_, left, right):
            return _operation(term, _text(left, values, choice), _text(right, values, choice))
        case expr.If(condition, then, otherwise):
            assert isinstance(condition, expr.Comparison), "of the choice"
            is_it = condition.right == expr.Constant(choice)
            return _text(then if is_it else otherwise, values, choice)
        case expr.CompletedYears(since, on):
            return _years(_text(since, values, choice), _text(on, values, choice))
        case _:
            assert_never(term)


def _operation(term: expr.Arithmetic, left: str, right: str) -> str:
    if term.sign == "**":
        return f"({left})^({right})"
    if isinstance(term.left, expr.Arithmetic) and term.left.sign != term.sign:
        left = f"({left})"
    if isinstance(term.right, expr.Arithmetic) and term.right.sign != "**":
        right = f"({right})"
    return f"{left} {term.sign} {right}"


def _years(since: str, until: str) -> str:
    """Whole years between two days, counted on anniversaries (29 February on 1 March)."""
    earlier = f"month({until}) * 100 + day({until}) < month({since}) * 100 + day({since})"
    return f"(year({until}) - year({since}) - if({earlier}, 1, 0))"
