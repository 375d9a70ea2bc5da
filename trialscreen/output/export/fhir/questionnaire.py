"""The questions of a trial as a FHIR R4 (4.0.1) Questionnaire.

https://hl7.org/fhir/R4/questionnaire.html. The same trial always gives the same
Questionnaire: it holds no day, and no trace of where it was made.
"""

import math
import re
from collections.abc import Iterator, Mapping
from datetime import date
from typing import NamedTuple
from urllib.parse import quote

from trialscreen.answers.records.codes import Codes
from trialscreen.model.trial import Element, Section, Trial
from trialscreen.output.export.conditions import NEVER, Condition
from trialscreen.output.export.fhir.datatypes import (
    LARGEST_INTEGER,
    Json,
    check_codes,
    choice_coding,
    quantity,
    unit_coding,
)
from trialscreen.output.export.fhir.enable_when import enabling, irrelevant_when
from trialscreen.output.export.fhir.item_codes import item_codes

BASE = "https://trialscreen.invalid/fhir"
"""Where canonical addresses begin if nobody publishes: a name that leads nowhere (RFC 2606)."""


class Variant(NamedTuple):
    """Which Questionnaire of a trial. `base`: what its canonical addresses begin with.

    `every_question`: all are always enabled; else each while its answer can still matter.
    """

    base: str = BASE
    every_question: bool = False


_CORE = "http://hl7.org/fhir/StructureDefinition"
_SDC = "http://hl7.org/fhir/uv/sdc/StructureDefinition"
_REGISTRY = "http://clinicaltrials.gov"
_TYPES = {
    "boolean": "boolean",
    "choice": "choice",
    "date": "date",
    "integer": "integer",
    "quantity": "quantity",
}


def questionnaire(
    trial: Trial,
    variant: Variant = Variant(),  # noqa: B008 - immutable
    codes: Codes = Codes(),  # noqa: B008 - immutable
) -> Json:
    """The Questionnaire resource: a group for each section, an item for each data element.

    `linkId` is the element's name, `code` what `codes` bind to it. Raises InputError for names
    of choices and units that cannot be codes.
    """
    check_codes(trial)
    nct_id, irrelevant = trial.registration.nct_id, irrelevance(trial, variant)
    coded = item_codes(codes)
    items = {
        element.name: _item(trial, element, irrelevant[element.name], variant.base)
        | ({"code": coded[element.name]} if element.name in coded else {})
        for element in questions_of(trial)
    }
    return {
        "resourceType": "Questionnaire",
        "url": _url(trial, variant),
        **({"identifier": [{"system": _REGISTRY, "value": nct_id}]} if _registered(trial) else {}),
        "version": _version(trial),
        "name": f"Screening_{re.sub('[^A-Za-z0-9]', '_', nct_id)}"[:255],
        "title": f"Screening questions of {nct_id}: {trial.registration.title}",
        "status": "draft",
        "subjectType": ["Patient"],
        "description": "What eligibility is judged from. A screening aid: the investigator decides,"
        f" against the approved protocol. Criteria file: SHA-256 {trial.sha256}.",
        "item": groups(trial, items, type="group"),
    }


def canonical(trial: Trial, variant: Variant) -> str:
    """How a response names its Questionnaire: the address and the version."""
    return f"{_url(trial, variant)}|{_version(trial)}"


def irrelevance(trial: Trial, variant: Variant) -> Mapping[str, Condition]:
    """When each question is not enabled."""
    if variant.every_question:
        return dict.fromkeys(trial.elements, NEVER)
    return irrelevant_when(trial, (element.name for element in questions_of(trial)))


def questions_of(trial: Trial) -> tuple[Element, ...]:
    """The elements in the order of the form: by section, and as in the file."""
    return tuple(element for section in trial.sections for element in _in(trial, section))


def _in(trial: Trial, section: Section) -> Iterator[Element]:
    return (element for element in trial.answerable() if element.section == section.id)


def groups(trial: Trial, items: Mapping[str, Json], **keys: str) -> list[Json]:
    """A group for each section that has some of `items` (by element), in the form's order.

    Its linkId is like no element's: there is no point in an element's name.
    """
    found = []
    for section in trial.sections:
        if inside := [items[one.name] for one in _in(trial, section) if one.name in items]:
            head = {"linkId": f"section.{section.id}", "text": section.title, **keys}
            found.append({**head, "item": inside})
    return found


def _url(trial: Trial, variant: Variant) -> str:
    ending = "-every-question" if variant.every_question else ""
    return f"{variant.base}/Questionnaire/{quote(trial.registration.nct_id, safe='')}{ending}"


def _version(trial: Trial) -> str:
    """Without what a canonical address cannot hold."""
    return "-".join(trial.version.replace("|", " ").split()) or trial.sha256


def _registered(trial: Trial) -> bool:
    return re.fullmatch(r"NCT\d{8}", trial.registration.nct_id) is not None


def _item(trial: Trial, element: Element, irrelevant: Condition, base: str) -> Json:
    enabled = enabling(irrelevant, trial.elements, base)
    extensions = [*enabled.pop("extension", ()), *_extensions(element)]
    options = [
        {"valueCoding": {**choice_coding(element, name, base), "display": label}}
        for name, label in element.choices.items()
    ]
    return {
        **({"extension": extensions} if extensions else {}),
        "linkId": element.name,
        "text": element.ask,
        "type": _TYPES[element.type],
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
    match element.type:
        case "quantity":
            unit = {"url": f"{_CORE}/questionnaire-unitOption"}
            return [{**unit, "valueCoding": unit_coding(element)}, *_range(element)]
        case "integer":
            unit = {"url": f"{_CORE}/questionnaire-unit"}
            return [{**unit, "valueCoding": unit_coding(element)}, *_range(element)]
        case "date":
            return _range(element)
        case _:
            return []


def _range(element: Element) -> list[Json]:
    if element.range is None:
        return []
    found: list[Json] = []
    for key, end in (("min", element.range[0]), ("max", element.range[1])):
        if isinstance(end, date):
            found.append({"url": f"{_CORE}/{key}Value", "valueDate": end.isoformat()})
        elif element.type == "quantity":
            url = f"{_SDC}/sdc-questionnaire-{key}Quantity"
            found.append({"url": url, "valueQuantity": quantity(element, end)})
        elif abs(end) <= LARGEST_INTEGER:
            whole = math.ceil(end) if key == "min" else math.floor(end)
            found.append({"url": f"{_CORE}/{key}Value", "valueInteger": whole})
    return found
