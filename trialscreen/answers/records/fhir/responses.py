"""Answers to our own Questionnaire, as `export questionnaire` writes it."""

from collections.abc import Iterator, Sequence

from trialscreen.answers.records.entries import Coding, Entry
from trialscreen.answers.records.fhir import resources as fhir
from trialscreen.answers.records.fhir.datatypes import ConceptReader, Origin, coding
from trialscreen.answers.records.fhir.observations import Value, value_of
from trialscreen.answers.records.fhir.standings import RESPONSE, standing
from trialscreen.model.trial import SCREENING_DATE

MOST_DEEP = 20
"""Groups in groups, in a response."""


def entries(response: fhir.QuestionnaireResponse, origin: Origin) -> Iterator[Entry]:
    """Its answers; the code of each is its linkId, the system that of the Questionnaire."""
    counts, notes = standing(RESPONSE, response.status)
    questionnaire, said = response.questionnaire or "", _said(response)
    for item in _items(response.item or (), MOST_DEEP):
        for answer in item.answer or ():
            yield Entry(
                "answer",
                (Coding("questionnaire", item.link_id or "", questionnaire),),
                origin.source,
                value=_value(answer, origin.words),
                start=said,
                standing=counts,
                place=origin.place,
                notes=notes,
            )


def _said(response: fhir.QuestionnaireResponse) -> str:
    """When it was said: when it was written; or on the screening date in it, if that is earlier.

    Answers of an earlier day may be put together, and sent, at any time later.
    """
    authored = response.authored or ""
    answers = (
        answer.value_date
        for item in _items(response.item or (), MOST_DEEP)
        if item.link_id == SCREENING_DATE
        for answer in item.answer or ()
    )
    return min((day for day in answers if day and day < authored), default=authored)


def _items(items: Sequence[fhir.Item], deep: int) -> Iterator[fhir.Item]:
    for item in items:
        if item.answer:
            yield item
        if deep:
            yield from _items(item.item or (), deep - 1)
            for answer in item.answer or ():
                yield from _items(answer.item or (), deep - 1)


def _value(answer: fhir.ItemAnswer, words: ConceptReader) -> Value:
    if answer.value_coding is not None:
        return (coding(answer.value_coding),)
    if fhir.is_given(answer.value_decimal):
        return bytes(answer.value_decimal).decode()
    return answer.value_date or value_of(answer, words)
