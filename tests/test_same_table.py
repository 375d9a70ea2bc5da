"""One table as CSV, TSV, NDJSON, Parquet and Excel: the same findings, the same problems.

A format is a function in WRITERS: it writes texts into a folder, and returns the file.
"""

import csv
import gzip
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal, NamedTuple

import polars as pl
import pytest
import xlsxwriter

from tests.messy import patients
from tests.sizes import size
from tests.test_cohort_parity import ON, OWN_DAYS, TRIAL, run_on
from tests.tools.simulate import ID
from trialscreen.model.trial import SCREENING_DATE

ROWS = size(120, part=40)
Records = Sequence[Sequence[str]]
"""The titles, and the texts of each patient."""
Quoting = Literal[0, 1, 2]
"""As csv has them: QUOTE_MINIMAL, QUOTE_ALL, QUOTE_NONNUMERIC."""
Writer = Callable[[Records, Path], Path]


def _csv(records: Records, folder: Path) -> Path:
    return _delimited(records, folder / "t.csv", ",", csv.QUOTE_MINIMAL)


def _quoted(records: Records, folder: Path) -> Path:
    return _delimited(
        records, folder / "t.csv", ";", csv.QUOTE_ALL, end="\r\n", encoding="utf-8-sig"
    )


def _tsv(records: Records, folder: Path) -> Path:
    return _delimited(records, folder / "t.tsv", "\t", csv.QUOTE_NONNUMERIC)


def _carriage_returns(records: Records, folder: Path) -> Path:
    return _delimited(records, folder / "t.csv", ",", csv.QUOTE_ALL, end="\r")


def _gzip(records: Records, folder: Path) -> Path:
    path = folder / "t.csv.gz"
    path.write_bytes(gzip.compress(_csv(records, folder).read_bytes()))
    return path


def _ndjson(records: Records, folder: Path) -> Path:
    titles, *rows = records
    lines = (json.dumps(dict(zip(titles, row, strict=True)), ensure_ascii=False) for row in rows)
    (folder / "t.ndjson").write_text("\n".join(lines), "utf-8")
    return folder / "t.ndjson"


def _ndjson_without_blanks(records: Records, folder: Path) -> Path:
    titles, *rows = records
    entries = (
        {title: cell for title, cell in zip(titles, row, strict=True) if cell} for row in rows
    )
    (folder / "t.jsonl").write_text("".join(json.dumps(one) + "\n\n" for one in entries), "utf-8")
    return folder / "t.jsonl"


def _ndjson_typed(records: Records, folder: Path) -> Path:
    """As numbers, true and false what JSON writes just so; blanks not at all."""
    titles, *rows = records
    entries = (dict(zip(titles, map(_typed, titles, row), strict=True)) for row in rows)
    lines = (json.dumps({key: one for key, one in entry.items() if one != ""}) for entry in entries)
    (folder / "t.ndjson").write_text("\n".join(lines), "utf-8")
    return folder / "t.ndjson"


def _typed(title: str, cell: str) -> object:
    if title not in TRIAL.elements or TRIAL.elements[title].type in ("choice", "date"):
        return cell
    try:
        value = json.loads(cell)
    except ValueError:
        return cell
    return value if json.dumps(value) == cell else cell


def _parquet(records: Records, folder: Path) -> Path:
    titles, *rows = records
    frame = pl.DataFrame(rows, dict.fromkeys(titles, pl.String()), orient="row")
    frame.write_parquet(folder / "t.parquet")
    return folder / "t.parquet"


def _excel(records: Records, folder: Path) -> Path:
    with xlsxwriter.Workbook(folder / "t.xlsx") as book:
        sheet = book.add_worksheet()
        for number, row in enumerate(records):
            for place, text in enumerate(row):
                sheet.write_string(number, place, text)
    return folder / "t.xlsx"


WRITERS: tuple[Writer, ...] = (
    *(_quoted, _tsv, _carriage_returns, _gzip),
    *(_ndjson, _ndjson_without_blanks, _ndjson_typed, _parquet, _excel),
)


def _delimited(
    records: Records,
    path: Path,
    separator: str,
    quoting: Quoting,
    *,
    end: str = "\n",
    encoding: str = "utf-8",
) -> Path:
    with path.open("w", encoding=encoding, newline="") as file:
        csv.writer(file, delimiter=separator, quoting=quoting, lineterminator=end).writerows(
            records
        )
    return path


class Table(NamedTuple):
    """Texts, and what `cohort` finds for them in CSV: findings and problems."""

    records: Records
    found: tuple[pl.DataFrame, list[str]]


@pytest.fixture(scope="module", params=["one day", "own days"])
def table(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Table:
    own_days = request.param == "own days"
    people = patients(TRIAL, ROWS, 23, OWN_DAYS if own_days else (ON,))
    titles = [ID, *([SCREENING_DATE] if own_days else []), *people[0].cells]
    rows = [
        [
            one.id,
            *([one.on.isoformat()] if own_days else []),
            *(cell.text for cell in one.cells.values()),
        ]
        for one in people
    ]
    records = [[*titles, "remarks\nof anyone"]]
    records += [[*row, f'said "{n}; so,\tso"\nand {n}"'] for n, row in enumerate(rows)]
    folder = tmp_path_factory.mktemp("table")
    return Table(records, _found(_csv(records, folder), folder))


def _found(path: Path, folder: Path) -> tuple[pl.DataFrame, list[str]]:
    """The findings, and the problems in the order of their texts: columns may be in any order."""
    run_on(folder, path, problems=folder / "problems.csv")
    return pl.read_parquet(folder / "out.parquet"), sorted(
        (folder / "problems.csv").read_text("utf-8").splitlines()
    )


@pytest.mark.parametrize("write", WRITERS, ids=lambda write: write.__name__.strip("_"))
def test_every_format_gives_the_same_findings_and_problems(
    table: Table, tmp_path: Path, write: Writer
) -> None:
    findings, problems = _found(write(table.records, tmp_path), tmp_path)
    assert findings.equals(table.found[0])
    assert problems == table.found[1]
    assert len(problems) > ROWS / 2
