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
    questionnaire, authored = response.questionnaire or "", response.authored or ""
    answers = list(_answers(response.item or (), MOST_DEEP))
    # Answers of an earlier screening date may be put together, and sent, at any time later.
    days = (answer.value_date for name, answer in answers if name == SCREENING_DATE)
    said = min((day for day in days if day and day < authored), default=authored)
    for name, answer in answers:
        yield Entry(
            "answer",
            (Coding("questionnaire", name, questionnaire),),
            origin.source,
            value=_value(answer, origin.words),
            start=said,
            standing=counts,
            place=origin.place,
            notes=notes,
        )


def _answers(items: Sequence[fhir.Item], deep: int) -> Iterator[tuple[str, fhir.ItemAnswer]]:
    for item in items:
        answers = item.answer or ()
        yield from ((item.link_id or "", answer) for answer in answers)
        if deep:
            for inner in (item.item, *(answer.item for answer in answers)):
                yield from _answers(inner or (), deep - 1)


def _value(answer: fhir.ItemAnswer, words: ConceptReader) -> Value:
    if answer.value_coding is not None:
        return (coding(answer.value_coding),)
    if fhir.is_given(answer.value_decimal):
        return bytes(answer.value_decimal).decode()
    return answer.value_date or value_of(answer, words)
