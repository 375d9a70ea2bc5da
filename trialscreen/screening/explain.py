"""Why a criterion is met or not: the facts that force its status, and sentences that say so."""

from collections.abc import Iterable, Iterator
from datetime import date
from typing import NamedTuple, assert_never

from trialscreen.model import rules, truth
from trialscreen.model.facts import DECIMALS, Dates, Fact, Numbers, day, number
from trialscreen.model.formulas import derive
from trialscreen.model.trial import Formula, Trial
from trialscreen.model.wording import (
    SYMBOLS,
    as_written,
    show_end,
    show_fact,
    show_number,
    with_unit,
)
from trialscreen.screening.evaluate import KeptTrace, Resolved, Trace


def told(one: Resolved, fact: Fact | None, on: date) -> str:
    """`show_fact` of what is known of `one`, without an end that nobody stated.

    ALT above 80 of 40 is a ratio above 2: that it is at most 250 says only that ALT up to
    10,000 is accepted.
    """
    if isinstance(fact, Numbers) and isinstance(one.derived, Numbers) and not fact.exact:
        no_low, no_high = _from_ranges(one, one.derived, on)
        no_low &= fact.low == one.derived.low
        no_high &= fact.high == one.derived.high
        if no_low != no_high:
            end = show_end(one.element, fact, "high" if no_low else "low")
            return with_unit(one.element, end)
    return show_fact(one.element, fact)


def _from_ranges(one: Resolved, derived: Numbers, on: date) -> tuple[bool, bool]:
    """Whether the lower, and the upper end that a formula gives follow from an input's range."""
    formula = one.element.derive
    assert isinstance(formula, Formula)
    low = high = False
    facts = tuple(each.fact for each in one.inputs)
    for place, each in enumerate(one.inputs):
        for other in _stated_ends(each):
            narrowed = derive(formula, (*facts[:place], other, *facts[place + 1 :]), on)
            if narrowed is not None:
                low |= narrowed.low != derived.low
                high |= narrowed.high != derived.high
    return low, high


def _stated_ends(one: Resolved) -> Iterator[Fact]:
    """The other end of an interval that reaches an end of its element's range."""
    fact, limits = one.fact, one.element.range
    if limits is None or not isinstance(fact, Numbers | Dates) or fact.exact:
        return
    least, most = limits
    exactly = day if isinstance(fact, Dates) else number
    if fact.low <= least:  # type: ignore[operator]
        yield exactly(fact.high)  # type: ignore[arg-type]
    if fact.high >= most:  # type: ignore[operator]
        yield exactly(fact.low)  # type: ignore[arg-type]


def deciding_parts(trace: Trace) -> tuple[Trace, ...]:
    """The parts of a decided trace that share in deciding it: of several, those as true as it."""
    if isinstance(trace.rule, rules.AtLeastN):
        known = trace.truth
        return tuple([part for part in trace.parts if part.truth is known])
    return trace.parts


class Others(NamedTuple):
    """What was not needed: parts as true as the whole, and those of another truth.

    `values` are those that are known in another way as well.
    """

    alike: list[Trace]
    unlike: list[Trace]
    values: list[Resolved]

    def add(self, more: "Others") -> None:
        self.alike.extend(more.alike)
        self.unlike.extend(more.unlike)
        self.values.extend(more.values)


_NONE: frozenset[str] = frozenset()


def support_of(trace: Trace, others: Others | None = None) -> frozenset[str]:
    """Names of entered elements that are enough to decide `trace` as it is; empty if unknown.

    Of these, none can be spared if none has a part in the `others`, to which is added.
    """
    others = others or Others([], [], [])
    if not trace.truth.known:
        return _NONE
    if isinstance(trace, KeptTrace):
        names, more = trace.once(_support_of_answers)
        others.add(more)
        return names
    return _support_of(trace, others)


def _support_of_answers(trace: Trace) -> tuple[frozenset[str], Others]:
    others = Others([], [], [])
    return _support_of(trace, others), others


def _support_of(trace: Trace, others: Others) -> frozenset[str]:
    if trace.used:
        return _support_of_test(trace, others)
    parts = list(deciding_parts(trace))
    found = [support_of(part, others) for part in parts]
    if isinstance(trace.rule, rules.AtLeastN):
        if len(parts) < len(trace.parts):
            others.unlike.extend([part for part in trace.parts if part.truth is not trace.truth])
        if (count := enough(trace.rule, trace.truth)) < len(parts):
            places = sorted(range(len(parts)), key=lambda place: len(found[place]))
            others.alike.extend([parts[place] for place in places[count:]])
            found = [found[place] for place in places[:count]]
    return found[0] if len(found) == 1 else _NONE.union(*found)


def _support_of_test(trace: Trace, others: Others) -> frozenset[str]:
    first = trace.used[0]
    if first.basis is not None and not isinstance(trace.rule, rules.Is):
        others.values.append(first)
    if len(trace.used) == 1:
        return support_of_resolved(first, others)
    return _NONE.union(*[support_of_resolved(one, others) for one in trace.used])


