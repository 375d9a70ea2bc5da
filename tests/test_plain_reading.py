"""Whatever a text table holds: its patients are those of Python's csv, or it is refused."""

import gzip
import os
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.plainly import csv_records, named, text_of
from trialscreen.cohort.inputs import open_tables
from trialscreen.errors import InputError

FULL = 40 if "TRIALSCREEN_FULL" in os.environ else 1

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
    *("x", "58", "S1", "patient_id", "=1", " ", ""),
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
    try:
        tables = open_tables([path], folder)
    except InputError:
        return False
    found = tables.frame.collect(engine="streaming")
    assert tables.counted is not None and tables.counted() == len(found)
    rows = [[cell or "" for cell in row] for row in found.iter_rows()]
    assert rows == plainly(path, found.columns), path.read_bytes()
    return True


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


@settings(max_examples=300 * FULL, deadline=None)
@given(file=written())
def test_any_csv_is_read_as_pythons_csv_reads_it_or_is_refused(file: tuple[str, bytes]) -> None:
    name, data = file
    with TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(data)
        copies = Path(folder) / "copies"
        copies.mkdir()
        check(path, copies)
