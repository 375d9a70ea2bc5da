"""Finds missing data: the elements that can still matter, and the smallest sets that decide."""

from collections.abc import Iterable, Iterator, Set
from datetime import date
from itertools import combinations, islice, product
from typing import assert_never

from trialscreen.model import rules, truth
from trialscreen.model.facts import Dates, Exactly, Fact, Numbers, is_exact
from trialscreen.model.formulas import FORMULAS
from trialscreen.model.trial import Element, Formula
from trialscreen.model.truth import Truth
from trialscreen.screening.evaluate import Evaluation, KeptTrace, Resolved, Trace
from trialscreen.screening.explain import enough


def needed(trace: Trace) -> tuple[str, ...]:
    """As `missing`, without the elements that a listed one could be derived from."""
    return tuple(dict.fromkeys(_missing(trace, behind=False)))


def missing(trace: Trace) -> tuple[str, ...]:
    """Names of the elements that can still decide an unknown `trace`; empty for a decided one.

    An element that can be either entered or derived is listed with the missing inputs of its
    derivation; for one that can only be derived, only these are listed.
    """
    if trace.truth.known:
        return ()
    return trace.once(_with_behind) if isinstance(trace, KeptTrace) else _with_behind(trace)


def _with_behind(trace: Trace) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_missing(trace, behind=True)))


def _missing(trace: Trace, *, behind: bool) -> list[str]:
    if trace.truth.known:
        return []
    names: list[str] = []
    for part in trace.parts:
        names += missing(part) if behind else _missing(part, behind=False)
    for used in trace.used:
        names += _open(used, behind=behind)
    return names


def _open(one: Resolved, *, behind: bool) -> Iterator[str]:
    """What is missing for one element: its own value, its inputs, its rule's or validity's."""
    if is_exact(one.fact):
        return
    name = one.element.name
    if one.validity is not None and one.validity.truth is truth.FALSE:
        yield name  # the entered value is not valid: a new one is needed
        return
    if one.validity is not None:
        yield from _missing(one.validity, behind=behind)
        if is_exact(one.entered):
            return
    sources = [part for source in one.inputs for part in _open(source, behind=behind)]
    if one.basis is not None:
        sources.extend(_missing(one.basis, behind=behind))
    named = one.entered is not None or one.element.source != "derived" or not sources
    if named:
        yield name
    if behind or not named:
        yield from sources


def askable(trace: Trace, closed: Set[str]) -> tuple[str, ...]:
    """Names of the elements to ask for, each of which can still change an unknown `trace`.

    `closed` elements have been asked for already. An element is omitted if it is useful only
    together with another that cannot be obtained. An element that is normally derived is asked
    for directly once it can no longer be derived, if anyone can know it then.
    """
    return tuple(dict.fromkeys(_askable(trace, closed)))


def _askable(trace: Trace, closed: Set[str]) -> list[str]:
    if trace.truth.known:
        return []
    names = [name for part in trace.parts for name in _askable(part, closed)]
    return names + (_of_all(_obtainable(one, closed) for one in trace.used) or [])


def _of_all(several: Iterable[list[str] | None]) -> list[str] | None:
    """The elements to ask for several values; None if one of them cannot be obtained."""
    names: list[str] = []
    for ways in several:
        if ways is None:
            return None
        names += ways
    return names


def _obtainable(one: Resolved, closed: Set[str]) -> list[str] | None:
    """The elements to ask for one value: empty if it is exact, None if it cannot be obtained."""
    if is_exact(one.fact):
        return []
    name = one.element.name
    itself = [] if name in closed or one.element.internal else [name]
    if never_counts(one, closed):
        return None
    if one.validity is not None:
        valid = _askable(one.validity, closed)
        if is_exact(one.entered):
            return valid
        return [*itself, *valid] if itself else None
    behind, formula = _behind(one, closed), one.element.derive
    if one.element.source == "derived":
        needs_inputs = isinstance(formula, Formula) and FORMULAS[formula.name].needs_inputs
        itself = [] if behind or needs_inputs else itself
    return [*itself, *behind] or None


def never_counts(one: Resolved, closed: Set[str]) -> bool:
    """Whether an element's values are not valid, and no remaining question can make them so."""
    if one.validity is None or one.validity.truth is truth.TRUE:
        return False
    return not _askable(one.validity, closed)


def _behind(one: Resolved, closed: Set[str]) -> list[str]:
    """The elements to ask for from which a value can be derived."""
    if one.basis is not None:
        return _askable(one.basis, closed)
    return _of_all(_input(source, closed) for source in one.inputs) or []


