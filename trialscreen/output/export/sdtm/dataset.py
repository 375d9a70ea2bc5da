"""Data sets for SDTM: variables and rows, and the one check of what the standard demands.

CDISC SDTM Implementation Guide 3.4, sections 4.1.5 and 4.2.1; FDA Study Data Technical
Conformance Guide, section 3.3 (SAS transport version 5, ASCII).
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from trialscreen.model.errors import Problem, ValueProblem, raise_any
from trialscreen.text.characters import PLAIN, printable, shown

LONGEST_NAME, LONGEST_LABEL, LONGEST_TEXT, LONGEST_CODE = 8, 40, 200, 8
"""Characters that SAS transport version 5 has room for; a --TESTCD has no more than a name."""

_NAME = re.compile(r"[A-Z][A-Z0-9]{0,7}")
_CODE = re.compile(r"[A-Z_][A-Z0-9_]{0,7}")

Value = str | int


class Variable(NamedTuple):
    """A variable. `terms` are the values it may have, where a codelist says so."""

    name: str
    label: str
    required: bool = True
    terms: tuple[str, ...] = ()


class Dataset(NamedTuple):
    """A data set: one row per record, a value per variable; `keys` name a record."""

    name: str
    label: str
    variables: tuple[Variable, ...]
    keys: tuple[str, ...]
    rows: tuple[tuple[Value, ...], ...]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(one.name for one in self.variables)


def checked(dataset: Dataset) -> Dataset:
    """`dataset` as it is. Raises InputError with everything the standard does not allow."""
    problems = [*_of_frame(dataset), *_of_rows(dataset), *_repeated(dataset)]
    raise_any(problems)
    return dataset


def _of_frame(dataset: Dataset) -> Iterator[Problem]:
    if not dataset.rows:
        message = "no rows; a data set without any is not submitted, so none is written"
        yield Problem(dataset.name, message)
    for name, label in ((dataset.name, dataset.label), *(one[:2] for one in dataset.variables)):
        if not _NAME.fullmatch(name):
            yield Problem(dataset.name, f"{shown(name)} cannot name a variable or data set")
        if len(label) > LONGEST_LABEL or not label.isascii():
            message = f"the label {shown(label)} is longer than {LONGEST_LABEL}, or not ASCII"
            yield Problem(dataset.name, message)


def _of_rows(dataset: Dataset) -> Iterator[Problem]:
    """What is wrong with the values; the same value is told once."""
    told = set()
    for number, row in enumerate(dataset.rows, 1):
        for variable, value in zip(dataset.variables, row, strict=True):
            for message in _of_value(variable, value):
                if (variable, value) not in told:
                    yield Problem(f"{dataset.name} row {number} {variable.name}", message)
                told.add((variable, value))


def _of_value(variable: Variable, value: Value) -> Iterator[str]:
    if isinstance(value, int):
        return
    if variable.required and not value.strip():
        yield "is empty; a value is required"
    elif variable.name.endswith("TESTCD") and not _CODE.fullmatch(value):
        yield (
            f"{shown(value)}; expected at most {LONGEST_CODE} of A-Z, 0-9 and _, and no digit first"
        )
    elif variable.terms and value not in variable.terms:
        yield f"{shown(value)}; expected {' or '.join(variable.terms)}"
    elif not value.isascii() or not value.isprintable():
        yield f"{shown(value)} is not printable ASCII"
    elif len(value) > LONGEST_TEXT:
        yield f"{shown(value)} has {len(value)} characters; at most {LONGEST_TEXT} can be written"


def _repeated(dataset: Dataset) -> Iterator[Problem]:
    """A record named twice, and a name or text that stands for two criteria."""
    at = [dataset.names.index(key) for key in dataset.keys]
    for key, count in Counter(tuple(row[i] for i in at) for row in dataset.rows).items():
        if count > 1:
            values = " ".join(map(str, key))
            yield Problem(dataset.name, f"{count} rows for {shown(values)}; one is allowed")
    code, text = dataset.names.index("IETESTCD"), dataset.names.index("IETEST")
    pairs = {(row[code], row[text]) for row in dataset.rows}
    for value, count in Counter(text for _, text in pairs).items():
        if count > 1:
            message = f"{shown(str(value))} is the text of {count} criteria; it must name one"
            yield Problem(f"{dataset.name} IETEST", message)


def to_ascii(text: str) -> str:
    """`text` on one line, in ASCII: `≥` as `>=`, `×` as `x`, `é` as `e`.

    Raises ValueProblem for a character that has no such form.
    """
    return "".join(_plain(char, text) for char in printable(" ".join(text.split())))


def replaced(texts: Iterable[str]) -> list[str]:
    """The characters that `to_ascii` replaces in `texts`, each once: `≥ as >=`."""
    chars = sorted({char for text in texts for char in text if not char.isascii()})
    return [f"{char} as {_plain(char, char)}" for char in chars]


def _plain(char: str, text: str) -> str:
    if char.isascii():
        return char
    plain = PLAIN.get(char)
    if plain is None:
        base = unicodedata.normalize("NFKD", char)
        plain = "".join(one for one in base if not unicodedata.combining(one))
    if not plain.isascii() or not plain.isprintable():
        raise ValueProblem(
            f"{shown(text)} holds {char} (U+{ord(char):04X}), which cannot be written in ASCII"
        )
    return plain
