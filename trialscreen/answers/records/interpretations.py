"""Interpretations of results: FHIR's interpretation codes, and second values in OMOP.

An interpretation is compared with the value; if they contradict each other, the result cannot be
used. A result without a value takes the interpretation as its value, if it is one (positive, not
detected). High and low are judged by limits only, never by the laboratory's interpretation.

https://terminology.hl7.org/CodeSystem-v3-ObservationInterpretation.html
"""

import re
from collections.abc import Iterable, Sequence

from trialscreen.answers.records.entries import Amount, Coding
from trialscreen.answers.records.gathered import Gathered, Hit, said_as
from trialscreen.answers.records.units import Normality, range_denies
from trialscreen.model.errors import ValueProblem
from trialscreen.model.facts import Fact, meet, same
from trialscreen.model.trial import Element

_POSITIVE, _NEGATIVE = ("positive",), ("negative", "not detected")
_UNCERTAIN, _DETECTED = "indeterminate", "detected"
_NORMALITY: dict[str, Normality] = {
    "high": "high",
    "low": "low",
    "abnormal": "abnormal",
    "normal": "normal",
    "positive": "abnormal",
    "negative": "normal",
}
"""Where in its range a number lies of which that is said. What is detected may be little."""
_OFF_SCALE = {"off scale low": "<", "off scale high": ">"}
_DIGIT = re.compile(r"[0-9]")


def denied_by(found: Gathered, element: Element, hit: Hit, fact: Fact) -> str:
    """What is said beside a result that means `fact`, and cannot be true as well; or nothing."""
    for one in hit.entry.also:
        if _denies(found, element, hit, fact, one):
            return said_as(one)
    if isinstance(hit.entry.value, tuple) and not isinstance(hit.entry.value, Amount):
        for one in hit.entry.value:  # what is displayed beside a code never is the value
            if _contradicts(_fact_of(found, element, _plain_words(one)), fact):
                return said_as(one)
    return ""


def in_place_of_value(found: Gathered, element: Element, hit: Hit) -> str:
    """The word that the element takes, of a result without a value. Raises ValueProblem."""
    for one in hit.entry.also:
        words = found.codes.meaning((one,))
        if _fact_of(found, element, words) is not None:
            return next(word for word in words if _fact_of(found, element, (word,)) is not None)
    value, why = hit.entry.value, "there is no value"
    if isinstance(value, Amount):
        why = f"a number, {value.number}, is no {element.type}"
    raise ValueProblem(f"{why}; it is {also_said(hit)}, which is not read as one")


def also_said(hit: Hit) -> str:
    """All that is said beside a result, in words."""
    return f"said to be {' and '.join(map(said_as, hit.entry.also))}"


def _denies(found: Gathered, element: Element, hit: Hit, fact: Fact, one: Coding) -> bool:
    words, value = found.codes.meaning((one,)), hit.entry.value
    if not words:
        # No code that is known; a word that contradicts the result is not passed over for that.
        return _contradicts(_fact_of(found, element, _plain_words(one)), fact)
    said = words[0]
    if said == _UNCERTAIN:
        return True
    if isinstance(value, Amount):
        if said in _OFF_SCALE:
            return not value.comparator.startswith(_OFF_SCALE[said])
        says = None if _DETECTED in words else _NORMALITY.get(said)
        if says is not None and range_denies(says, value, hit.entry.limits):
            return True
    positive, negative = (_fact_of(found, element, of) for of in (_POSITIVE, _NEGATIVE))
    # By its limit, a number of virus may be "not above", and detected.
    is_by_limit = isinstance(value, Amount) and element.type == "boolean"
    is_negative = same(negative, fact) and not is_by_limit
    if said in _POSITIVE:
        return is_negative or _contradicts(positive, fact)
    if said in _NEGATIVE:
        return _contradicts(negative, fact)
    if said in ("high", "abnormal"):
        return is_negative
    return said == "normal" and same(positive, fact)


def _contradicts(other: Fact | None, fact: Fact) -> bool:
    return other is not None and meet(other, fact) is None


def _fact_of(found: Gathered, element: Element, words: Iterable[str]) -> Fact | None:
    """The first of these words that the element takes, as what it means; None if it takes none."""
    for word in words:
        try:
            return found.read(element, word)
        except ValueProblem:
            continue
    return None


def _plain_words(one: Coding) -> Sequence[str]:
    """What may be read of a code that is not known: no digits, which may number anything."""
    return [text for text in (one.display, one.code) if text and not _DIGIT.search(text)]
