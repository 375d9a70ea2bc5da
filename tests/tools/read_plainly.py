"""Tables in text compared with a plain reading of them, patient by patient.

`python -m tests.tools.read_plainly FOLDER [--id COLUMN] [--screening-date YYYY-MM-DD]` screens
each CSV, TSV and NDJSON file in FOLDER by `cohort`, reads it by Python's csv or json, and
screens each row by the single-patient reference. Prints what differs, or why a file is
refused. Exit code: 1 if anything differs.
"""

import re
import sys
from argparse import ArgumentParser
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import polars as pl

from tests.tools.plainly import BLANKS, Row, csv_rows, ndjson_rows
from trialscreen import load_trial
from trialscreen.answers.values import read_value
from trialscreen.model.errors import InputError, ValueProblem
from trialscreen.model.facts import Fact
from trialscreen.model.trial import SCREENING_DATE, Trial
from trialscreen.screening.edit_checks import review
from trialscreen.screening.evaluate import Evaluation
from trialscreen.screening.screen import screening_of
from trialscreen.tables.cohort.batches import Anchor
from trialscreen.tables.cohort.run import Job, run

ENDINGS = (".csv", ".csv.gz", ".tsv", ".tsv.gz", ".ndjson", ".jsonl")
Findings = Mapping[str, Any]


def compared(trial: Trial, path: Path, key: str, on: date) -> list[str]:
    """What differs between `cohort` and the plain reading; raises InputError if it is refused."""
    with TemporaryDirectory() as folder:
        output = Path(folder) / "out.parquet"
        done = run(trial, Job((path,), output, key, Anchor(on, max(on, date.today())), most_bad=1))  # noqa: DTZ011 - as the command has it
        found = list(pl.read_parquet(output).iter_rows(named=True))
    rows = list(csv_rows(path) if ".ndjson" not in path.name else ndjson_rows(path))
    ids = (
        [str(row[key]).strip(BLANKS) for row in found],
        [row.get(key, "").strip(BLANKS) for row in rows],
    )
    if ids[0] != ids[1]:
        return [f"{len(ids[0])} patients for {len(ids[1])}: {ids[0][:9]} for {ids[1][:9]}"]
    names = {column.name: column.element.name for column in done.matched.columns}
    as_elements = [{names[n]: text for n, text in row.items() if n in names} for row in rows]
    return [
        f"{row[key]}: {name} is {one[name]}, and {value} in the plain reading"
        for row, given, one in zip(rows, as_elements, found, strict=True)
        for name, value in expected(trial, given, on).items()
        if one[name] != value
    ]


def expected(trial: Trial, row: Row, on: date) -> Findings:
    """The findings of one patient; what cannot be read, or is contradicted, is unknown."""
    day = row.get(SCREENING_DATE, "").strip(BLANKS)
    on = date.fromisoformat(day[:10]) if day else on
    facts = dict(_facts(trial, row, on))
    while blamed := _contradicted(trial, facts, on):
        facts = {name: fact for name, fact in facts.items() if name not in blamed}
    found = screening_of(Evaluation(trial, facts, on))
    met = {finding.criterion.id: finding.met for finding in found.findings}
    return {"verdict": found.verdict, "open": found.open, **met}


def _contradicted(trial: Trial, facts: Mapping[str, Fact], on: date) -> set[str]:
    notices = review(Evaluation(trial, facts, on))
    return {name for one in notices if one.level == "error" for name in one.elements} & {*facts}


def _facts(trial: Trial, row: Row, on: date) -> Iterator[tuple[str, Fact]]:
    for element in trial.answerable():
        text = row.get(element.name, "").strip(BLANKS)
        if element.type == "date":  # a time of day is dropped where the day is certain
            text = re.sub(r"(?<=^\d{4}-\d\d-\d\d)[T ]\d\d:\d\d(:\d\d(\.\d+)?)?$", "", text)
        if not text or element.name == SCREENING_DATE:
            continue
        try:
            fact = read_value(trial, element, text, on)
        except ValueProblem:
            continue
        if fact is not None:
            yield element.name, fact


def main() -> None:
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--id", default="patient_id")
    parser.add_argument("--screening-date", type=date.fromisoformat, default=date(2026, 6, 1))
    wanted = parser.parse_args()
    trial, differs = load_trial(), False
    for path in sorted(path for path in wanted.folder.iterdir() if path.name.endswith(ENDINGS)):
        try:
            told = compared(trial, path, wanted.id, wanted.screening_date) or ["the same"]
            differs |= told != ["the same"]
        except InputError as error:
            told = [f"refused: {problem}" for problem in error.problems]
        print("\n".join(f"{path.name}: {line}" for line in told))
    sys.exit(int(differs))


if __name__ == "__main__":
    main()
