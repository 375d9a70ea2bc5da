"""The value parser: parses the text written for an element into a fact.

Flags, answer files, the interview and the text cells of tables all use it. Nothing is guessed: a
text with two possible meanings is refused, and the message says how to write each.
"""

import math
import re
from collections.abc import Callable, Mapping
from datetime import date
from functools import cache, lru_cache
from typing import NamedTuple
from unicodedata import digit

from trialscreen.answers import written_dates
from trialscreen.model.dates import Period
from trialscreen.model.errors import ValueProblem
from trialscreen.model.facts import DECIMALS, Dates, Exactly, Fact, Numbers, half_of, meet
from trialscreen.model.trial import SCREENING_DATE, Element, Trial
from trialscreen.model.wording import show_range
from trialscreen.screening.samples import SAMPLE_DAY
from trialscreen.text.characters import DASH, WORDS, first_control, folded, is_dash, misspelt, shown

MAX_LENGTH = 200
UNKNOWN_WORD = "unknown"
PENDING_WORD = "pending"

_ONE_DAY = Period(1, "days")
_WHOLE = re.compile(r"([0-9]+)\.0*")
_SIGNS = {"<": "<", ">": ">", "<=": "<=", ">=": ">=", "≤": "<=", "≥": ">=", "=<": "<=", "=>": ">="}
_SIGNED = re.compile(r"(<=|>=|=<|=>|≤|≥|<|>)?\s*(.*)", re.DOTALL)
_NUMBER = re.compile(
    r"(?P<number>[+-]?(?:(?:0|[1-9][0-9]*)(?:\.[0-9]*)?|\.[0-9]+)(?:e[+-]?[0-9]{1,3})?)"
    r"(?:\s*[x×*]\s*10\s*\^\s*(?P<power>[+-]?[0-9]{1,3}))?\s*(?P<unit>.*)",
    re.DOTALL | re.IGNORECASE,
)
THOUSANDS = r"[1-9][0-9]{0,2}\.[0-9]{2}0"
"""A number whose point may be a thousands separator, for elements with such large values."""
_LIKE_THOUSANDS = re.compile(rf"\+?{THOUSANDS}")
_COMMA_OF_UNIT = re.compile("(?<=[0-9]),(?=[0-9])")
LIMITS = re.compile(r"[(\[]\s*[<>≤≥]?\s*[0-9]")
_ONE_VALUE = "give the value alone; limits of a report that are needed are elements of their own"
_POWER = re.compile(r"^(?=10\s*\^)")
_PLAIN = r"(?:0|[1-9][0-9]*)(?:\.[0-9]+)?"
_LIKE_A_SPAN = rf"([+-]?{_PLAIN})\s*(\.{{2,}}|~|-)\s*((-?{_PLAIN})(?: ?[^0-9 -].*)?)"
_TWO_NUMBERS = rf"[+-]?{_PLAIN} ?(?:[;/] ?|, | or | and | & |-| (?=[+-]))[+-]?{_PLAIN}(?:[^0-9].*)?"
"""`60 or 61`, `-2.5 -2.8`: it is unclear which number is meant, or whether it is a span."""
_OF_TIME = ("since", "until", "before", "after", "earlier", "later")
_IN_THREES = "[1-9][0-9]{0,2}(?: [0-9]{3})+"
_ONE_NUMBER = "states two numbers; give one, or write a span as FROM to TO"
_HYPHEN = re.compile(r"(?<=[^\W\d_])-(?=[^\W\d_])")
"""A hyphen between words, which is read like a space: `non-reactive`."""
_LIKE_A_COMMA = r"[^a-z\[{\"]*,"
_BETWEEN = re.compile(r"(.+?)\s*\bto\b\s*(.+)", re.DOTALL)


def read_value(trial: Trial, element: Element, text: str, on: date) -> Fact | None:
    """The fact that `text` states on screening date `on`; None for "unknown" and "pending".

    Numbers come out in the element's unit. Raises ValueProblem, with the value and what
    would be accepted.
    """
    if trial.elements.get(element.name, SAMPLE_DAY) is not element:
        return _read(trial, element, text, on)
    return trial.once(_remembered)(element.name, text, on if element.type == "date" else None)


