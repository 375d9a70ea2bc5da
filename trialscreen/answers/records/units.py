"""Converts recorded amounts to texts in a unit that the value parser accepts for the element."""

import re
from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Literal

from trialscreen.answers.records.codes import ABOVE_LIMIT
from trialscreen.answers.records.entries import Amount, NormalRange
from trialscreen.answers.values import signed, split_unit, unit_code, unit_names
from trialscreen.model import truth
from trialscreen.model.errors import ValueProblem
from trialscreen.model.facts import DECIMALS, number
from trialscreen.model.rules import Operator
from trialscreen.model.trial import Element
from trialscreen.screening.compare import comparing
from trialscreen.text.characters import folded, shown

_NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,3})?")
_POWERS = {"": 0, "k": 3, "d": -1, "c": -2, "m": -3, "u": -6, "n": -9, "p": -12, "f": -15}
_INTERNATIONAL = re.compile(r"([kmunpf]?)\[[iI]U\]/([dcmunpf]?)[lL]")
_MICRO = str.maketrans("µμ", "uu")
_ONE = Fraction(1)
Normality = Literal["high", "low", "abnormal", "normal"]
_LITRE = re.compile(r"(?<![A-Za-z\[])([dcmunpf]?)l(?![A-Za-z])")


def amount_text(element: Element, units: Mapping[str, Fraction], amount: Amount) -> str:
    """What `read_value` reads as this amount of the element.

    `units`: what the mapping takes beside the units of the criteria file. Where the unit is the
    element's own, the digits stay as they were written; else factors are exact, and what they
    make is rounded as derived numbers are. Raises ValueProblem for a unit that it is not in.
    """
    if _NUMBER.fullmatch(amount.number) is None:
        raise ValueProblem(f"{_shown(amount)} is not a number")
    written = f"{amount.comparator}{amount.number}"
    code, factor = _unit(element, units, amount)
    if factor != 1:
        written = f"{amount.comparator}{times(amount.number, factor)}"
    return written if code == element.unit else f"{written} {code}"


def _unit(element: Element, units: Mapping[str, Fraction], amount: Amount) -> tuple[str, Fraction]:
    """The unit in which an amount is passed on, and the factor that brings it there."""
    assert element.unit is not None
    if not amount.ucum:
        if (factor := units.get(amount.unit)) is not None:
            return element.unit, factor
        if not amount.unit:
            raise ValueProblem(f"{_shown(amount)} has no unit")
        if (code := unit_code(element, folded(amount.unit))) is None:
            raise _not_its_unit(element, amount, amount.unit)
        return code, _ONE
    printed = _printed(element, amount.unit)
    code = plain_unit(amount.ucum)
    if code == element.unit or code in element.accepts:
        found = (code, _ONE)
    elif (factor := units.get(amount.ucum) or _international(element, code)) is not None:
        found = (element.unit, factor)
    else:
        raise _not_its_unit(element, amount, amount.ucum)
    if printed is not None and printed != found[0] and amount.unit not in (amount.ucum, code):
        raise ValueProblem(f"{_shown(amount)} is coded {shown(amount.ucum)}: two different units")
    return found


def _printed(element: Element, unit: str) -> str | None:
    """The code of a printed unit, accepted or refused for the element; None if it is neither."""
    word = folded(unit)
    if unit and (code := unit_code(element, word)) is not None:
        return code
    return next((code for code in element.refuses if word in unit_names(element, code)), None)


def plain_unit(ucum: str) -> str:
    """A code with a large L for litres, which UCUM writes both ways, and u for micro."""
    return _LITRE.sub(r"\1L", ucum.strip().translate(_MICRO))


def _international(element: Element, code: str) -> Fraction | None:
    """The factor between two concentrations in international units."""
    one, own = (_INTERNATIONAL.fullmatch(text) for text in (code, element.unit or ""))
    if one is None or own is None:
        return None
    power = _POWERS[one[1]] - _POWERS[one[2]] - _POWERS[own[1]] + _POWERS[own[2]]
    return Fraction(10) ** power


def times(number: str, factor: Fraction) -> str:
    """An exact product, rounded as derived numbers are and written without a power of ten."""
    product = Fraction(Decimal(number)) * factor
    scaled = round(product * 10**DECIMALS)
    return f"{Decimal(scaled).scaleb(-DECIMALS).normalize():f}"


def _shown(amount: Amount) -> str:
    return shown(f"{amount.comparator}{amount.number} {amount.unit or amount.ucum}".strip())


