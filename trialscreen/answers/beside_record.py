"""Merges entered answers with a patient's record: decides which one is used for each element.

Entered answers take precedence, including unknown and pending; the record's value is shown next to
them. The exception is a no that the record contradicts by a yes: that is a conflict, and unknown,
until entered as `no despite Condition/12`, naming every place that says yes.
"""

from collections.abc import Iterable, Iterator, Mapping, Set
from datetime import date
from typing import NamedTuple

from trialscreen.answers.answer import Answer, Answers, Key, read_facts
from trialscreen.answers.values import value_or_none
from trialscreen.model.errors import Problem
from trialscreen.model.evidence import Evidence, EvidenceKind
from trialscreen.model.facts import Exactly, Fact, same
from trialscreen.model.limits import limits_by_value
from trialscreen.model.trial import Trial
from trialscreen.screening.edit_checks import contradicted
from trialscreen.screening.evaluate import Evaluation
from trialscreen.text.characters import shown


class FromRecord(NamedTuple):
    """The data extracted from a patient's record.

    `answers`: the values, by element. `evidence`: their sources, and data for a person to review.
    `problems`: data that could not be used, each with its place. `on`: the screening date that
    everything was selected for.
    """

    answers: Mapping[str, Answer] = {}
    evidence: tuple[Evidence, ...] = ()
    problems: tuple[Problem, ...] = ()
    on: date | None = None

    def __repr__(self) -> str:
        """The day only: nothing about the patient may reach tracebacks and logs."""
        return f"<FromRecord on {self.on}>"


_NO = Exactly(value=False)


def with_record(trial: Trial, given: Answers, record: FromRecord, on: date) -> FromRecord:
    """Merges entered answers with the record, and updates the evidence accordingly.

    Where the two contradict each other, the record's value is dropped instead of refusing the
    input; against an entered no, both are. Answers that a file kept from an earlier record are
    omitted, since the record is read again.
    """
    said = read_facts(trial, {n: _as_said(one) for n, one in given.items()}, on, [])
    own = {name: one for name, one in given.items() if not one.is_of_record}
    noes = {name for name in own if said.get(name) == _NO}
    denied = {n for n in noes if not says_yes(record.evidence, n) <= _named(own[n])}
    unused = {n for n, one in own.items() if one.is_set_aside and n in record.answers}
    own = {
        name: _as_said(one) if name in denied else one
        for name, one in own.items()
        if name in denied or name not in unused
    }
    foreign = of_the_same_result(trial, record.evidence, own.keys() & trial.elements.keys())
    answers = {**{n: a for n, a in record.answers.items() if n not in foreign}, **own}
    yields, contradicted = _contradictions(trial, answers, record, on)
    told_aside = denied | contradicted
    aside = {name: one.set_aside() for name, one in own.items() if name in told_aside}
    answers = {n: one for n, one in answers.items() if n not in yields} | aside
    evidence = [
        *(
            one._replace(kind=kind, note="; ".join(filter(None, (one.note, why))))
            if why and one.kind in _OF_ANSWERS
            else one
            for one in record.evidence
            for kind, why in [yields.get(one.element, (one.kind, ""))]
        ),
        *(Evidence("conflict", name, "no", source=one.by) for name, one in aside.items()),
    ]
    return FromRecord(answers, evidence_beside(trial, evidence, answers, on), record.problems, on)


def says_yes(evidence: Iterable[Evidence], name: str) -> Set[str]:
    """The places in a record that say yes to an element, whether used or not, in order."""
    return {
        one.source: one
        for one in evidence
        if one.element == name and one.kind in _OF_ANSWERS and one.value == "yes"
    }.keys()


def _named(answer: Answer) -> Set[str]:
    """The places that a no names, in order."""
    named = map(str.strip, answer.notes.get(Key.DESPITE, "").split(","))
    return dict.fromkeys(filter(None, named)).keys()


def unknown_places(given: Answers, evidence: Iterable[Evidence]) -> Iterator[str]:
    """A notice for each answer given "despite" a place that the record does not have."""
    every = tuple(evidence)
    known = {one.source for one in every}
    for name, answer in given.items():
        if unknown := [shown(one) for one in _named(answer) if one not in known]:
            yes = ", ".join(says_yes(every, name)) or "nothing"
            told = f"{', '.join(unknown)}: not among what the record says; yes is said by {yes}"
            yield f"{answer.where} {Key.DESPITE} {told}"


def _as_said(answer: Answer) -> Answer:
    return answer._replace(text=answer.notes[Key.SET_ASIDE]) if answer.is_set_aside else answer


def of_the_same_result(trial: Trial, evidence: Iterable[Evidence], names: Set[str]) -> set[str]:
    """The elements that depend on the same results in a record as these: limits and conclusions.

    If the result is dropped, so are they.
    """
    limits = limits_by_value(trial)
    found = {limit for name in names for limit in limits.get(name, ())}
    places = dict[str, set[tuple[str, str]]]()
    for one in evidence:
        if one.kind == "fact" and one.code:
            places.setdefault(one.element, set()).add((one.source, one.code))
    sampled = {name for name in names if trial.elements[name].valid_for is not None}
    results = {place for name in sampled for place in places.get(name, ())}
    return found | {name for name, of in places.items() if of <= results and name not in names}


def _contradictions(
    trial: Trial, answers: Answers, record: FromRecord, on: date
) -> tuple[dict[str, tuple[EvidenceKind, str]], set[str]]:
    """Where answers contradict each other: what of the record yields and why; which noes do."""
    left, noes = dict(answers), set[str]()
    yields: dict[str, tuple[EvidenceKind, str]] = {}
    while True:
        facts = read_facts(trial, left, on, [])
        errors = list(contradicted(Evaluation(trial, facts, on)))
        before = len(yields)
        for error in errors:
            of_record = {n for n in error.elements if n in left and left[n].by == "record"}
            places = {one.source for one in record.evidence if one.element in of_record}
            own = [n for n in error.elements if n in left and n not in of_record]
            against = {n for n in own if facts.get(n) == _NO and not places <= _named(left[n])}
            kind: EvidenceKind = "overruled" if own and not against else "conflict"
            yields |= dict.fromkeys(of_record, (kind, error.message))
            noes |= against if of_record else set()
        left = {name: one for name, one in left.items() if name not in yields}
        if len(yields) == before:
            return yields, noes


_OF_ANSWERS = ("fact", "assumed", "conflict", "overruled")


def evidence_beside(
    trial: Trial, evidence: Iterable[Evidence], answers: Answers, on: date
) -> tuple[Evidence, ...]:
    """The evidence, as it stands beside answers."""
    facts = read_facts(trial, answers, on, [])
    now = (_beside(trial, one, answers.get(one.element), facts, on) for one in evidence)
    return tuple(one for one in now if one is not None)


def _beside(
    trial: Trial, one: Evidence, answer: Answer | None, facts: Mapping[str, Fact], on: date
) -> Evidence | None:
    if one.kind not in _OF_ANSWERS or (answer is not None and answer.by == "record"):
        return one
    if answer is None:
        return one._replace(kind="overruled") if one.kind in ("fact", "assumed") else one
    if answer.is_set_aside:
        return one._replace(kind="conflict") if one.kind == "fact" else one
    if one.kind == "conflict" and one.element not in facts:  # not to know decides nothing
        return one
    if one.is_given:  # a side that was given, and is decided now
        return None
    text = f"{one.value} {one.unit}".strip()
    found = value_or_none(trial, trial.elements[one.element], text, on)
    agrees = same(facts.get(one.element), found)
    return one._replace(kind="fact" if agrees else "overruled")