def value_or_none(trial: Trial, element: Element, text: str, on: date) -> Fact | None:
    """As `read_value`; None also for what cannot be read."""
    try:
        return read_value(trial, element, text, on)
    except ValueProblem:
        return None


MOST_TEXTS = 20_000
"""How many parsed texts are cached: patients share many."""


def _remembered(trial: Trial) -> Callable[[str, str, date | None], Fact | None]:
    """What texts state, by element, text and, for a date, the screening date."""
    elements = {SAMPLE_DAY.name: SAMPLE_DAY, **trial.elements}

    @lru_cache(MOST_TEXTS)
    def read(name: str, text: str, day: date | None) -> Fact | None:
        return _read(trial, elements[name], text, day or date.max)

    return read


def _read(trial: Trial, element: Element, text: str, on: date) -> Fact | None:
    if len(text) > MAX_LENGTH:
        raise ValueProblem(f"{shown(text)} is too long; at most {MAX_LENGTH} characters are read")
    if first_control(text) is not None or "\n" in text:
        raise ValueProblem(f"{shown(text)} holds a control character or a line break")
    clean = _meant(trial, element, text)
    if clean in (UNKNOWN_WORD, PENDING_WORD):
        return None
    match element.type:
        case "boolean":
            if clean in ("yes", "no"):
                return Exactly(clean == "yes")
            raise ValueProblem(f"{shown(text)}; expected yes, no or unknown")
        case "choice":
            return _read_choice(element, clean, text)
        case "date":
            return _read_date(element, clean, text, on)
        case _:
            return _read_number(element, clean, text)


def _words(trial: Trial) -> Mapping[str, frozenset[str]]:
    """The folded words for each of yes, no, unknown and pending, for any element."""
    own = trial.spellings.items()
    return {
        meant: frozenset((*words, *(_word(one) for one, means in own if means == meant)))
        for meant, words in WORDS.items()
    }


def is_unknown(trial: Trial, text: str) -> bool:
    """Whether `text` means unknown, for any element."""
    return folded(text) in trial.once(_words)[UNKNOWN_WORD]


def is_pending(trial: Trial, element: Element, text: str) -> bool:
    """Whether `text` means that the element's value is awaited."""
    try:
        return _meant(trial, element, text) == PENDING_WORD
    except ValueProblem:
        return False


def unknown_words(trial: Trial, element: Element) -> frozenset[str]:
    """The folded words that mean unknown or pending for an element."""
    plain = trial.once(_words)[UNKNOWN_WORD]
    if _can_be_awaited(element):
        plain |= trial.once(_words)[PENDING_WORD]
    own = element.spellings.items()
    return plain.union(_word(one) for one, word in own if _word(word) in plain)


def _meant(trial: Trial, element: Element, text: str) -> str:
    """`text` folded, and its spelling in the criteria file put in the words of this module."""
    clean = folded(text)
    if not clean:
        raise ValueProblem(f"an empty value; write {UNKNOWN_WORD!r} for a value that is not known")
    if is_dash(clean):
        raise ValueProblem(f"{shown(text)}: {DASH}")
    if element.spellings:
        spelt = {_word(spelling): meant for spelling, meant in element.spellings.items()}
        parted = {_HYPHEN.sub(" ", spelling): meant for spelling, meant in spelt.items()}
        meant = spelt.get(clean) or spelt.get(_whole(clean)) or parted.get(_HYPHEN.sub(" ", clean))
        clean = folded(meant or clean)
    either = (clean, _whole(clean))
    for meant in WORDS if element.type == "boolean" else (UNKNOWN_WORD, PENDING_WORD):
        if not trial.once(_words)[meant].isdisjoint(either):
            if meant == PENDING_WORD and not _can_be_awaited(element):
                raise ValueProblem(f"{shown(text)} is not a date; expected YYYY-MM-DD")
            return meant
    is_no = element.type == "boolean" and clean == _word(element.no_text)
    return "no" if is_no else clean


def _can_be_awaited(element: Element) -> bool:
    """Whether a value can be pending: not a sample date or the screening date."""
    return element.name != SCREENING_DATE and element.range != SAMPLE_DAY.range


