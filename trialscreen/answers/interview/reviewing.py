"""The review of answers: lists them, and lets the user correct them."""

import re
from collections.abc import Iterable, Iterator, Set

from trialscreen.answers.answer import Key
from trialscreen.answers.interview.state import State
from trialscreen.answers.values import PENDING_WORD
from trialscreen.model.evidence import EvidenceKind, in_words
from trialscreen.model.facts import Exactly, Numbers, is_exact
from trialscreen.model.trial import Element, Source
from trialscreen.model.wording import show_fact
from trialscreen.screening.explain import label_list
from trialscreen.text.characters import count_of

_NUMERAL = re.compile(r"[0-9]+(?:\.[0-9]+)?")
_DIGITS = 3
"""Shown of a converted number; it is compared unrounded."""


def reviewed(state: State) -> tuple[str, ...]:
    """The answered elements in the order of the review, which numbers them from 1."""
    trial = state.trial
    names = (e.name for s in trial.sections for e in trial.elements.values() if e.section == s.id)
    return tuple(name for name in names if name in state.answers)


def review(state: State) -> Iterator[str]:
    """All answers by section, with their numbers; and those that nothing is found from."""
    trial, unused, section = state.trial, state.unused(), ""
    titles = {one.id: one.title for one in trial.sections}
    for n, name in enumerate(reviewed(state), 1):
        element = trial.elements[name]
        if element.section != section:
            section = element.section
            yield titles[section]
        yield answer_line(state, n, name)
    if unused:
        yield "Not used now: kept, but as things stand it changes no criterion."
    for name, one in state.set_aside.items():
        kept = f"{label_list(trial, (name,))} {one.notes[Key.SET_ASIDE]}"
        yield f"Set aside: {kept}. It is kept, and not used."


def answer_line(state: State, number: int, name: str) -> str:
    """One answer of the review."""
    note = " (not used now)" if name in state.unused() else ""
    answer = state.answers[name]
    place = f" (in the record: {answer.where})" if answer.by == "record" else ""
    return f"  {number:3}  {label_list(state.trial, (name,))}: {as_given(state, name)}{place}{note}"


def as_given(state: State, name: str) -> str:
    """An answer as it is understood; one in another unit also as it was typed."""
    answer, fact = state.answers[name], state.screening.facts.get(name)
    if answer.is_pending:
        return PENDING_WORD
    element = state.trial.elements[name]
    meant = show_fact(element, fact)
    if isinstance(fact, Numbers):
        typed, shown = (set(map(float, _NUMERAL.findall(one))) for one in (answer.text, meant))
        if typed.isdisjoint(shown):
            value = float(f"{fact.low:.{_DIGITS}g}")
            rounded = show_fact(element, Numbers(value, value)) if is_exact(fact) else meant
            meant = f"{answer.text} ({rounded})"
    if Key.DESPITE in answer.notes:
        return f"{meant}, despite {answer.notes[Key.DESPITE]}"
    return f"{meant}, sample of {answer.date}" if answer.date else meant


def of_other_sources(state: State, sources: tuple[Source, ...]) -> Iterator[str]:
    """What others answered unknown, and can be known of `sources` that were not asked yet."""
    for name in state.answers.keys() - state.screening.facts.keys():
        asked = state.answers[name].notes.get(Key.ASKED)
        if asked is not None:
            known_of = set(state.trial.elements[name].sources).intersection(sources)
            if known_of - {"derived", *asked.split(", ")}:
                yield name


def opening(
    state: State, others: Set[str], awaited: Set[str], sources: tuple[Source, ...]
) -> Iterator[str]:
    """What is known before anything is asked; `others` are asked again, `awaited` first."""
    elements, screening = state.trial.elements, state.screening
    if versions := state.of_other_versions():
        changed = "The criteria file has changed since these answers were taken."
        yield f"{changed} They are used as they are:"
        for name in versions:
            notes = state.answers[name].notes
            day = notes.get(Key.ANSWERED, "no date")
            yield f"  {label_list(state.trial, (name,))}: {day}, criteria {notes[Key.CRITERIA]}"
        yield "r reviews them."
    open_ = (n for n, one in state.answers.items() if not one.is_pending and n not in others)
    if unknown := [name for name in open_ if name not in screening.facts]:
        listed = label_list(state.trial, unknown)
        yield f"Answered unknown, and not asked again (r changes an answer): {listed}"
    if names := [name for name, one in state.answers.items() if one.by == "record"]:
        listed = "; ".join(f"{label_list(state.trial, (n,))} {as_given(state, n)}" for n in names)
        yield f"In the record, and not asked (r shows and changes it): {listed}"
    if conflicts := dict.fromkeys(one.element for one in screening.conflicts):
        yield f"In conflict, and asked as far as it matters: {label_list(state.trial, conflicts)}"
    if first := [n for n in elements if n in awaited and {*elements[n].sources} & {*sources}]:
        listed = label_list(state.trial, first)
        yield f"Awaited, and asked first as far as they still matter: {listed}"


def not_yet(state: State) -> set[str]:
    """The signatures that were not yet there when the file was kept."""
    return {
        name
        for name, one in state.answers.items()
        if one.by == "file"
        and state.trial.elements[name].no_is_not_yet
        and state.screening.facts.get(name) == Exactly(value=False)
    }


def known_of(state: State, elements: Iterable[Element]) -> Iterator[str]:
    """What is known of each of the elements that are asked for: awaited, recorded, set aside."""
    asked = {one.name: one for one in elements}
    for one in state.screening.awaited:
        if one.element in asked:
            label = label_list(state.trial, (one.element,))
            yield f"{label}: awaited since {one.since}, from {one.source}"
    yield from record_lines(state, asked.values())
    for name, element in asked.items():
        if name in state.set_aside:
            yield f"Set aside earlier: {element.label} {state.set_aside[name].notes[Key.SET_ASIDE]}"


def record_lines(state: State, elements: Iterable[Element]) -> Iterator[str]:
    """What the record says of each of the elements, and whether it counts."""
    names = {one.name for one in elements}
    places = [e for e in state.screening.evidence if e.element in names and not e.is_given]
    for one in places[:MOST_PLACES]:
        told = in_words(state.trial.elements, one)
        label = label_list(state.trial, (one.element,))
        yield f"In the record{_AS.get(one.kind, '')}: {label} {told}"
    if (more := len(places) - MOST_PLACES) > 0:
        yield f"In the record: {count_of(more, 'place')} more; the result lists all with --full"


MOST_PLACES = 8
"""Of the record that are shown with a question."""

_AS: dict[EvidenceKind, str] = {
    "candidate": ", to review",
    "unmapped": ", near this",
    "conflict": ", in conflict",
    "overruled": ", not used",
}


def to_confirm(state: State, names: Iterable[str]) -> Iterator[str]:
    """What of these was said by one source, and can be confirmed by another."""
    for name in names:
        if others := state.trial.elements[name].other_sources:
            yield f"to be confirmed ({', '.join(others)}): {label_list(state.trial, (name,))}"
