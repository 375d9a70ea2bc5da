"""`report`: writes the record of one screening, or of a log, as a page to print and sign."""

from pathlib import Path

import typer

from trialscreen import __version__
from trialscreen.cli import options
from trialscreen.cli.answers import RecordOptions, need_answers, screen_stored, stored_answers
from trialscreen.cli.commands import Flags
from trialscreen.cli.output import write_text
from trialscreen.cli.parameters import option
from trialscreen.model.errors import Problem, ValueProblem, raise_any, refuse
from trialscreen.model.trial import Trial
from trialscreen.text.characters import flag, printable


def report(
    context: typer.Context,
    output: str | None = options.output_option("The page to write: an .html file."),
    given_file: str | None = options.FROM,
    on: str | None = options.DAY,
    site: str | None = options.SITE,
    record: RecordOptions = RecordOptions(),
    log: Path | None = option(
        "A screening log: its page; with --entry, the record of one entry.", "FILE"
    ),
    entry: int | None = option("With --log: the entry's number.", "ENTRY", min=1),
    blank: bool = option("The questions on paper, a sheet for each source."),
) -> None:
    """Write the record of one screening, or the page of a log, to print and sign.

    A record holds every criterion word for word with what decided it, what is missing, and
    room for signatures. Answers and records are given as to `screen`, or come from a log's
    entry. The page of a log holds counts, reasons, the flow from screened to eligible, the
    subjects.
    """
    flags: Flags = context.obj
    record.check()
    if output is None or Path(output).suffix.lower() not in (".html", ".htm"):
        where = "--output" if output is None else f"--output {printable(output)}"
        flags.problems.append(Problem(where, "expected a name that ends in .html"))
    if blank or log is not None:
        message = "not with --blank, the questions alone"
        others = {"--screening-date": on, "--from": given_file, "--fhir": record.fhir, "--log": log}
        if not blank:
            message = "not with --log, which holds the answers"
            del others["--log"]
        given = (name for name, value in others.items() if value is not None)
        names = (*map(flag, flags.texts), *given)
        flags.problems.extend(Problem(name, message) for name in names)
        raise_any(flags.problems)
    if blank:
        from trialscreen.output.report.blank_page import blank_document

        document = blank_document(flags.trial)
    elif log is not None:
        document = _from_log(flags.trial, log, entry)
    else:
        if entry is not None:
            flags.problems.append(Problem("--entry", "is for --log, which names the log"))
        document = _record(flags, on, given_file, site, record)
    write_text(str(output), document)


def _record(
    flags: Flags, on: str | None, file: str | None, site: str | None, record: RecordOptions
) -> str:
    """The record of a screening of the given answers, as a document. Raises InputError."""
    from trialscreen.log.pseudonyms import check_subject
    from trialscreen.output.report.record_page import ScreeningRecord, record_document

    at = options.site_settings(flags.trial, site)
    stored, subject = stored_answers(flags, file)
    try:
        code = "" if subject is None else check_subject(subject.text, at.subject_pattern)
    except ValueProblem as problem:
        flags.problems.append(Problem("" if subject is None else subject.where, str(problem)))
    answers, screening = screen_stored(flags, on, stored, at, record)
    need_answers(answers, given=bool(flags.texts or file or record.fhir))
    return record_document(ScreeningRecord(screening, answers, __version__, subject=code))


def _from_log(trial: Trial, file: Path, number: int | None) -> str:
    """The page of a log, or the record of one entry, as a document. Raises InputError."""
    from trialscreen.log.entry import ScreeningEntry, latest, standing
    from trialscreen.log.store import open_log
    from trialscreen.log.verify import verify
    from trialscreen.output.report.log_lists import checked_words
    from trialscreen.output.report.log_page import LogReport, log_document
    from trialscreen.output.report.record_page import record_document, record_of

    checked = verify(file)
    with open_log(file) as log:
        log.check_trial(trial.registration.nct_id)
        if number is None:
            entries = list(log.every(details=False))
            return log_document(LogReport(trial, entries, checked_words(checked)))
        entry, every = log.entry(number), list(log.every(details=False))
    if entry is None:
        refuse("--entry", f"there is no entry {number}")
    if not isinstance(entry, ScreeningEntry):
        refuse("--entry", f"entry {number} is a decision; a record is that of a screening")
    if checked.faults:
        message = "is not as it was written ('log verify' says where), so nothing of it is recorded"
        refuse(printable(str(file)), message)
    return record_document(record_of(trial, entry, latest(standing(every)).get(entry.subject)))