def _not_its_unit(element: Element, amount: Amount, unit: str) -> ValueProblem:
    for code, reason in element.refuses.items():
        if folded(unit) in unit_names(element, code):
            return ValueProblem(f"{_shown(amount)}: {reason}")
    taken = ", ".join((element.unit or "", *element.accepts))
    return ValueProblem(f"{_shown(amount)}: the unit {shown(unit)} is not taken; expected {taken}")


def words_text(element: Element, units: Mapping[str, Fraction], words: str) -> str:
    """What `read_value` reads as a result that was written in words, or as a number in a text."""
    if element.unit is None or (split := split_unit(words)) is None:
        return words
    number, unit = split
    match = re.fullmatch(r"(<=|>=|<|>)?\s*([0-9.e+-]+)", number)
    if match is not None:
        return amount_text(element, units, Amount(match[2], match[1] or "", unit))
    if not unit and "" not in units:
        raise ValueProblem(f"{shown(words)} has no unit")
    return words


class LimitMissing(ValueProblem):
    """A result that is as it should be, without the limit that would tell what it says."""


def limit_says(says: str, amount: Amount, limits: NormalRange) -> str:
    """Whether a result is above its printed upper limit, or outside its printed range: yes or no.

    Raises ValueProblem where the limits do not tell.
    """
    if are_swapped(limits):
        raise LimitMissing(f"{_shown(amount)} has a lower limit printed above its upper limit")
    above = _beyond(amount, limits.high, "<", Operator.ABOVE, Operator.AT_LEAST)
    below = _beyond(amount, limits.low, ">", Operator.BELOW, Operator.AT_MOST)
    decided = above if says == ABOVE_LIMIT else truth.at_least(1, (above, below))
    if decided is truth.UNKNOWN:
        raise LimitMissing(f"{_shown(amount)} has no printed limit that tells")
    return "yes" if decided is truth.TRUE else "no"


def range_denies(says: Normality, amount: Amount, limits: NormalRange) -> bool:
    """Whether a result is certainly not where its printed range has what is said of it.

    A result on a limit may be called either; a range of 0 to 0 stands for none.
    """
    if are_swapped(limits) or is_none(limits):
        return False
    high, low = limits.high, limits.low
    if says == "normal":
        above = _beyond(amount, high, "<", Operator.ABOVE, Operator.AT_LEAST)
        below = _beyond(amount, low, ">", Operator.BELOW, Operator.AT_MOST)
        return truth.TRUE in (above, below)
    reaches = {
        "high": _beyond(amount, high, "<", Operator.AT_LEAST, Operator.AT_LEAST),
        "low": _beyond(amount, low, ">", Operator.AT_MOST, Operator.AT_MOST),
    }
    printed = [side for side, end in (("high", high), ("low", low)) if end is not None]
    sides = printed if says == "abnormal" else [says]
    return bool(sides) and all(reaches[side] is truth.FALSE for side in sides)


def printed_range(limits: NormalRange) -> str:
    """A range in words, behind a result; empty without one."""
    words = ((limits.low, "from"), (limits.high, "to"))
    ends = [f"{word} {end.comparator}{end.number}" for end, word in words if end is not None]
    return f", with a range of normal {' '.join(ends)}," if ends else ""


def is_none(limits: NormalRange) -> bool:
    """Whether a range is the 0 to 0 that is printed for none."""
    low, high = limits
    return low is not None and high is not None and not (low.number + high.number).strip("0.-")


def are_swapped(limits: NormalRange) -> bool:
    """Whether the lower limit is above the upper one, so that neither tells anything."""
    low, high = limits
    if low is None or high is None or not (_in_one_unit(low, high) or _in_one_unit(high, low)):
        return False
    are_numbers = all(_NUMBER.fullmatch(one.number) for one in (low, high))
    return are_numbers and Decimal(low.number) > Decimal(high.number)


def _beyond(
    amount: Amount, limit: Amount | None, outside: str, beyond: Operator, at: Operator
) -> truth.Truth:
    """Whether an amount is `beyond` a limit in its unit, or `at` one that is `outside`: `<40`."""
    if limit is None or limit.comparator not in ("", outside) or not _in_one_unit(limit, amount):
        return truth.UNKNOWN
    if not all(_NUMBER.fullmatch(one.number) for one in (amount, limit)):
        return truth.UNKNOWN
    value = signed(amount.comparator, number(float(amount.number)))
    return comparing(at if limit.comparator else beyond)(value, number(float(limit.number)))


def _in_one_unit(limit: Amount, amount: Amount) -> bool:
    """Whether a limit has the unit of its result: by code, in print, or for want of its own."""
    if limit.ucum and amount.ucum:
        return limit.ucum == amount.ucum
    return not (limit.ucum or limit.unit) or (bool(limit.unit) and limit.unit == amount.unit)
