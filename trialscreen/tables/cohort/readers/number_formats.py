"""What a cell of a spreadsheet shows of a number, as a text that `values.read_value` reads.

A number format can show 0.35 as 35 %, 46054 as a month, 1.2 with a unit, 20 as `<20`, and
7 as 007: this is what people see, so it is what is read. Dates are written as far as they
are shown (`2026-03` where the format has no day), and thousands without separators. Where
the shown text does not say what was meant, that is a ValueProblem.

Formats are those of ECMA-376, part 1, 18.8.31.
"""

import re
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal, localcontext
from functools import lru_cache
from itertools import chain, repeat
from operator import eq, ge, gt, le, lt, ne
from typing import NamedTuple

from trialscreen.model.errors import ValueProblem
from trialscreen.tables.cohort.readers.cells import Kind
from trialscreen.text.characters import shown

DIGITS = 15
"""Significant digits that a spreadsheet shows of a number."""

_TOKEN = re.compile(
    r"""
      "(?P<quoted>[^"]*)"? | \\(?P<escaped>.) | _(?P<space>.) | \*(?P<fill>.)
    | \[(?P<elapsed>h+|m+|s+)\] | \[(?P<condition>[<>=]+-?[0-9.]+(?:E[+-]?[0-9]+)?)\]
    | \[\$(?P<currency>[^\]-]*)[^\]]*\] | \[(?P<colour>[^\]]*)\]
    | (?P<general>General) | (?P<noon>AM/PM|A/P|上午/下午) | (?<=[0\#?.])(?P<power>E[+-])
    | (?P<part>y+|m+|d+|h+|s+|e+|g+|b+) | (?P<digit>[0\#?])
    | (?P<end>;) | (?P<sign>[.,%/@]) | (?P<literal>.)
    """,
    re.VERBOSE | re.IGNORECASE | re.DOTALL,
)
_CONDITION = re.compile(r"([<>=]+)(.+)")
_COMPARE = {"<": lt, "<=": le, ">": gt, ">=": ge, "=": eq, "<>": ne}


class Token(NamedTuple):
    """A piece of a format: `kind` is a group of _TOKEN, or `minute` for such an `m`."""

    kind: str
    text: str


class Shown(NamedTuple):
    """What a cell shows; or, if it `is_problem`, why that cannot be told.

    `is_rounded` if it holds more digits than it shows. `kind` if it is no text; a day may have a
    time.
    """

    text: str
    is_rounded: bool = False
    kind: Kind | None = None
    is_problem: bool = False


class NumberFormat:
    """A format code, such as `0.0" mg/dL"` or `[<10]0.0;0`, and the epoch of its dates."""

    def __init__(self, code: str, *, from_1904: bool = False) -> None:
        self._code, self._from_1904 = code, from_1904
        self._sections = tuple(tuple(_with_minutes(one)) for one in _sections(code))
        self._is_general = [[one.kind for one in part] for part in self._sections] == [["general"]]
        self._conditions = [
            next(
                (_CONDITION.fullmatch(one.text) for one in section if one.kind == "condition"), None
            )
            for section in self._sections[:3]
        ]

    def number(self, value: float) -> Shown:
        """What is shown of a number. Raises ValueProblem where that cannot be told."""
        if self._is_general and "e" not in (text := f"{value:.{DIGITS}g}"):
            return Shown(text if value else "0", kind="number")
        section = self._section(value)
        if _is_moment(section):
            return Shown(_moment(section, value, from_1904=self._from_1904), kind="day")
        if _is_fraction(section):
            raise ValueProblem(f"the number format {shown(self._code)} shows a fraction")
        found = self._signed(section, value)
        if not found.text:
            raise ValueProblem("its number format hides the number")
        if not any(map(str.isalnum, found.text)):  # as `-` for 0 in accounts
            raise ValueProblem(f"its number format shows {shown(found.text)} for a number")
        return found

    def _signed(self, section: Sequence[Token], value: float) -> Shown:
        text, is_rounded = _digits(section, Decimal(f"{abs(value):.{DIGITS}g}"), self._code)
        if value >= 0 or not re.search("[0-9]", text):
            return Shown(text.strip(" "), is_rounded, "number")
        if len(self._sections) == 1:
            text = f"-{text.strip(' ')}"
        elif re.fullmatch(r" *\(.*\) *", text):
            text = f"-{text.strip(' ')[1:-1]}"
        elif not text.lstrip(" ").startswith("-"):
            raise ValueProblem(f"the number format {shown(self._code)} shows no minus sign")
        return Shown(text.strip(" "), is_rounded, "number")

    def text(self, text: str) -> str:
        """What is shown of a text. Raises ValueProblem if that is nothing."""
        section = self._sections[3] if len(self._sections) > 3 else self._sections[0]
        if len(self._sections) < 4 and Token("sign", "@") not in section:
            return text
        if text and Token("sign", "@") not in section:
            raise ValueProblem("its number format hides the text")
        return "".join(text if token == ("sign", "@") else _literal(token) for token in section)

    def _section(self, value: float) -> tuple[Token, ...]:
        conditions, sections = self._conditions, self._sections[:3]
        if not any(conditions):
            place = 1 if value < 0 and len(sections) > 1 else 0
            return sections[2] if value == 0 and len(sections) > 2 else sections[place]
        if value < 0:  # programs differ in whether they show the minus sign
            raise ValueProblem(f"the number format {shown(self._code)} may hide a minus sign")
        for section, condition in zip(sections, conditions, strict=True):
            if condition is None:
                return section
            compare = _COMPARE.get(condition[1])
            if compare is not None and compare(value, float(condition[2])):
                return section
        raise ValueProblem(f"the number format {shown(self._code)} says nothing of this number")


