"""Converts observations to measurements with reference ranges, and questionnaire responses."""

from collections.abc import Iterator, Sequence
from functools import partial

import msgspec
from msgspec import Raw

from trialscreen.answers.records.entries import Amount, Coding, Entry, Standing
from trialscreen.answers.records.fhir import resources as fhir
from trialscreen.answers.records.fhir.datatypes import (
    ConceptReader,
    Origin,
    amount,
    coding,
    number_of,
)
from trialscreen.answers.records.fhir.reference_ranges import NO_RANGES, ranges_of
from trialscreen.answers.records.fhir.standings import (
    OBSERVATION,
    RESPONSE,
    modified,
    standing,
    weakest,
)
from trialscreen.model.trial import SCREENING_DATE

Value = Amount | bool | str | tuple[Coding, ...] | None


def entries(
    observation: fhir.Observation, origin: Origin, damaged: list[fhir.Damage]
) -> Iterator[Entry]:
    """What an observation says itself, and each of its components.

    `damaged` is what in it cannot be read; more is added. A value among it stays one that
    cannot be used, so that no older one stands in for it.
    """
    counts, notes = standing(OBSERVATION, observation.status)
    counts = weakest(counts, _left_of(damaged))
    if sum(fhir.is_there(getattr(observation, name)) for name in _TIMES) > 1:
        counts, notes = weakest(counts, "provisional"), (*notes, "more than one time is given")
    if fhir.is_given(observation.specimen):
        notes = (*notes, *_specimen(observation.specimen))
    start, end = _when(observation)
    words = origin.words
    made = partial(  # to make one and replace its parts takes four times as long
        Entry,
        "measurement",
        source=origin.source,
        start=start,
        end=end,
        recorded=observation.issued or "",
        standing=counts,
        site=words.named(observation.body_site),
        place=origin.place,
        notes=notes,
    )
    own = _measured(made, observation, words, damaged)
    if not observation.component:
        yield own
        return
    if (own.value is not None or own.also) and words.coded(observation.code).matters:
        yield own
    for raw in observation.component:
        part, wrong = fhir.decode(fhir.Component, raw)
        damaged.extend(one._replace(name=f"component {one.name}") for one in wrong)
        if words.coded(part.code).matters:
            one = _measured(made, part, words, wrong)
            one = one._replace(standing=weakest(one.standing, _left_of(wrong)))
            yield modified(one, part.modifier_extension, None)


_specimen_of = msgspec.json.Decoder(fhir.Displayed).decode


def _specimen(raw: Raw) -> Iterator[str]:
    """What a result was measured in, where it is called otherwise than what most are."""
    read = fhir.readable(_specimen_of, raw)
    name = (read.display or "") if read is not None else ""
    if name and not any(one in name.casefold() for one in _USUAL_SPECIMENS):
        yield f"specimen: {name}"


_USUAL_SPECIMENS = ("serum", "plasma", "blood", "血")
_WITHOUT_EFFECT = ("referenceRange", "id", "meta", "issued")


def _left_of(damaged: Sequence[fhir.Damage]) -> Standing:
    """What a statement is still worth of which this cannot be read; of a value, that is told."""
    matter = (one.name not in _WITHOUT_EFFECT and not _is_value(one) for one in damaged)
    return "provisional" if any(matter) else "counts"


def _is_value(damage: fhir.Damage) -> bool:
    return damage.name.startswith("value")


def _measured(
    made: "partial[Entry]",
    part: fhir.Component,
    words: ConceptReader,
    damaged: Sequence[fhir.Damage],
) -> Entry:
    """A part, which has its times, its place and its status from the whole."""
    value, absent = _one_value(part, words), _said(part.data_absent_reason, words)
    also = _interpreted(part, words) if part.interpretation is not None else ()
    if part.value_codeable_concept is not None:
        also = (*also, *_in_words(part.value_codeable_concept))
    printed = ranges_of(part.reference_range, words) if part.reference_range else NO_RANGES
    notes = printed.notes
    if is_both := bool(absent) and (value is not None or bool(also)):
        notes = (*notes, f"also said to be absent: {absent}")
    if damaged and (wrong := next((one.message for one in damaged if _is_value(one)), "")):
        value = f"cannot be read: {wrong}"
    entry = made(
        codes=words.coded(part.code).codes,
        value=value,
        also=also,
        absent=absent,
        limits=printed.limits,
        ranges=printed.ranges,
    )
    if not notes:
        return entry
    counts = weakest(entry.standing, "provisional") if is_both else entry.standing
    return entry._replace(standing=counts, notes=(*entry.notes, *notes))


def _in_words(concept: fhir.Concept) -> tuple[Coding, ...]:
    """The text of a coded value, where that is another than what its codes display."""
    displays = {one.display for one in concept.coding or () if one is not None}
    is_another = concept.text and concept.coding and concept.text not in displays
    return (Coding("", "", concept.text or ""),) if is_another else ()


def _interpreted(part: fhir.Component, words: ConceptReader) -> tuple[Coding, ...]:
    """What the laboratory makes of it; R3 has one interpretation, R4 a list."""
    said = part.interpretation
    return words.named(said) if isinstance(said, fhir.Concept) else words.all_named(said)


