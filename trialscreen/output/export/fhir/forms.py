"""Builds the FHIR R4 (4.0.1) Questionnaire of a trial, and QuestionnaireResponses to it.

https://hl7.org/fhir/R4/questionnaire.html and questionnaireresponse.html. The same trial always
gives the same Questionnaire: it contains no date, and nothing specific to the machine.
"""

import math
import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import NamedTuple
from urllib.parse import quote

from trialscreen.answers.records.codes import VALUE, Codes
from trialscreen.model.dates import in_utc
from trialscreen.model.facts import day
from trialscreen.model.trial import SCREENING_DATE, Element, Trial
from trialscreen.output.export.conditions import NEVER, Condition
from trialscreen.output.export.fhir import datatypes
from trialscreen.output.export.fhir.datatypes import Json
from trialscreen.output.export.fhir.enable_when import enabling, holds, irrelevant_when
from trialscreen.screening.screen import Screening

BASE = "https://trialscreen.invalid/fhir"
"""The default base of canonical URLs: a reserved name that does not resolve (RFC 2606)."""


class Variant(NamedTuple):
    """A variant of a trial's Questionnaire. `base`: the beginning of its canonical URLs.

    `every_question`: all are always enabled; otherwise each while its answer can still matter.
    """

    base: str = BASE
    every_question: bool = False


_CORE = "http://hl7.org/fhir/StructureDefinition"
_SDC = "http://hl7.org/fhir/uv/sdc/StructureDefinition"
_REGISTRY = "http://clinicaltrials.gov"
_CODED_IN = ("loinc", "snomed")
"""Systems whose codes are exact; a mapping's codes of other systems are prefixes."""
_SAYS = (VALUE, "yes")
"""What a code must state to be the question's own; one for a single choice is not."""


def questionnaire(
    trial: Trial,
    variant: Variant = Variant(),  # noqa: B008 - immutable
    codes: Codes = Codes(),  # noqa: B008 - immutable
) -> Json:
    """The Questionnaire resource: a group for each section, an item for each data element.

    `linkId` is the element's name, `code` what `codes` bind to it. Raises InputError for names
    of choices and units that cannot be codes.
    """
    datatypes.check_codes(trial)
    nct_id, coded = trial.registration.nct_id, _coded(codes)
    irrelevant = irrelevance(trial, variant)
    items = {
        element.name: _item(trial, element, irrelevant[element.name], variant.base)
        | ({"code": coded[element.name]} if element.name in coded else {})
        for element in questions_of(trial)
    }
    is_registered = re.fullmatch(r"NCT\d{8}", nct_id) is not None
    return {
        "resourceType": "Questionnaire",
        "url": _url(trial, variant),
        **({"identifier": [{"system": _REGISTRY, "value": nct_id}]} if is_registered else {}),
        "version": _version(trial),
        "name": f"Screening_{re.sub('[^A-Za-z0-9]', '_', nct_id)}"[:255],
        "title": f"Screening questions of {nct_id}: {trial.registration.title}",
        "status": "draft",
        "subjectType": ["Patient"],
        "description": "What eligibility is judged from. A screening aid: the investigator decides,"
        f" against the approved protocol. Criteria file: SHA-256 {trial.sha256}.",
        "item": _groups(trial, items, type="group"),
    }


def irrelevance(trial: Trial, variant: Variant) -> Mapping[str, Condition]:
    """When each question is not enabled."""
    if variant.every_question:
        return dict.fromkeys(trial.elements, NEVER)
    return irrelevant_when(trial, (element.name for element in questions_of(trial)))


def questions_of(trial: Trial) -> tuple[Element, ...]:
    """The elements in the order of the form: by section, and as in the file."""
    return tuple(one for _, some in trial.by_section(trial.answerable()) for one in some)


def _groups(trial: Trial, items: Mapping[str, Json], **keys: str) -> list[Json]:
    """A group for each section that has some of `items` (by element, in the form's order).

    A group's linkId contains a point, so that it differs from every element's name.
    """
    found = []
    for section, some in trial.by_section(trial.elements[name] for name in items):
        head = {"linkId": f"section.{section.id}", "text": section.title, **keys}
        found.append({**head, "item": [items[one.name] for one in some]})
    return found


def _url(trial: Trial, variant: Variant) -> str:
    ending = "-every-question" if variant.every_question else ""
    return f"{variant.base}/Questionnaire/{quote(trial.registration.nct_id, safe='')}{ending}"


def _version(trial: Trial) -> str:
    """The trial's version, without characters not allowed in a canonical URL."""
    return "-".join(trial.version.replace("|", " ").split()) or trial.sha256


