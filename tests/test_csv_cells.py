"""Each cell of a CSV file is what the parser reads in it, whatever its column is otherwise like."""

import csv
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import Any

import polars as pl
import pytest

from tests.sizes import size
from tests.tools.read_plainly import compared
from trialscreen import load_trial
from trialscreen.model.errors import ValueProblem
from trialscreen.model.facts import Dates, Exactly, Fact, Numbers, closed
from trialscreen.model.trial import Element
from trialscreen.tables.cohort.batches import Anchor, plan_batches, prepared
from trialscreen.tables.cohort.column_map import NO_MAP, ROW, match_columns
from trialscreen.tables.cohort.readers import csv_pieces, csv_tables
from trialscreen.tables.cohort.readers.cells import Parser
from trialscreen.tables.cohort.readers.inputs import open_tables
from trialscreen.tables.cohort.screener import Screener

TRIAL = load_trial()
ON = date(2026, 6, 1)
ROWS = 400
ENDS = ("low", "high", "low_open", "high_open", "half")
ENGINES_TAKE = (
    *(" 7.1 ", "1_000", "7.1D", "0x1p3", "1e2", "+50", "0050", "inf", "nan", "NaN", "50.", ".5"),
    *("-0", "-0.0", "50,5", "1e400", "9" * 40, "0." + "3" * 30, "5" + "0" * 250, "٣"),
    *("7.", "5.", ".5", "-.5", "00", "-07", "7e1", "1E2", "+007", " 007"),
    *("1.000", "12.345", "999.500", "0.500", "1000.000"),
    *("True", "FALSE", "yes", "1", "0", "t", "1.0", " true", "no "),
    *("202603", "2026-3-1", "2026- 3-01", "03-01-2026", "2026-03-01T00:00", "0000-01-01"),
    *("2026-02-30", "2027-01-01", "9999-12-31", "1000-01-01", "+026-03-01"),
    *("<50", ">= 50", "2026-03", "2026", "50 to 60", "unknown", " ", "\u00a0", "abc", "121 lb"),
)
"""Texts that engines or people take for values, rightly or wrongly."""


def clean(rng: Random, element: Element) -> str:
    match element.type:
        case "boolean":
            return rng.choice(("true", "false"))
        case "choice":
            return rng.choice([*element.choices])
        case "date":
            return (ON - timedelta(rng.randrange(30_000))).isoformat()
    assert element.range is not None
    low, high = map(float, element.range)  # type: ignore[arg-type]
    value = rng.uniform(low, min(high, low + 200))
    decimals = 0 if element.type == "integer" else rng.choice((0, 1, 1, 2, 3, 12))
    return f"{value:.{decimals}f}"