def _input(one: Resolved, closed: Set[str]) -> list[str] | None:
    """As `_obtainable`, for an input of a formula, for which an interval is good enough."""
    if one.fact is not None and one.element.source == "derived":
        return _behind(one, closed)
    ways = _obtainable(one, closed)
    return [] if ways is None and one.fact is not None else ways


Ways = tuple[frozenset[str], ...]
"""Alternative sets of element names, smallest first; empty if there is no way."""

MOST_WAYS = 60
"""Alternatives kept when combining several, so that products stay small."""

_DONE: Ways = (frozenset(),)
_EARLIEST = date(1900, 1, 1)


def ways_to(evaluation: Evaluation, trace: Trace, target: Truth) -> Ways:
    """The smallest sets of missing elements that can give `trace` the truth `target`."""
    if trace.truth.known:
        return _DONE if trace.truth is target else ()
    rule = trace.rule
    match rule:
        case rules.AtLeastN():
            ways = [ways_to(evaluation, part, target) for part in trace.parts]
            return some_of(enough(rule, target), ways)
        case rules.Not() | rules.Clause():
            target = truth.negation(target) if isinstance(rule, rules.Not) else target
            return ways_to(evaluation, trace.parts[0], target)
        case rules.Given(name):
            return (frozenset((name,)),) if target is truth.TRUE else ()
        case rules.Is(name, bool() as value) if (
            basis := trace.used[0].basis
        ) is not None and not evaluation.elements[name].no_is_not_yet:
            answer = target if value else truth.negation(target)
            return either(((frozenset((name,)),), ways_to(evaluation, basis, answer)))
        case rules.Is() | rules.OneOf() | rules.Compare() | rules.Within():
            return _answers_to(evaluation, trace, target)
        case _:
            assert_never(rule)


def either(alternatives: Iterable[Ways]) -> Ways:
    """The ways to do any one of these."""
    return tuple(_smallest(names for ways in alternatives for names in ways))


def every(needed: Iterable[Ways]) -> Ways:
    """The ways to do all of these."""
    result = _DONE
    for ways in needed:
        together = _smallest(one | other for one in result for other in ways)
        result = tuple(islice(together, MOST_WAYS))
    return result


def some_of(count: int, parts: list[Ways]) -> Ways:
    """The ways to do `count` of these."""
    if count in (1, len(parts)):
        return either(parts) if count == 1 else every(parts)
    by_count: list[Ways] = [_DONE, *[()] * count]
    for ways in parts:
        for done in range(count, 0, -1):
            with_this = every((by_count[done - 1], ways))
            by_count[done] = either((by_count[done], with_this))
    return by_count[count]


def _smallest(sets: Iterable[frozenset[str]]) -> Iterator[frozenset[str]]:
    """The sets that contain no other, smallest first, in a deterministic order."""
    kept: list[frozenset[str]] = []
    for names in sorted(set(sets), key=lambda one: (len(one), sorted(one))):
        if not any(one <= names for one in kept):
            kept.append(names)
            yield names


# For an open test, answers at the ends of each element's interval are tried. That is sufficient:
# formulas and comparisons are monotone, so any truth that is possible occurs at the ends.


def _answers_to(evaluation: Evaluation, trace: Trace, target: Truth) -> Ways:
    """The smallest sets of elements some answers to which give an open test the truth `target`."""
    trial, facts, on = evaluation.trial, evaluation.facts, evaluation.on

    def can(names: frozenset[str]) -> bool:
        ends = [_ends(trial.elements[name], facts.get(name), on) for name in names]
        worlds = ({**facts, **dict(zip(names, values, strict=True))} for values in product(*ends))
        return any(Evaluation(trial, one, on).truth(trace.rule) is target for one in worlds)

    names = missing(trace)
    found: list[frozenset[str]] = []
    for size in range(1, len(names) + 1):
        for some in map(frozenset, combinations(names, size)):
            if not any(one <= some for one in found) and can(some):
                found.append(some)
    return tuple(_smallest(found))


def _ends(element: Element, known: Fact | None, on: date) -> tuple[Fact, ...]:
    """The exact facts at the ends of an element's remaining interval; all values of a choice."""
    if element.type == "boolean":
        return Exactly(True), Exactly(False)
    if element.type == "choice":
        return tuple(map(Exactly, element.choices))
    low, high = element.range or (_EARLIEST, on)
    if isinstance(known, Numbers | Dates):
        low, high = known.low, known.high
    if isinstance(low, date):
        return Dates(low, low), Dates(min(high, on), min(high, on))  # type: ignore[arg-type]
    return Numbers(low, low), Numbers(high, high)  # type: ignore[arg-type]
