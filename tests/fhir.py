"""FHIR resources read by the specification alone: what is enabled, what was answered, invariants.

Nothing here knows how they were written. https://hl7.org/fhir/R4/questionnaire.html
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from functools import cache
from typing import Any

import fhirpathpy
from fhirpathpy.models import models

from trialscreen.answers.answer import Answer, read_facts
from trialscreen.model.facts import Fact
from trialscreen.model.trial import SCREENING_DATE, Trial

Json = Mapping[str, Any]

UCUM = "http://unitsofmeasure.org"
EXPRESSION = "http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-enableWhenExpression"

QUESTIONNAIRE_INVARIANTS = {
    "que-0": "name.matches('[A-Z]([A-Za-z0-9_]){0,254}')",
    "que-2": "descendants().linkId.isDistinct()",
}
ITEM_INVARIANTS = {
    "que-1": "(type='group' implies item.empty().not()) and (type='display' implies item.empty())",
    "que-3": "type!='display' or code.empty()",
    "que-4": "answerOption.empty() or answerValueSet.empty()",
    "que-5": "type in ('choice' | 'open-choice' | 'decimal' | 'integer' | 'date' | 'dateTime'"
    " | 'time' | 'string' | 'quantity') or (answerValueSet.empty() and answerOption.empty())",
    "que-6": "type!='display' or (required.empty() and repeats.empty())",
    "que-7": "enableWhen.all(operator = 'exists' implies (answer is boolean))",
    "que-8": "(type!='group' and type!='display') or initial.empty()",
    "que-9": "type!='display' or readOnly.empty()",
    "que-10": "type in ('boolean' | 'decimal' | 'integer' | 'string' | 'text' | 'url')"
    " or maxLength.empty()",
    "que-11": "answerOption.empty() or initial.empty()",
    "que-12": "enableWhen.count() > 1 implies enableBehavior.exists()",  # R4 prints > 2
    "que-13": "repeats=true or initial.count() <= 1",
    "sdc: enableWhenExpression stands without enableWhen": "enableWhen.empty() or"
    f" extension.where(url = '{EXPRESSION}').empty()",
    "sdc-inv1": f"extension.where(url = '{EXPRESSION}').value.all(language = 'text/fhirpath')",
    "sdc-questionnaire-minQuantity and maxQuantity are for quantities": "type = 'quantity' or"
    " extension.where(url.endsWith('Quantity')).empty()",
    "questionnaire-unit": "type in ('integer' | 'decimal') or"
    " extension.where(url.endsWith('questionnaire-unit')).empty()",
    "questionnaire-unitOption": "type = 'quantity' or"
    " extension.where(url.endsWith('questionnaire-unitOption')).empty()",
}
RESPONSE_ITEM_INVARIANTS = {
    "qrs-1": "(answer.exists() and item.exists()).not()",
    "an answer has a value": "answer.all(value.exists())",
    "qty-3": "answer.value.ofType(Quantity).all(code.empty() or system.exists())",
}


@cache
def _compiled(expression: str) -> Callable[[Json, Json], list[Any]]:
    return fhirpathpy.compile(expression, models["r4"])


def holds(expression: str, resource: Json) -> bool:
    """Whether an expression is true of a resource; anything but one boolean fails."""
    found = _compiled(expression)(resource, {"resource": resource})
    assert found in ([True], [False]), (expression, found)
    return bool(found[0])


def items(resource: Json) -> Iterator[Json]:
    """All items, with those inside them."""
    for item in resource.get("item", ()):
        yield item
        yield from items(item)


def broken(resource: Json) -> list[tuple[str, str]]:
    """Each invariant that does not hold, with the linkId where."""
    if resource["resourceType"] == "QuestionnaireResponse":
        rules, of_items = {}, RESPONSE_ITEM_INVARIANTS
    else:
        rules, of_items = QUESTIONNAIRE_INVARIANTS, ITEM_INVARIANTS
    found = [(key, "") for key, rule in rules.items() if not holds(rule, resource)]
    names = {item["linkId"] for item in items(resource)}
    for key, rule in of_items.items():
        kept = _compiled(f"repeat(item).where({rule}).linkId")(resource, {"resource": resource})
        found += [(key, name) for name in sorted(names.difference(kept))]
    return found


# What is enabled.


def enabled(item: Json, response: Json) -> bool:
    """Whether a question is enabled with these answers; one without a condition always is."""
    for extension in item.get("extension", ()):
        if extension["url"] == EXPRESSION:
            return holds(extension["valueExpression"]["expression"], response)
    whens = [_when(one, answers_in(response)) for one in item.get("enableWhen", ())]
    if len(whens) > 1:
        assert item["enableBehavior"] in ("any", "all")
        return (any if item["enableBehavior"] == "any" else all)(whens)
    return all(whens)


def _when(condition: Json, answers: Mapping[str, Json]) -> bool:
    given = answers.get(condition["question"])
    if condition["operator"] == "exists":
        return (given is not None) is condition["answerBoolean"]
    assert condition["operator"] == "="
    if given is None:
        return False
    if "answerBoolean" in condition:
        return bool(given["valueBoolean"] is condition["answerBoolean"])
    coding, wanted = given["valueCoding"], condition["answerCoding"]
    return bool((coding["system"], coding["code"]) == (wanted["system"], wanted["code"]))


def answers_in(response: Json) -> dict[str, Json]:
    """The one answer of each question that has one."""
    found = {}
    for item in items(response):
        if "answer" in item:
            (found[item["linkId"]],) = item["answer"]
    return found


# Back to facts.


def texts_of(response: Json) -> dict[str, str]:
    """The answers as an answers file would have them."""
    return {name: _text(answer) for name, answer in answers_in(response).items()}


def _text(answer: Json) -> str:
    ((kind, value),) = answer.items()
    match kind:
        case "valueBoolean":
            return "yes" if value else "no"
        case "valueCoding":
            return str(value["code"])
        case "valueQuantity":
            return f"{value.get('comparator', '')}{value['value']}"
        case _:
            assert kind in ("valueDate", "valueInteger")
            return str(value)


def facts_of(trial: Trial, response: Json, on: date) -> dict[str, Fact]:
    """What a response says of a patient; numbers count as the digits say that show them."""
    for name, answer in answers_in(response).items():
        if "valueQuantity" in answer:
            quantity, unit = answer["valueQuantity"], trial.elements[name].unit
            assert (quantity["system"], quantity["code"]) == (UCUM, unit)
    texts = texts_of(response)
    assert texts.get(SCREENING_DATE, on.isoformat()) == on.isoformat()
    return read_facts(trial, {name: Answer(text, "flag", name) for name, text in texts.items()}, on)
