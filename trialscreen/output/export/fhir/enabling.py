"""A condition in the two forms that FHIR has for it: `enableWhen`, and an FHIRPath expression.

`enableWhen` says all that hangs on one yes/no question or choice: the question is enabled
while that one has no answer, or one of the answers named. What else there is goes into
SDC's enableWhenExpression. A tool that does not know the extension shows the question.

https://hl7.org/fhir/R4/questionnaire.html
https://hl7.org/fhir/uv/sdc/StructureDefinition-sdc-questionnaire-enableWhenExpression.html
"""

from collections.abc import Iterator, Mapping
from decimal import Decimal

from trialscreen.model.trial import Element
from trialscreen.output.export.fhir.conditions import (
    NEVER,
    STRICT,
    Answered,
    Bounded,
    Chosen,
    Condition,
    Every,
    Some,
    Test,
    holds,
    side,
    tests_of,
)
from trialscreen.output.export.fhir.relevance import values_of
from trialscreen.output.export.fhir.values import Json, choice_coding

EXPRESSION_URL = (
    "http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-enableWhenExpression"
)


def enabling(irrelevant: Condition, elements: Mapping[str, Element], base: str) -> Json:
    """The keys of an item that is enabled until `irrelevant` holds; none if it never does."""
    if irrelevant == NEVER:
        return {}
    questions = {test.question for test in tests_of(irrelevant)}
    element = elements[next(iter(questions))]
    if len(questions) == 1 and element.type in ("boolean", "choice"):
        return _enable_when(irrelevant, element, base)
    expression = {"language": "text/fhirpath", "expression": f"({fhirpath(irrelevant)}).not()"}
    return {"extension": [{"url": EXPRESSION_URL, "valueExpression": expression}]}


def _enable_when(irrelevant: Condition, element: Element, base: str) -> Json:
    """`exists` and `=` only: what `!=` means without an answer, tools read in two ways."""
    whens: list[Json] = [{"question": element.name, "operator": "exists", "answerBoolean": False}]
    for value in values_of(element):
        answer, key = (
            (value, "Boolean")
            if isinstance(value, bool)
            else (choice_coding(element, value, base), "Coding")
        )
        if not holds(irrelevant, {element.name: {f"value{key}": answer}}):
            whens.append({"question": element.name, "operator": "=", f"answer{key}": answer})
    return {"enableWhen": whens, **({"enableBehavior": "any"} if len(whens) > 1 else {})}


# FHIRPath.


def fhirpath(condition: Condition) -> str:
    """A condition as an expression over %resource, the response; always true or false."""
    match condition:
        case Some(parts):
            return " or ".join(_alternatives(parts))
        case Every(parts):
            texts = (fhirpath(part) for part in parts)
            return " and ".join(
                f"({text})" if isinstance(part, Some) else text
                for part, text in zip(parts, texts, strict=True)
            )
        case _:
            return _test(condition, (condition.question,))


def _alternatives(parts: tuple[Condition, ...]) -> Iterator[str]:
    """One text for all questions that the same is asked of."""
    alike: dict[object, list[Condition]] = {}
    for part in parts:
        key = part.values if isinstance(part, Chosen) else part
        alike.setdefault(key, []).append(part)
    for first, *others in alike.values():
        if isinstance(first, Some | Every):
            yield f"({fhirpath(first)})"
        else:
            questions = (test.question for one in (first, *others) for test in tests_of(one))
            yield _test(first, tuple(questions))


def _test(test: Test, questions: tuple[str, ...]) -> str:
    links = [_quoted(question) for question in questions]
    linked = f"= {links[0]}" if len(links) == 1 else f"in ({' | '.join(links)})"
    answers = f"%resource.item.item.where(linkId {linked}).answer"
    match test:
        case Answered():
            return f"{answers}.value.exists()"
        case Chosen(_, values) if isinstance(values[0], bool):
            given = " or ".join(f"value = {str(value).lower()}" for value in values)
            return f"{answers}.where({given}).exists()"
        case Chosen(_, values):
            given = " or ".join(f"code = {_quoted(str(value))}" for value in values)
            return f"{answers}.value.where({given}).exists()"
        case Bounded():
            return f"{answers}.value.where({_bounded(test)}).exists()"


def _bounded(test: Bounded) -> str:
    """A number counts in its unit only, and with a comparator that keeps it on its side."""
    bound = f"{Decimal(repr(test.bound)):f}"
    if test.unit is None:
        return f"$this {test.operator.sign} {bound}"
    compared = f"value {test.operator.sign} {bound}"
    inside = side(test.operator)
    if test.operator in STRICT:
        compared = f"({compared} or comparator = '{inside}' and value = {bound})"
    one_side = f"comparator.empty() or comparator.startsWith('{inside}')"
    return f"code = {_quoted(test.unit)} and ({one_side}) and {compared}"


def _quoted(text: str) -> str:
    """A FHIRPath string."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"