def _sections(code: str) -> Iterable[list[Token]]:
    """The tokens of the parts between semicolons; the fourth is for text."""
    section: list[Token] = []
    for match in _TOKEN.finditer(code):
        kind = match.lastgroup or "colour"
        if kind == "end":
            yield section
            section = []
        else:
            section.append(Token(kind, match[kind]))
    yield section


def _with_minutes(section: Sequence[Token]) -> list[Token]:
    """An `m` next to hours or seconds is a minute, not a month."""
    made = list(section)
    parts = [place for place, one in enumerate(section) if one.kind in ("part", "elapsed")]
    for number, place in enumerate(parts):
        text = section[place].text
        before = section[parts[number - 1]].text if number else ""
        after = section[parts[number + 1]].text if number + 1 < len(parts) else ""
        is_minute = before[:1] in ("h", "H") or after[:1] in ("s", "S")
        if text[0] in "mM" and len(text) <= 2 and is_minute:
            made[place] = Token("minute", text)
    return made


@lru_cache
def _is_moment(section: tuple[Token, ...]) -> bool:
    return any(token.kind in ("part", "minute", "elapsed") for token in section)


def _literal(token: Token) -> str:
    """What stands in the cell for a token that is not a digit."""
    match token.kind:
        case "space":
            return " "
        case "quoted" | "escaped" | "currency" | "literal":
            return token.text
        case "sign" if token.text in "%/":
            return token.text
        case _:
            return ""


# Numbers.


def _is_fraction(section: Sequence[Token]) -> bool:
    """Whether a `/` stands before digits, as in `# ?/8`."""
    slash = next((at for at, one in enumerate(section) if one == ("sign", "/")), len(section))
    return any(
        token.kind == "digit" or (token.kind == "literal" and token.text.isdigit())
        for token in section[slash:]
    )


def _general(value: Decimal) -> str:
    """A number without a format of its own. Raises ValueProblem if it has lost digits."""
    if value == value.to_integral_value() and value >= 10**DIGITS:
        message = f"a number of more than {DIGITS} digits; the file keeps only {DIGITS} of them"
        raise ValueProblem(f"{message}; write it as text")
    text = format(value, "f") if value >= 10**-DIGITS or not value else str(value)
    return text.rstrip("0").rstrip(".") if "." in text and "E" not in text else text


def _digits(section: Sequence[Token], value: Decimal, code: str) -> tuple[str, bool]:
    """A number without its sign, in its place among the literals."""
    kinds = [token.kind for token in section]
    if "general" in kinds or Token("sign", "@") in section:
        number = _general(value)
        shows = (
            number if one.kind == "general" or one == ("sign", "@") else _literal(one)
            for one in section
        )
        return "".join(shows), False
    if "digit" not in kinds:
        return _filled(section), False
    value = value.scaleb(2 * sum(one == ("sign", "%") for one in section))
    if "power" in kinds:
        return _scientific(section, value, code)
    whole = _until_point(section)
    behind = section[len(whole) + 1 :]
    _refuse_scaled(section, code)
    places = sum(token.kind == "digit" for token in behind)
    rounded = value.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
    if rounded >= 10**DIGITS:
        _general(rounded.to_integral_value())
    before, _, after = format(rounded, "f").partition(".")
    text = _from_right(whole, before.lstrip("0")) + _from_left(behind, after)
    return text, rounded != value


