"""Parses the reference ranges of an observation, given as numbers or as text."""

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

from trialscreen.answers.records.entries import Amount, Coding, NormalRange, RangeFor
from trialscreen.answers.records.fhir import resources as fhir
from trialscreen.answers.records.fhir.datatypes import ConceptReader, amount
from trialscreen.answers.records.units import plain_unit
from trialscreen.text.characters import shown

_NUMBER = r"([0-9]+(?:\.[0-9]+)?)"
_UNIT = r"(?: *([^\s0-9,.;:<>=()-][^,;:<>=()]*))?"
_DASH = r"(?:--?|–|—|−|~|～|〜|to|\.\.)"
_BETWEEN = re.compile(rf"\(?{_NUMBER} ?{_DASH} ?{_NUMBER}{_UNIT}\)?", re.IGNORECASE)
_ONE_SIDE = re.compile(rf"(<=|≤|>=|≥|<|>) ?{_NUMBER}{_UNIT}")
_NO_AGE = Coding("", "", "an age that cannot be read")


class Ranges(NamedTuple):
    """The range for everybody, or those for some people; what is to be said of them."""

    limits: NormalRange = NormalRange()
    ranges: tuple[RangeFor, ...] = ()
    notes: tuple[str, ...] = ()


NO_RANGES = Ranges()


def ranges_of(printed: Sequence[fhir.ReferenceRange], words: ConceptReader) -> Ranges:
    """The range of normal, if there is one; those that are for some people, to be chosen from."""
    if any(one.modifier_extension for one in printed):
        return Ranges(notes=("the reference range is modified by an extension: none is taken",))
    normal = [(one, *_limits(one)) for one in printed if _is_normal(one, words)]
    found = dict.fromkeys(_range(*each, words) for each in normal)
    stated = [one for one in found if one.limits != NormalRange()]
    if told := next(filter(None, (_unread(*each) for each in normal)), ""):
        return Ranges(notes=(told,))
    if any(one != RangeFor(one.limits) for one in stated):
        return Ranges(ranges=tuple(stated))
    if len(stated) > 1:
        return Ranges(notes=(f"{len(stated)} reference ranges are printed; none is taken",))
    return Ranges(stated[0].limits) if stated else NO_RANGES


def _unread(one: fhir.ReferenceRange, sides: NormalRange, read: NormalRange | None) -> str:
    """Why the text of a range leaves it open; nothing where its numbers say it by themselves."""
    if one.text and read is None and sides == NormalRange():
        return f"the reference range is a text that is not read: {shown(one.text)}"
    # Most texts beside numbers say for whom they are, or name the test.
    if read is None or sides == NormalRange():
        return ""
    if _numbers(read) != _numbers(sides):
        return "the reference range is another in numbers than in its text"
    if not all(map(_may_be_in_one_unit, sides, read)):
        return "the reference range is in another unit beside its numbers than in its text"
    return ""


def _may_be_in_one_unit(side: Amount | None, read: Amount | None) -> bool:
    """Whether a unit in a text is the one beside the number, or one of them has none."""
    if side is None or read is None or not read.unit:
        return True
    units = [_spelled(unit) for unit in (side.unit, side.ucum) if unit]
    return not units or _spelled(read.unit) in units


def _spelled(unit: str) -> str:
    return re.sub(r"[\s\[\]]", "", plain_unit(unit))


def _with_unit(side: Amount | None, read: Amount | None) -> Amount | None:
    """A side; in the unit that the text has, if it has none of its own."""
    if side is None or read is None or side.unit or side.ucum:
        return side
    return side._replace(unit=read.unit)


def _numbers(limits: NormalRange) -> tuple[Decimal | None, ...]:
    return tuple(None if one is None else Decimal(one.number) for one in limits)


def _range(
    one: fhir.ReferenceRange, limits: NormalRange, read: NormalRange | None, words: ConceptReader
) -> RangeFor:
    if read is not None:
        limits = read if limits == NormalRange() else NormalRange(*map(_with_unit, limits, read))
    people = [code for code in words.all_named(one.applies_to) if code.code != "normal"]
    age = one.age or fhir.Range()
    ages = [amount(age.low), amount(age.high)]
    youngest, oldest = (end if isinstance(end, Amount) else None for end in ages)
    if any(isinstance(end, str) or (end is not None and end.comparator) for end in ages):
        people.append(_NO_AGE)
    return RangeFor(limits, tuple(people), youngest, oldest)


def _is_normal(one: fhir.ReferenceRange, words: ConceptReader) -> bool:
    codes = words.named(one.type)
    return not codes or any(code.code == "normal" for code in codes)


def _limits(one: fhir.ReferenceRange) -> tuple[NormalRange, NormalRange | None]:
    """A range in numbers, and in its text, if that is read.

    What a text leaves out, as `<40` the 40 itself, decides nothing beside numbers.
    """
    ends = map(amount, (one.low, one.high))
    sides = NormalRange(*(end if isinstance(end, Amount) else None for end in ends))
    read = _in_text(one.text or "")
    is_open = read is not None and any(side is not None and side.comparator for side in read)
    return sides, None if is_open and sides != NormalRange() else read


def _in_text(text: str) -> NormalRange | None:
    """A range that a text states and nothing else; None for any other text.

    The 40 of `<40` is outside of it, and keeps its comparator.
    """
    plain = " ".join(text.split())
    if (read := _BETWEEN.fullmatch(plain)) is not None:
        low, high, unit = Decimal(read[1]), Decimal(read[2]), read[3] or ""
        ends = (Amount(read[1], unit=unit), Amount(read[2], unit=unit))
        return NormalRange(*ends) if low <= high else None
    if (read := _ONE_SIDE.fullmatch(plain)) is not None:
        sign = read[1]
        end = Amount(read[2], sign if sign in ("<", ">") else "", unit=read[3] or "")
        return NormalRange(high=end) if sign in ("<", "<=", "≤") else NormalRange(low=end)
    return None