def support_of_resolved(one: Resolved, others: Others | None = None) -> frozenset[str]:
    """Names of the entered elements that an element's value rests on; `others` as above."""
    given, element = one.entered is not None, one.element
    names = frozenset((element.name,)) if given else _NONE
    if element.derive is None and one.validity is None:
        return names
    others = others or Others([], [], [])
    if given and element.derive is not None:
        others.values.append(one)
    traces = [] if one.validity is None else [one.validity]
    if one.derived is not None and one.fact != one.entered:
        names = names.union(*[_support_of_input(each, others) for each in one.inputs])
        traces += [] if one.basis is None else [one.basis]
    return names.union(*[support_of(trace, others) for trace in traces])


def _support_of_input(one: Resolved, others: Others) -> frozenset[str]:
    if one.basis is not None:
        others.values.append(one)
    return support_of_resolved(one, others)


def enough(rule: rules.AtLeastN, wanted: truth.Truth) -> int:
    """How many parts that are true make it true; how many that are false, false."""
    return rule.least if wanted is truth.TRUE else len(rule.parts) - rule.least + 1


def in_use(trace: Trace) -> frozenset[str]:
    """Names of the entered elements that have a part in a truth as it is, known or unknown.

    Without all the others it would be the same.
    """
    parts = deciding_parts(trace) if trace.truth.known else trace.parts
    return frozenset().union(*map(_in_use_of_resolved, trace.used), *map(in_use, parts))


def _in_use_of_resolved(one: Resolved) -> frozenset[str]:
    """An element's own name if it is given, and the names behind what it follows from."""
    follows = one.entered is None or one.fact != one.entered
    given = one.entered is not None or one.not_yet
    names = frozenset((one.element.name,) if given else ())
    if follows:
        names = names.union(*map(_in_use_of_resolved, one.inputs))
    traces = (one.basis if follows else None, one.validity)
    return names.union(*(in_use(trace) for trace in traces if trace is not None))


Grounds = tuple[str, str]
"""A test that shares in deciding: of which value it says something, and what."""


def reasons(trace: Trace, on: date) -> tuple[str, ...]:
    """The grounds of a decided trace, one text each; none while it is undecided."""
    return tuple(_sentences(_grounds(trace, on))) if trace.truth.known else ()


def reasons_or_doubts(trace: Trace, on: date) -> tuple[str, ...]:
    """The reasons of a decided trace; of an open one, what is known of it."""
    if isinstance(trace, KeptTrace):
        return trace.once(_told_of_answers)
    return reasons(trace, on) or doubts(trace, on)


def _told_of_answers(trace: Trace) -> tuple[str, ...]:
    """Answers hold on every day."""
    return reasons(trace, date.max) or doubts(trace, date.max)


def _grounds(trace: Trace, on: date) -> list[Grounds]:
    grounds: list[Grounds] = []
    ahead = [trace]
    while ahead:
        one = ahead.pop()
        if isinstance(one, KeptTrace):
            grounds += one.once(_grounds_of_answers)
        elif not one.used:
            ahead += deciding_parts(one)[::-1]
        elif (basis := _deciding_basis(one)) is not None:
            ahead.append(basis)
        else:
            grounds.append(_ground(one, on))
    return grounds


def _grounds_of_answers(trace: Trace) -> tuple[Grounds, ...]:
    return tuple(_ground(test, date.max) for test in deciding_tests(trace))


def deciding_tests(trace: Trace) -> Iterator[Trace]:
    """The tests that share in deciding a trace; behind a derived yes/no, those of its rule."""
    if not trace.truth.known:
        return
    if (basis := _deciding_basis(trace)) is not None:
        yield from deciding_tests(basis)
    elif trace.used:
        yield trace
    for part in deciding_parts(trace):
        yield from deciding_tests(part)


def _deciding_basis(trace: Trace) -> Trace | None:
    """The rule behind a derived yes/no that decides a test of it."""
    one = trace.used[0] if trace.used else None
    if one is None or one.basis is None or one.entered is not None:
        return None
    return one.basis if one.basis.truth.known else None


def _ground(trace: Trace, on: date) -> Grounds:
    test = trace.rule
    assert isinstance(test, rules.Test)
    holds = trace.truth is truth.TRUE
    match test:
        case rules.Compare():
            operator = test.operator if holds else test.operator.opposite
            claim = _comparison(trace, operator, test.bound)
        case rules.Within():
            claim = f"{'within' if holds else 'more than'} {test.period} before {on}"
        case rules.Is() | rules.OneOf() | rules.Given():
            claim = ""
        case _:
            assert_never(test)
    return _subject(trace.used[0], trace, on), claim


def _subject(one: Resolved, trace: Trace, on: date) -> str:
    """`body weight 38 kg`, `high fall risk: yes`, with what a computed value came from."""
    element = one.element
    if element.type in ("boolean", "choice"):
        return f"{element.label}: {show_fact(element, one.fact)}"
    value = _telling(one, trace) or told(one, one.fact, on)
    return f"{element.label} {value}{_origin(one)}"


FEWEST_DECIMALS = 2