@cache
def _word(text: str) -> str:
    """A word or unit of the criteria file, folded; tables have it looked at for each text."""
    return folded(text)


def _whole(clean: str) -> str:
    """A code or a year as it was before a table turned it into a number: `1` for `1.0`."""
    whole = _WHOLE.fullmatch(clean)
    return clean if whole is None else whole[1]


def in_dates(element: Element, text: str, on: date) -> str:
    """`text` in a form that can be stored: "3 months ago" is converted to dates."""
    said = written_dates.how_long_ago(folded(text), on) if element.type == "date" else None
    return said or text


def split_sign(clean: str) -> tuple[str, str]:
    """The sign (`<`, `>`, `<=`, `>=` or empty) of a folded text, and the rest of it."""
    matched = _SIGNED.fullmatch(clean)
    assert matched is not None
    return _SIGNS.get(matched[1] or "", ""), matched[2]


def _ends(clean: str) -> tuple[str, str, str | None]:
    """The sign of a folded text, the rest of it, and the other end if it is a span."""
    sign, rest = split_sign(clean)
    between = _BETWEEN.fullmatch(rest) if not sign and "to" in rest else None
    return (sign, rest, None) if between is None else ("", between[1], between[2])


def split_unit(text: str) -> tuple[str, str] | None:
    """Splits a number, bound or span from its unit, which may be empty; None for other texts.

    Neither is validated: that is left to `read_value`.
    """
    clean = folded(text)
    _, first, last = _ends(clean)
    match = _NUMBER.fullmatch(_POWER.sub("1 x ", last or first, count=1))
    if match is None or _continues(match["unit"]):
        return None
    unit = match["unit"]
    return clean.removesuffix(unit).rstrip(), unit


def _read_choice(element: Element, clean: str, text: str) -> Exactly:
    names: dict[str, str] = {}
    for name, label in element.choices.items():
        names[folded(name).replace("_", " ")] = names[folded(label)] = name
    spoken = clean.replace("_", " ").replace("-", " ")
    if (meant := names.get(clean) or names.get(spoken) or names.get(_whole(clean))) is not None:
        return Exactly(meant)
    known = (*element.choices, UNKNOWN_WORD)
    said = f"{shown(text)}; expected {', '.join(known)}"
    reasons = (why for word, why in element.refuses.items() if _word(word) == clean)
    hint = next((f" {why}" for why in reasons), misspelt(clean, known))
    raise ValueProblem(f"{said}.{hint}" if hint else said)


# Dates.


def _read_date(element: Element, clean: str, text: str, on: date) -> Dates:
    if (dates := written_dates.how_long_ago(clean, on)) is not None:
        raise ValueProblem(f"{shown(text)} depends on the day it is said; write '{dates}'")
    sign, one, other = _ends(clean)
    first, last = written_dates.days_of(_whole(one), text)
    if other is not None:
        last = written_dates.days_of(_whole(other), text)[1]
    if first > last:
        raise ValueProblem(f"{shown(text)} runs backwards; write the earlier date first")
    low, high = element.range if element.range is not None else (date.min, date.max)
    assert isinstance(low, date) and isinstance(high, date)
    latest = min(high, on)
    match sign:
        case "<":
            first, last = low, _ONE_DAY.before(first)
        case "<=":
            first = low
        case ">":
            first, last = _ONE_DAY.after(last), latest
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
    if not folded(text):
        raise ValueProblem("an empty value; expected YYYY-MM-DD")
    try:
        first, last = written_dates.days_of(folded(text), text)
    except ValueProblem as problem:
        raise ValueProblem(str(problem).removesuffix(written_dates.IN_PART)) from None
    if first != last:
        raise ValueProblem(f"{shown(text)} is not one day; expected YYYY-MM-DD")
    return first


# Numbers.


