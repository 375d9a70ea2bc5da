"""Why a criterion is met or not, in sentences: the value that decided it, against the rule."""

from collections.abc import Iterable, Iterator
from datetime import date
from typing import NamedTuple

from trialscreen import truth
from trialscreen.basis import deciding_parts
from trialscreen.evaluate import Resolved, Trace
from trialscreen.fact import DECIMALS, Dates, Numbers
from trialscreen.rule import Compare, ElementRef, LongerAgoThan, Operator, Within
from trialscreen.telling import told
from trialscreen.trial import Trial
from trialscreen.words import SYMBOLS, as_written, show_fact, show_number, with_unit


class Grounds(NamedTuple):
    """A test that shares in deciding: what it says of which value."""

    subject: str
    claim: str


def reasons(trial: Trial, trace: Trace, on: date) -> tuple[str, ...]:
    """The grounds of a decided trace, one text each; none while it is undecided."""
    return tuple(_sentences(_grounds(trial, trace, on))) if trace.truth.known else ()


def reasons_or_doubts(trial: Trial, trace: Trace, on: date) -> tuple[str, ...]:
    """The reasons of a decided trace; of an open one, what is known of it."""
    return reasons(trial, trace, on) or doubts(trial, trace, on)


def deciding_tests(trace: Trace) -> Iterator[Trace]:
    """The tests that share in deciding a trace; behind a derived yes/no, those of its rule."""
    if not trace.truth.known:
        return
    if trace.used:
        (one, *_) = trace.used
        if one.entered is None and one.basis is not None and one.basis.truth.known:
            yield from deciding_tests(one.basis)
        else:
            yield trace
    for part in deciding_parts(trace):
        yield from deciding_tests(part)


def _grounds(trial: Trial, trace: Trace, on: date) -> Iterator[Grounds]:
    for test in deciding_tests(trace):
        yield _ground(trial, test, on)


def _ground(trial: Trial, trace: Trace, on: date) -> Grounds:
    one = trace.used[0]
    holds = trace.truth is truth.TRUE
    match trace.rule:
        case Compare(_, operator, bound):
            claim = _comparison(trial, trace, operator if holds else operator.opposite, bound)
            return Grounds(_subject(trial, one, trace, on), claim)
        case Within(_, period) | LongerAgoThan(_, period):
            inside = holds == isinstance(trace.rule, Within)
            claim = f"{'within' if inside else 'more than'} {period} before {on}"
            return Grounds(_subject(trial, one, trace, on), claim)
        case _:
            return Grounds(_subject(trial, one, trace, on), "")


def _subject(trial: Trial, one: Resolved, trace: Trace, on: date) -> str:
    """`body weight 38 kg`, `high fall risk: yes`, with what a computed value came from."""
    element = one.element
    if element.type in ("boolean", "choice"):
        return f"{element.label}: {show_fact(trial, element, one.fact)}"
    value = _telling(trial, one, trace) or told(trial, one, one.fact, on)
    return f"{element.label} {value}{_origin(trial, one)}"


def _telling(trial: Trial, one: Resolved, trace: Trace) -> str | None:
    """A number with many decimals, to as few (two at least) as keep its side of the bound."""
    fact, bound = one.fact, _bound(trace)
    if bound is None or not isinstance(fact, Numbers) or not fact.exact:
        return None
    for decimals in range(2, DECIMALS + 1):
        rounded = round(fact.low, decimals)
        if _side(rounded, bound) == _side(fact.low, bound):
            return with_unit(trial, one.element, show_number(rounded))
    return None


def _bound(trace: Trace) -> float | None:
    """The number that a comparison compares with, if it is one exact number."""
    if not isinstance(trace.rule, Compare):
        return None
    if not isinstance(trace.rule.bound, ElementRef):
        return trace.rule.bound
    limit = trace.used[1].fact
    return limit.low if isinstance(limit, Numbers) and limit.exact else None


def _side(value: float, bound: float) -> int:
    return (value > bound) - (value < bound)


def _origin(trial: Trial, one: Resolved) -> str:
    if not one.inputs or one.derived is None or one.fact == one.entered != one.derived:
        return ""
    also = "" if one.fact == one.derived else "as entered, and "
    given = (f"{i.element.label} {show_fact(trial, i.element, i.fact)}" for i in one.inputs)
    return f" ({also}from {', '.join(given)})"


def _comparison(
    trial: Trial, trace: Trace, operator: Operator, bound: int | float | ElementRef
) -> str:
    if not isinstance(bound, ElementRef):
        return f"{SYMBOLS[operator]} {as_written(bound)}"
    other = trace.used[1]
    return (
        f"{SYMBOLS[operator]} {other.element.label} {show_fact(trial, other.element, other.fact)}"
    )


def _sentences(grounds: Iterable[Grounds]) -> Iterator[str]:
    """Claims on one value are put together; so are the diseases that were all denied."""
    claims: dict[str, dict[str, None]] = {}
    for ground in grounds:
        claims.setdefault(ground.subject, {})[ground.claim] = None
    denied = [s.removesuffix(": no") for s, c in claims.items() if s.endswith(": no") and "" in c]
    for subject, said in claims.items():
        if len(denied) > 2 and subject.endswith(": no"):
            if denied[0] == subject.removesuffix(": no"):
                yield f"no: {', '.join(denied)}"
            continue
        claimed = " and ".join(claim for claim in said if claim)
        yield f"{subject} {claimed}".rstrip()


def doubts(trial: Trial, trace: Trace, on: date) -> tuple[str, ...]:
    """What is known, and not enough, of the elements that keep a trace open."""
    return tuple(dict.fromkeys(_doubts(trial, trace, on)))


def _doubts(trial: Trial, trace: Trace, on: date) -> Iterator[str]:
    if trace.truth.known:
        return
    for part in trace.parts:
        yield from _doubts(trial, part, on)
    for one in trace.used:
        if one.basis is not None and one.entered is None:
            yield from _doubts(trial, one.basis, on)
        if one.validity is not None and one.entered is not None and one.fact is None:
            value = show_fact(trial, one.element, one.entered)
            yield f"{one.element.label} {value} does not count. {one.element.invalid_help}".strip()
        elif isinstance(one.fact, Numbers | Dates) and not one.fact.exact:
            value = told(trial, one, one.fact, on)
            yield f"{one.element.label} {value}{_origin(trial, one)} leaves it open"


def label_list(trial: Trial, names: Iterable[str]) -> str:
    return ", ".join(trial.elements[name].label for name in names)


def distance(trial: Trial, trace: Trace, on: date) -> str | None:
    """How far the value of a decided comparison or window lies from its threshold."""
    one, rule = trace.used[0], trace.rule
    match rule, one.fact:
        case Compare(), Numbers(low, high) if low == high and (at := _bound(trace)) is not None:
            side = "above" if low > at else "below" if low < at else "at"
            gap = with_unit(trial, one.element, show_number(abs(low - at), 4))
            from_file = not isinstance(rule.bound, ElementRef)
            text = as_written(at) if from_file else show_number(at)
            shown_at = with_unit(trial, one.element, text)
            lead = f"{one.element.label} is "
            return lead + (f"{gap} {side} {shown_at}" if side != "at" else f"exactly {shown_at}")
        case ((Within(_, period) | LongerAgoThan(_, period)), Dates() as dates):
            start = period.before(on)
            days = sorted({abs((dates.low - start).days), abs((dates.high - start).days)})
            side = "inside" if dates.low >= start else "outside"
            span = " to ".join(map(str, days)) + (" day" if days == [1] else " days")
            return f"{one.element.label} is {span} {side} the {period} before screening"
        case _:
            return None
