"""The one parser of values: what a person or file wrote for an element, to a fact.

Flags, answer files, the interview and the text cells of a table all come through here.
Nothing is guessed: a text with two possible meanings is refused, and the message says
how to write what was meant.
"""

import calendar
import math
import re
import unicodedata
from collections.abc import Mapping
from datetime import date

from trialscreen.ago import how_long_ago
from trialscreen.derive import DECIMALS
from trialscreen.errors import ValueProblem
from trialscreen.fact import Dates, Exactly, Fact, Numbers, just_above, just_below
from trialscreen.text import first_control, nearest, shown
from trialscreen.trial import Element, Trial, Unit
from trialscreen.words import show_range

MAX_LENGTH = 200
UNKNOWN = "unknown"

YES_NO: Mapping[str, bool] = {
    **dict.fromkeys(("yes", "y", "true", "t", "1"), True),
    **dict.fromkeys(("no", "n", "false", "f", "0"), False),
}
_SIGNS = {"<": "<", ">": ">", "<=": "<=", ">=": ">=", "≤": "<=", "≥": ">=", "=<": "<=", "=>": ">="}
_SIGNED = re.compile(r"(<=|>=|=<|=>|≤|≥|<|>)?\s*(.*)", re.DOTALL)
_NUMBER = re.compile(
    r"(?P<number>[+-]?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:e[+-]?[0-9]{1,3})?)"
    r"(?:\s*[x×*]\s*10\s*\^\s*(?P<power>[+-]?[0-9]{1,3}))?\s*(?P<unit>.*)",
    re.DOTALL | re.IGNORECASE,
)
_POWER_OF_TEN = re.compile("10([⁰¹²³⁴⁵⁶⁷⁸⁹⁻]+)")
_BETWEEN = re.compile(r"(.+?)\s*(?:\.\.|\bto\b)\s*(.+)", re.DOTALL)
_DATE = re.compile(r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2}))?)?")


def read_value(trial: Trial, element: Element, text: str, on: date) -> Fact | None:
    """The fact that `text` states on screening date `on`; None for "unknown".

    Numbers come out in the element's unit. Raises ValueProblem, with the value and what
    would be accepted.
    """
    if len(text) > MAX_LENGTH:
        raise ValueProblem(f"{shown(text)} is too long; at most {MAX_LENGTH} characters are read")
    if first_control(text) is not None or "\n" in text:
        raise ValueProblem(f"{shown(text)} holds a control character or a line break")
    clean = fold(text)
    if not clean:
        raise ValueProblem(f"an empty value; write {UNKNOWN!r} for a value that is not known")
    if clean == UNKNOWN:
        return None
    spelt = {fold(spelling): meant for spelling, meant in element.spellings.items()}
    clean = fold(spelt.get(clean, clean))
    match element.type:
        case "boolean":
            return _read_yes_no(clean, text)
        case "choice":
            return _read_choice(element, clean, text)
        case "date":
            return _read_date(element, clean, text, on)
        case _:
            return _read_number(trial, element, clean, text)


def in_dates(element: Element, text: str, on: date) -> str:
    """`text` as it can be kept: how long ago something was is put in dates."""
    said = how_long_ago(fold(text), on) if element.type == "date" else None
    return said or text


def split_sign(text: str) -> tuple[str, str]:
    """`<`, `>`, `<=`, `>=` or nothing, and the text behind it."""
    matched = _SIGNED.fullmatch(fold(text))
    assert matched is not None
    return _SIGNS.get(matched[1] or "", ""), matched[2]


def split_unit(text: str) -> tuple[str, str] | None:
    """A number (or bound, or span) and its unit, empty where none is written; None if it is none.

    What the number is worth, and whether the unit is one, `read_value` says.
    """
    clean = fold(text)
    sign, last = split_sign(clean)
    if not sign and (between := _BETWEEN.fullmatch(last)) is not None:
        last = between[2]
    match = _NUMBER.fullmatch(last)
    if match is None or _continues(match["unit"]):
        return None
    unit = match["unit"]
    return clean.removesuffix(unit).rstrip(), unit


def fold(text: str) -> str:
    """One spelling for what looks the same: full-width digits, µ and μ, case, dashes, spaces."""
    folded = unicodedata.normalize("NFKC", _POWER_OF_TEN.sub(r"10^\1", text)).casefold()
    return " ".join(folded.replace("−", "-").replace("–", "-").split())