def column(rng: Random, element: Element) -> list[str]:
    """Cells that are clean, or mostly, or only in some of the pieces."""
    share = rng.choice((0, 0, 0.003, 0.05, 0.5))
    start = rng.choice((0, ROWS // 2))
    return [
        rng.choice(ENGINES_TAKE)
        if place >= start and rng.random() < share
        else ""
        if rng.random() < 0.1
        else clean(rng, element)
        for place in range(ROWS)
    ]


def stated(parser: Parser, text: str, columns: Sequence[str]) -> tuple[list[Any], str | None]:
    """What stands in these typed columns for a cell, and why it cannot be used."""
    try:
        fact: Fact | None = parser.read(text, ON)
    except ValueProblem as problem:
        return [None] * len(columns), str(problem)
    match fact:
        case None:
            return [None] * len(columns), None
        case Exactly(value):
            return [value], None
        case Numbers() if len(columns) > 2:
            return [*fact], None
        case Numbers():
            return [*closed(fact)[:2]], None
        case Dates():
            return [*fact], None


def read(path: Path, folder: Path, *, halves: bool) -> Iterator[tuple[pl.DataFrame, pl.DataFrame]]:
    """The typed columns of each piece, and what of it cannot be used."""
    tables = open_tables([path], folder)
    matched = match_columns(TRIAL, tables.schema, "patient_id", NO_MAP)
    batches = plan_batches(TRIAL, matched, tables.schema, "patient_id", Anchor(ON, ON))
    first = 1
    for piece in tables.pieces(batches.kinds(batches.schema if halves else ())):
        cells = prepared(batches, piece.rows, "patient_id", piece.numbers(first))
        typed, found = batches.read(cells)
        first += len(piece.rows)
        yield typed, found.unreadable


@pytest.mark.parametrize("seed", range(size(4, part=2)))
def test_every_cell_is_what_the_parser_reads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    rng = Random(seed)
    elements = {one.name: one for one in rng.sample([*TRIAL.answerable()], 40)}
    always = ("weight", "height", "bmi", "birth_date", "hbv_dna")
    elements |= {name: TRIAL.elements[name] for name in always}
    elements.pop("screening_date", None)
    cells = {name: column(rng, element) for name, element in elements.items()}
    table = tmp_path / "t.csv"
    with table.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator=rng.choice(("\n", "\n", "\r\n")))
        writer.writerow(["patient_id", "not used", *cells])
        writer.writerows(
            [f"{row:05}", rng.choice(ENGINES_TAKE), *row_cells]
            for row, row_cells in enumerate(zip(*cells.values(), strict=True))
        )
    monkeypatch.setattr(csv_pieces, "PIECE", 8_000)
    monkeypatch.setattr(csv_tables, "AT_ONCE", 100)
    parsers = {name: Parser(TRIAL, element) for name, element in elements.items()}
    for halves in (True, False):
        found = [*read(table, tmp_path, halves=halves)]
        assert len(found) > 5
        typed = pl.concat([one for one, _ in found])
        bad = pl.concat([one for _, one in found])
        reasons = {
            (row, name): why for row, name, why in bad["row", "element", "reason"].iter_rows()
        }
        assert typed[ROW].to_list() == list(range(1, ROWS + 1))
        for name, texts in cells.items():
            columns = [one for one in (name, *(f"{name}_{end}" for end in ENDS)) if one in typed]
            rows = zip(texts, typed.select(columns).iter_rows(), strict=True)
            for row, (text, have) in enumerate(rows, start=1):
                want, why = stated(parsers[name], text, columns)
                known = len(columns) if halves else 4
                assert [*have[:known]] == want[:known], (name, text)
                assert reasons.get((row, name)) == why, (name, text)


def test_pieces_whose_columns_differ_are_screened_as_the_reference_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One after the other, columns stop being typed; each kind of piece has its own program."""
    rng = Random(0)
    kinds_of = {one.name: one.type for one in TRIAL.answerable() if one.name != "screening_date"}
    odd = rng.sample([name for name, kind in kinds_of.items() if kind in ("quantity", "date")], 12)
    names = [*odd, *rng.sample([name for name in kinds_of if name not in odd], 20)]
    table = tmp_path / "t.csv"
    with table.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["patient_id", *names])
        for row in range(60):
            cells = {
                name: "" if rng.random() < 0.1 else clean(rng, TRIAL.elements[name])
                for name in names
            }
            some = odd[: row // 5] if row % 5 == 0 else []
            cells |= {name: rng.choice(ENGINES_TAKE) for name in some}
            writer.writerow([f"{row:05}", *cells.values()])
    monkeypatch.setattr(csv_pieces, "PIECE", 1_000)
    kinds: list[tuple[str, ...]] = []
    before = Screener.screened

    def screened(self: Screener, *of: Any) -> Iterator[tuple[pl.DataFrame, Any]]:
        kinds.append(tuple(self.schema))
        return before(self, *of)

    monkeypatch.setattr(Screener, "screened", screened)
    assert compared(TRIAL, table, "patient_id", ON) == []
    assert len({*kinds}) > 3


def test_blank_rows_are_left_out_without_pythons_csv(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "t.csv"
    path.write_text("id,a,b\nP1,1,x\n\nP2,2,y\n,,\n \nP3,3,\n\n", encoding="utf-8")
    monkeypatch.setattr(csv_tables._File, "_others", lambda *_: iter(()))
    tables = open_tables([path], tmp_path)
    rows = [("P1", "1", "x"), ("P2", "2", "y"), ("P3", "3", None)]
    (piece, *_) = tables.pieces({})
    assert piece.rows.rows() == rows
    assert piece.numbers(1).to_list() == [1, 3, 6]
    assert (piece.blank, tables.notes) == ([1, 3, 4, 6], [f"{path}: 4 blank rows left out"])
    assert tables.counted() == 3
