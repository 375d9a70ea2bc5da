"""Derives an element's answer from its hits: results, codes, and questionnaire answers.

The latest result counts, and of left and right the lower one. A code can set a yes, but no code
sets a no; an answer to the trial's own Questionnaire can be either.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from functools import cache, partial
from itertools import chain
from typing import NamedTuple
from urllib.parse import quote

from trialscreen.answers.records.codes import BESIDE, RESULTS, START, VALUE, Binding
from trialscreen.answers.records.entries import Amount, Coding, Entry, day_text
from trialscreen.answers.records.gathered import (
    LAST_SHOWN,
    NOT_MAPPED,
    Gathered,
    Hit,
    latest_of,
    plain_text,
    recorded_value,
    sample_days,
)
from trialscreen.answers.records.interpretations import also_said, denied_by, in_place_of_value
from trialscreen.answers.records.ranges import take_range, with_own_range
from trialscreen.answers.records.units import (
    LimitMissing,
    amount_text,
    limit_says,
    printed_range,
    words_text,
)
from trialscreen.answers.values import unknown_words
from trialscreen.model.errors import ValueProblem
from trialscreen.model.evidence import EvidenceKind
from trialscreen.model.facts import Exactly, Fact, Numbers, meet, same
from trialscreen.model.trial import SCREENING_DATE, Element, Trial
from trialscreen.screening.samples import SAMPLE_DAY
from trialscreen.text.characters import folded, shown

_ENDINGS = ("", "-every-question")
_SPEAKING = ("measurement", "condition", "procedure", "medication")
_UNDATED = "no day is given, so nobody knows whether it is the latest"
_DENIED = "{}{} is also said to be {}: they contradict each other"
_OLDER = "older than a result that cannot be used, and does not replace it"
_OLDER_FINAL = "older than a result that is not final, and does not replace it"


class Measured(NamedTuple):
    """A result, the text that states it, and what that means."""

    hit: Hit
    text: str
    fact: Fact


Results = Sequence[Measured]


class Hits:
    """What entries say of elements: by element, in words, and beside."""

    def __init__(
        self, found: Gathered, entries: Iterable[Entry], older: Callable[[], Iterable[Entry]]
    ) -> None:
        self.by_element: dict[str, list[Hit]] = {}
        self.said: dict[str, list[Hit]] = {}
        self.beside: list[Hit] = []
        self.refuted: dict[tuple[str, str], list[Entry]] = {}
        self._older = cache(lambda: Hits(found, older(), tuple))
        for entry in entries:
            for coding in entry.codes if entry.standing == "refuted" else ():
                self.refuted.setdefault(coding[:2], []).append(entry)
            for hit in hits_of(found, with_own_range(found, entry)):
                element = found.trial.elements[hit.binding.element]
                is_result = element.valid_for is not None or element.unit is not None
                if hit.binding.role in BESIDE:
                    self.beside.append(hit)
                elif entry.kind == "answer" and not is_result:
                    self.said.setdefault(element.name, []).append(hit)
                else:
                    self.by_element.setdefault(element.name, []).append(hit)

    def results(self, name: str) -> list[Hit]:
        return [hit for hit in self.by_element.get(name, ()) if hit.binding.says in RESULTS]

    def older(self, name: str) -> list[Hit]:
        """Results that are older than some of these, to be shown where those cannot be used."""
        return self._older().results(name)


def take_results(found: Gathered, element: Element, every: Hits) -> None:
    """The answer that the results of one element give, or candidates where none is certain."""
    if not (hits := every.results(element.name)):
        return
    older: Callable[[], Sequence[Hit]] = partial(every.older, element.name)
    if any(hit.binding.gives_way_to for hit in hits):
        hits, older = _given_way(found, [*hits, *older()], every.by_element), list
    nothing = unknown_words(found.trial, element)
    hits = [hit for hit in dict.fromkeys(hits) if not _is_nothing(hit, nothing)]
    proposed = [hit for hit in hits if hit.only_proposes and not hit.is_provisional]
    for hit in latest_of(proposed):
        found.show("candidate", hit)
    hits = [hit for hit in hits if not hit.only_proposes or hit.is_provisional]
    sides = _latest_of_sides(element, hits) if element.name in found.codes.lowest else [hits]
    latest = [group for side in sides if (group := _final(found, latest_of(side)))]
    undated = [hit for hit in hits if hit.when is None]
    counted = [hit for group in latest for hit in group]
    readings = _read_all(found, element, [*counted, *undated])
    if len(readings) < len(counted) + len(undated):
        _show_older(found, [*hits, *older()], counted, _OLDER)
    elif not counted:
        for hit in undated:
            found.show("candidate", hit, _UNDATED)
    elif any(hit.is_provisional for hit in counted):
        for hit in counted:
            found.show("candidate", hit, "not final" if hit.is_provisional else "")
        _show_older(found, [*hits, *older()], counted, _OLDER_FINAL)
    else:
        groups = [sorted((readings[hit] for hit in group), key=_preference) for group in latest]
        _take(found, element, groups, [readings[hit] for hit in undated])


def _given_way(
    found: Gathered, hits: Sequence[Hit], by_element: Mapping[str, Sequence[Hit]]
) -> list[Hit]:
    """The hits; those only propose that give way to a result of another element as new as they."""

    def judged(hit: Hit) -> Hit:
        name = hit.binding.gives_way_to
        if not name:
            return hit
        element = found.trial.elements[name]
        nothing = unknown_words(found.trial, element)
        others = [one for one in by_element.get(name, ()) if not _is_nothing(one, nothing)]
        if all(one.when and hit.when and one.when.last < hit.when.first for one in others):
            return hit
        note = f"{element.label} of the same day or later decides"
        return hit._replace(binding=hit.binding._replace(role="proposes", note=note))

    return [judged(hit) for hit in hits]


def _final(found: Gathered, hits: list[Hit]) -> list[Hit]:
    """Those of one moment that are final, where any is; the others are shown."""
    final = [hit for hit in hits if not hit.is_provisional]
    for hit in hits if final else ():
        if hit.is_provisional:
            found.show("candidate", hit, "not final")
    return final or hits


def _preference(one: Measured) -> tuple[bool, str, str]:
    """Of results that say the same, one in the element's own unit comes first."""
    return " " in one.text, one.text, one.hit.entry.source


