"""Whatever a text table holds: its patients are those of Python's csv, or it is refused."""

import csv
import gzip
import os
import re
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

import polars as pl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.frames import all_rows, numbers_of
from tests.process import ROOT
from tests.sizes import examples, size
from tests.tools.plainly import BLANKS, csv_records, named, ndjson_rows, text_of
from trialscreen.model.errors import InputError
from trialscreen.tables.cohort.readers import csv_pieces
from trialscreen.tables.cohort.readers.inputs import open_tables
from trialscreen.tables.cohort.readers.opened import CellKind, NumberKind

PIECES = (
    *('"', '""', '"""', '","', '"\n"', '" "', ' "', '" ', 'x"', '"x', "5'4\"", '""x', 'x""'),
    *(
        "\n",
        "\r\n",
        "\r",
        "a\nb",
        ",",
        ";",
        "\t",
        "|",
        "'",
        "\\",
        "#",
        "\u00a0",
        "\u200b",
        "é",
        "女",
    ),
    *("x", "58", "S1", "patient_id", "=1", " ", "", "true", "FALSE", "2026-03-01", "-0.50"),
    *("0", "7", ".", "-", "e", "-01", "\ufeff"),
)
CELL = st.lists(st.sampled_from(PIECES), max_size=4).map("".join)
TITLES = ("patient_id", "weight", "height", "sex", "note")


@st.composite
def written(draw: st.DrawFn) -> tuple[str, bytes]:
    """A file's name and bytes: most of it written well, some of it not."""
    columns = draw(st.integers(2, 5))
    separator = draw(st.sampled_from(",;\t,,"))
    end = draw(st.sampled_from(("\n", "\n", "\r\n", "\r")))
    quoting = draw(st.sampled_from(("as needed", "always", "never", "mixed")))
    rows = draw(st.lists(st.lists(CELL, min_size=columns, max_size=columns), max_size=6))
    titles = [name + draw(st.sampled_from(("", "", '"', "\n", ' (")', ","))) for name in TITLES]
    lines = []
    for number, full in enumerate([titles[:columns], *rows]):
        row = full
        if number and draw(st.integers(0, 12)) == 0:
            others: tuple[list[str], ...] = (
                full[:-1],
                [*full, "x"],
                [],
                [""] * columns,
                [" "] * columns,
            )
            row = draw(st.sampled_from(others))
        lines.append(separator.join(_spelled(draw, cell, separator, quoting) for cell in row))
    text = end.join(lines) + draw(st.sampled_from((end, "", end * 2)))
    data = draw(st.sampled_from(("", "", "\ufeff", "sep=@\n"))).replace("@", separator) + text
    raw = data.encode()
    name = "t.tsv" if separator == "\t" else "t.csv"
    if draw(st.integers(0, 4)) == 0:
        return f"{name}.gz", gzip.compress(raw)
    return name, raw


def _spelled(draw: st.DrawFn, cell: str, separator: str, quoting: str) -> str:
    if quoting == "mixed":
        quoting = draw(st.sampled_from(("as needed", "always", "never")))
    needed = any(sign in cell for sign in (separator, '"', "\n", "\r"))
    if quoting == "always" or (quoting == "as needed" and needed):
        return '"' + cell.replace('"', '""') + '"'
    return cell


def check(path: Path, folder: Path) -> bool:
    """Whether the file is read; if so, as Python's csv reads it."""
    refused: list[InputError] = []
    try:
        tables = open_tables([path], folder)
        all_rows(tables)
    except InputError as error:
        refused.append(error)
    if refused:
        with pytest.raises(InputError) as again:
            by_pieces(path, folder)
        assert again.value.problems == refused[0].problems, path.read_bytes()
        return False
    found = all_rows(tables)
    assert tables.counted() == len(found)
    rows = [[cell or "" for cell in row] for row in found.iter_rows()]
    assert rows == plainly(path, found.columns), path.read_bytes()
    read, numbers, notes = by_pieces(path, folder)
    assert (numbers, notes) == (numbers_of(tables), tables.notes)
    assert read == as_typed(rows), path.read_bytes()
    return True


