"""`export …` and `log export`: a trial, its answers and its log in the formats of other systems."""

import re
import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from trialscreen.cli.answers import screen_answers
from trialscreen.cli.app import help_of
from trialscreen.cli.element_flags import Flags
from trialscreen.cli.log_entry import code_problems
from trialscreen.cli.options import (
    DayOption,
    LogFile,
    OutputOption,
    SiteOption,
    from_option,
    output_option,
    site_settings,
)
from trialscreen.cli.output import needing, say, write_csv, write_json
from trialscreen.cli.record_options import CodesOption
from trialscreen.criteria_file.load import load_trial
from trialscreen.model.errors import Problem, refuse
from trialscreen.model.trial import Trial
from trialscreen.text.characters import printable, shown

if TYPE_CHECKING:
    from trialscreen.log.decisions import Kept
    from trialscreen.output.export.sdtm.dataset import Dataset


def tell_left_out(lines: Iterable[str]) -> None:
    """What a format cannot carry, a line each on stderr."""
    sys.stdout.flush()
    say(*(f"not carried: {printable(line)}" for line in lines))


_ADDRESS = re.compile(r"(https?://|urn:)[^\s|#?<>\"{}\\^`]*[^\s|#?<>\"{}\\^`/]")

Base = Annotated[
    str | None,
    typer.Option(
        "--base",
        metavar="URL",
        help="Where you publish: the canonical addresses begin with it. If none is given, they"
        " begin with one that leads nowhere.",
    ),
]
EveryQuestion = Annotated[
    bool,
    typer.Option(
        "--every-question",
        help="Without conditions: every question is always enabled, and a response holds every"
        " answer. A Questionnaire of its own, with its own address.",
    ),
]


def questionnaire(
    context: typer.Context,
    output: OutputOption,
    base: Base = None,
    every: EveryQuestion = False,
    codes: CodesOption = None,
) -> None:
    """The questions as a FHIR R4 Questionnaire.

    A group for each section, a question for each data element, with its codes; a question is
    enabled while its answer can still matter. What FHIR cannot carry is told on stderr.
    """
    from trialscreen.answers.records.codes_file import load_codes  # noqa: PLC0415
    from trialscreen.output.export.fhir import lost_in_fhir  # noqa: PLC0415 - each format, where it is asked for
    from trialscreen.output.export.fhir import questionnaire as fhir  # noqa: PLC0415

    trial = load_trial(context.obj)
    variant = fhir.Variant(_address(base, fhir.BASE), every)
    made = fhir.questionnaire(trial, variant, load_codes(trial, codes or ()))
    write_json(output, made)
    tell_left_out(lost_in_fhir.questionnaire_limits(trial, variant, made))


def response(
    context: typer.Context,
    output: OutputOption,
    file: Annotated[str | None, typer.Argument(metavar="FILE", help="As --from FILE.")] = None,
    given_file: Annotated[str | None, from_option()] = None,
    on: DayOption = None,
    subject: Annotated[
        str | None,
        typer.Option(
            "--subject", metavar="CODE", help="The participant's code in the trial; never a name."
        ),
    ] = None,
    site: SiteOption = None,
    base: Base = None,
    every: EveryQuestion = False,
) -> None:
    """One patient's answers as a FHIR R4 QuestionnaireResponse.

    It belongs to the Questionnaire that export questionnaire writes with the same --base
    and --every-question. It is completed once every criterion is decided, else in
    progress. What it cannot carry is told on stderr.
    """
    from trialscreen.output.export.fhir import lost_in_fhir  # noqa: PLC0415
    from trialscreen.output.export.fhir import response as fhir  # noqa: PLC0415
    from trialscreen.output.export.fhir.questionnaire import BASE, Variant  # noqa: PLC0415

    flags = Flags.none(load_trial(context.obj))
    variant = Variant(_address(base, BASE), every)
    at = site_settings(flags.trial, site)
    flags.problems.extend(code_problems(subject, None, (None, None), at.subject_pattern))
    if file is not None and given_file is not None:
        flags.problems.append(Problem(shown(file), "a second file of answers; give one"))
    answers, screening = screen_answers(flags, on, given_file or file, at)
    made = fhir.response(screening, datetime.now(UTC), subject, variant)
    write_json(output, made.resource)
    tell_left_out(lost_in_fhir.response_limits(flags.trial, made, answers))


def _address(base: str | None, otherwise: str) -> str:
    """`base` as canonical addresses can begin with it."""
    if base is None:
        return otherwise
    if not _ADDRESS.fullmatch(base) or not base.isascii():
        refuse("--base", f"{shown(base)}; expected an address such as https://example.org/fhir")
    return base


DatasetOption = Annotated[
    Path, output_option("The file to write: .xpt for SAS transport version 5, or .csv.")
]
StudyId = Annotated[
    str | None,
    typer.Option(
        "--study-id", metavar="ID", help="The sponsor's STUDYID; the NCT number if none is given."
    ),
]