def _refuse_scaled(section: Sequence[Token], code: str) -> None:
    """A comma behind the last digit before or behind the point shows thousands as ones."""
    for at, token in enumerate(section[:-1]):
        is_last = not any(one.kind == "digit" for one in _until_point(section[at + 1 :]))
        if token.kind == "digit" and section[at + 1] == ("sign", ",") and is_last:
            raise ValueProblem(f"the number format {shown(code)} shows thousands as ones")


def _until_point(section: Sequence[Token]) -> Sequence[Token]:
    point = next((at for at, one in enumerate(section) if one == ("sign", ".")), len(section))
    return section[:point]


def _from_right(section: Sequence[Token], digits: str) -> str:
    """Whole digits in their places; those that have none stand before the first."""
    places = [token.text for token in section if token.kind == "digit"]
    if not places:
        return _filled(section) + (digits or "0")
    digits = digits.rjust(len(places))
    first = len(digits) - len(places) + 1
    stand = zip(places, (digits[:first], *digits[first:]), strict=True)
    zeros = ("0" if (place, here) == ("0", " ") else here.strip(" ") for place, here in stand)
    return _filled(section, zeros)


def _from_left(section: Sequence[Token], digits: str) -> str:
    """The digits behind the point; `#` and `?` show none that is zero to the end."""
    places = [token.text for token in section if token.kind == "digit"]
    keep = len(places)
    while keep and places[keep - 1] != "0" and digits[keep - 1] == "0":
        keep -= 1
    point = "." if keep else ""
    return point + _filled(section, chain(digits[:keep], repeat("")))


def _filled(section: Sequence[Token], digits: Iterable[str] = ()) -> str:
    """The literals of a section, with these digits in their places."""
    rest = iter(digits)
    return "".join(next(rest) if one.kind == "digit" else _literal(one) for one in section)


def _scientific(section: Sequence[Token], value: Decimal, code: str) -> tuple[str, bool]:
    """As in `6.00E+07`."""
    digits = [at for at, one in enumerate(section) if one.kind == "digit"]
    power = next(at for at, one in enumerate(section) if one.kind == "power")
    whole = _until_point(section[:power])
    if sum(one.kind == "digit" for one in whole) != 1 or digits[-1] < power:
        raise ValueProblem(f"the number format {shown(code)} shows powers in a way of its own")
    places = sum(len(whole) < at < power for at in digits)
    with localcontext(rounding=ROUND_HALF_UP):
        text = f"{value:.{places}E}"
    before, after = _filled(section[: digits[0]]), _filled(section[digits[-1] + 1 :])
    return f"{before}{text}{after}", Decimal(text) != value


# Dates.


def _moment(section: tuple[Token, ...], value: float, *, from_1904: bool) -> str:
    """A day, as far as it is shown; with its time of day where that is shown too."""
    shows = _parts_of_a_day(section)
    moment = _at(value, from_1904=from_1904)
    if "h" in shows and "d" in shows:
        return moment.isoformat(" ", "seconds")
    return moment.date().isoformat()[: 10 if "d" in shows else 7 if "m" in shows else 4]


@lru_cache
def _parts_of_a_day(section: tuple[Token, ...]) -> frozenset[str]:
    """What is shown: year, month, day of the month, hour. ValueProblem if that is no date."""
    parts = {token.text[0].lower() for token in section if token.kind == "part"}
    days = {token.text for token in section if token.kind == "part" and token.text[0] in "dD"}
    if "e" in parts:  # a year, in some languages
        parts.add("y")
    if parts & {"g", "b"}:
        raise ValueProblem("its number format counts years by an era")
    if "y" not in parts:
        what = "no year" if parts & {"m", "d"} else "a time of day alone"
        raise ValueProblem(f"its number format shows {what}")
    if "m" not in parts and days:
        raise ValueProblem("its number format shows no month")
    if all(len(text) > 2 for text in days):  # that of the week
        parts.discard("d")
    return frozenset(parts)


def _at(value: float, *, from_1904: bool) -> datetime:
    """The moment that a serial number stands for. Raises ValueProblem if there is none."""
    day, fraction = divmod(round(value * 86_400_000), 86_400_000)
    first = date(1904, 1, 1) if from_1904 else date(1899, 12, 30 if day > 60 else 31)
    # The first spreadsheet took 1900 for a leap year: there, 60 is 29 February.
    if day < 0 or (not from_1904 and day in (0, 60)):
        raise ValueProblem("a number that is not a day, with a number format for days")
    try:
        start = datetime.combine(first + timedelta(days=day), datetime.min.time())
    except OverflowError:
        message = "a number that is not a day, with a number format for days"
        raise ValueProblem(message) from None
    return start + timedelta(milliseconds=fraction)