def as_typed(rows: list[list[str]]) -> list[list[str]]:
    """The same for numbers that are one, in the column of numbers, and for `TRUE` and `true`."""
    return [[typed(cell, place) for place, cell in enumerate(row)] for row in rows]


def typed(cell: str, place: int) -> str:
    return one_number(cell) if place == 1 else cell.lower()


def one_number(cell: str) -> str:
    is_number = re.fullmatch(r" *-?(0|[1-9][0-9]*|(?=\.[0-9]))(\.[0-9]*)?", cell)
    return repr(float(cell)) if is_number else cell


def by_pieces(path: Path, folder: Path) -> tuple[list[list[str]], Sequence[int], Iterable[str]]:
    """The rows as a run gets them, `as_typed`; its columns are typed or codes where that can be."""
    tables = open_tables([path], folder)
    number = NumberKind(lambda value: value.is_between(-100, 100))
    some: tuple[CellKind, ...] = (number, "truth", "day", "words")
    kinds = dict(zip([*tables.schema][1:], some, strict=False))
    rows: list[list[str]] = []
    for _ in range(2):  # the second time, all is known of the file
        pieces = [
            piece.rows.select(pl.selectors.by_name(*tables.schema).cast(pl.String))
            for piece in tables.pieces(kinds)
        ]
        again = [[cell or "" for cell in row] for piece in pieces for row in piece.iter_rows()]
        assert rows in ([], again)
        rows = again
        assert tables.counted() == len(rows)
    return as_typed(rows), numbers_of(tables), tables.notes


def plainly(path: Path, titles: list[str]) -> list[list[str]]:
    """The rows as Python's csv reads them, with the separator that makes these titles."""
    text = text_of(path)
    if text.startswith("sep="):
        text = text.partition("\n")[2]
    for separator in ",;\t|":
        found, rows = csv_records(text, separator)
        if named(found) == titles:
            return [row + [""] * (len(titles) - len(row)) for row in rows]
    raise AssertionError(f"no separator makes the titles {titles}")


@examples(3_000, part=100)
@example(file=("t.csv", "patient_id,weight\n\ré\né\n".encode()))
@example(file=("t.csv", "patient_id,weight\na,\ré\nb,2\n".encode()))
@example(file=("t.csv", "patient_id,weight\naaaaaaaaaaaaaaaaaaaaa,5\n\ufeffP1,7\n".encode()))
@example(file=("t.csv", b"patient_id,weight\naaaaaaaaaaaaaaaaaaaaa,5\n\n\nP1,7\n"))
@example(
    file=("t.csv.gz", gzip.compress(b'patient_id,weight,height,sex\n,,"""""""",""""""""""""""""'))
)
@given(file=written())
def test_any_csv_is_read_as_pythons_csv_reads_it_or_is_refused(file: tuple[str, bytes]) -> None:
    name, data = file
    with TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(data)
        copies = Path(folder) / "copies"
        copies.mkdir()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(csv_pieces, "PIECE", 25)
            patch.setattr("trialscreen.tables.cohort.readers.csv_tables.AT_ONCE", 2)
            check(path, copies)


KEYS = ("patient_id", "weight", "sex", "néw", 'q"', "w\\u0065ight", "weight")
VALUES = (
    *('"x"', '"\\u0031"', '"a\\"b,"', '"}"', '"\\ud83d\\ude00"', '"\\ud83d"', '""', '" 5 "', '"é"'),
    *("58", "-0.5", "58.50", "1e1", "1e400", "9" * 5000, "01", "NaN", "null", "true"),
    *('{"weight": 1, "weight": 2}', "", '"x'),
)


