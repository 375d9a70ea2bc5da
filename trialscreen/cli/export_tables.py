"""`export redcap`, `sdtm-ti` and `sdtm-ie`, and `log export`: exports that are tables."""

import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from trialscreen.cli.export_output import STDOUT, Output, tell_left_out
from trialscreen.cli.formats import load
from trialscreen.cli.log_entry import LogFile
from trialscreen.cli.outcome import refuse, refuse_one
from trialscreen.errors import InputError, Problem
from trialscreen.text import shown
from trialscreen.trial import Trial

if TYPE_CHECKING:
    from trialscreen.export.dataset import Dataset
    from trialscreen.log.entry import Entry

XptOutput = Annotated[
    Path,
    typer.Option(
        "-o",
        "--output",
        metavar="FILE",
        help="The file to write: .xpt for SAS transport version 5, or .csv.",
    ),
]
StudyId = Annotated[
    str | None,
    typer.Option(
        "--study-id", metavar="ID", help="The sponsor's STUDYID; the NCT number if none is given."
    ),
]


def redcap(context: typer.Context, output: Output) -> None:
    """The questions as a REDCap data dictionary.

    One instrument, a field for each data element, with branching logic from the rules: a
    question is shown while its answer can still matter. Upload the CSV file to REDCap. What
    REDCap cannot carry is told on stderr.
    """
    from trialscreen.export.redcap.dictionary import COLUMNS, data_dictionary  # noqa: PLC0415
    from trialscreen.export.redcap.limits import not_in_dictionary  # noqa: PLC0415

    trial = load(context)
    try:
        _write_csv(output, COLUMNS, data_dictionary(trial))
    except InputError as error:
        refuse(error)
    tell_left_out(not_in_dictionary(trial))


def sdtm_ti(context: typer.Context, output: XptOutput, study: StudyId = None) -> None:
    """The criteria as the CDISC SDTM data set TI.

    A row for each criterion (SDTM Implementation Guide 3.4). What TI cannot carry is told
    on stderr.
    """
    from trialscreen.export.sdtm import not_in_trial_criteria, trial_criteria  # noqa: PLC0415

    trial = load(context)
    made = datetime.combine(trial.registration.last_updated, time(), UTC)
    try:
        _write_dataset(output, trial_criteria(trial, study), made)
    except InputError as error:
        refuse(error)
    tell_left_out(not_in_trial_criteria(trial))


def sdtm_ie(
    context: typer.Context, file: LogFile, output: XptOutput, study: StudyId = None
) -> None:
    """Who failed which criteria as the CDISC SDTM data set IE, from a screening log.

    A row for each criterion that a subject failed at the last screening (SDTM
    Implementation Guide 3.4). What IE cannot carry is told on stderr.
    """
    from trialscreen.export.sdtm import (  # noqa: PLC0415
        criteria_not_met,
        not_in_criteria_not_met,
    )

    trial = load(context)
    try:
        entries = _entries(trial, file)
        made = max((one.at for one in entries), default=datetime.min.replace(tzinfo=UTC))
        _write_dataset(output, criteria_not_met(trial, entries, study), made)
    except InputError as error:
        refuse(error)
    tell_left_out(not_in_criteria_not_met(trial, entries))


def screening_log(context: typer.Context, file: LogFile, output: Output) -> None:
    """A screening log as the table that sponsors and monitors ask for, in CSV.

    A row for each entry: subject, consent, date, criteria, outcome, reasons of a screen
    failure, who and when, corrections, seal. What it cannot carry is told on stderr.
    """
    from trialscreen.export.screening_log import (  # noqa: PLC0415
        COLUMNS,
        log_rows,
        not_in_log_rows,
    )

    trial = load(context)
    try:
        entries = _entries(trial, file)
        _write_csv(output, COLUMNS, log_rows(trial, entries))
    except InputError as error:
        refuse(error)
    tell_left_out(not_in_log_rows(trial, entries))


def _entries(trial: Trial, file: Path) -> "Sequence[Entry]":
    """All entries of a log of this trial. Raises InputError.

    They come without answers and findings if the trial has the words of all that failed:
    of a long log these would fill the memory.
    """
    from trialscreen.log.store import open_log  # noqa: PLC0415

    with open_log(file) as log:
        log.check_trial(trial.registration.nct_id)
        entries = list(log.entries(details=False))
        known = all(one.screened.criteria.sha256 == trial.sha256 for one in entries)
        return entries if known else list(log.entries())


def _write_csv(output: str, columns: Iterable[str], rows: Iterable[Iterable[object]]) -> None:
    from trialscreen import csvtext  # noqa: PLC0415

    text = csvtext.render(columns, rows)
    if output == STDOUT:
        sys.stdout.write(text)
    else:
        from trialscreen.wholefile import write_whole  # noqa: PLC0415 - for files only

        write_whole(Path(output), text)


def _write_dataset(path: Path, dataset: "Dataset", made: datetime) -> None:
    """A data set in the format that the file's ending names. Raises InputError."""
    ending = path.suffix.lower()
    if ending == ".csv":
        _write_csv(str(path), dataset.names, dataset.rows)
    elif ending == ".xpt":
        _write_xpt(path, dataset, made)
    else:
        raise InputError([Problem("--output", f"{shown(str(path))}; expected .xpt or .csv")])


def _write_xpt(path: Path, dataset: "Dataset", made: datetime) -> None:
    from trialscreen.wholefile import whole_file, writing  # noqa: PLC0415 - for files only

    try:
        from trialscreen.export.xpt import write_xpt  # noqa: PLC0415 - heavy, and an extra
    except ModuleNotFoundError as error:
        if error.name not in ("polars", "pyreadstat"):
            raise
        refuse_one("--output", f".xpt needs {error.name}: pip install 'trialscreen[sdtm]'")
    with whole_file(path) as part, writing(str(path)):
        write_xpt(dataset, part, made)
