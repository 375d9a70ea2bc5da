"""Parses one cell of a table, as a site's column map says."""

import re
from collections.abc import Mapping
from datetime import date, datetime
from functools import cache
from math import isfinite
from typing import Literal, NamedTuple

from trialscreen.answers.sampled import said_pending, with_day_behind
from trialscreen.answers.values import (
    THOUSANDS,
    counts_thousands,
    read_value,
    split_sign,
    split_unit,
)
from trialscreen.model.errors import ValueProblem
from trialscreen.model.facts import Exactly, Fact
from trialscreen.model.trial import Element, Trial
from trialscreen.screening.samples import day_column
from trialscreen.text.characters import BLANKS, folded, short, shown

JOINT = "\x1f"
"""Between comparator, cell and unit where these are columns of their own: U+001F, the unit
separator, which no cell may hold."""

NO_VALUE = "\uffff"
"""How a text begins that stands for a cell without a value, such as an error of a spreadsheet.

What follows is the reason. Such a cell is unknown and listed, and not counted as unreadable.
"""

TYPED = "\ufffe"
"""How a cell begins that is a number or a day in its file, and no text in the form of a site."""

ADVICE = "if it stands for a missing value, say so in the file of --columns"
"""Ends the reason why a cell that looks like a code for missing cannot be used."""

COMPARATORS: Mapping[str, str] = {
    **dict.fromkeys(("", "="), ""),
    **{sign: sign for sign in ("<", ">", "<=", ">=")},
    "≤": "<=",
    "≥": ">=",
}

PLAIN_DAY = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
PLAIN_NUMBER = r"^-?(0|[1-9][0-9]{0,14})(\.[0-9]{1,20})?$"
"""Days and numbers as most programs write them; patterns for the engine too."""
_NUMBER = re.compile(r"-?(0|[1-9][0-9]{0,14})(\.[0-9]{1,20})?(e[+-]?[0-9]{1,2})?")
_LETTER = re.compile(r"[^\W\d_]")
_SPAN = re.compile(r"(\bto\b)")
_FRACTION = re.compile(rf"(?<![0-9.])({THOUSANDS})(?![0-9eE])")
"""A number that must not be taken for thousands, for its point was a decimal comma."""
_POINT, _COMMA = re.compile(r"(?<=\d)\.|\.(?=\d)"), re.compile(r"(?<=\d),(?=\d)")
_LIKE_MISSING = re.compile(
    # R, SAS, SQL, pandas, spreadsheets; the null flavours of HL7, which REDCap offers too.
    r"n/?a|<na>|nat|nan|\.[a-z_]?|null|none|nil|\\n|#n/a|missing|unk|ukn|-+|\?+|n\.a\.?"
    r"|ni|nask|asku|nav|navu|inv|msk|np|oth|qs|trc|nd|not (done|available|recorded|known)"
    r"|-[1-9]\.0|-?(7{2,}|8{2,}|9{2,})\.0"
)

Kind = Literal["number", "day"]
"""Of cells that are not texts."""


class Form(NamedTuple):
    """How the cells of a column are written.

    `unit`: that of bare numbers. `values`: what codes mean; `missing`: codes for no value.
    `date_format`: of every date, with the directives of `strptime`. `decimal`: the point or
    comma of numbers. `unit_column`, `comparator_column`: where these stand beside the cell.
    """

    unit: str | None = None
    values: Mapping[str, str] = {}
    missing: tuple[str, ...] = ()
    date_format: str | None = None
    decimal: str = "."
    unit_column: str | None = None
    comparator_column: str | None = None

    @property
    def beside(self) -> tuple[str, ...]:
        """The columns that stand beside."""
        return tuple(
            name for name in (self.comparator_column, self.unit_column) if name is not None
        )

    @property
    def codes(self) -> tuple[str, ...]:
        """All declared cells, as `code_of` has them."""
        return tuple(map(code_of, (*self.values, *self.missing)))

    @property
    def numbers(self) -> list[float]:
        """Those of `codes` that are numbers, however they are written."""
        return [number for code in self.codes if (number := _number_of(code)) is not None]

    @property
    def days(self) -> list[date]:
        """Those of `codes` that are days."""
        return [date.fromisoformat(code) for code in self.codes if _is_day(code)]

    @property
    def written(self) -> Kind | None:
        """What is written in a way of the site's own; a cell of this type is none that is."""
        if self.date_format is not None:
            return "day"
        return "number" if self.decimal != "." else None

    @property
    def is_usual(self) -> bool:
        """Whether cells say what they would as a flag, but for the declared ones."""
        return self._replace(values={}, missing=()) == _AS_A_FLAG


_AS_A_FLAG = Form()


def code_of(cell: str) -> str:
    """The same for cells that are one code: `1` and `1.0`, `1e5` and `100000`, `NA` and ` na `."""
    code = folded(cell.strip(BLANKS))
    return repr(float(code)) if _NUMBER.fullmatch(code) else code


def _number_of(code: str) -> float | None:
    """The finite number that Python reads of it; None if it is none."""
    try:
        number = float(code)
    except ValueError:
        return None
    return number if isfinite(number) else None


