"""`extract …`: turns patients' records into a table for `cohort`."""

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import typer

from trialscreen.cli import options
from trialscreen.cli.answers import named_as_options
from trialscreen.cli.output import needing, progress, say, tell_unusable
from trialscreen.cli.parameters import argument, option
from trialscreen.cli.process import interrupted_once
from trialscreen.criteria_file.load import load_trial
from trialscreen.model.errors import InputError, Problem, collected
from trialscreen.model.trial import Trial
from trialscreen.text.characters import count_of, printable

if TYPE_CHECKING:
    from trialscreen.answers.records.fact_tables import FactTables
    from trialscreen.answers.records.gathered import Selection


class FactOptions(NamedTuple):
    """The options on outputs and on how facts are selected, as given."""

    output: Path = options.output_option(
        "The .parquet or .csv file for the facts; an old one is replaced.", "FACTS"
    )
    evidence: Path | None = option(
        "A .parquet or .csv file for what the facts rest on, what a person has to review,"
        " and what is in conflict: patient_id, element, kind, value, unit, date, code, source.",
        "FILE",
    )
    problems: Path | None = option(
        "A CSV file for everything that could not be used, and who is deceased.", "FILE"
    )
    on: str | None = options.day_option(" Later data do not count.")
    codes: list[str] | None = options.CODES
    assume_absent: list[str] | None = options.ASSUME_ABSENT

    def selection(self, trial: Trial) -> "Selection":
        """How facts are selected. Raises InputError with everything wrong with the options."""
        from trialscreen.answers.records.codes_file import load_codes
        from trialscreen.answers.records.gathered import Selection
        from trialscreen.answers.records.select import check_sections

        problems: list[Problem] = []
        day, known = options.screening_day(trial, self.on, problems), None
        assumed = tuple(self.assume_absent or ())
        with collected(problems):
            known = load_codes(trial, self.codes or ())
        with collected(problems), named_as_options():
            check_sections(trial, assumed)
        if problems or known is None:
            raise InputError(problems)
        return Selection(trial, known, day, assumed)

    def tell(self, tables: "FactTables") -> None:
        """Reports on stderr what was written, and the first data that could not be used."""
        tell_unusable(tables.told, tables.problems, str(self.problems or ""))
        if tables.deceased:
            where = "" if self.problems else "; --problems FILE lists them"
            say(f"left out as deceased: {count_of(tables.deceased, 'patient')}{where}")
        if tables.conflicts:
            where = "" if self.evidence else "; --evidence FILE shows them"
            entries = count_of(tables.conflicts, "entry", "entries")
            say(f"in conflict, and so unknown: {entries}{where}")
        if tables.old:
            elements = tables.selection.trial.elements
            each = [f"{elements[name].label} {n}" for name, n in tables.old.most_common()]
            where = "" if self.evidence else "; --evidence FILE shows which"
            say(f"of long ago, and used all the same: {', '.join(each)}{where}")
        facts, patients = count_of(tables.facts, "fact"), count_of(tables.patients, "patient")
        say(f"{facts} of {patients}: {printable(str(self.output))}")


def fhir(
    context: typer.Context,
    inputs: list[str] = argument(
        "PATH", "FHIR R4 files, or folders of them: .ndjson, .json, also with .gz."
    ),
    wanted: FactOptions = FactOptions(),
) -> None:
    """Take facts from FHIR R4 resources: a row for each patient, to be screened by cohort.

    Reads bulk exports, Bundles of every type, and single resources. What cannot be read is
    reported with its file and line, and the rest goes on; deceased patients are left out
    and listed. Nothing is taken as absent just because it is not coded.

    Exit code: 0 if the table was written, 2 if none could be.
    """
    with needing("extract", "needs more packages", "records", "polars"):
        from trialscreen.answers.records.fact_tables import FactFiles, open_tables
        from trialscreen.answers.records.fhir import extract
        from trialscreen.answers.records.fhir.documents import find
    selection = wanted.selection(load_trial(context.obj))
    files = FactFiles(wanted.output, wanted.evidence, wanted.problems)
    found = find(inputs)
    with (
        interrupted_once(),
        open_tables(selection, files) as tables,
        progress("bytes") as (start, advance),
    ):
        start(lambda: sum(path.stat().st_size for path in found))
        extract(found, tables, advance)
    wanted.tell(tables)


def omop(
    context: typer.Context,
    source: str = argument(
        "SOURCE",
        "A folder or .zip of CSV or Parquet files named after the tables, a DuckDB"
        " database, or postgresql://user@host/database (the password in PGPASSWORD).",
    ),
    wanted: FactOptions = FactOptions(),
) -> None:
    """Take facts from tables of the OMOP common data model: a row for each person.

    Reads versions 5.3 and 5.4, and says which tables are missing. Concepts below those of
    the mapping are found where the table concept_ancestor is filled. Deceased
    patients are left out and listed. Nothing is taken as absent just because it is not coded.

    Exit code: 0 if the table was written, 2 if none could be.
    """
    with needing("extract", "needs more packages", "records", "duckdb", "polars"):
        from trialscreen.answers.records.fact_tables import FactFiles, open_tables
        from trialscreen.tables.extract.omop import extract
    selection = wanted.selection(load_trial(context.obj))
    files = FactFiles(wanted.output, wanted.evidence, wanted.problems)
    with (
        needing("extract", "a server needs more packages", "records", "psycopg"),
        interrupted_once(),
        open_tables(selection, files) as tables,
        progress("patients") as (_, advance),
    ):
        notices = extract(source, tables, advance)
    for notice in notices:
        say(f"note: {printable(notice)}")
    wanted.tell(tables)
