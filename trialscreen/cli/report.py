"""`report`: the record of one screening, as a page to print and sign."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from trialscreen import __version__
from trialscreen.answers.answer import Answers, read_facts
from trialscreen.cli.answers import (
    DayOption,
    FromOption,
    need_answers,
    screen_answers,
    stored_answers,
)
from trialscreen.cli.element_flags import FLAGS_KEY, TRIAL_KEY, Taken, flag
from trialscreen.cli.outcome import refuse
from trialscreen.model.errors import InputError, Problem
from trialscreen.model.trial import SCREENING_DATE, Trial
from trialscreen.screening.screen import Screening, screen
from trialscreen.text.characters import printable

if TYPE_CHECKING:
    from trialscreen.log.entry import Entry
    from trialscreen.output.report.log_page import LogReport
    from trialscreen.output.report.record_page import Record

ENDINGS = (".html", ".htm")


def report(
    context: typer.Context,
    output: Annotated[
        str | None,
        typer.Option("--output", "-o", metavar="FILE", help="The page to write: an .html file."),
    ] = None,
    given_file: FromOption = None,
    on: DayOption = None,
    log: Annotated[
        Path | None,
        typer.Option(
            "--log",
            metavar="FILE",
            help="A screening log: its page; with --entry, the record of one entry.",
        ),
    ] = None,
    entry: Annotated[
        int | None,
        typer.Option("--entry", metavar="ENTRY", min=1, help="With --log: the entry's number."),
    ] = None,
) -> None:
    """Write the record of one screening, or the page of a log, to print and sign.

    A record holds every criterion word for word with what decided it, what is missing, and
    room for signatures. Answers are given as to `screen`, or come from a log's entry. The
    page of a log holds counts, reasons, the flow from screened to eligible, the subjects.
    """
    trial: Trial = context.meta[TRIAL_KEY]
    flags: Taken = context.meta[FLAGS_KEY]
    texts = {**flags.texts, SCREENING_DATE: on} if on else flags.texts
    try:
        path = _path(output, flags.problems)
        if log is not None:
            _from_log(trial, log, entry, path, [*flags.problems, *_beside_log(texts, given_file)])
            return
        if entry is not None:
            flags.problems.append(Problem("--entry", "is for --log, which names the log"))
        stored = stored_answers(given_file, flags.problems)
        answers, screening = screen_answers(trial, texts, stored, flags.problems)
        need_answers(given=bool(flags.texts or given_file))
        write_record(_record(screening, answers), path)
    except InputError as error:
        refuse(error)


def _path(output: str | None, problems: list[Problem]) -> Path:
    if output is None or Path(output).suffix.lower() not in ENDINGS:
        where = "--output" if output is None else f"--output {printable(output)}"
        problems.append(Problem(where, "expected a name that ends in .html"))
    return Path(output or "")


def _beside_log(texts: Mapping[str, object], given_file: str | None) -> Iterator[Problem]:
    """What cannot be given beside --log, which has its own answers and days."""
    names = [flag(name) for name in texts] + (["--from"] if given_file is not None else [])
    for name in names:
        yield Problem(name, "not with --log, which holds the answers")


def _from_log(
    trial: Trial, file: Path, number: int | None, path: Path, problems: list[Problem]
) -> None:
    """Writes the page of a log, or the record of one entry. Raises InputError."""
    from trialscreen.log.store import open_log  # noqa: PLC0415 - for logs only
    from trialscreen.log.verify import verify  # noqa: PLC0415
    from trialscreen.output.report.log_check import checked_words  # noqa: PLC0415
    from trialscreen.output.report.log_page import LogReport  # noqa: PLC0415

    if problems:
        raise InputError(problems)
    checked = verify(file)
    with open_log(file) as log:
        log.check_trial(trial.registration.nct_id)
        if number is None:
            entries = list(log.entries(details=False))
            write_log(LogReport(trial, entries, checked_words(checked)), path)
            return
        entry = log.entry(number)
    if entry is None:
        raise InputError([Problem("--entry", f"there is no entry {number}")])
    if checked.faults:
        message = "is not as it was written ('log verify' says where), so nothing of it is recorded"
        raise InputError([Problem(printable(str(file)), message)])
    write_record(record_of(trial, entry), path)


def _record(screening: Screening, answers: Answers) -> "Record":
    from trialscreen.output.report.record_page import Record  # noqa: PLC0415 - for reports only

    return Record(screening, answers, __version__)


def record_of(trial: Trial, entry: "Entry") -> "Record":
    """The record of a log's entry, found again from its answers; it must come out the same.

    Raises InputError for an entry before consent, which has no answers, for one by another
    criteria file, and for one that comes out otherwise.
    """
    from trialscreen.log.recording import outcome_of  # noqa: PLC0415 - for logs only
    from trialscreen.output.report.record_page import Record  # noqa: PLC0415 - for reports only

    where = f"entry {entry.number}"
    if entry.stage == "before consent":
        message = "was recorded before consent, so that no answers were kept; see it in the log"
        raise InputError([Problem(where, message)])
    if entry.criteria.sha256 != trial.sha256:
        message = (
            f"was screened by criteria version {entry.criteria.version} (SHA-256"
            f" {entry.criteria.sha256}); name that file with --criteria before the command"
        )
        raise InputError([Problem(where, message)])
    answers = {
        name: one._replace(where=f"{where} {name}", notes={}) for name, one in entry.answers.items()
    }
    screening = screen(trial, read_facts(trial, answers, entry.on), entry.on)
    now, then = outcome_of(screening), entry.outcome
    if (now.verdict, now.failed) != (then.verdict, then.failed):
        message = f"comes out otherwise than with trialscreen {entry.tool}; report it with that"
        raise InputError([Problem(where, message)])
    return Record(screening, entry.answers, entry.tool, entry)


def write_record(record: "Record", path: Path) -> None:
    """Writes the record, whole or not at all. Raises InputError if it cannot be written."""
    from trialscreen.output.report.record_page import record_document  # noqa: PLC0415 - for reports only
    from trialscreen.text.files import write_whole  # noqa: PLC0415

    write_whole(path, record_document(record))


def write_log(told: "LogReport", path: Path) -> None:
    """Writes the page of a log, whole or not at all. Raises InputError if it cannot be written."""
    from trialscreen.output.report.log_page import log_document  # noqa: PLC0415 - for reports only
    from trialscreen.text.files import write_whole  # noqa: PLC0415

    write_whole(path, log_document(told))
