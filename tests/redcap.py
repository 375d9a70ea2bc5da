"""REDCap's side, written from its documentation alone: expressions, and what an upload checks.

REDCap Help & FAQ: "Branching Logic", "Calculated Fields", "Special Functions", "Data
Dictionary". It shares no code with the package.
"""

import csv
import io
import re
from collections.abc import Mapping
from typing import Any

_TOKEN = re.compile(
    r"\s*(\[[a-z0-9_]+\]|'[^']*'|\d+(?:\.\d+)?(?:e[+-]?\d+)?|<>|<=|>=|[-+*/^(),=<>]|[a-z]+)"
)
_FIELD_TYPES = {"text", "notes", "dropdown", "radio", "checkbox", "calc", "yesno", "truefalse"}
_VALIDATIONS = {"", "date_ymd", "integer", "number"}
_HEADER = (
    "Variable / Field Name,Form Name,Section Header,Field Type,Field Label,"
    '"Choices, Calculations, OR Slider Labels",Field Note,'
    "Text Validation Type OR Show Slider Number,Text Validation Min,Text Validation Max,"
    "Identifier?,Branching Logic (Show field only if...),Required Field?,Custom Alignment,"
    "Question Number (surveys only),Matrix Group Name,Matrix Ranking?,Field Annotation"
)


class Expression:
    """An expression, read once, to be evaluated for many records.

    `blank_is_less` says how a comparison with a blank field comes out, which REDCap does
    not document; a sound form does not depend on it.
    """

    def __init__(self, text: str) -> None:
        self.tokens = _tokens(text)
        self.fields = {token[1:-1] for token in self.tokens if token.startswith("[")}
        self.at = 0
        self.tree = self._either()
        assert self.at == len(self.tokens), f"left over: {self.tokens[self.at :]}"

    def value(self, record: Mapping[str, str], *, blank_is_less: bool = True) -> Any:
        return _value(self.tree, record, blank_is_less)

    def _next(self, *wanted: str) -> str | None:
        if self.at < len(self.tokens) and self.tokens[self.at] in wanted:
            self.at += 1
            return self.tokens[self.at - 1]
        return None

    def _either(self) -> Any:
        return self._chain(("or",), self._both)

    def _both(self) -> Any:
        return self._chain(("and",), self._compared)

    def _compared(self) -> Any:
        return self._chain(("=", "<>", "<", "<=", ">", ">="), self._sum)

    def _sum(self) -> Any:
        return self._chain(("+", "-"), self._product)

    def _product(self) -> Any:
        return self._chain(("*", "/"), self._power)

    def _power(self) -> Any:
        return self._chain(("^",), self._atom)

    def _chain(self, operators: tuple[str, ...], inner: Any) -> Any:
        left = inner()
        while (operator := self._next(*operators)) is not None:
            left = (operator, left, inner())
        return left

    def _atom(self) -> Any:
        word = self.tokens[self.at]
        self.at += 1
        if word == "(":
            inside = self._either()
            assert self._next(")")
            return inside
        if word == "-":
            return ("-", 0.0, self._atom())
        if word.startswith(("[", "'")):
            return word
        if word[0].isdigit():
            return float(word)
        assert self._next("("), word
        arguments = [self._either()]
        while self._next(","):
            arguments.append(self._either())
        assert self._next(")")
        return (f"{word}()", *arguments)


def _tokens(text: str) -> list[str]:
    tokens, at = [], 0
    while at < len(text.rstrip()):
        match = _TOKEN.match(text, at)
        assert match, f"cannot be read: {text[at:]}"
        tokens.append(match[1])
        at = match.end()
    return tokens


