"""Writes what is extracted from many records to tables: facts for `cohort`, evidence, problems.

Rows are written in parts, so that memory use does not grow with the number of records; the files
are created atomically.
"""

import csv
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple, TextIO

import polars as pl

from trialscreen.answers.records.entries import Record
from trialscreen.answers.records.gathered import Selection
from trialscreen.answers.records.select import select
from trialscreen.model.errors import MOST_TOLD, Problem, raise_any
from trialscreen.model.evidence import is_old
from trialscreen.model.trial import SCREENING_DATE, Trial
from trialscreen.screening.samples import day_column
from trialscreen.text.characters import printable
from trialscreen.text.csvtext import cell_text, write_rows
from trialscreen.text.text_files import temporary_folder, whole_file, writing

PATIENT = "patient_id"
ENDINGS = (".parquet", ".csv")
EVIDENCE_COLUMNS = (
    *(PATIENT, "element", "kind", "value", "unit", "date", "code", "source", "system", "note"),
)
PROBLEM_COLUMNS = ("place", PATIENT, "elements", "problem")

_AGE = "\0age"
"""A column for a note, which no other has this name."""


class FactFiles(NamedTuple):
    """Where tables go: .parquet or .csv for facts and evidence, CSV for problems."""

    facts: Path
    evidence: Path | None = None
    problems: Path | None = None


def check(files: FactFiles) -> None:
    """Raises InputError for a name whose ending says no format that can be written."""
    problems = [
        Problem(printable(str(path)), f"expected a name that ends in {' or '.join(ENDINGS)}")
        for path in (files.facts, files.evidence)
        if path is not None and path.suffix.lower() not in ENDINGS
    ]
    named = [path.resolve() for path in files if path is not None]
    problems.extend(
        Problem(printable(str(path)), "is named for two tables")
        for path in {path for path in named if named.count(path) > 1}
    )
    raise_any(problems)


@dataclass
class FactTables:
    """The tables while they are written; `open_tables` makes one.

    How many patients have a row, were left out as deceased, and so on; `old`: of each element, how
    many values are older than they may be without a warning. `told`: the first problems.
    """

    selection: Selection
    _facts: "_Rows"
    _evidence: "_Rows | None"
    _problems: TextIO | None
    patients: int = 0
    deceased: int = 0
    facts: int = 0
    conflicts: int = 0
    problems: int = 0
    old: Counter[str] = field(default_factory=Counter)
    told: list[Problem] = field(default_factory=list)

    def add(self, record: Record) -> None:
        """A patient's row and evidence; who is deceased is listed, and has none."""
        if dead := next((one for one in record.persons if one.deceased), None):
            self.deceased += 1
            where = " ".join(filter(None, (dead.place, dead.source)))
            told = Problem(where, f"is deceased ({dead.deceased}): left out")
            self._write(where, record.patient, told)
            return
        selected = select(self.selection, record)
        self.patients += 1
        self.facts += len(selected.answers)
        row: dict[str, Any] = {PATIENT: record.patient, SCREENING_DATE: self.selection.on}
        for name, answer in selected.answers.items():
            row[name] = answer.text
            if answer.date is not None:
                row[day_column(name)] = answer.date
        self._facts.add(row)
        for one in selected.evidence:
            self.conflicts += one.kind == "conflict"
            row = {PATIENT: record.patient, **one._asdict()}
            if one.kind == "fact" and self._is_old(one.element, one.date):
                self.old[one.element] += 1
                row["note"] = "; ".join(filter(None, (one.note, self._age(one.element))))
            if self._evidence is not None:
                self._evidence.add(row)
        for problem in selected.problems:
            self.note(problem, record.patient)

    def add_many(self, facts: pl.DataFrame, evidence: pl.DataFrame, given: int) -> None:
        """Rows of many patients, with `given` facts."""
        self.patients += len(facts)
        self.facts += given
        self.conflicts += len(evidence.filter(kind="conflict"))
        self._facts.add_many(facts)
        evidence = self._with_age(evidence)
        if self._evidence is not None:
            self._evidence.add_many(evidence)

    def _is_old(self, element: str, day: str) -> bool:
        return is_old(self.selection.trial.elements[element], day, self.selection.on)

    def _age(self, element: str) -> str:
        return f"older than {self.selection.trial.elements[element].warn_after}"

    def _with_age(self, evidence: pl.DataFrame) -> pl.DataFrame:
        """Evidence of many patients, with a note on the values that are old, which are counted."""
        keys, elements = ("kind", "element", "date"), self.selection.trial.elements
        dated = [name for name, one in elements.items() if one.warn_after is not None]
        found = evidence.filter(pl.col("element").is_in(dated), kind="fact")
        every = found.select(keys).drop_nulls().unique().rows()
        old = [(*key, self._age(key[1])) for key in every if self._is_old(*key[1:])]
        if not old:
            return evidence
        marks = pl.DataFrame(old, [*keys, _AGE], orient="row")
        marked = evidence.join(marks, on=keys, how="left", maintain_order="left")
        self.old.update(marked.drop_nulls(_AGE)["element"])
        note = pl.when(pl.col("note") != "").then("note")
        both = pl.concat_str(note, _AGE, separator="; ", ignore_nulls=True)
        is_old_ = pl.col(_AGE).is_not_null()
        return marked.with_columns(note=pl.when(is_old_).then(both).otherwise("note")).drop(_AGE)

    def note(self, problem: Problem, patient: str = "") -> None:
        """Something that could not be used."""
        self.problems += 1
        if len(self.told) < MOST_TOLD:
            self.told.append(problem)
        self._write(problem.where, patient, problem)

    def _write(self, where: str, patient: str, problem: Problem) -> None:
        if self._problems is not None:
            row = (where, patient, "; ".join(problem.elements), problem.message)
            write_rows(self._problems, (row,))