def _telling(one: Resolved, trace: Trace) -> str | None:
    """A number with many decimals, to as few (two at least) as keep its side of the bound."""
    fact = one.fact
    if not isinstance(fact, Numbers) or not fact.exact:
        return None
    value = fact.low
    if len((text := show_number(value)).partition(".")[2]) <= FEWEST_DECIMALS and "e" not in text:
        return with_unit(one.element, text)
    if (bound := _bound(trace)) is None:
        return None
    for decimals in range(FEWEST_DECIMALS, DECIMALS + 1):
        rounded = round(value, decimals)
        if rounded == value or _side(rounded, bound) == _side(value, bound):
            return with_unit(one.element, show_number(rounded))
    return None


def _bound(trace: Trace) -> float | None:
    """The number that a comparison compares with, if it is one exact number."""
    if not isinstance(trace.rule, rules.Compare):
        return None
    if not isinstance(trace.rule.bound, rules.ElementRef):
        return trace.rule.bound
    limit = trace.used[1].fact
    return limit.low if isinstance(limit, Numbers) and limit.exact else None


def _side(value: float, bound: float) -> int:
    return (value > bound) - (value < bound)


def _origin(one: Resolved) -> str:
    if not one.inputs or one.derived is None or one.fact == one.entered != one.derived:
        return ""
    also = "" if one.fact == one.derived else "as entered, and "
    given = (f"{i.element.label} {show_fact(i.element, i.fact)}" for i in one.inputs)
    return f" ({also}from {', '.join(given)})"


def _comparison(
    trace: Trace, operator: rules.Operator, bound: int | float | rules.ElementRef
) -> str:
    if not isinstance(bound, rules.ElementRef):
        return f"{SYMBOLS[operator]} {as_written(bound)}"
    other = trace.used[1]
    return f"{SYMBOLS[operator]} {other.element.label} {show_fact(other.element, other.fact)}"


def _sentences(grounds: Iterable[Grounds]) -> Iterator[str]:
    """Claims on one value are put together; so are the diseases that were all denied."""
    claims: dict[str, list[str]] = {}
    for subject, claim in grounds:
        if claim not in (said := claims.setdefault(subject, [])):
            said.append(claim)
    denied = [s[:-4] for s, c in claims.items() if s.endswith(": no") and "" in c]
    for subject, said in claims.items():
        if len(denied) > 2 and subject.endswith(": no"):
            if denied[0] == subject.removesuffix(": no"):
                yield f"no: {', '.join(denied)}"
            continue
        claimed = " and ".join(claim for claim in said if claim)
        yield f"{subject} {claimed}".rstrip()


def doubts(trace: Trace, on: date) -> tuple[str, ...]:
    """What is known, and not enough, of the elements that keep a trace open."""
    return tuple(dict.fromkeys(_doubts(trace, on)))


def _doubts(trace: Trace, on: date) -> Iterator[str]:
    if trace.truth.known:
        return
    for part in trace.parts:
        yield from _doubts(part, on)
    for one in trace.used:
        if one.basis is not None and one.entered is None:
            yield from _doubts(one.basis, on)
        if one.validity is not None and one.entered is not None and one.fact is None:
            value = show_fact(one.element, one.entered)
            yield f"{one.element.label} {value} does not count. {one.element.invalid_help}".strip()
        elif one.not_yet and one.fact is None:
            yield f"{one.element.label}: {one.element.no_text}"
        elif isinstance(one.fact, Numbers | Dates) and not one.fact.exact:
            value = told(one, one.fact, on)
            yield f"{one.element.label} {value}{_origin(one)} leaves it open"


def label_list(trial: Trial, names: Iterable[str]) -> str:
    return ", ".join(trial.elements[name].label for name in names)


def distance(trace: Trace, on: date) -> str | None:
    """How far the value of a decided comparison or window lies from its threshold."""
    test, element = trace.rule, trace.used[0].element
    assert isinstance(test, rules.Test)
    match test:
        case rules.Compare():
            away = _from_bound(test, trace)
        case rules.Within():
            away = _from_start(test, trace, on)
        case rules.Is() | rules.OneOf() | rules.Given():
            away = None
        case _:
            assert_never(test)
    return None if away is None else f"{element.label} is {away}"


def _from_bound(test: rules.Compare, trace: Trace) -> str | None:
    one, at = trace.used[0], _bound(trace)
    if at is None or not isinstance(one.fact, Numbers) or not one.fact.exact:
        return None
    text = show_number(at) if isinstance(test.bound, rules.ElementRef) else as_written(at)
    shown_at = with_unit(one.element, text)
    if one.fact.low == at:
        return f"exactly {shown_at}"
    gap = with_unit(one.element, show_number(abs(one.fact.low - at), 4))
    return f"{gap} {'above' if one.fact.low > at else 'below'} {shown_at}"


def _from_start(test: rules.Within, trace: Trace, on: date) -> str | None:
    dates, start = trace.used[0].fact, test.period.before(on)
    if not isinstance(dates, Dates):
        return None
    days = sorted({abs((dates.low - start).days), abs((dates.high - start).days)})
    side = "inside" if dates.low >= start else "outside"
    span = " to ".join(map(str, days)) + (" day" if days == [1] else " days")
    return f"{span} {side} the {test.period} before screening"
