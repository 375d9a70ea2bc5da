"""Lists what is lost in exports to FHIR and REDCap, of a trial's questions and of answers."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from trialscreen.answers.answer import Answers
from trialscreen.answers.values import UNKNOWN_WORD
from trialscreen.model.rules import AtLeastN, Compare, ElementRef, Test, Within, rules_in
from trialscreen.model.trial import SCREENING_DATE, Formula, Trial
from trialscreen.output.export.redcap.logic import calculation
from trialscreen.text.characters import some

if TYPE_CHECKING:
    from trialscreen.output.export.fhir.forms import Response, Variant

_NO_SCREENING_DATE = f"the screening date: the criteria file has no question {SCREENING_DATE}"
_NO_LATER_DATE = "that no date lies after the screening date"
RECOMMENDED_LENGTH = 26


def questionnaire_limits(trial: Trial, variant: "Variant", form: dict[str, Any]) -> Iterator[str]:
    """What the FHIR Questionnaire, which is `form`, leaves out, a line each."""
    yield "the criteria: the questions are carried, what follows from the answers is not"
    coded = {one["linkId"] for group in form["item"] for one in group["item"] if "code" in one}
    if bare := [one.name for one in trial.answerable() if one.name not in coded]:
        yield f"codes (LOINC, SNOMED CT), where no single one sets the answer: {some(bare)}"
    if coded:
        yield "how a value is chosen among several results, and codes of one side or of a choice"
    yield "unknown as an answer: a question left empty is one whose answer is not known"
    yield "who gives each answer, and which questions are asked together"
    if variant.every_question:
        yield "which questions can no longer matter: all are shown, as asked"
    elif any(True for _ in _comparisons(trial)):
        yield "relevance that depends on a date, or on two answers compared: the question is shown"
    if SCREENING_DATE not in trial.elements:
        yield _NO_SCREENING_DATE
    yield from _not_in_answers(trial)
    yield from _not_in_forms(trial)


def _not_in_answers(trial: Trial) -> Iterator[str]:
    elements = tuple(trial.answerable())
    types = {element.type for element in elements}
    if "integer" in types:
        yield "bounds of whole numbers, as <5: they are asked exactly"
    if types & {"integer", "quantity", "date"}:
        yield "values between two others, and dates before or after a day"
    if "date" in types:
        yield _NO_LATER_DATE
    if worked_out := [one.name for one in elements if isinstance(one.derive, Formula)]:
        yield f"how values are worked out, so they are asked, or left empty: {some(worked_out)}"
    if checked := [one.name for one in elements if one.valid_if is not None]:
        yield f"when a value counts, though not when it is asked: {some(checked)}"


def response_limits(trial: Trial, made: "Response", answers: Answers) -> Iterator[str]:
    """What the FHIR response leaves out of these answers, a line each; names only, no values."""
    given = {name: one for name, one in answers.items() if name != SCREENING_DATE}
    if SCREENING_DATE not in trial.elements:
        yield _NO_SCREENING_DATE
    if made.no_such_answer:
        yield (
            "values that no answer in FHIR says exactly; without them, criteria may be found"
            f" otherwise: {', '.join(made.no_such_answer)}"
        )
    if made.not_enabled:
        yield (
            "answers to questions that the others leave without effect, and so not enabled:"
            f" {', '.join(made.not_enabled)}"
        )
    if unknown := [n for n, one in given.items() if one.text.strip().casefold() == UNKNOWN_WORD]:
        yield f"that these were answered unknown: {', '.join(unknown)}"
    if awaited := [name for name, one in given.items() if one.is_pending]:
        yield f"that these are awaited: {', '.join(awaited)}"
    if noted := [name for name, one in given.items() if one.notes]:
        yield f"notes beside answers, as days of samples, and answers set aside: {', '.join(noted)}"
    if any(trial.elements[name].unit is not None for name in given):
        yield "how a number was written: it is in the unit of its question"


def not_in_dictionary(trial: Trial) -> Iterator[str]:
    """What the REDCap dictionary leaves out, a line each."""
    yield from _not_in_fields(trial)
    if any(trial.elements[test.element].type == "date" for test in _comparisons(trial)):
        yield "relevance that depends on a window of time or on two dates: the question is shown"
    every = (one for criterion in trial.criteria for one in rules_in(criterion.rule))
    if any(isinstance(one, AtLeastN) and not (one.is_all or one.is_any) for one in every):
        yield "relevance that depends on 'at least n of': the question is shown"
    yield "answers to a question that others hide later: REDCap asks whether to erase them"
    names = [one.name for one in trial.answerable()]
    if long := [name for name in names if len(name) > RECOMMENDED_LENGTH]:
        yield (
            f"short names: {len(long)} of {len(names)} have more than the {RECOMMENDED_LENGTH}"
            f" characters that REDCap recommends: {some(long)}"
        )


def _not_in_fields(trial: Trial) -> Iterator[str]:
    elements = tuple(trial.answerable())
    types = {one.type for one in elements}
    yield "the criteria and the verdict: screen a raw export of the form with 'cohort'"
    if types - {"boolean", "choice"}:
        yield "values known in part, as <20 or 2026-03: a number or date is exact, or left blank"
        yield "accepted ranges as limits: REDCap warns of a value outside, and keeps it"
    if "date" in types:
        yield _NO_LATER_DATE
    yield from _not_in_forms(trial)
    if valid := [one.name for one in elements if one.valid_if is not None]:
        yield f"that a value may not count, in the value itself: {some(valid)}"
    left = [
        one.name
        for one in trial.elements.values()
        if isinstance(one.derive, Formula) and calculation(trial, one.name) is None
    ]
    if left:
        yield f"how values are worked out, so they are only entered: {some(left)}"


def _not_in_forms(trial: Trial) -> Iterator[str]:
    """What either form leaves out of the values, a line each."""
    elements = tuple(trial.answerable())
    if units := [one.name for one in elements if one.accepts]:
        yield f"other units than the first: {some(units)}"
    if dated := [one.name for one in elements if one.valid_for is not None]:
        yield f"the days of samples, and how long a value is valid: {some(dated)}"
    if any(one.typical is not None for one in elements) or trial.checks:
        yield "usual ranges, and checks of one answer against another"


def _comparisons(trial: Trial) -> Iterator[Test]:
    """The tests behind the criteria that need a window of time, or two answers."""
    for criterion in trial.criteria:
        for test in trial.reached(criterion.rule):
            of_two = isinstance(test, Compare) and isinstance(test.bound, ElementRef)
            if of_two or isinstance(test, Within):
                yield test
