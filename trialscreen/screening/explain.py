"""Explains findings: the wording of reasons and distances, and the answers that decide a rule.

`support_of` gives answers that suffice for a truth; `minimal_support` removes the redundant ones.
"""

from collections.abc import Iterable, Iterator
from datetime import date
from typing import NamedTuple, assert_never, cast

from trialscreen.model import rules, truth
from trialscreen.model.facts import DECIMALS, Dates, Fact, Numbers, day, number
from trialscreen.model.formulas import derive
from trialscreen.model.trial import Formula, Trial
from trialscreen.model.wording import as_written, show_end, show_fact, show_number, with_unit
from trialscreen.screening.evaluate import Evaluation, KeptTrace, Resolved, Trace


def show_stated(one: Resolved, fact: Fact | None, on: date) -> str:
    """`show_fact`, without an end of the interval that merely follows from an input's range.

    An ALT above 80 with a limit of 40 is a ratio above 2. That it is at most 250 says only that
    ALT up to 10,000 is accepted.
    """
    if isinstance(fact, Numbers) and isinstance(one.derived, Numbers) and not fact.exact:
        by_low, by_high = _from_ranges(one, one.derived, on)
        no_low = by_low and fact.low == one.derived.low
        no_high = by_high and fact.high == one.derived.high
        if no_low != no_high:
            return with_unit(one.element, show_end(one.element, fact, "high" if no_low else "low"))
    return show_fact(one.element, fact)


def _from_ranges(one: Resolved, derived: Numbers, on: date) -> tuple[bool, bool]:
    """Whether the lower and the upper end of a formula's result follow from an input's range."""
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


class Ground(NamedTuple):
    """A test that contributes to a decision, as subject (a value) and claim (about it)."""

    test: Trace
    subject: str
    claim: str


def reasons(trace: Trace, on: date) -> tuple[str, ...]:
    """What decided a trace, one text each; for an open one, what is known but not sufficient."""
    return trace.once(_reasons, on) if isinstance(trace, KeptTrace) else _reasons(trace, on)


def _reasons(trace: Trace, on: date) -> tuple[str, ...]:
    if trace.truth.known:
        return tuple(_sentences(grounds(trace, on)))
    return tuple(dict.fromkeys(_doubts(trace, on)))


def grounds(trace: Trace, on: date) -> list[Ground]:
    """The tests that decide a trace; a derived yes/no is replaced by the tests of its rule."""
    if trace.used:
        one = trace.used[0]
        if one.basis and one.basis.truth.known and one.entered is None:
            return grounds(one.basis, on)
        return [_ground(trace, on)]
    found: list[Ground] = []
    for part in deciding_parts(trace):
        found += part.once(grounds, on) if isinstance(part, KeptTrace) else grounds(part, on)
    return found


def _ground(trace: Trace, on: date) -> Ground:
    test, holds = cast("rules.Test", trace.rule), trace.truth is truth.TRUE
    match test:
        case rules.Compare():
            operator = test.operator if holds else test.operator.opposite
            claim = f"{operator.symbol} {_bound_in_words(trace, test.bound)}"
        case rules.Within():
            claim = f"{'within' if holds else 'more than'} {test.period} before {on}"
        case rules.Is() | rules.OneOf() | rules.Given():
            claim = ""
        case _:
            assert_never(test)
    return Ground(trace, _subject(trace, on), claim)


def _subject(trace: Trace, on: date) -> str:
    """`body weight 38 kg`, `high fall risk: yes`; a computed value with its inputs."""
    one = trace.used[0]
    element = one.element
    if element.type in ("boolean", "choice"):
        return f"{element.label}: {show_fact(element, one.fact)}"
    value = _shortened(one, trace) or show_stated(one, one.fact, on)
    return f"{element.label} {value}{_origin(one)}"


FEWEST_DECIMALS = 2


