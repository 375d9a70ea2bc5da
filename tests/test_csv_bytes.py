"""What bytes tell of cells is so, and whatever the engine reads otherwise than the parser is told.

Of the engine this is found out by trying: another version of it may read more.
"""

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from itertools import product
from random import Random

import polars as pl
import pytest

from tests.sizes import size
from trialscreen import load_trial
from trialscreen.model.facts import Fact, Numbers
from trialscreen.tables.cohort.readers.cells import PLAIN_DAY, Parser
from trialscreen.tables.cohort.readers.csv_pieces import Counts, counts_of, separators_outside, told

TRIAL = load_trial()
ODD = (*map(chr, range(0x80)), *"\x80\x85\xa0²é٠\u2009−\u3000１．\U0001d7ce\ufeff")
ODD = tuple(one for one in ODD if one not in '";\n\r')
SIGNS = (*"0159.-+eE/ \t_xinfa:,", "\u00a0")


def edited(text: str) -> Iterator[str]:
    """With one more character, or another, wherever that is; and with two."""
    for place in range(len(text) + 1):
        before, behind = text[:place], text[place:]
        for odd in ODD:
            yield from (before + odd + behind, before + odd + behind[1:])
        for one, other in product(SIGNS, SIGNS):
            yield before + one + other + behind
    for place, other in product(range(len(text)), range(len(text))):
        for one, two in product(SIGNS, SIGNS):
            if place < other:
                yield text[:place] + one + text[place + 1 : other] + two + text[other + 1 :]


def taken(cells: Iterable[str], kind: pl.DataType) -> Iterator[tuple[str, object]]:
    """The cells in which the engine reads a value."""
    some = [*dict.fromkeys(cell for cell in cells if cell and "\n" not in cell)]
    data = "".join(f"{cell};x\n" for cell in some).encode()
    schema = {"cell": kind, "x": pl.String()}
    options = {"has_header": False, "separator": ";", "quote_char": None, "ignore_errors": True}
    found = pl.scan_csv(data, schema=schema, **options).collect()["cell"]  # type: ignore[arg-type]
    assert len(found) == len(some)
    if kind == pl.Date:
        found = found.dt.to_string("%Y-%m-%d")
    return ((cell, one) for cell, one in zip(some, found, strict=True) if one is not None)


def is_told(cell: str, counts: Counts) -> bool:
    about = told(f"{cell};".encode() + b"\n", ";")
    return not about.are_short or about.counts != counts._replace(others=counts.others + 1)


NUMBERS = ("12.5", "-3", "0.25", "-10.75", "0", "100", "5e2", "7.", ".5", "0" * 5, "9" * 30)
LONG = ("0." + "3" * 250, "5" + "0" * 250, "0" * 250 + "5", "inf", "-infinity", "NaN", "1e400")


def numbers() -> Iterator[str]:
    yield from ("".join(some) for length in (1, 2, 3) for some in product(SIGNS, repeat=length))
    for text in NUMBERS:
        yield from edited(text[:8])
    yield from LONG


@pytest.mark.parametrize("name", ["weight", "fracture_site_count"])
def test_a_number_that_is_not_told_is_what_the_parser_reads(name: str) -> None:
    element, seen = TRIAL.elements[name], 0
    assert element.range is not None
    parser = Parser(TRIAL, element)
    low, high = map(float, element.range)  # type: ignore[arg-type]
    for cell, value in taken(numbers(), pl.Float64()):
        assert isinstance(value, float)
        is_usable = low <= value <= high and (element.type != "integer" or value.is_integer())
        if is_usable and not is_told(cell, Counts(0, 0, 0)):
            seen += 1
            fact: Fact | None = parser.read(cell, date(2026, 6, 1))
            assert isinstance(fact, Numbers), cell
            assert fact[:4] == (value, value, False, False), cell
    assert seen > 50


def days() -> Iterator[str]:
    yield from edited("2026-03-11")
    yield from ("2026-3-11", "2026/03/11", "11-03-2026", "11.03.2026", "12026-03-11", "26-03-11")
    inside = "0123456789-./,"
    yield from (f"{''.join(year)}-03-11" for year in product("029-./,", repeat=4))
    for part in product(inside, repeat=2):
        for other in product("0129-./", repeat=2):
            yield f"2026-{''.join(part)}-{''.join(other)}"


def test_a_day_that_is_not_told_is_plain() -> None:
    seen = 0
    for cell, value in taken(days(), pl.Date()):
        if not is_told(cell, Counts(0, 0, 1)) and "1000-01-01" <= str(value) <= "9999-12-31":
            seen += 1
            assert re.fullmatch(PLAIN_DAY, cell), cell
            assert cell == value
    assert seen > 50