def _read_yes_no(clean: str, text: str) -> Exactly:
    if clean in YES_NO:
        return Exactly(YES_NO[clean])
    raise ValueProblem(f"{shown(text)}; expected yes, no or unknown")


def _read_choice(element: Element, clean: str, text: str) -> Exactly:
    names: dict[str, str] = {}
    for name, label in element.choices.items():
        names[fold(name).replace("_", " ")] = names[fold(label)] = name
    spoken = clean.replace("_", " ").replace("-", " ")
    if (meant := names.get(clean) or names.get(spoken)) is not None:
        return Exactly(meant)
    known = (*element.choices, UNKNOWN)
    hint = nearest(clean, known)
    raise ValueProblem(f"{shown(text)}; expected {', '.join(known)}{'.' if hint else ''}{hint}")


# Dates.


def _read_date(element: Element, clean: str, text: str, on: date) -> Dates:
    if (dates := how_long_ago(clean, on)) is not None:
        raise ValueProblem(f"{shown(text)} depends on the day it is said; write '{dates}'")
    matched = _SIGNED.fullmatch(clean)
    assert matched is not None
    sign, rest = _SIGNS.get(matched[1] or "", ""), matched[2]
    between = _BETWEEN.fullmatch(rest) if not sign else None
    if between is not None:
        first, last = _days(between[1], text)[0], _days(between[2], text)[1]
        if first > last:
            raise ValueProblem(f"{shown(text)} runs backwards; write the earlier date first")
    else:
        first, last = _days(rest, text)
    low, high = element.range if element.range is not None else (date.min, date.max)
    assert isinstance(low, date) and isinstance(high, date)
    latest = min(high, on)
    match sign:
        case "<":
            first, last = low, _shift(first, -1)
        case "<=":
            first = low
        case ">":
            first, last = _shift(last, 1), latest
        case ">=":
            last = latest
    if first > latest:
        limit = "the screening date" if latest == on else "the latest accepted day,"
        raise ValueProblem(f"{shown(text)} lies after {limit} {latest}")
    if last < low:
        raise ValueProblem(f"{shown(text)} lies before {low}, the earliest accepted day")
    return Dates(max(first, low), min(last, latest))


def read_day(text: str) -> date:
    """The one day that `text` states as YYYY-MM-DD; else ValueProblem."""
    first, last = _days(fold(text), text)
    if first != last:
        raise ValueProblem(f"{shown(text)} is not one day; expected YYYY-MM-DD")
    return first


def _shift(day: date, days: int) -> date:
    """The neighbouring day, within the calendar."""
    return date.fromordinal(min(max(day.toordinal() + days, 1), date.max.toordinal()))


def _days(clean: str, text: str) -> tuple[date, date]:
    """First and last day of YYYY, YYYY-MM or YYYY-MM-DD."""
    match = _DATE.fullmatch(clean)
    if match is None:
        raise ValueProblem(
            f"{shown(text)} is not a date; expected YYYY-MM-DD, or YYYY-MM or YYYY for a date"
            " that is known in part"
        )
    year, month, day = int(match[1]), int(match[2] or 0), int(match[3] or 0)
    try:
        first = date(year, month if match[2] else 1, day if match[3] else 1)
    except ValueError:
        wrong = f": there is no month {match[2]}" if match[2] and not 1 <= month <= 12 else ""
        raise ValueProblem(f"{shown(text)} is not a day of the calendar{wrong}") from None
    if match[3]:
        return first, first
    last_month = month or 12
    return first, date(year, last_month, calendar.monthrange(year, last_month)[1])


# Numbers.