def _shortened(one: Resolved, trace: Trace) -> str | None:
    """An exact number with the fewest decimals, at least two, that show its side of the bound."""
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
    """The number that a comparison compares with, if it is exact."""
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
    inputs = (f"{i.element.label} {show_fact(i.element, i.fact)}" for i in one.inputs)
    return f" ({also}from {', '.join(inputs)})"


def _bound_in_words(trace: Trace, bound: int | float | rules.ElementRef) -> str:
    if not isinstance(bound, rules.ElementRef):
        return as_written(bound)
    limit = trace.used[1]
    return f"{limit.element.label} {show_fact(limit.element, limit.fact)}"


def _sentences(found: Iterable[Ground]) -> Iterator[str]:
    """Merges the claims about one value, and lists denied conditions in one sentence."""
    claims: dict[str, list[str]] = {}
    for _, subject, claim in found:
        own = claims.setdefault(subject, [])
        if claim and claim not in own:
            own.append(claim)
    denied = [subject for subject in claims if subject.endswith(": no")]
    together = denied if len(denied) > 2 else []
    for subject, own in claims.items():
        if subject not in together:
            yield f"{subject} {' and '.join(own)}" if own else subject
        elif subject == together[0]:
            yield f"no: {', '.join(one.removesuffix(': no') for one in denied)}"


def _doubts(trace: Trace, on: date) -> Iterator[str]:
    if trace.truth.known:
        return
    for part in trace.parts:
        if part.truth is truth.UNKNOWN:
            yield from _doubts(part, on)
    for one in trace.used:
        if one.basis is not None and one.entered is None:
            yield from _doubts(one.basis, on)
        if one.validity and one.fact is None and (one.entered or one.validity.truth is truth.FALSE):
            yield does_not_count(one)
        elif one.not_yet and one.fact is None:
            yield f"{one.element.label}: {one.element.no_text}"
        elif isinstance(one.fact, Numbers | Dates) and not one.fact.exact:
            value = show_stated(one, one.fact, on)
            yield f"{one.element.label} {value}{_origin(one)} leaves it open"


def does_not_count(one: Resolved) -> str:
    """Says that a value (if any) is not valid, and what is needed instead."""
    entered, value = one.entered, ""
    if isinstance(entered, Numbers) and entered.exact:  # 9.4 mg/dL, converted, has many digits
        value = f" {with_unit(one.element, show_number(entered.low, 4))}"
    elif entered is not None:
        value = f" {show_fact(one.element, entered)}"
    return f"{one.element.label}{value} does not count. {one.element.invalid_help}".strip()


def label_list(trial: Trial, names: Iterable[str]) -> str:
    return ", ".join(trial.elements[name].label for name in names)


def distance(trace: Trace, on: date) -> str | None:
    """How far the value of a decided comparison or window lies from its threshold."""
    test, element = cast("rules.Test", trace.rule), trace.used[0].element
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


Names = frozenset[str]
_NONE: Names = frozenset()


def deciding_parts(trace: Trace) -> tuple[Trace, ...]:
    """The parts of a decided trace that decide it: those with the same truth as the whole."""
    if isinstance(trace.rule, rules.AtLeastN):
        known = trace.truth
        return tuple([part for part in trace.parts if part.truth is known])
    return trace.parts


def enough(rule: rules.AtLeastN, wanted: truth.Truth) -> int:
    """How many true parts make a rule true, or how many false parts make it false."""
    return rule.least if wanted is truth.TRUE else len(rule.parts) - rule.least + 1


class Support(NamedTuple):
    """Entered elements that suffice for a truth; none if it is unknown.

    `instead` are elements behind parts that were not needed, which might replace some of `names`:
    if the two are disjoint, `names` is minimal.
    """

    names: Names = _NONE
    instead: Names = _NONE


def support_of(patient: Evaluation, what: Trace | Resolved) -> Support:
    """Entered elements that suffice for a trace's truth, or for what is known about an element."""
    if isinstance(what, KeptTrace):
        return what.once(_support_of, patient)
    if isinstance(what, Resolved):
        return _support_of(what, patient)
    supports, key = patient.once(_supports), id(what.rule)
    if key not in supports:
        supports[key] = _support_of(what, patient)
    return supports[key]