def _read_number(element: Element, clean: str, text: str) -> Numbers:
    assert element.range is not None
    low, high = (float(end) for end in element.range)  # type: ignore[arg-type]
    sign, one, other = _ends(clean)
    if other is None:
        number = _convert(element, _split(one, text), text)
        stated = signed(sign, number, is_count=element.type == "integer")
    else:
        end = _split(other, text)
        first = _convert(element, _split(one, text, end.unit), text)
        last = _convert(element, end, text)
        if first.low > last.low:
            raise ValueProblem(f"{shown(text)} runs downwards; write the lower number first")
        stated = last if first.low == last.low else Numbers(first.low, last.low)
    fact = meet(stated, Numbers(low, high))
    if fact is None:
        # It is about numbers without a unit: in which one they may be meant.
        is_bare = (other or one)[-1:].isdigit() and (low < 0 or not one.startswith("-"))
        hint = f". {element.range_help}" if element.range_help and is_bare else ""
        raise ValueProblem(f"{shown(text)} is out of range; expected {show_range(element)}{hint}")
    assert isinstance(fact, Numbers)
    if not sign and (stated.low < low or stated.high > high):
        raise ValueProblem(f"{shown(text)} is partly out of range; expected {show_range(element)}")
    if sign and fact.exact:  # all that the range leaves of a bound, which is not a rounded number
        return fact._replace(half=0.0)
    return fact if sign else stated


def signed(sign: str, number: Numbers, *, is_count: bool = False) -> Numbers:
    """The interval for a sign and a number; for a count, `<5` means at most 4."""
    value = number.low
    match sign:
        case "<":
            return Numbers(-math.inf, value - is_count, high_open=not is_count)
        case "<=":
            return Numbers(-math.inf, value)
        case ">":
            return Numbers(value + is_count, math.inf, low_open=not is_count)
        case ">=":
            return Numbers(value, math.inf)
        case _:
            return number


class _Written(NamedTuple):
    """A number as written, half a unit of its last digit, and its unit.

    `digits`, where the point can also be one of thousands, as in 1.000.
    """

    value: float
    half: float
    unit: str
    digits: str | None


def _split(clean: str, text: str, unit: str = "") -> _Written:
    """The parts of a number; `unit` is its unit if it has none."""
    match = _NUMBER.fullmatch(_POWER.sub("1 x ", clean, count=1))
    if match is None or _continues(match["unit"]):
        raise no_number(clean, text)
    digits, _, exponent = match["number"].partition("e")
    value = float(match["number"])
    if match["power"] is not None:
        value *= float(f"1e{match['power']}")
    if not math.isfinite(value):
        raise ValueProblem(f"{shown(text)} is not a finite number")
    decimals = len(digits.partition(".")[2]) - int(exponent or 0) - int(match["power"] or 0)
    is_plain = match["power"] is None and _LIKE_THOUSANDS.fullmatch(match["number"]) is not None
    digits = match["number"] if is_plain else None
    return _Written(value, half_of(max(decimals, 0)), match["unit"] or unit, digits)


def no_number(clean: str, text: str) -> ValueProblem:
    """The problem with a text that is not a number, and how to write what it may mean."""
    said = f"{shown(text)} is not a number"
    if (better := _better_written(clean)) is not None:
        return ValueProblem(f"{said}; {better}")
    if re.fullmatch(_TWO_NUMBERS, clean):
        return ValueProblem(f"{shown(text)} {_ONE_NUMBER}")
    if re.match(_LIKE_A_COMMA, clean):
        said = f"{shown(text)} is ambiguous"
        return ValueProblem(f"{said}: write a decimal point (5.5) and no comma in thousands")
    odd = next((one for one in clean if one.isnumeric() and one not in "0123456789"), None)
    if odd is not None:
        raised = digit(odd, None) if f"10{odd}" in clean else None
        power = "" if raised is None else f"; a power of ten is written 10^{raised}"
        return ValueProblem(f"{said}: {odd} is not one of the digits 0 to 9{power}")
    if folded(text)[0] in "<>≤≥" and not any(one.isdigit() for one in clean):
        return ValueProblem(f"{said}; write the limit that the report prints, such as <20")
    return ValueProblem(said)


def _better_written(clean: str) -> str | None:
    """How to write the number, bound or span that folded `clean` may mean; None if it is none."""
    if (rest := written_dates.said_roughly(clean)) is not None:
        return written_dates.if_exact(rest)
    if re.fullmatch(_IN_THREES, clean):
        return f"for one write {shown(clean.replace(' ', ''))}"
    span = re.fullmatch(_LIKE_A_SPAN, clean)
    if span is not None and float(span[1]) < float(span[4]):
        may_be_a_sign = span[2] == "-" and float(span[1]) < 0 < float(span[4])  # -2.5 -2.8
        return None if may_be_a_sign else f"for a span write '{span[1]} to {span[3]}'"
    # `since 2020` is no number of months.
    better = None if clean.startswith(_OF_TIME) else written_dates.signed_as_said(clean)
    better = better or written_dates.half_said(clean)
    return better and f"write {shown(better)}"


