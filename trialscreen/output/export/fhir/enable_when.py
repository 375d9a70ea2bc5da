"""Translates conditions to FHIR's two forms of skip logic: `enableWhen` and FHIRPath.

A question depends on earlier ones only. So an answer that is dropped because its question is
disabled cannot affect the questions that disabled it, and dropping it changes no finding.

`enableWhen` is used for conditions on a single yes/no or choice question: enabled while that has no
answer, or one of the answers listed. Everything else goes into SDC's enableWhenExpression. A tool
that does not support the extension shows the question.

https://hl7.org/fhir/R4/questionnaire.html
https://hl7.org/fhir/uv/sdc/StructureDefinition-sdc-questionnaire-enableWhenExpression.html
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import assert_never

from trialscreen.model.expr import BY_SIGN
from trialscreen.model.rules import Operator
from trialscreen.model.trial import Element, Trial
from trialscreen.output.export import conditions
from trialscreen.output.export.fhir.datatypes import Answer, Json, choice_coding

EXPRESSION_URL = (
    "http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-enableWhenExpression"
)


def irrelevant_when(trial: Trial, questions: Iterable[str]) -> dict[str, conditions.Condition]:
    """When each of `questions` can no longer matter, in terms of answers to earlier ones."""
    relevance = conditions.Relevance(trial, {}, as_it_stands=False)
    found: dict[str, conditions.Condition] = {}

    def said(test: conditions.Test) -> conditions.Condition:
        """A test of an earlier question's answer; never of its absence, as it may still come."""
        is_one = isinstance(test, conditions.Answered | conditions.Chosen | conditions.Bounded)
        return test if is_one and test.field in found else conditions.NEVER

    for name in questions:
        found[name] = conditions.substituted(relevance.irrelevant(name), said)
    return found


def enabling(irrelevant: conditions.Condition, elements: Mapping[str, Element], base: str) -> Json:
    """The keys of an item that is enabled until `irrelevant` holds; none if it never does."""
    if irrelevant == conditions.NEVER:
        return {}
    questions = {test.field for test in conditions.tests_of(irrelevant)}
    element = elements[next(iter(questions))]
    if len(questions) == 1 and element.type in ("boolean", "choice"):
        return _enable_when(irrelevant, element, base)
    expression = {"language": "text/fhirpath", "expression": f"({fhirpath(irrelevant)}).not()"}
    return {"extension": [{"url": EXPRESSION_URL, "valueExpression": expression}]}


def _enable_when(irrelevant: conditions.Condition, element: Element, base: str) -> Json:
    """Uses `exists` and `=` only: tools disagree on what `!=` means without an answer."""
    whens: list[Json] = [{"question": element.name, "operator": "exists", "answerBoolean": False}]
    for value in conditions.values_of(element):
        answer, key = (
            (value, "Boolean")
            if isinstance(value, bool)
            else (choice_coding(element, value, base), "Coding")
        )
        if not holds(irrelevant, {element.name: {f"value{key}": answer}}):
            whens.append({"question": element.name, "operator": "=", f"answer{key}": answer})
    return {"enableWhen": whens, **({"enableBehavior": "any"} if len(whens) > 1 else {})}


_STRICT = (Operator.ABOVE, Operator.BELOW)


def holds(condition: conditions.Condition, answers: Mapping[str, Answer]) -> bool:
    """Whether `condition` holds for these answers, by question."""
    match condition:
        case conditions.Joined(word, parts):
            return (all if word == "and" else any)(holds(part, answers) for part in parts)
        case conditions.Answered(question):
            return question in answers
        case conditions.Chosen(question, values):
            return question in answers and _choice(answers[question]) in values
        case conditions.Bounded(question):
            return question in answers and _within(condition, answers[question])
        case conditions.Unanswered() | conditions.Compared():
            raise ValueError(condition)  # not said
        case _:
            assert_never(condition)


def _choice(answer: Answer) -> object:
    return answer["valueCoding"]["code"] if "valueCoding" in answer else answer["valueBoolean"]


def _within(test: conditions.Bounded, answer: Answer) -> bool:
    compared = BY_SIGN[test.operator.sign]
    if test.unit is None:
        return bool(compared(answer["valueInteger"], test.bound))
    quantity, inside = answer["valueQuantity"], test.operator.sign[0]
    comparator, value = quantity.get("comparator", ""), quantity["value"]
    if quantity["code"] != test.unit or not (comparator or inside).startswith(inside):
        return False
    beside = test.operator in _STRICT and comparator == inside and value == test.bound
    return beside or bool(compared(value, test.bound))


# FHIRPath.


def fhirpath(condition: conditions.Condition) -> str:
    """A condition as an expression over %resource, the response; always true or false."""
    if not isinstance(condition, conditions.Joined):
        return _test(condition, [condition.field])
    if condition.word == "or":
        return " or ".join(_alternatives(condition.parts))
    return " and ".join(map(_alone, condition.parts))


def _alternatives(parts: Iterable[conditions.Condition]) -> Iterator[str]:
    """The parts as FHIRPath, with the same test of several questions merged into one."""
    alike: defaultdict[object, list[conditions.Condition]] = defaultdict(list)
    for part in parts:
        alike[part.values if isinstance(part, conditions.Chosen) else part].append(part)
    for first, *others in alike.values():
        if isinstance(first, conditions.Joined):
            yield _alone(first)
        else:
            questions = [
                test.field for one in (first, *others) for test in conditions.tests_of(one)
            ]
            yield _test(first, questions)


def _alone(condition: conditions.Condition) -> str:
    text = fhirpath(condition)
    return f"({text})" if isinstance(condition, conditions.Joined) else text


def _test(test: conditions.Test, questions: Sequence[str]) -> str:
    links = [_quoted(question) for question in questions]
    linked = f"= {links[0]}" if len(links) == 1 else f"in ({' | '.join(links)})"
    answers = f"%resource.item.item.where(linkId {linked}).answer"
    match test:
        case conditions.Answered():
            return f"{answers}.value.exists()"
        case conditions.Chosen(_, values) if isinstance(values[0], bool):
            given = " or ".join(f"value = {str(value).lower()}" for value in values)
            return f"{answers}.where({given}).exists()"
        case conditions.Chosen(_, values):
            given = " or ".join(f"code = {_quoted(str(value))}" for value in values)
            return f"{answers}.value.where({given}).exists()"
        case conditions.Bounded():
            return f"{answers}.value.where({_bounded(test)}).exists()"
        case conditions.Unanswered() | conditions.Compared():
            raise ValueError(test)  # not said
        case _:
            assert_never(test)


def _bounded(test: conditions.Bounded) -> str:
    """A bound; matches a number in the same unit, without a comparator that could cross it."""
    bound = f"{Decimal(repr(test.bound)):f}"
    if test.unit is None:
        return f"$this {test.operator.sign} {bound}"
    compared = f"value {test.operator.sign} {bound}"
    inside = test.operator.sign[0]
    if test.operator in _STRICT:
        compared = f"({compared} or comparator = '{inside}' and value = {bound})"
    one_side = f"comparator.empty() or comparator.startsWith('{inside}')"
    return f"code = {_quoted(test.unit)} and ({one_side}) and {compared}"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"