def _is_day(code: str) -> bool:
    try:
        return date.fromisoformat(code).isoformat() == code
    except ValueError:
        return False


class Parser:
    """Reads the cells of one element's column, which are written in this `form`."""

    def __init__(self, trial: Trial, element: Element, form: Form | None = None) -> None:
        self.trial, self.element = trial, element
        self.form = form = _AS_A_FLAG if form is None else form
        self._missing = frozenset(map(code_of, form.missing))
        self._values = {code_of(cell): meaning for cell, meaning in form.values.items()}
        self._doubtful = self._said_by_another()

    def read(self, text: str, latest: date) -> Fact | None:
        """What a cell states; blank is unknown. Raises ValueProblem.

        `text` is the cell, or with columns beside it the three with JOINT between them.
        """
        if NO_VALUE in text:
            reason = text.partition(NO_VALUE)[2].partition(JOINT)[0]
            raise ValueProblem(f"{NO_VALUE}{reason}")
        try:
            said = self._said(text)
            return None if said is None else read_value(self.trial, self.element, said, latest)
        except ValueProblem as problem:
            if self.is_pending(text):
                return None
            is_dated = text.startswith("{") or with_day_behind(self.element, text) is not None
            if self.element.valid_for is not None and is_dated:
                column = day_column(self.element.name)
                message = f"{shown(text)}: the day of a sample belongs in a column {column}"
                raise ValueProblem(message) from None
            raise ValueProblem(_told(text, str(problem))) from None

    def is_pending(self, text: str) -> bool:
        """Whether a cell says that its value is awaited."""
        try:
            said = None if NO_VALUE in text else self._said(text)
        except ValueProblem:
            return False
        return said is not None and said_pending(self.trial, self.element, said) is not None

    @property
    def has_plain(self) -> bool:
        """Whether a plain cell states just that, and is not a word for something else.

        Plain is what most programs write: PLAIN_NUMBER, PLAIN_DAY, true and false.
        """
        element, codes = self.element, self.form.codes
        if element.type == "choice" or not self.form.is_usual:
            return False
        words = {*map(_folded, (*element.spellings, *self.trial.spellings))}
        if element.type == "boolean":
            return {"true", "false"}.isdisjoint((*words, *codes))
        if any(re.search(PLAIN_DAY, word) for word in words):
            return False
        # Of a typed number it is not known whether it was written like the code, such as `9.`
        odd = (code for code in codes if not re.search(PLAIN_NUMBER, code))
        # The engine could read any of these as a number.
        return all(_number_of(word) is None for word in (*words, *odd))

    def why_not(self, text: str | None, latest: date) -> str:
        """Why a cell that cannot be used cannot; None is a day that Python has not."""
        if text is None:
            return "is not a day of the years 1 to 9999"
        try:
            self.read(text, latest)
        except ValueProblem as problem:
            return str(problem)
        return "cannot be used"

    def _said(self, text: str) -> str | None:
        """As `read_value` takes it; None if nothing is known."""
        if self.form == _AS_A_FLAG:
            return text.strip(BLANKS) or None
        sign, cell, unit = self._parts(text)
        is_typed, cell = cell.startswith(TYPED), cell.removeprefix(TYPED)
        if not cell or self._is_missing(cell):
            return None
        code = code_of(cell)
        if code in self._doubtful:
            raise ValueProblem(f"{shown(cell)} has no meaning under 'values', where numbers have")
        said = self._values.get(code) or (cell if is_typed else self._usual(cell))
        if folded(said) == "unknown":
            return None
        return self._with_unit(self._with_sign(said, sign), unit)

    def _said_by_another(self) -> frozenset[str]:
        """1 and 0, if a site has another number for yes or for no: what they mean is open.

        With `{1: yes, 2: no}` nobody knows what 0 is; with `{2: no}` 1 is still yes.
        """
        if self.element.type != "boolean":
            return frozenset()
        numbers = [said for code, said in self._values.items() if _number_of(code) is not None]
        meant = [read_value(self.trial, self.element, said, date.max) for said in numbers]
        usual = {"1.0": Exactly(value=True), "0.0": Exactly(value=False)}
        return frozenset(
            code for code, fact in usual.items() if fact in meant and code not in self._values
        )

    def _parts(self, text: str) -> tuple[str, str, str | None]:
        """Comparator, cell, and unit: None where no column holds it."""
        if not self.form.beside:
            return "", text.strip(BLANKS), None
        parts = [part.strip(BLANKS) for part in text.split(JOINT)]
        if len(parts) != 3:
            raise ValueProblem(f"{shown(' '.join(parts))} holds a control character")
        sign, cell, unit = ("" if self._is_missing(part) else part for part in parts)
        return sign, cell, unit if self.form.unit_column is not None else None

    def _is_missing(self, cell: str) -> bool:
        code = code_of(cell)
        return code in self._missing and code not in self._values

    def _usual(self, cell: str) -> str:
        """The cell with a point and with dates as YYYY-MM-DD, as far as they are known."""
        form, kind = self.form, self.element.type
        if kind == "date" and form.date_format is not None and re.search(r"\d", cell):
            return day_of(cell, form.date_format)
        if kind in ("integer", "quantity") and form.decimal == ",":
            said = _with_point(cell)
            return _FRACTION.sub(r"\1e0", said) if counts_thousands(self.element) else said
        return cell

    def _with_sign(self, said: str, sign: str) -> str:
        wanted, own = COMPARATORS.get(folded(sign)), split_sign(folded(said))[0]
        if wanted is None:
            raise ValueProblem(
                f"the comparator {shown(sign)} beside {shown(said)}; expected <, <=, =, >=, > or"
                " nothing"
            )
        if not own:
            return f"{wanted}{said}"
        if sign and wanted != own:
            raise ValueProblem(f"{shown(said)} contradicts the comparator {shown(sign)} beside it")
        return said

    def _with_unit(self, said: str, unit: str | None) -> str:
        """Bare numbers with their unit."""
        parts = split_unit(said) if self.element.unit is not None else None
        if parts is None or (unit is None and self.form.unit is None):
            return said
        number, own = parts
        wanted = unit or self.form.unit
        if own:
            if unit and not self._is_same(said, f"{number} {unit}"):
                raise ValueProblem(f"{shown(said)} contradicts the unit {shown(unit)} beside it")
            return said
        if wanted is None:
            raise ValueProblem(f"{shown(said)} has no unit, in its cell or beside it")
        return f"{said} {wanted}"

    def _is_same(self, one: str, other: str) -> bool:
        """Whether two writings of a number are one."""
        try:
            facts = [read_value(self.trial, self.element, text, date.max) for text in (one, other)]
        except ValueProblem:
            return False
        return facts[0] == facts[1]