def _show_older(found: Gathered, hits: Sequence[Hit], counted: Sequence[Hit], note: str) -> None:
    """The latest of the results that are older than those that count."""
    for hit in latest_of([hit for hit in hits if hit.when and hit not in counted]):
        found.show("candidate", hit, note)


def _is_nothing(hit: Hit, nothing: frozenset[str]) -> bool:
    """Whether it has no value, or only a word for having none, and no interpretation either."""
    value = hit.entry.value
    is_word = isinstance(value, str) and folded(value) in nothing
    return not hit.entry.also and (value is None or value == () or is_word)


def _latest_of_sides(element: Element, hits: Sequence[Hit]) -> list[list[Hit]]:
    """The hits of each side of the body whose latest is not old beside that of the other.

    One side may be measured long before the other: then it says nothing of the patient now. A
    result that names no side may be of either; of it and those that do, the later counts.
    """
    sides: dict[str, list[Hit]] = {}
    for hit in hits:
        if hit.when is not None:
            sides.setdefault(hit.side, []).append(hit)
    days = {side: max(hit.when.last for hit in of if hit.when) for side, of in sides.items()}
    newest, unnamed = max(days.values(), default=date.min), days.get("", date.min)

    def counts(side: str) -> bool:
        as_new = element.valid_for is None or days[side] >= element.valid_for.before(newest)
        return as_new and days[side] >= (unnamed if side else newest)

    return [of for side, of in sides.items() if counts(side)]


def _read_all(found: Gathered, element: Element, hits: Sequence[Hit]) -> dict[Hit, Measured]:
    """What those hits state that can be used; why others cannot is a problem."""
    readings: dict[Hit, Measured] = {}
    for hit in hits:
        try:
            readings[hit] = _measured(found, element, hit)
        except ValueProblem as problem:
            if not isinstance(problem, LimitMissing):
                found.problem(hit.entry, f"{element.name}: {problem}")
            found.show("candidate", hit, f"cannot be used: {problem}")
    return readings


def _measured(found: Gathered, element: Element, hit: Hit) -> Measured:
    """What a hit states. Raises ValueProblem if it cannot be used."""
    days = sample_days(hit.entry)
    if element.valid_for is not None and days and hit.when is not None:
        found.read(SAMPLE_DAY, days)  # no sample has a day that databases fill in for none
    text = _text(found, element, hit)
    fact = found.read(element, text)
    if fact is None:  # words for none are left out before, unless more is said
        raise ValueProblem(f"{shown(text)} is no result, and it is {also_said(hit)}")
    if other := denied_by(found, element, hit, fact):
        value = text if _is_coded(hit) else _as_recorded(hit)
        raise ValueProblem(_DENIED.format(value, printed_range(hit.entry.limits), other))
    return Measured(hit, text, fact)