def _read_number(trial: Trial, element: Element, clean: str, text: str) -> Numbers:
    assert element.range is not None
    low, high = (float(end) for end in element.range)  # type: ignore[arg-type]
    matched = _SIGNED.fullmatch(clean)
    assert matched is not None
    sign, rest = _SIGNS.get(matched[1] or "", ""), matched[2]
    between = _BETWEEN.fullmatch(rest) if not sign else None
    if between is not None:
        unit = _split(between[2], text)[1]
        first = _convert(trial, element, *_split(between[1], text, unit), text)
        last = _convert(trial, element, *_split(between[2], text), text)
        if first > last:
            raise ValueProblem(f"{shown(text)} runs downwards; write the lower number first")
    else:
        value = _convert(trial, element, *_split(rest, text), text)
        first, last = _bounds(element, sign, value, low, high)
    if last < low or first > high or first > last:
        hint = f". {element.range_help}" if element.range_help else ""
        raise ValueProblem(
            f"{shown(text)} is out of range; expected {show_range(trial, element)}{hint}"
        )
    if not sign and (first < low or last > high):
        raise ValueProblem(
            f"{shown(text)} is partly out of range; expected {show_range(trial, element)}"
        )
    return Numbers(max(first, low), min(last, high))


def _bounds(
    element: Element, sign: str, value: float, low: float, high: float
) -> tuple[float, float]:
    """The values that `sign value` allows; on a count, the next whole number closes `<` and `>`."""
    whole = element.type == "integer"
    match sign:
        case "<":
            return low, value - 1 if whole else just_below(value)
        case "<=":
            return low, value
        case ">":
            return value + 1 if whole else just_above(value), high
        case ">=":
            return value, high
        case _:
            return value, value


def _split(clean: str, text: str, unit: str = "") -> tuple[float, str]:
    """A number and the text of its unit (`unit` where it has none)."""
    match = _NUMBER.fullmatch(clean)
    if match is None or _continues(match["unit"]):
        if "," in clean:
            raise ValueProblem(
                f"{shown(text)} is ambiguous: write a decimal point (5.5) and no comma in thousands"
            )
        raise ValueProblem(f"{shown(text)} is not a number")
    value = _as_written(match["number"], match["power"])
    if not math.isfinite(value):
        raise ValueProblem(f"{shown(text)} is not a finite number")
    return value, match["unit"] or unit


def _as_written(number: str, power: str | None) -> float:
    """An int for a whole number without a point, for it may have been rounded to the unit."""
    if power is None and number.lstrip("+-").isdigit():
        return int(number)
    return float(number) * float(f"1e{power or 0}")


def _continues(rest: str) -> bool:
    """Whether what stands after the number is more of a number, not a unit (`5,5`, `012`)."""
    return rest[:1].isdigit() or rest.startswith((".", ",", "'", "_", "+", "-", ":", "x 10", "x10"))


def _convert(trial: Trial, element: Element, value: float, unit: str, text: str) -> float:
    """`value` in the element's own unit; rounded as derived numbers are."""
    assert element.unit is not None
    code = _unit_code(trial, element, unit)
    if code is None:
        raise ValueProblem(_unit_message(trial, element, unit, text))
    if code != element.unit:
        value = round(value * element.accepts[code], DECIMALS)
    if element.type == "integer" and value != int(value):
        raise ValueProblem(f"{shown(text)}; expected a whole number")
    return value


def _unit_code(trial: Trial, element: Element, unit: str) -> str | None:
    """The UCUM code that `unit` means for this element; None if it is not accepted."""
    assert element.unit is not None
    if not unit:
        return element.unit
    codes: tuple[str, ...] = (element.unit, *element.accepts)
    for code in codes:
        if unit in _unit_names(trial, code):
            return code
    return None


def check_unit(trial: Trial, element: Element, unit: str) -> None:
    """Raises ValueProblem if values of the element cannot be given in `unit`."""
    if element.unit is None:
        raise ValueProblem(f"{shown(unit)}: {element.name} has no unit")
    if _unit_code(trial, element, fold(unit)) is None:
        raise ValueProblem(_unit_message(trial, element, fold(unit), unit))


def _unit_names(trial: Trial, code: str) -> set[str]:
    known = trial.units.get(code, Unit(code, code))
    return {fold(name) for name in (code, known.show, *known.spellings)}


def _unit_message(trial: Trial, element: Element, unit: str, text: str) -> str:
    for code, reason in element.refuses.items():
        if unit in _unit_names(trial, code):
            return f"{shown(text)}: {reason}"
    codes = (element.unit, *element.accepts)
    units = ", ".join(trial.unit_text(code) or "no unit" for code in codes)
    return f"{shown(text)}: the unit {shown(unit)} is not accepted; expected {units}"
