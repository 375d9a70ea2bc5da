"""What a spreadsheet shows of a number, and what is read of it."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
import yaml

from trialscreen.model.errors import ValueProblem
from trialscreen.tables.cohort.readers.number_formats import NumberFormat

DATA = yaml.load(
    (Path(__file__).parent / "data" / "number_formats.yaml").read_text("utf-8"), yaml.CSafeLoader
)


class Case(NamedTuple):
    """A number or text in a cell, and what is read of it."""

    code: str
    stored: float | str
    read: str
    from_1904: bool


def _cases() -> Iterator[Case]:
    for kind, formats in DATA.items():
        for code, cells in formats.items():
            for stored, read in cells.items():
                yield Case(code, stored, read, kind == 1904)


@pytest.mark.parametrize("case", list(_cases()), ids=lambda case: f"{case.code} {case.stored}")
def test_a_cell_is_read_as_it_is_shown(case: Case) -> None:
    found = _read(case)
    if case.read.startswith("["):
        assert found.startswith("not told: ")
        assert case.read[1:-1] in found
    else:
        assert found == case.read


def _read(case: Case) -> str:
    number_format = NumberFormat(case.code, from_1904=case.from_1904)
    try:
        if isinstance(case.stored, str):
            return number_format.text(case.stored)
        return number_format.number(case.stored).text
    except ValueProblem as problem:
        return f"not told: {problem}"


@pytest.mark.parametrize(
    ("code", "stored", "is_rounded"),
    [("0.0", 22.45, True), ("0.00", 22.449999999999999, False),
     ("0%", 0.355, True), ("0%", 0.35, False), ("0E+0", 25, True), ("General", 0.1 + 0.2, False)],
)  # fmt: skip
def test_a_rounded_number_is_known_as_such(code: str, stored: float, is_rounded: bool) -> None:
    assert NumberFormat(code).number(stored).is_rounded == is_rounded
