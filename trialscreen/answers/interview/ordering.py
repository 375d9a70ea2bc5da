"""Chooses the next question (a pure function), from the rule trees instead of skip logic.

With `--quick` it is the question that is most likely to exclude for its cost. A patient is
excluded by any one of many *ways*: a criterion's clause that comes true, or an inclusion clause
that fails. Each way has a chance and an expected cost, and the way with the highest chance for
its cost is tried first: the best order of depth-first strategies if tests are independent
(Greiner, Hayward, Jankowska and Molloy, Artificial Intelligence 2006; 170:19-58). Chances order
questions; they never enter a finding.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from math import prod
from typing import NamedTuple, assert_never

from trialscreen.model import rules, truth
from trialscreen.model.facts import Exactly, is_exact
from trialscreen.model.trial import SOURCES, Criterion, Element, Formula, Source
from trialscreen.model.truth import Truth
from trialscreen.screening.evaluate import Evaluation, Resolved, Trace
from trialscreen.screening.explain import enough
from trialscreen.screening.finding import Finding
from trialscreen.screening.missing import askable, missing, never_counts
from trialscreen.screening.screen import Screening


class Question(NamedTuple):
    """One element, or several yes/no elements of a card; `left` questions at most, with it."""

    elements: tuple[Element, ...]
    left: int = 1

    @property
    def card(self) -> str | None:
        return self.elements[0].card if len(self.elements) > 1 else None


def open_elements(
    screening: Screening, closed: Set[str], sources: tuple[Source, ...]
) -> list[tuple[Element, bool]]:
    """The elements whose answer can still change an undecided criterion, in the file's order.

    Each is due, or else a judgement of values that may come to call for one. `closed` were asked
    already. Only elements of `sources` are named; the consent of a
    participant, the chart and so on can be asked for at different times. A derived one can
    be given by whoever can give what it is derived from. What nobody can answer is left out:
    what follows from a value that is awaited, or from values that may not count; more of what
    all who could tell do not know; judgements of values that do not call for one.
    """
    trial, allowed = screening.trial, frozenset(sources)
    awaited = {one.element for one in screening.awaited}

    def givers(element: Element) -> frozenset[Source]:
        behind = trial.sources_of(element.name) if element.source == "derived" else ()
        some = (element, *map(trial.elements.__getitem__, behind))
        return allowed.intersection(source for one in some for source in one.sources)

    def askable_in(trace: Trace, of: Finding) -> list[tuple[str, bool]]:
        if trace.truth.known:
            return []
        if not trace.parts:
            return [(name, True) for name in askable(trace, closed)]
        names = [one for part in trace.parts for one in askable_in(part, of)]
        if not names or not _is_all(trace.rule):
            return names
        if unknown := [givers(one) for one in _unknown_gates(trace, closed)]:
            names = [
                (name, is_due)
                for name, is_due in names
                if not any(givers(trial.elements[name]) <= one for one in unknown)
            ]
        later = _judged_later(of, trace, {name for name, _ in names}, closed, awaited)
        return [(name, is_due and name not in later) for name, is_due in names] if later else names

    due: dict[str, bool] = {}
    for finding in screening.findings:
        for name, is_due in askable_in(finding.trace, finding):
            due[name] = is_due or due.get(name, False)
    return [
        (one, due[one.name])
        for one in trial.elements.values()
        if one.name in due
        and givers(one)
        and awaited.isdisjoint(trial.sources_of(one.name))
        and not _is_told(screening, one, closed)
    ]


def _is_told(screening: Screening, element: Element, closed: Set[str]) -> bool:
    """Whether values say what would be asked: at hand, or as soon as there is one that counts."""
    rule = element.derive
    if rule is None or isinstance(rule, Formula):
        return False
    names = tuple(rules.elements_of(rule))
    return all(is_exact(screening.facts.get(name)) for name in names) or any(
        never_counts(screening.patient.resolve(name), closed) for name in names
    )


def uncounted(screening: Screening, closed: Set[str]) -> tuple[Resolved, ...]:
    """What is known of the elements of which no value can count that is at hand or could be given.

    Only those that could still change an undecided criterion.
    """
    resolved = map(screening.patient.resolve, screening.trial.elements)
    found = [one for one in resolved if never_counts(one, closed)]
    names = {name for one in screening.findings for name in one.missing} if found else ()
    return tuple(one for one in found if one.element.name in names)


def _is_all(rule: rules.Rule) -> bool:
    return isinstance(rule, rules.AtLeastN) and rule.is_all


def _unknown_gates(trace: Trace, closed: Set[str]) -> Iterator[Element]:
    """The yes/no elements without which nothing else counts in a rule that asks for all of it.

    Those that were asked and are not known: who cannot tell whether a medicine was taken does
    not know when.
    """
    for part in trace.parts:
        rule = part.rule
        asked = isinstance(rule, rules.Is) and rule.value is True and rule.element in closed
        if asked and not part.truth.known:
            yield part.used[0].element


def _judged_later(
    finding: Finding, trace: Trace, names: Set[str], closed: Set[str], awaited: Set[str]
) -> Set[str]:
    """Of these elements, the judgements of values that stand beside them in all of a rule.

    A raised bilirubin is accepted, or not, once it is known to be raised. Values that can neither
    come nor be asked for are not waited for, if a judgement can fail the criterion without them.
    """
    elements = finding.patient.elements
    judged = {name for name in names if elements[name].sources == ("investigator",)}
    values = [one for one in trace.parts if _is_open_value(one)] if judged else ()
    if any(not awaited.isdisjoint(missing(one)) or askable(one, closed) for one in values):
        return judged
    return {name for name in judged if values and not _can_fail(finding, elements[name])}


def _is_open_value(part: Trace) -> bool:
    rule = part.rule
    is_value = isinstance(rule, rules.Compare | rules.Within | rules.OneOf) or (
        isinstance(rule, rules.Is) and isinstance(rule.value, str)
    )
    return is_value and part.truth is not truth.TRUE


def _can_fail(finding: Finding, element: Element) -> bool:
    """Whether a yes or a no to an element fails the criterion, whatever else is answered."""
    patient, rule = finding.patient, finding.criterion.rule
    fails = truth.FALSE if finding.criterion.kind == "inclusion" else truth.TRUE
    answers = map(Exactly, (True, False)) if element.type == "boolean" else ()
    worlds = ({**patient.facts, element.name: answer} for answer in answers)
    return any(Evaluation(patient.trial, one, patient.on).truth(rule) is fails for one in worlds)


def doubtful(screening: Screening, closed: Set[str], name: str) -> Element | None:
    """The yes/no element without which element `name` does not count, asked and not known.

    Who could not tell it is not asked further: others may know when a medicine was given.
    """

    def gates(trace: Trace) -> Iterator[Element]:
        if not trace.truth.known and name in askable(trace, closed):
            if _is_all(trace.rule):
                yield from _unknown_gates(trace, closed)
            for part in trace.parts:
                yield from gates(part)

    behind = screening.trial.elements_behind
    depending = (one for one in screening.findings if name in behind(one.criterion.rule))
    return next((gate for one in depending for gate in gates(one.trace)), None)


def next_question(
    screening: Screening,
    closed: Set[str],
    sources: tuple[Source, ...] = SOURCES,
    *,
    quick: bool = False,
    before: Set[str] = frozenset(),
) -> Question | None:
    """The next question of the conversation; None when no answer can change anything.

    In the order of the file; if `quick`, the one most likely to exclude for its cost. Those
    that are named in `before` come before all others.
    """
    perhaps = open_elements(screening, closed, sources)
    ahead = tuple(one for one, is_due in perhaps if is_due)
    if not ahead:
        return None
    left = len({one.card or one.name for one, _ in perhaps})
    if awaited := tuple(one for one in ahead if one.name in before):
        ahead, quick = awaited, False
    first = _most_decisive(screening, closed, ahead) if quick else ahead[0]
    if first.card is None:
        return Question((first,), left)
    return Question(tuple(one for one in ahead if one.card == first.card), left)


def _most_decisive(screening: Screening, closed: Set[str], ahead: tuple[Element, ...]) -> Element:
    """Of the open elements, the one to begin with; the first if nothing can exclude any more."""
    trial = screening.trial
    order = {name: n for n, name in enumerate(trial.elements)}

    def ask(trace: Trace) -> tuple[Element, ...]:
        names = set(askable(trace, closed))
        for element in (one.element for one in trace.used):
            behind = names.intersection(trial.sources_of(element.name))
            if element.name in names and behind:  # one way is enough: what the file asks first
                first = min((element.name, *behind), key=order.__getitem__)
                names -= behind if first == element.name else {element.name}
        elements = tuple(one for one in ahead if one.name in names)
        obtainable = len(elements) == len(names)
        return elements if obtainable and not any(one.no_is_not_yet for one in elements) else ()

    scores: dict[str, float] = {}
    for criterion, trace in ((one.criterion, one.trace) for one in screening.findings):
        if trace.truth.known:
            continue
        fails = truth.FALSE if criterion.kind == "inclusion" else truth.TRUE
        for way in _ways(trace, fails, chances(criterion), ask):
            scores[way.first] = scores.get(way.first, 0.0) + way.chance / way.cost
    best = max(scores, key=scores.__getitem__, default=None)
    return next((one for one in ahead if best in (one.card, one.name)), ahead[0])


COST: Mapping[Source, float] = {
    "participant": 1.0,
    "derived": 1.0,
    "chart": 1.1,
    "laboratory": 1.2,
    "imaging": 1.3,
    "investigator": 1.4,
}
"""What an answer costs, in questions to the participant: who is asked last costs most."""

Ask = Callable[[Trace], tuple[Element, ...]]
"""The elements to ask for an open test, in the file's order; none if it must stay open."""


