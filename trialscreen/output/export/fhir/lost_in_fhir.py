"""What FHIR cannot carry of a trial's questions, and of a patient's answers, in words."""

from collections.abc import Iterable, Iterator

from trialscreen.answers.answer import Answers
from trialscreen.answers.values import UNKNOWN_WORD
from trialscreen.model.trial import SCREENING_DATE, Formula, Trial
from trialscreen.output.export.fhir.datatypes import Json
from trialscreen.output.export.fhir.questionnaire import Variant
from trialscreen.output.export.fhir.response import Response
from trialscreen.output.export.lost_in_forms import comparisons, not_in_forms
from trialscreen.text.characters import some


def questionnaire_limits(trial: Trial, variant: Variant, form: Json) -> Iterator[str]:
    """What the Questionnaire, which is `form`, leaves out, a line each."""
    yield "the criteria: the questions are carried, what follows from the answers is not"
    coded = {one["linkId"] for group in form["item"] for one in group["item"] if "code" in one}
    bare = [one.name for one in trial.answerable() if one.name not in coded]
    if bare:
        yield f"codes (LOINC, SNOMED CT), where no single one sets the answer: {some(bare)}"
    if coded:
        yield "how a value is chosen among several results, and codes of one side or of a choice"
    yield "unknown as an answer: a question left empty is one whose answer is not known"
    yield "who gives each answer, and which questions are asked together"
    if variant.every_question:
        yield "which questions can no longer matter: all are shown, as asked"
    elif any(True for _ in comparisons(trial)):
        yield "relevance that hangs on a date, or on two answers compared: the question is shown"
    if SCREENING_DATE not in trial.elements:
        yield _NO_SCREENING_DATE
    yield from _of_values(trial)


_NO_SCREENING_DATE = f"the screening date: the criteria file has no question {SCREENING_DATE}"


def _of_values(trial: Trial) -> Iterator[str]:
    elements = tuple(trial.answerable())
    types = {element.type for element in elements}
    if "integer" in types:
        yield "bounds of whole numbers, as <5: they are asked exactly"
    if types & {"integer", "quantity", "date"}:
        yield "values between two others, and dates before or after a day"
    if "date" in types:
        yield "that no date lies after the screening date"
    if worked_out := [one.name for one in elements if isinstance(one.derive, Formula)]:
        yield f"how values are worked out, so they are asked, or left empty: {some(worked_out)}"
    if checked := [one.name for one in elements if one.valid_if is not None]:
        yield f"when a value counts, though not when it is asked: {some(checked)}"
    yield from not_in_forms(trial)


def response_limits(trial: Trial, made: Response, answers: Answers) -> Iterator[str]:
    """What the response leaves out of these answers, a line each; names only, no values."""
    given = {name: one for name, one in answers.items() if name != SCREENING_DATE}
    if SCREENING_DATE not in trial.elements:
        yield _NO_SCREENING_DATE
    if made.no_such_answer:
        yield (
            "values that no answer in FHIR says exactly; without them, criteria may be found"
            f" otherwise: {_all(made.no_such_answer)}"
        )
    if made.not_enabled:
        yield (
            "answers to questions that the others leave without effect, and so not enabled:"
            f" {_all(made.not_enabled)}"
        )
    if unknown := [n for n, one in given.items() if one.text.strip().casefold() == UNKNOWN_WORD]:
        yield f"that these were answered unknown: {_all(unknown)}"
    if awaited := [name for name, one in given.items() if one.is_pending]:
        yield f"that these are awaited: {_all(awaited)}"
    if noted := [name for name, one in given.items() if one.notes]:
        yield f"notes beside answers, as days of samples, and answers set aside: {_all(noted)}"
    if any(trial.elements[name].unit is not None for name in given):
        yield "how a number was written: it is in the unit of its question"


def _all(names: Iterable[str]) -> str:
    return ", ".join(names)