def _text(found: Gathered, element: Element, hit: Hit) -> str:
    """What `read_value` reads as this result. Raises ValueProblem if nothing is."""
    units = found.codes.units.get(element.name, {})
    match hit.entry.value:
        case Amount() as amount if hit.binding.says != VALUE:
            return limit_says(hit.binding.says, amount, hit.entry.limits)
        case Amount(unit="", ucum="") | bool() if hit.entry.kind == "answer":
            return plain_text(hit.entry)  # in the unit of the question
        case tuple() as said if hit.entry.kind == "answer" and not isinstance(said, Amount):
            return said_text(element, hit.entry)
        case Amount() as amount if element.unit is not None:
            return amount_text(element, units, amount)
        case Amount() as amount if not hit.entry.also:
            raise ValueProblem(f"a number, {amount.number}, is no {element.type}")
        case Amount() | None | ():  # of an index of a test, too, it says what that means
            return in_place_of_value(found, element, hit)
        case bool() as said:
            return "yes" if said else "no"
        case str() as words:
            return words_text(element, units, words)
        case codings:
            return _meant(found, element, codings)


def _meant(found: Gathered, element: Element, codings: tuple[Coding, ...]) -> str:
    """The word for a coded result that the element takes."""
    for word in found.codes.meaning(codings):
        try:
            found.read(element, word)
        except ValueProblem:
            continue
        return word
    raise ValueProblem("the coded result says nothing of it in the mapping of codes")


def _take(found: Gathered, element: Element, groups: Sequence[Results], undated: Results) -> None:
    """The answer, unless results of one moment, or one that may be of any, say otherwise."""
    is_divided = any(not _same(element, group[0], one) for group in groups for one in group[1:])
    lowest = None if is_divided else _lowest([group[0] for group in groups])
    if lowest is None or not all(_same(element, lowest, one) for one in undated):
        for one in (*chain.from_iterable(groups), *undated):
            _show(found, "conflict", one)
        return
    found.answer(element, lowest.hit, lowest.text)
    _show(found, "fact", lowest)
    same = next(group for group in groups if lowest in group)
    take_range(found, element, [one.hit for one in same])


def _show(found: Gathered, kind: EvidenceKind, one: Measured) -> None:
    """A result as recorded; what codes and limits make of it in the element's own words."""
    value, recorded_as = recorded_value(one.hit.entry)[0], _as_recorded(one.hit)
    word, is_number = value, isinstance(one.hit.entry.value, Amount)
    if isinstance(one.fact, Exactly):
        said = one.fact.value
        word = said if isinstance(said, str) else "yes" if said else "no"
    elif _is_coded(one.hit):
        word = one.text
    if word == value:
        found.show(kind, one.hit)
    else:
        notes = [f"recorded: {recorded_as}" if recorded_as else "there is no value"]
        if one.hit.entry.also and (is_number or not recorded_as):
            notes.append(also_said(one.hit))
        found.show(kind, one.hit, ", ".join(notes), value=word)


def _is_coded(hit: Hit) -> bool:
    """Whether its value is a code, or there is none but an interpretation."""
    return not isinstance(hit.entry.value, Amount | bool | str)


def _as_recorded(hit: Hit) -> str:
    return " ".join(recorded_value(hit.entry)).strip()


def _lowest(readings: Results) -> Measured | None:
    """The lowest; None if bounds leave open which it is."""

    def high(one: Measured) -> float:
        return one.fact.high if isinstance(one.fact, Numbers) else 0.0

    lowest = min(readings, key=high)
    others = [one.fact for one in readings if one is not lowest]
    is_sure = all(isinstance(one, Numbers) and one.low >= high(lowest) for one in others)
    return lowest if is_sure else None


def _same(element: Element, one: Measured, other: Measured) -> bool:
    """Whether two results say the same: where units differ, as far as their digits go."""
    first, second = one.fact, other.fact
    are_exact = all(isinstance(fact, Numbers) and fact.exact for fact in (first, second))
    if are_exact and _unit(element, one) != _unit(element, other):
        assert isinstance(first, Numbers) and isinstance(second, Numbers)
        return meet(first.written(), second.written()) is not None
    return same(first, second)


def _unit(element: Element, one: Measured) -> str:
    """The unit in which it was recorded, however that was written; empty for the element's own."""
    value = one.hit.entry.value
    number, _, unit = one.text.partition(" ")
    if unit:
        return "" if element.accepts.get(unit) == 1 else unit
    if not isinstance(value, Amount) or number == f"{value.comparator}{value.number}":
        return ""
    return value.ucum or value.unit


# Diagnoses and procedures.


def take_coded(found: Gathered, element: Element, hits: Sequence[Hit], every: Hits) -> None:
    """The answer that the codes of one element set; candidates where they only propose."""
    hits = sorted(hits, key=lambda hit: hit.place)
    setting = [hit for hit in hits if not hit.only_proposes]
    for hit in _distinct([hit for hit in hits if hit.only_proposes]):
        said = day_text(hit.entry.start) if hit.binding.says == START else hit.binding.says
        found.show("candidate", hit, hit.entry.standing if hit.is_provisional else "", value=said)
    if element.type == "date":
        _take_date(found, element, setting)
    elif setting:
        _take_word(found, element, setting, every)