def _value(tree: Any, record: Mapping[str, str], blank_is_less: bool) -> Any:
    if isinstance(tree, float):
        return tree
    if isinstance(tree, str):
        return record.get(tree[1:-1], "") if tree.startswith("[") else tree[1:-1]

    def of(part: Any) -> Any:
        return _value(part, record, blank_is_less)

    name, *parts = tree
    if name == "if()":
        return of(parts[1]) if of(parts[0]) else of(parts[2])
    values = [of(part) for part in parts]
    if name in ("=", "<>"):
        return (str(values[0]) == str(values[1])) is (name == "=")
    if name in ("<", "<=", ">", ">=") and "" in values:
        return blank_is_less
    return _FUNCTIONS[name](*values)


def _part_of_date(place: int) -> Any:
    return lambda day: float(day.split("-")[place])


_FUNCTIONS: dict[str, Any] = {
    "and": lambda a, b: a and b,
    "or": lambda a, b: a or b,
    "<": lambda a, b: float(a) < float(b),
    "<=": lambda a, b: float(a) <= float(b),
    ">": lambda a, b: float(a) > float(b),
    ">=": lambda a, b: float(a) >= float(b),
    "+": lambda a, b: float(a) + float(b),
    "-": lambda a, b: float(a) - float(b),
    "*": lambda a, b: float(a) * float(b),
    "/": lambda a, b: float(a) / float(b),
    "^": lambda a, b: float(a) ** float(b),
    "min()": lambda a, b: min(float(a), float(b)),
    "max()": lambda a, b: max(float(a), float(b)),
    "round()": lambda a, b: round(float(a), int(b)),
    "year()": _part_of_date(0),
    "month()": _part_of_date(1),
    "day()": _part_of_date(2),
}


def read_dictionary(text: str) -> list[dict[str, str]]:
    """The rows of a data dictionary; an AssertionError for what an upload would refuse."""
    assert text.splitlines()[0] == _HEADER
    rows = list(csv.DictReader(io.StringIO(text)))
    names = [row["Variable / Field Name"] for row in rows]
    assert len(set(names)) == len(names)
    assert (
        rows[0]["Field Type"] == "text" and not rows[0]["Branching Logic (Show field only if...)"]
    )
    calculated = {
        name for name, row in zip(names, rows, strict=True) if row["Field Type"] == "calc"
    }
    for name, row in zip(names, rows, strict=True):
        _check_row(name, row)
        for column in ("Branching Logic (Show field only if...)", _equation(row)):
            if column and row[column]:
                used = Expression(row[column]).fields
                assert used <= set(names) - {name}, (name, used - set(names))
                assert column.startswith("Branching") or not used & calculated, name
    return rows


def _equation(row: Mapping[str, str]) -> str:
    return "Choices, Calculations, OR Slider Labels" if row["Field Type"] == "calc" else ""


def _check_row(name: str, row: Mapping[str, str]) -> None:
    assert re.fullmatch("[a-z][a-z0-9_]{0,99}", name) and "__" not in name, name
    assert re.fullmatch("[a-z][a-z0-9_]{0,49}", row["Form Name"])
    assert row["Field Type"] in _FIELD_TYPES and row["Field Label"], name
    assert row["Text Validation Type OR Show Slider Number"] in _VALIDATIONS
    assert row["Field Type"] == "text" or not row["Text Validation Type OR Show Slider Number"]
    for column in ("Identifier?", "Required Field?", "Matrix Ranking?"):
        assert row[column] in ("", "y"), name
    for column in ("Section Header", "Field Label", "Field Note"):
        assert not re.search(r"[<>\[\]{}]", row[column]), name
    if row["Field Type"] == "radio":
        codes = list(choices_in(row))
        assert len(codes) >= 2 and len(set(codes)) == len(codes)
        assert all(re.fullmatch("[A-Za-z0-9_]+", code) for code in codes), name


def choices_in(row: Mapping[str, str]) -> dict[str, str]:
    """Code and label of each choice."""
    parts = row["Choices, Calculations, OR Slider Labels"].split(" | ")
    pairs = [part.split(", ", 1) for part in parts]
    return {code: label for code, label in pairs}  # noqa: C416 - it checks that there are two