def redcap(context: typer.Context, output: OutputOption) -> None:
    """The questions as a REDCap data dictionary.

    One instrument, a field for each data element, with branching logic from the rules: a
    question is shown while its answer can still matter. Upload the CSV file to REDCap. What
    REDCap cannot carry is told on stderr.
    """
    from trialscreen.output.export.redcap.dictionary import COLUMNS, data_dictionary  # noqa: PLC0415
    from trialscreen.output.export.redcap.lost_in_redcap import not_in_dictionary  # noqa: PLC0415

    trial = load_trial(context.obj)
    write_csv(output, COLUMNS, data_dictionary(trial))
    tell_left_out(not_in_dictionary(trial))


def sdtm_ti(context: typer.Context, output: DatasetOption, study: StudyId = None) -> None:
    """The criteria as the CDISC SDTM data set TI.

    A row for each criterion (SDTM Implementation Guide 3.4). What TI cannot carry is told
    on stderr.
    """
    from trialscreen.output.export.sdtm.domains import not_in_trial_criteria, trial_criteria  # noqa: PLC0415

    trial = load_trial(context.obj)
    made = datetime.combine(trial.registration.last_updated, time(), UTC)
    _write_dataset(output, trial_criteria(trial, study), made)
    tell_left_out(not_in_trial_criteria(trial))


def sdtm_ie(
    context: typer.Context, file: LogFile, output: DatasetOption, study: StudyId = None
) -> None:
    """Who failed which criteria as the CDISC SDTM data set IE, from a screening log.

    A row for each criterion that a subject failed at the last screening (SDTM
    Implementation Guide 3.4). What IE cannot carry is told on stderr.
    """
    from trialscreen.log.entry import ScreeningEntry  # noqa: PLC0415
    from trialscreen.output.export.sdtm.domains import criteria_not_met, not_in_criteria_not_met  # noqa: PLC0415

    trial = load_trial(context.obj)
    entries = [one for one in _entries(trial, file) if isinstance(one, ScreeningEntry)]
    made = max((one.at for one in entries), default=datetime.min.replace(tzinfo=UTC))
    _write_dataset(output, criteria_not_met(trial, entries, study), made)
    tell_left_out(not_in_criteria_not_met(trial, entries))


def screening_log(context: typer.Context, file: LogFile, output: OutputOption) -> None:
    """A screening log as the table that sponsors and monitors ask for, in CSV.

    A row for each entry: subject, consent, date, criteria, outcome, reasons of a screen
    failure, what was decided, who and when, corrections, seal. What it cannot carry is told
    on stderr.
    """
    from trialscreen.output.export.screening_log import COLUMNS, log_rows, not_in_log_rows  # noqa: PLC0415

    trial = load_trial(context.obj)
    entries = _entries(trial, file)
    write_csv(output, COLUMNS, log_rows(trial, entries))
    tell_left_out(not_in_log_rows(trial, entries))


def _entries(trial: Trial, file: Path) -> "Sequence[Kept]":
    """All entries of a log of this trial. Raises InputError.

    They come without answers and findings if the trial has the words of all that failed:
    of a long log these would fill the memory.
    """
    from trialscreen.log.store import open_log  # noqa: PLC0415

    with open_log(file) as log:
        log.check_trial(trial.registration.nct_id)
        entries = list(log.every(details=False))
        known = all(one.criteria.sha256 == trial.sha256 for one in entries)
        return entries if known else list(log.every())


def _write_dataset(path: Path, dataset: "Dataset", made: datetime) -> None:
    """A data set in the format that the file's ending names. Raises InputError."""
    ending = path.suffix.lower()
    if ending == ".csv":
        write_csv(str(path), dataset.names, dataset.rows)
    elif ending == ".xpt":
        _write_xpt(path, dataset, made)
    else:
        refuse("--output", f"{shown(str(path))}; expected .xpt or .csv")


def _write_xpt(path: Path, dataset: "Dataset", made: datetime) -> None:
    from trialscreen.text.text_files import whole_file, writing  # noqa: PLC0415 - for files only

    packages = ("polars", "pyreadstat")
    with needing("--output", f".xpt needs {' and '.join(packages)}", "sdtm", *packages):
        from trialscreen.output.export.sdtm.xpt import write_xpt  # noqa: PLC0415 - heavy, and an extra
    with whole_file(path) as part, writing(str(path)):
        write_xpt(dataset, part, made)


export = typer.Typer(
    help="A trial and its answers in the formats of other systems.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
export.command(help=help_of(questionnaire), short_help="The questions, for FHIR.")(questionnaire)
export.command(help=help_of(response), short_help="One patient's answers, for FHIR.")(response)
export.command(help=help_of(redcap), short_help="The questions, for REDCap.")(redcap)
export.command(help=help_of(sdtm_ti), short_help="The criteria, for SDTM (TI).")(sdtm_ti)
export.command(help=help_of(sdtm_ie), short_help="Who failed which, for SDTM (IE).")(sdtm_ie)