_folded = cache(folded)
"""Of the words of trials, most of which all elements have."""


def _told(text: str, reason: str) -> str:
    """Why a cell cannot be used: names the cell, gives ADVICE if it looks like a code for missing.

    `text` is as in `Parser.read`.
    """
    parts = text.split(JOINT)
    cell = short(parts[len(parts) // 2].strip(BLANKS).removeprefix(TYPED))
    reason = reason if cell in reason else f"'{cell}': {reason}"
    return f"{reason}; {ADVICE}" if _LIKE_MISSING.fullmatch(code_of(cell)) else reason


# Numbers.


def _with_point(cell: str) -> str:
    """A number written with a decimal comma, with a point; ValueProblem if it has one."""
    parts = []
    for part in _SPAN.split(cell):
        unit = _LETTER.search(part)
        end = len(part) if unit is None else unit.start()
        if _POINT.search(part[:end]):
            raise ValueProblem(
                f"{shown(cell)} is ambiguous: write a decimal comma (5,5), as --columns says, and"
                " no point in thousands"
            )
        parts.append(_COMMA.sub(".", part))
    return "".join(parts)


# Dates.

_DIRECTIVE = re.compile("%(.?)")
_PARTS: Mapping[str, str] = {
    "Y": "year",
    **dict.fromkeys("mbB", "month"),
    "d": "day",
    **dict.fromkeys("HIMSfp", "time"),
}
_RUN_TOGETHER = re.compile("%[YmdHIMS]%[YmdHIMS]")


def day_of(cell: str, date_format: str) -> str:
    """A date of this format as far as it says: YYYY-MM-DD, YYYY-MM, YYYY. Raises ValueProblem."""
    refused = ValueProblem(f"{shown(cell)} is not a date of the form {shown(date_format)}")
    try:
        found = datetime.strptime(cell, date_format)  # noqa: DTZ007 - the day as it is written
    except ValueError:
        raise refused from None
    # Run together, `2026111` could be divided in two ways; strptime takes the first.
    if _RUN_TOGETHER.search(date_format) and len(cell) < len(found.strftime(date_format)):
        raise refused
    parts = _parts_of(date_format)
    day = found.date().isoformat()
    return day if "day" in parts else day[:7] if "month" in parts else day[:4]


def check_date_format(date_format: str) -> None:
    """Raises ValueProblem for a format that leaves open which day is meant."""
    directives = _DIRECTIVE.findall(date_format)
    if "y" in directives:
        message = "two digits of a year can be those of 1926 and of 2026; only %Y is read"
        raise ValueProblem(f"{shown(date_format)}: {message}")
    if strange := [one for one in directives if one not in (*_PARTS, "%")]:
        known = ", ".join(f"%{name}" for name in _PARTS)
        raise ValueProblem(f"{shown(date_format)}: %{strange[0]}; expected {known}")
    parts = _parts_of(date_format)
    if len(directives) != len({*directives}) or "%" in directives:
        raise ValueProblem(f"{shown(date_format)}: each part of a date stands once, and no %%")
    if "year" not in parts or ("day" in parts and "month" not in parts):
        message = "expected a year, or a year and a month, or all three, such as %d/%m/%Y"
        raise ValueProblem(f"{shown(date_format)}: {message}")


def _parts_of(date_format: str) -> frozenset[str]:
    found = _DIRECTIVE.findall(date_format)
    return frozenset(_PARTS[one] for one in found if one in _PARTS)