@st.composite
def written_as_json(draw: st.DrawFn) -> str:
    """An NDJSON file: most lines are objects of a few keys, some are not."""
    pair = st.tuples(st.sampled_from(KEYS), st.sampled_from((*VALUES[:12] * 3, *VALUES)))
    gap = draw(st.sampled_from(("", " ", "\t")))
    lines = []
    for pairs in draw(st.lists(st.lists(pair, max_size=4), min_size=1, max_size=5)):
        texts = (f'"{key}":{gap}{value}'.replace('q"', 'q\\"') for key, value in pairs)
        line = "{" + f",{gap}".join(texts) + "}"
        end = draw(
            st.sampled_from(("", "", "", "", "\r", " ", "\n", "\n \n", "}", ",", "{}", "\u00a0"))
        )
        lines.append(line + end)
    return "\n".join(lines)


@examples(3_000, part=100)
@given(text=written_as_json())
def test_any_ndjson_is_read_as_pythons_json_reads_it_or_is_refused(text: str) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "t.ndjson"
        path.write_bytes(text.encode())
        try:
            tables = open_tables([path], Path(folder))
            found = all_rows(tables)
        except (InputError, pl.exceptions.ComputeError):
            return  # the latter is told as InputError where tables are read
        assert tables.counted() == len(found)
        for row, plain in zip(found.iter_rows(named=True), ndjson_rows(path), strict=True):
            told = {name.strip(BLANKS): _as_polars_writes(text) for name, text in plain.items()}
            assert {name: cell for name, cell in row.items() if cell is not None} == told


def _as_polars_writes(text: str) -> str:
    """Numbers have their shortest form; lists and objects are their text."""
    return {"58.50": "58.5", "1e1": "10"}.get(text, text)


LARGE = size(300_000, part=20_000)
"""Rows: more than the engine gives to one thread, and than are looked at in one go."""
HABITS = {
    "as needed": csv.QUOTE_MINIMAL,
    "always": csv.QUOTE_ALL,
    "line breaks": csv.QUOTE_MINIMAL,
    "inches": csv.QUOTE_NONE,
}
NO_QUOTES: dict[str, Any] = {"quoting": csv.QUOTE_NONE, "quotechar": None}


@pytest.mark.parametrize("threads", [1, 7])
def test_large_files_are_read_alike_by_any_number_of_threads(tmp_path: Path, threads: int) -> None:
    paths = [_large(tmp_path / habit, habit, Random(f"{habit} {threads}")) for habit in HABITS]
    code = (
        "import sys; from pathlib import Path; from tests.test_plain_reading import check;"
        " sys.exit(not all([check(Path(one), Path(one).parent) for one in sys.argv[1:]]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *paths],
        env={**os.environ, "POLARS_MAX_THREADS": str(threads), "PYTHONPATH": str(ROOT)},
        check=False,
    )
    assert done.returncode == 0
    assert [path.parent.name for path in paths if not _is_plain(path)] == ["line breaks", "inches"]


def _is_plain(path: Path) -> bool:
    titles, _, lines = path.read_bytes().partition(b"\n")
    reader = csv_pieces.PieceReader(titles.decode().split(","), ",", {})
    return reader.read_if_plain(lines) is not None


def _large(folder: Path, habit: str, rng: Random) -> Path:
    cells = ["58", "", " ", "tired, since May", 'she said "no"', "女", "x" * 200]
    if habit == "line breaks":
        cells += ['"', "one\ntwo", "one\r\n\r\ntwo", 'a "b"\n']
    if habit == "inches":
        cells = ["58", "", " ", "5'4\"", 'about 30" or so', "x" * 200]
    folder.mkdir()
    path = folder / "t.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        quotes: dict[str, Any] = {"quoting": HABITS[habit]} if habit != "inches" else NO_QUOTES
        writer = csv.writer(file, lineterminator="\n", **quotes)
        writer.writerow(["patient_id", "weight", "note", "more"])
        writer.writerows([f"S{n}", *rng.choices(cells, k=3)] for n in range(LARGE))
    return path
