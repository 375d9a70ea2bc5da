"""One patient's answers as a FHIR R4 (4.0.1) QuestionnaireResponse.

https://hl7.org/fhir/R4/questionnaireresponse.html
"""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from trialscreen.model.dates import in_utc
from trialscreen.model.facts import Fact, day
from trialscreen.model.trial import SCREENING_DATE
from trialscreen.output.export.fhir.enable_when import holds
from trialscreen.output.export.fhir.questionnaire import (
    Form,
    canonical,
    group_id,
    irrelevance,
    questions_in,
    questions_of,
)
from trialscreen.output.export.fhir.values import Answer, Json, answer_of, check_codes
from trialscreen.screening.screen import Screening


class Response(NamedTuple):
    """The resource, and the names of the elements whose values it does not hold, by why not."""

    resource: Json
    not_enabled: tuple[str, ...]
    no_such_answer: tuple[str, ...]


def response(
    screening: Screening,
    authored: datetime,
    subject: str | None = None,
    form: Form = Form(),  # noqa: B008 - immutable
) -> Response:
    """The answers behind a screening, for a Questionnaire of its trial.

    `authored` is when they were put together, with a time zone. `subject` is a pseudonymous
    code, never a name. The response is completed once every criterion is decided, else in
    progress. Answers to questions that are not enabled may not stand in it; none of them
    can change a criterion. Raises InputError as `questionnaire` does.
    """
    check_codes(screening.trial)
    facts = {**screening.facts, SCREENING_DATE: day(screening.on)}
    carried, not_enabled, no_such_answer = _sorted(screening, facts, form)
    decided = all(finding.met.known for finding in screening.findings)
    resource = {
        "resourceType": "QuestionnaireResponse",
        "questionnaire": canonical(screening.trial, form),
        "status": "completed" if decided else "in-progress",
        **({"subject": _subject(subject)} if subject is not None else {}),
        "authored": in_utc(authored),
        **({"item": items} if (items := _groups(screening, carried)) else {}),
    }
    return Response(resource, not_enabled, no_such_answer)


def _subject(code: str) -> Json:
    return {"type": "Patient", "identifier": {"value": code}}


def _sorted(
    screening: Screening, facts: Mapping[str, Fact], form: Form
) -> tuple[dict[str, Answer], tuple[str, ...], tuple[str, ...]]:
    """The answers by question; the elements not enabled; those that no answer says exactly."""
    irrelevant = irrelevance(screening.trial, form)
    carried: dict[str, Answer] = {}
    not_enabled, no_such_answer = [], []
    for element in questions_of(screening.trial):
        name = element.name
        if (fact := facts.get(name)) is None:
            continue
        answer = answer_of(screening.trial, element, fact, screening.on, form.base)
        if holds(irrelevant[name], carried):
            not_enabled.append(name)
        elif answer is None:
            no_such_answer.append(name)
        else:
            carried[name] = answer
    return carried, tuple(not_enabled), tuple(no_such_answer)


def _groups(screening: Screening, carried: Mapping[str, Answer]) -> list[Json]:
    """Only what has an answer, in the order of the Questionnaire."""
    groups = []
    for section in screening.trial.sections:
        items = [
            {"linkId": element.name, "text": element.ask, "answer": [carried[element.name]]}
            for element in questions_in(screening.trial, section)
            if element.name in carried
        ]
        if items:
            groups.append({"linkId": group_id(section), "text": section.title, "item": items})
    return groups