@contextmanager
def open_tables(selection: Selection, files: FactFiles) -> Iterator[FactTables]:
    """Tables to add records to; the files are there once all went well. Raises InputError."""
    check(files)
    with ExitStack() as stack:
        folder = stack.enter_context(temporary_folder())
        parts = {path: stack.enter_context(whole_file(path)) for path in files if path is not None}
        problems = None
        if files.problems is not None:
            opened = parts[files.problems].open("w", encoding="utf-8", newline="")
            problems = stack.enter_context(opened)
            write_rows(problems, (PROBLEM_COLUMNS,))
        facts = _Rows(folder / "facts", fact_columns(selection.trial), 2_000, is_text=False)
        texts = dict.fromkeys(EVIDENCE_COLUMNS, pl.String())
        evidence = _Rows(folder / "evidence", texts, 5_000, is_text=True)
        tables = FactTables(selection, facts, evidence if files.evidence else None, problems)
        with writing(str(files.facts)):
            yield tables
            facts.write(files.facts, parts[files.facts])
            if files.evidence is not None:
                evidence.write(files.evidence, parts[files.evidence])
            if problems is not None:
                problems.close()


def fact_columns(trial: Trial) -> dict[str, pl.DataType]:
    """The columns of the table of facts: the same whatever is found."""
    columns: dict[str, pl.DataType] = {PATIENT: pl.String(), SCREENING_DATE: pl.Date()}
    for element in trial.answerable():
        if element.name == SCREENING_DATE:
            continue
        columns[element.name] = pl.String()
        if element.valid_for is not None:
            columns.setdefault(day_column(element.name), pl.String())
    return columns


@dataclass
class _Rows:
    """Rows of one table, in parts on the disk, whose names begin as `path` does.

    `is_text`: whether cells hold any text of a record; else they are values that were read, but
    for the id, and a spreadsheet takes none for a formula.
    """

    path: Path
    columns: Mapping[str, pl.DataType]
    at_once: int
    is_text: bool
    waiting: list[dict[str, Any]] = field(default_factory=list)
    parts: list[Path] = field(default_factory=list)

    def add(self, row: dict[str, Any]) -> None:
        self.waiting.append(row)
        if len(self.waiting) >= self.at_once:
            self.add_many(pl.DataFrame())

    def add_many(self, rows: pl.DataFrame) -> None:
        """Writes a part: what waits, and these rows; columns that they lack are empty."""
        part = self.path.with_name(f"{self.path.name}-{len(self.parts)}.parquet")
        waiting = pl.DataFrame(self.waiting, self.columns)
        every = pl.concat([waiting, rows], how="diagonal_relaxed").select(list(self.columns))
        every.write_parquet(part, compression_level=1)
        self.parts.append(part)
        self.waiting.clear()

    def write(self, output: Path, part: Path) -> None:
        """All rows to `part`, which is to be `output`, in the format that its name says."""
        if self.waiting or not self.parts:
            self.add_many(pl.DataFrame())
        if output.suffix.lower() == ".parquet":
            pl.scan_parquet(self.parts).sink_parquet(part)
            return
        with part.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(self.columns)
            for one in self.parts:
                rows = pl.read_parquet(one).iter_rows()
                if self.is_text:
                    write_rows(file, rows)
                else:
                    writer.writerows((cell_text(row[0]), *row[1:]) for row in rows)