PARTS = (
    *("0", "7", "12", ".", "-", "-0", "00", "-01", "-03-11", "2026", "2026-03-11", " ", "  ", "\t"),
    *(
        "+",
        "e",
        "E",
        "x",
        "true",
        "女",
        "\u00a0",
        "é",
        "/",
        ",",
        ";",
        ":",
        "*",
        "\x1f",
        "\x7f",
        "9" * 16,
    ),
)


@pytest.mark.parametrize("separator", ",;\t|")
def test_the_bytes_tell_what_the_cells_do(separator: str) -> None:
    rng = Random(separator)
    parts = [one for one in PARTS if one != separator]
    for _ in range(size(400)):
        rows = [
            ["".join(rng.choices(parts, k=rng.randrange(4))) for _ in range(3)]
            for _ in range(rng.randrange(1, 9))
        ]
        data = "".join(f"{separator.join(row)}\n" for row in rows).encode()
        about, texts = told(data, separator), pl.Series([cell for row in rows for cell in row])
        cells = texts.to_frame("cell").select(counts_of(pl.col("cell"))).sum().row(0)
        assert about.counts == (cells[0] + len(rows), *cells[1:]), rows
        assert about.separators == 2 * len(rows)
        assert about.controls == sum(byte < 0x20 or byte == 0x7F for byte in data)


def test_separators_outside_of_quotes_are_those_that_pythons_csv_cuts_at(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("trialscreen.tables.cohort.readers.csv_pieces._AT_ONCE", 12)
    rng = Random(0)
    told_of = 0
    for _ in range(size(10_000)):
        lines = ["".join(rng.choices('"",xé', k=rng.randrange(9))) for _ in range(3)]
        if rng.random() < 0.5:
            lines = [",".join(f'"{cell}"' for cell in line.split(",")) for line in lines]
        found = separators_outside("".join(f"{line}\n" for line in lines).encode(), ",")
        if found is not None:
            told_of += 1
            rows = csv.reader([f"{line}\n" for line in lines], strict=True)
            assert found == sum(max(len(row) - 1, 0) for row in rows), lines
    assert told_of > size(500)
    for odd in ("5'4\",x\n", '"x"y,z\n', ' "x",z\n', '"x\ny",z\n', '"x,z\n'):
        assert separators_outside(odd.encode(), ",") is None


def test_what_is_long_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def with_long(many: int, place: int) -> bytes:
        lines: Sequence[bytes] = [b"1,2,3\n"] * 100
        return b"".join([*lines[:place], b"1," + b"3" * many + b",2\n", *lines[place:]])

    monkeypatch.setattr("trialscreen.tables.cohort.readers.csv_pieces._AT_ONCE", 64)
    for place in range(100):
        assert told(with_long(31, place), ",").are_short
        assert not told(with_long(63, place), ",").are_short


NO_UTF_8 = (
    *(b"\xff", b"\xfe", b"\x80", b"\xc3", b"\xe2\x82", b"\xf0\x9f\x98", b"\xe9t\xe9", b"\xc0\x80"),
    *(b"\xed\xa0\x80", b"\xe0\x80\x80", b"\xf4\x90\x80\x80", b"\xf8\x88\x80\x80\x80", b"\xc3,\xa9"),
)


@pytest.mark.parametrize(
    "kind", [pl.String(), pl.Categorical(), pl.Boolean(), pl.Float64(), pl.Date()]
)
@pytest.mark.parametrize("bad", NO_UTF_8)
def test_the_engine_refuses_what_is_no_utf_8(kind: pl.DataType, bad: bytes) -> None:
    usual = {pl.Boolean(): b"true", pl.Float64(): b"1.5", pl.Date(): b"2026-03-01"}
    cell = usual.get(kind, "é".encode())
    for rows, row, width in ((1, 0, 3), (200, 0, 20), (200, 120, 1), (200, 199, 0)):
        around = b"" if kind in usual else b"x" * width
        lines = [b"1," + cell + b"," + cell] * rows
        lines[row] = b"1," + around + bad + around + (b"" if b"," in bad else b"," + cell)
        schema = {"id": pl.String(), "one": kind, "other": kind}
        data = b"".join(line + b"\n" for line in lines)
        scan = pl.scan_csv(data, has_header=False, quote_char=None, schema=schema)
        with pytest.raises(pl.exceptions.PolarsError):
            scan.collect()