def _coded(codes: Codes) -> Mapping[str, list[Json]]:
    """The codings of each element: bindings that set its value on any body side and site."""
    addresses = {name: uri for uri, name in reversed(list(codes.systems.items()))}
    found: dict[str, list[Json]] = {}
    for (system, code), bindings in codes.bound.items():
        for one in bindings:
            is_whole = one.role == "sets" and one.says in _SAYS and not (one.side or one.sites)
            if is_whole and system in _CODED_IN:
                coding = {"system": addresses[system], "code": code}
                found.setdefault(one.element, []).append(coding)
    return found


def _item(trial: Trial, element: Element, irrelevant: Condition, base: str) -> Json:
    enabled = enabling(irrelevant, trial.elements, base)
    extensions = [*enabled.pop("extension", ()), *_extensions(element)]
    options = [
        {"valueCoding": {**datatypes.choice_coding(element, name, base), "display": label}}
        for name, label in element.choices.items()
    ]
    return {
        **({"extension": extensions} if extensions else {}),
        "linkId": element.name,
        "text": element.ask,
        "type": element.type,
        **enabled,
        "required": False,
        **({"answerOption": options} if options else {}),
        **({"item": [_help(element)]} if element.help else {}),
    }


def _help(element: Element) -> Json:
    # https://hl7.org/fhir/R4/codesystem-questionnaire-item-control.html
    system = "http://hl7.org/fhir/questionnaire-item-control"
    control = {"coding": [{"system": system, "code": "help"}]}
    return {
        "extension": [
            {"url": f"{_CORE}/questionnaire-itemControl", "valueCodeableConcept": control}
        ],
        "linkId": f"{element.name}.help",
        "text": element.help,
        "type": "display",
    }


def _extensions(element: Element) -> list[Json]:
    """The unit and the accepted range, for this type of item."""
    found: list[Json] = []
    if element.unit is not None:
        ending = "unitOption" if element.type == "quantity" else "unit"
        url = f"{_CORE}/questionnaire-{ending}"
        found.append({"url": url, "valueCoding": datatypes.unit_coding(element)})
    ends: Iterable[float | date] = element.range or ()
    for key, end in zip(("min", "max"), ends, strict=False):
        if isinstance(end, date):
            found.append({"url": f"{_CORE}/{key}Value", "valueDate": end.isoformat()})
        elif element.type == "quantity":
            url = f"{_SDC}/sdc-questionnaire-{key}Quantity"
            found.append({"url": url, "valueQuantity": datatypes.quantity(element, end)})
        elif abs(end) <= datatypes.LARGEST_INTEGER:
            whole = math.ceil(end) if key == "min" else math.floor(end)
            found.append({"url": f"{_CORE}/{key}Value", "valueInteger": whole})
    return found


class Response(NamedTuple):
    """A QuestionnaireResponse, and the elements it omits, by reason."""

    resource: Json
    not_enabled: tuple[str, ...]
    no_such_answer: tuple[str, ...]


def response(
    screening: Screening,
    authored: datetime,
    subject: str | None = None,
    variant: Variant = Variant(),  # noqa: B008 - immutable
) -> Response:
    """The answers behind a screening, as a response to its trial's Questionnaire.

    `authored` is when they were compiled, with a time zone. `subject` is a pseudonymous code,
    never a name. The response is completed once every criterion is decided, otherwise in
    progress. Answers to disabled questions are not allowed in it; none of them can change a
    criterion. Raises InputError as `questionnaire` does.
    """
    trial = screening.trial
    datatypes.check_codes(trial)
    facts = {**screening.facts, SCREENING_DATE: day(screening.on)}
    irrelevant = irrelevance(trial, variant)
    carried: dict[str, datatypes.Answer] = {}
    not_enabled, no_such_answer = [], []
    for element in questions_of(trial):
        if (fact := facts.get(element.name)) is None:
            continue
        answer = datatypes.answer_of(trial, element, fact, screening.on, variant.base)
        if holds(irrelevant[element.name], carried):
            not_enabled.append(element.name)
        elif answer is None:
            no_such_answer.append(element.name)
        else:
            carried[element.name] = answer
    items = {
        name: {"linkId": name, "text": trial.elements[name].ask, "answer": [answer]}
        for name, answer in carried.items()
    }
    decided = all(finding.met is not None for finding in screening.findings)
    whose = {"type": "Patient", "identifier": {"value": subject}}
    resource = {
        "resourceType": "QuestionnaireResponse",
        "questionnaire": f"{_url(trial, variant)}|{_version(trial)}",
        "status": "completed" if decided else "in-progress",
        **({"subject": whose} if subject is not None else {}),
        "authored": in_utc(authored),
        **({"item": _groups(trial, items)} if items else {}),
    }
    return Response(resource, tuple(not_enabled), tuple(no_such_answer))