def _distinct(hits: Sequence[Hit]) -> list[Hit]:
    """The last of those that say the same by the same code."""
    return list({(hit.coding[:2], hit.binding, hit.entry.standing): hit for hit in hits}.values())


def _take_word(found: Gathered, element: Element, hits: Sequence[Hit], every: Hits) -> None:
    """A yes or a choice: the first that says it is shown, for it has been true since then.

    What refutes it may be about another time, such as a suspected relapse: it is told beside it.
    """
    said = {hit.binding.says for hit in hits}
    other = found.answers.get(element.name)
    in_conflict = len(said) > 1 or (other is not None and other.text not in said)
    if in_conflict:
        found.set_aside((element.name,))
    else:
        found.answer(element, hits[0], said.pop())
    for hit in _distinct(hits):
        others = every.refuted.get(hit.coding[:2], ())
        told = [f"{one.source} {day_text(one.start or one.recorded)}".strip() for one in others]
        note = f"refuted by {', '.join(told)}" if told else ""
        found.show("conflict" if in_conflict else "fact", hit, note, value=hit.binding.says)


def _take_date(found: Gathered, element: Element, hits: Sequence[Hit]) -> None:
    """The last day: a record cannot show that nothing came after it."""
    if not (dated := [hit for hit in hits if hit.when is not None]):
        return
    last = dated[-1]
    text = f">={day_text(last.entry.start)}"
    if found.usable(element, last, text, value=day_text(last.entry.start)):
        found.answer(element, last, text)
        found.show("fact", last, LAST_SHOWN, value=text)


# What an entry says; answers to the Questionnaire.


def hits_of(found: Gathered, entry: Entry) -> Iterator[Hit]:
    """What the codes of an entry say, once for each element."""
    if entry.kind == "answer":
        yield from _answer_hits(found, entry)
    if entry.kind not in _SPEAKING:
        return
    bound = found.codes.firsts(entry.codes)
    if not bound:
        return
    counts, at = found.when_counted(entry)
    if counts:
        for coding, binding in bound:
            if not entry.is_mapped:
                binding = binding._replace(role="near", note=NOT_MAPPED)  # noqa: PLW2901
            is_result = entry.kind == "measurement"
            speaks = entry.kind != "medication" and is_result == (binding.says in RESULTS)
            if binding.role in BESIDE or speaks:
                yield Hit(entry, coding, binding, at)


def _is_own(trial: Trial, entry: Entry) -> bool:
    """Whether an answer is one to the Questionnaire that is exported for this trial."""
    address = entry.codes[0].display.partition("|")[0]
    name = quote(trial.registration.nct_id, safe="")
    return any(address.endswith(f"/Questionnaire/{name}{ending}") for ending in _ENDINGS)


def _answer_hits(found: Gathered, entry: Entry) -> Iterator[Hit]:
    """An answer as what its element is set to; none for what is not asked of the patient."""
    coding = entry.codes[0]
    element = found.trial.elements.get(coding.code)
    if element is None and _is_own(found.trial, entry):
        found.problem(
            entry, f"an answer to {shown(coding.code)}, which is no question of this trial"
        )
    if element is None or element.internal or element.name == SCREENING_DATE:
        return
    counts, at = found.when_counted(entry)
    if counts and not _is_own(found.trial, entry):
        found.problem(entry, f"an answer to {coding.display or 'no Questionnaire'}, not this one")
    elif counts:
        yield Hit(entry, coding._replace(display=""), Binding(element.name, "sets", VALUE), at)


def take_said(found: Gathered, element: Element, hits: Sequence[Hit]) -> None:
    """What was said of an element decides over codes; not a no over a code that says yes."""
    texts: dict[str, Hit] = {}
    is_wrong = False
    for hit in latest_of(hits) or hits:
        text = said_text(element, hit.entry)
        if not found.usable(element, hit, text):
            is_wrong = True
        elif found.read(element, text) is not None:
            texts[text] = hit
    if is_wrong or not texts:
        return
    text, hit = next(iter(texts.items()))
    other = found.answers.get(element.name)
    differs = other is not None and other.text != text
    is_person = element.name in found.codes.persons.values()
    if len(texts) > 1 or (differs and (text == "no" or is_person)):
        found.set_aside((element.name,))
        for said, one in texts.items():
            found.show("conflict", one, value=said)
        return
    if differs or other is None:
        found.set_aside((element.name,), to="overruled")
    found.answer(element, hit, text)
    found.show("fact", hit, value=text)


def said_text(element: Element, entry: Entry) -> str:
    """An answer as a text; of a choice, its name."""
    value = entry.value
    if isinstance(value, tuple) and not isinstance(value, Amount):
        for coding in value:
            if coding.code in element.choices:
                return coding.code
    return plain_text(entry)