def _continues(rest: str) -> bool:
    """Whether the text after a number is more of a number, not a unit (`5,5`, `012`).

    A letter begins a unit even if it counts something, as that of 千克, a kilogram, does.
    """
    return (rest[:1].isnumeric() and not rest[:1].isalpha()) or rest.startswith(
        (".", ",", "'", "_", "+", "-", ":", "x 10", "x10")
    )


def _convert(element: Element, written: _Written, text: str) -> Numbers:
    """Converts a number to the element's unit, rounded like derived numbers."""
    assert element.unit is not None
    value, half, unit, digits = written
    code = unit_code(element, unit)
    if code is None:
        raise ValueProblem(_unit_message(element, unit, text))
    if code != element.unit:
        value = round(value * element.accepts[code], DECIMALS)
        half *= element.accepts[code]
    if digits is not None and counts_thousands(element, value * 1000):
        raise _two_numbers(digits, text)
    if element.type == "integer" and value != int(value):
        raise ValueProblem(f"{shown(text)}; expected a whole number")
    return Numbers(value, value, half=half)


def counts_thousands(element: Element, value: float | None = None) -> bool:
    """Whether such a large value is typical of the element, so that 1.000 may mean a thousand.

    Without a value, whether any value in the thousands is. Asked only if the last digit is 0: the
    decimals of a cell that is stored as a number never end in 0.
    """
    if element.type == "date" or element.typical is None:
        return False
    low, high = element.typical
    assert isinstance(low, int | float)
    assert isinstance(high, int | float)
    return low < 1_000_000 and high >= 1000 if value is None else low <= value <= high


def _two_numbers(digits: str, text: str) -> ValueProblem:
    """The problem that `12.500` may mean 12.5 or 12500, and how to write either."""
    digits = digits.lstrip("+")
    whole, few = digits.replace(".", ""), digits.rstrip("0").rstrip(".")
    return ValueProblem(f"{shown(text)} is {few} or {whole}; write {few} or {whole}")


def unit_code(element: Element, unit: str) -> str | None:
    """The UCUM code that `unit` means for this element; None if it is not accepted."""
    if not unit or element.unit is None:
        return element.unit
    codes = (element.unit, *element.accepts)
    either = {unit, _COMMA_OF_UNIT.sub(".", unit.removesuffix("."))}  # `kg.`, `mL/min/1,73 m2`
    return next((code for code in codes if either & unit_names(element, code)), None)


def check_unit(element: Element, unit: str) -> None:
    """Raises ValueProblem if values of the element cannot be given in `unit`."""
    if element.unit is None:
        raise ValueProblem(f"{shown(unit)}: {element.name} has no unit")
    if unit_code(element, folded(unit)) is None:
        raise ValueProblem(_unit_message(element, folded(unit), unit))


def unit_names(element: Element, code: str) -> set[str]:
    """The folded spellings of an element's unit."""
    known = element.unit_named(code)
    return {_word(name) for name in (code, known.show, *known.spellings)}


def _unit_message(element: Element, unit: str, text: str) -> str:
    for code, reason in element.refuses.items():
        if unit in unit_names(element, code):
            return f"{shown(text)}: {reason}"
    if LIMITS.search(unit):
        return f"{shown(text)}: {_ONE_VALUE}"
    if re.fullmatch(_TWO_NUMBERS, folded(text)):
        return f"{shown(text)} {_ONE_NUMBER}"
    others = (element.unit_named(code).show for code in element.accepts)
    units = ", ".join(one or "no unit" for one in (element.shown_unit, *others))
    at = text.lower().rfind(unit)  # folded, if the text has it in another form
    written = text[at : at + len(unit)] if at >= 0 else unit
    return f"{shown(text)}: the unit {shown(written)} is not accepted; expected {units}"
