"""One patient's answers as a FHIR R4 (4.0.1) QuestionnaireResponse.

https://hl7.org/fhir/R4/questionnaireresponse.html
"""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from trialscreen.model.dates import in_utc
from trialscreen.model.facts import Fact, day
from trialscreen.model.trial import SCREENING_DATE
from trialscreen.output.export.fhir.datatypes import Answer, Json, answer_of, check_codes
from trialscreen.output.export.fhir.enable_when import holds
from trialscreen.output.export.fhir.questionnaire import (
    Variant,
    canonical,
    groups,
    irrelevance,
    questions_of,
)
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
    variant: Variant = Variant(),  # noqa: B008 - immutable
) -> Response:
    """The answers behind a screening, for a Questionnaire of its trial.

    `authored` is when they were put together, with a time zone. `subject` is a pseudonymous
    code, never a name. The response is completed once every criterion is decided, else in
    progress. Answers to questions that are not enabled may not stand in it; none of them
    can change a criterion. Raises InputError as `questionnaire` does.
    """
    check_codes(screening.trial)
    facts = {**screening.facts, SCREENING_DATE: day(screening.on)}
    carried, not_enabled, no_such_answer = _sorted(screening, facts, variant)
    items = {
        name: {"linkId": name, "text": screening.trial.elements[name].ask, "answer": [answer]}
        for name, answer in carried.items()
    }
    decided = all(finding.met is not None for finding in screening.findings)
    resource = {
        "resourceType": "QuestionnaireResponse",
        "questionnaire": canonical(screening.trial, variant),
        "status": "completed" if decided else "in-progress",
        **({"subject": _subject(subject)} if subject is not None else {}),
        "authored": in_utc(authored),
        **({"item": groups(screening.trial, items)} if items else {}),
    }
    return Response(resource, not_enabled, no_such_answer)


def _subject(code: str) -> Json:
    return {"type": "Patient", "identifier": {"value": code}}


def _sorted(
    screening: Screening, facts: Mapping[str, Fact], variant: Variant
) -> tuple[dict[str, Answer], tuple[str, ...], tuple[str, ...]]:
    """The answers by question; the elements not enabled; those that no answer says exactly."""
    irrelevant = irrelevance(screening.trial, variant)
    carried: dict[str, Answer] = {}
    not_enabled, no_such_answer = [], []
    for element in questions_of(screening.trial):
        name = element.name
        if (fact := facts.get(name)) is None:
            continue
        answer = answer_of(screening.trial, element, fact, screening.on, variant.base)
        if holds(irrelevant[name], carried):
            not_enabled.append(name)
        elif answer is None:
            no_such_answer.append(name)
        else:
            carried[name] = answer
    return carried, tuple(not_enabled), tuple(no_such_answer)
