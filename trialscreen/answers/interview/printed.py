"""A value as reports print it, with its limits behind it: `22 (7-40)` is up to three answers."""

import re
from collections.abc import Mapping
from datetime import date
from typing import NamedTuple

from trialscreen.answers.sampled import is_day_in_brackets
from trialscreen.answers.values import no_number, read_value, split_unit
from trialscreen.model.errors import ValueProblem
from trialscreen.model.limits import limits_by_value
from trialscreen.model.trial import Element, Trial
from trialscreen.text.characters import shown
from trialscreen.text.spelling import folded

_PRINTED = re.compile(
    r"(?P<value>.+?)\s*[(（\[]\s*(?P<limits>[<>≤≥=]*\s*\.?[0-9][^()（）\[\]]*)[)）\]]"
    r"\s*(?P<unit>.*?)(?P<day>\bon\s+\S.*)?",
    re.IGNORECASE,
)
_NUMBER = r"[0-9]*\.?[0-9]+"
_UNIT = r"\s*((?:[^0-9.,\s].*)?)"
_RANGE = re.compile(rf"({_NUMBER})\s*(?:[-‐‑‒–—−~～]|\.{{2,}}|to\b)\s*({_NUMBER}){_UNIT}")
_END = re.compile(rf"(<=?|>=?|≤|≥|)\s*({_NUMBER}){_UNIT}")


class Ends(NamedTuple):
    """The limits of normal, as they are written; empty where none is."""

    lower: str
    upper: str


def limit_elements(trial: Trial, element: Element) -> dict[str, str]:
    """The elements that are a value's limits, by what they are; none where that is not clear."""
    roles = limits_by_value(trial).get(element.name, {})
    found: dict[str, str] = {role: name for name, role in roles.items()}
    return found if len(found) == len(roles) and "unclear" not in found else {}


def printed(trial: Trial, element: Element, reply: str) -> list[tuple[Element, str]] | None:
    """A value and its limits, those that the trial asks for; None if no limits stand behind it.

    One unit, wherever it stands, is that of all. Raises ValueProblem.
    """
    names = limit_elements(trial, element)
    found = _PRINTED.fullmatch(reply.strip())
    if not names or found is None or is_day_in_brackets(found["limits"]):
        return None
    ends, unit_of_limits = _ends(found["limits"].strip(), names, reply)
    value, behind = found["value"], found["unit"].strip() or unit_of_limits
    if (split := split_unit(value)) is None:
        raise no_number(folded(value), value)
    unit = value[len(value) - len(split[1]) :] or behind
    words = (value, "" if split[1] else behind, found["day"] or "")
    texts = [(element, " ".join(filter(None, words)))]
    for role, name in names.items():
        if number := getattr(ends, role):
            text = f"{number} {unit_of_limits or unit}".strip()
            _check(trial, trial.elements[name], text)
            texts.append((trial.elements[name], text))
    return texts


def _check(trial: Trial, limit: Element, text: str) -> None:
    """Raises ValueProblem, which says what limit it is of, if `text` cannot be one."""
    try:
        read_value(trial, limit, text, date.max)
    except ValueProblem as problem:
        raise ValueProblem(f"{limit.label}: {problem}") from None


def _ends(text: str, names: Mapping[str, str], reply: str) -> tuple[Ends, str]:
    """The limits and their unit, if one stands beside them."""
    if (between := _RANGE.fullmatch(text)) is not None:
        if float(between[1]) >= float(between[2]):
            raise ValueProblem(f"{shown(reply)}: the limits run downwards")
        return Ends(between[1], between[2]), between[3]
    end = _END.fullmatch(text)
    sign = "" if end is None else end[1]
    if end is None or (not sign and len(names) > 1):
        raise ValueProblem(f"{shown(reply)}; expected limits such as (7-40), (<40) or (>7)")
    is_upper = sign[:1] in "<≤" if sign else "upper" in names
    return (Ends("", end[2]) if is_upper else Ends(end[2], "")), end[3]