def _when(one: fhir.Observation) -> tuple[str, str]:
    """The day or moment of an observation, or its first and its last."""
    if one.effective_date_time:
        return one.effective_date_time, ""
    if one.effective_period is not None:
        return one.effective_period.start or "", one.effective_period.end or ""
    event = one.effective_timing.event if one.effective_timing is not None else None
    times = [time for time in event or () if time]
    start = one.effective_instant or (min(times) if times else "")
    return start, max(times) if len(times) > 1 else ""


def _one_value(part: fhir.Component, words: ConceptReader) -> Value:
    """The value; a text that says so where several are given, of which FHIR allows one."""
    if sum(fhir.is_there(getattr(part, name)) for name in _VALUES) > 1:
        return "cannot be read: more than one value is given"
    return value_of(part, words)


_TIMES = tuple(name for name in fhir.Observation.__struct_fields__ if name.startswith("effective_"))
_VALUES = tuple(name for name in fhir.Component.__struct_fields__ if name.startswith("value_"))


def value_of(part: fhir.Component, words: ConceptReader) -> Value:
    """The value of an observation, in whichever of FHIR's types; None if there is none."""
    if part.value_quantity is not None:
        return amount(part.value_quantity)
    if part.value_codeable_concept is not None:
        return words.named(part.value_codeable_concept) or None
    if part.value_boolean is not None:
        return part.value_boolean
    if fhir.is_given(part.value_integer):
        return number_of(part.value_integer)
    if part.value_range is not None:
        return _span(part.value_range)
    if part.value_ratio is not None:
        return _ratio(part.value_ratio)
    return _text(part)


def _text(part: fhir.Component) -> str | None:
    """A value that is no number, as a text that no number is read from by chance."""
    if part.value_period is not None:
        return f"from {part.value_period.start} to {part.value_period.end}"
    if fhir.is_given(part.value_sampled_data):
        return "sampled data"
    return part.value_string or part.value_date_time or part.value_time


def _span(span: fhir.Range) -> Value:
    low, high = amount(span.low), amount(span.high)
    if isinstance(low, Amount) and isinstance(high, Amount):
        in_one_unit = (low.unit, low.ucum) == (high.unit, high.ucum)
        if in_one_unit and not (low.comparator or high.comparator):
            return f"{low.number} to {high.number} {low.ucum or low.unit}".strip()
        return f"between {' '.join(filter(None, low))} and {' '.join(filter(None, high))}"
    if isinstance(low, Amount) and high is None:
        return low._replace(comparator=">=") if not low.comparator else low.number
    if isinstance(high, Amount) and low is None:
        return high._replace(comparator="<=") if not high.comparator else high.number
    return None if low is None and high is None else "an unreadable range"


def _ratio(ratio: fhir.Ratio) -> str:
    """A titre such as 1:64, which is no number."""
    return ":".join(
        f"{one.comparator}{one.number}" if isinstance(one, Amount) else (one or "?")
        for one in map(amount, (ratio.numerator, ratio.denominator))
    )


def _said(concept: fhir.Concept | None, words: ConceptReader) -> str:
    if concept is None:
        return ""
    codes = words.named(concept)
    return concept.text or next((one.display or one.code for one in codes), "") or "absent"


# Answers to our own Questionnaire, as `export questionnaire` writes it.

MOST_DEEP = 20
"""Groups in groups, in a response."""


def answers(response: fhir.QuestionnaireResponse, origin: Origin) -> Iterator[Entry]:
    """Its answers; the code of each is its linkId, the system that of the Questionnaire."""
    counts, notes = standing(RESPONSE, response.status)
    questionnaire, authored = response.questionnaire or "", response.authored or ""
    given = list(_answers(response.item or (), MOST_DEEP, ()))
    # Answers of an earlier screening date may be put together, and sent, at any time later.
    days = (answer.value_date for name, answer, _ in given if name == SCREENING_DATE)
    said = min((day for day in days if day and day < authored), default=authored)
    for name, answer, extensions in given:
        made = Entry(
            "answer",
            (Coding("questionnaire", name, questionnaire),),
            origin.source,
            value=_answered(answer, origin.words),
            start=said,
            standing=counts,
            place=origin.place,
            notes=notes,
        )
        yield modified(made, extensions, None)


Extensions = tuple[fhir.Extension, ...]


def _answers(
    items: Sequence[fhir.Item], deep: int, around: Extensions
) -> Iterator[tuple[str, fhir.ItemAnswer, Extensions]]:
    """The name, the answer, and the extensions that modify it, or an item that it is in."""
    for item in items:
        answers, inside = item.answer or (), (*around, *(item.modifier_extension or ()))
        for one in answers:
            yield item.link_id or "", one, (*inside, *(one.modifier_extension or ()))
        if deep:
            yield from _answers(item.item or (), deep - 1, inside)
            for one in answers:
                of_answer = (*inside, *(one.modifier_extension or ()))
                yield from _answers(one.item or (), deep - 1, of_answer)


def _answered(answer: fhir.ItemAnswer, words: ConceptReader) -> Value:
    if answer.value_coding is not None:
        return (coding(answer.value_coding),)
    if fhir.is_given(answer.value_decimal):
        return bytes(answer.value_decimal).decode()
    return answer.value_date or value_of(answer, words)