class Way(NamedTuple):
    """A way in which a rule may get the truth that is sought.

    `first` names the question to begin with: a card, or an element.
    """

    chance: float
    cost: float
    first: str


def chances(criterion: Criterion) -> dict[rules.Test, float]:
    """How likely each test of a criterion is true, before anything is known of a patient.

    The criterion's expected share of failures is divided among its parts evenly, as if
    they were independent.
    """
    found: dict[rules.Test, float] = {}

    def divide(rule: rules.Rule, chance: float) -> None:
        parts = rules.parts_of(rule)
        match rule:
            case rules.AtLeastN() if rule.is_all:
                chance **= 1 / len(parts)
            case rules.AtLeastN() if rule.is_any:
                chance = 1 - (1 - chance) ** (1 / len(parts))
            case rules.Not():
                chance = 1 - chance
            case rules.Clause() | rules.AtLeastN():
                pass
            case rules.Is() | rules.OneOf() | rules.Compare() | rules.Within() | rules.Given():
                found.setdefault(rule, chance)
            case _:
                assert_never(rule)
        for part in parts:
            divide(part, chance)

    share = criterion.expected_to_fail
    divide(criterion.rule, share if criterion.kind == "exclusion" else 1 - share)
    return found


def _ways(trace: Trace, sought: Truth, chance: Mapping[rules.Test, float], ask: Ask) -> list[Way]:
    """The alternatives of an open trace; none if it cannot get the truth `sought`."""
    if trace.truth.known:
        return []
    rule = trace.rule
    match rule:
        case rules.AtLeastN():
            parts = [one for one in trace.parts if not one.truth.known]
            ways = [_ways(part, sought, chance, ask) for part in parts]
            if enough(rule, sought) == 1:
                return [way for some in ways for way in some]
            return [_in_turn(map(_one_of, ways), until=False)] if ways and all(ways) else []
        case rules.Not():
            return _ways(trace.parts[0], truth.negation(sought), chance, ask)
        case rules.Clause():
            return _ways(trace.parts[0], sought, chance, ask)
        case rules.Is() | rules.OneOf() | rules.Compare() | rules.Within() | rules.Given():
            if not (elements := ask(trace)):
                return []
            costs = {one.card or one.name: COST[one.source] for one in elements}
            likely = chance[rule] if sought is truth.TRUE else 1 - chance[rule]
            return [Way(likely, sum(costs.values()), next(iter(costs)))]
        case _:
            assert_never(rule)


def _one_of(ways: list[Way]) -> Way:
    """Alternatives as one way, tried until one succeeds."""
    asked: dict[str, Way] = {}
    for way in ways:
        same = asked.setdefault(way.first, way)
        if same is not way:  # one card answers both
            both = 1 - (1 - same.chance) * (1 - way.chance)
            asked[way.first] = Way(both, max(same.cost, way.cost), way.first)
    return _in_turn(asked.values(), until=True)


def _in_turn(ways: Iterable[Way], *, until: bool) -> Way:
    """Ways as one, tried until one succeeds, or fails: the likeliest for its cost comes first."""

    def chance(way: Way, *, succeeds: bool) -> float:
        return way.chance if succeeds else 1 - way.chance

    order = sorted(ways, key=lambda way: chance(way, succeeds=until) / way.cost, reverse=True)
    goes_on = [chance(way, succeeds=not until) for way in order]
    cost = sum(way.cost * prod(goes_on[:n]) for n, way in enumerate(order))
    return Way(1 - prod(goes_on) if until else prod(goes_on), cost, order[0].first)