def _supports(_: Evaluation) -> dict[int, Support]:
    """A patient's supports by the rule's id, which is stable as rules live as long as the trial."""
    return {}


def _support_of(what: Trace | Resolved, patient: Evaluation) -> Support:
    names, instead = set[str](), set[str]()
    ahead = [what]
    while ahead:
        one = ahead.pop()
        if isinstance(one, Resolved):
            if one.entered is not None:
                names.add(one.element.name)
                if one.element.derive is not None:
                    instead |= patient.trial.sources_of(one.element.name)
            ahead += _behind(one)
        elif one.truth is truth.UNKNOWN:
            continue
        elif one is not what and isinstance(one, KeptTrace):
            more = one.once(_support_of, patient)
            names |= more.names
            instead |= more.instead
        elif one.used:
            ahead += one.used
            if one.used[0].basis is not None and not isinstance(one.rule, rules.Is):
                instead |= patient.trial.sources_of(one.used[0].element.name)
        elif isinstance(one.rule, rules.AtLeastN):
            ahead += _enough_parts(one, one.rule, patient, instead)
        else:
            ahead += one.parts
    return Support(frozenset(names), frozenset(instead))


def _behind(one: Resolved) -> Iterator[Trace | Resolved]:
    """The traces and elements that a value depends on, including its validity."""
    if one.entered is None or one.fact != one.entered:
        yield from one.inputs
        if one.basis is not None:
            yield one.basis
    if one.validity is not None:
        yield one.validity


def _enough_parts(
    trace: Trace, rule: rules.AtLeastN, patient: Evaluation, instead: set[str]
) -> tuple[Trace, ...]:
    """As many deciding parts as are necessary, those with the fewest answers first."""
    behind, stands_in = patient.trial.elements_behind, patient.once(stand_ins)
    parts = deciding_parts(trace)
    if stands_in and len(parts) < len(trace.parts):
        # Fewer answers can change a truth only where an entry stood in for a derivation.
        unlike = [behind(part.rule) for part in trace.parts if part.truth is not trace.truth]
        instead.update(*[names for names in unlike if not stands_in.isdisjoint(names)])
    if (count := enough(rule, trace.truth)) < len(parts):
        parts = tuple(sorted(parts, key=lambda part: len(support_of(patient, part).names)))
        instead.update(*[behind(part.rule) for part in parts[count:]])
    return parts[:count]


def stand_ins(patient: Evaluation) -> Names:
    """The elements that were entered although they can be derived from others."""
    elements = patient.elements
    return frozenset([one for one in patient.facts if elements[one].derive is not None])


def minimal_support(patient: Evaluation, trace: Trace) -> tuple[str, ...]:
    """A minimal set of elements that force a trace's truth: without any one it is unknown."""
    if isinstance(trace, KeptTrace):
        return trace.once(_minimal_support, patient)
    return _minimal_support(trace, patient)


def _minimal_support(trace: Trace, patient: Evaluation) -> tuple[str, ...]:
    needed, instead = support_of(patient, trace)
    for name in () if needed.isdisjoint(instead) else sorted(needed):
        fewer = {one: patient.facts[one] for one in needed if one != name}
        if Evaluation(patient.trial, fewer, patient.on).truth(trace.rule) is trace.truth:
            needed = frozenset(fewer)
    return tuple(sorted(needed, key=patient.trial.once(_places).__getitem__))


def _places(trial: Trial) -> dict[str, int]:
    return {name: place for place, name in enumerate(trial.elements)}


def in_use(what: Trace | Resolved) -> Names:
    """The entered elements that the result uses: without all others it would be the same."""
    if isinstance(what, Resolved):
        is_given = what.entered is not None or what.not_yet
        names = frozenset((what.element.name,) if is_given else ())
        return names.union(*map(in_use, _behind(what)))
    parts = deciding_parts(what) if what.truth.known else what.parts
    return _NONE.union(*map(in_use, what.used), *map(in_use, parts))
