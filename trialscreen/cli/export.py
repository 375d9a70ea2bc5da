"""`export …` and `log export`: write a trial, answers or the log in formats of other systems."""

import re
import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING

from trialscreen.cli import options
from trialscreen.cli.answers import need_answers, screen_stored, stored_answers
from trialscreen.cli.commands import Flags
from trialscreen.cli.output import needing, say, write_csv, write_json
from trialscreen.cli.parameters import argument, option
from trialscreen.model.errors import Problem, refuse
from trialscreen.model.trial import Trial
from trialscreen.text.characters import printable, shown

if TYPE_CHECKING:
    from trialscreen.log.entry import Kept
    from trialscreen.output.export.sdtm.datasets import Dataset


def tell_left_out(lines: Iterable[str]) -> None:
    """Lists on stderr what a format cannot represent."""
    sys.stdout.flush()
    say(*(f"not carried: {printable(line)}" for line in lines))


_ADDRESS = re.compile(r"(https?://|urn:)[^\s|#?<>\"{}\\^`]*[^\s|#?<>\"{}\\^`/]")

_BASE = option(
    "Where you publish: the canonical addresses begin with it. If none is given, they"
    " begin with one that leads nowhere.",
    "URL",
)
_EVERY = option(
    "Without conditions: every question is always enabled, and a response holds every"
    " answer. A Questionnaire of its own, with its own address."
)


def questionnaire(
    trial: Trial,
    output: str = options.OUTPUT,
    base: str | None = _BASE,
    every_question: bool = _EVERY,
    codes: list[str] | None = options.CODES,
) -> None:
    """The questions as a FHIR R4 Questionnaire.

    A group for each section, a question for each data element, with its codes; a question is
    enabled while its answer can still matter. What FHIR cannot carry is listed on stderr.
    """
    from trialscreen.answers.records.codes_file import load_codes
    from trialscreen.output.export.fhir import forms
    from trialscreen.output.export.not_carried import questionnaire_limits

    variant = forms.Variant(_address(base, forms.BASE), every_question)
    made = forms.questionnaire(trial, variant, load_codes(trial, codes or ()))
    write_json(output, made)
    tell_left_out(questionnaire_limits(trial, variant, made))


def response(
    trial: Trial,
    output: str = options.OUTPUT,
    file: str | None = argument("FILE", "As --from FILE."),
    given_file: str | None = options.ANSWERS,
    on: str | None = options.DAY,
    subject: str | None = option("The participant's code in the trial; never a name.", "CODE"),
    site: str | None = options.SITE,
    base: str | None = _BASE,
    every_question: bool = _EVERY,
) -> None:
    """One patient's answers as a FHIR R4 QuestionnaireResponse.

    It belongs to the Questionnaire that export questionnaire writes with the same --base
    and --every-question. It is completed once every criterion is decided, else in
    progress. What it cannot carry is listed on stderr.
    """
    from trialscreen.output.export.fhir import forms
    from trialscreen.output.export.not_carried import response_limits

    flags = Flags(trial, {}, [], [])
    variant = forms.Variant(_address(base, forms.BASE), every_question)
    at = options.site_settings(flags.trial, site)
    flags.problems.extend(options.code_problems({"--subject": subject}, at.subject_pattern))
    if file is not None and given_file is not None:
        flags.problems.append(Problem(shown(file), "a second file of answers; give one"))
    stored, _ = stored_answers(flags, given_file or file)
    answers, screening = screen_stored(flags, on, stored, at)
    need_answers(answers, given=bool(given_file or file))
    made = forms.response(screening, datetime.now(UTC), subject, variant)
    write_json(output, made.resource)
    tell_left_out(response_limits(flags.trial, made, answers))


def _address(base: str | None, otherwise: str) -> str:
    """`base` in a form that canonical URLs can begin with."""
    if base is not None and not (base.isascii() and _ADDRESS.fullmatch(base)):
        refuse("--base", f"{shown(base)}; expected an address such as https://example.org/fhir")
    return otherwise if base is None else base


_DATASET = options.output_option("The file to write: .xpt for SAS transport version 5, or .csv.")
_STUDY = option("The sponsor's STUDYID; the NCT number if none is given.", "ID")


def redcap(trial: Trial, output: str = options.OUTPUT) -> None:
    """The questions as a REDCap data dictionary.

    One instrument, a field for each data element, with branching logic from the rules: a
    question is shown while its answer can still matter. Upload the CSV file to REDCap. What
    REDCap cannot carry is listed on stderr.
    """
    from trialscreen.output.export.not_carried import not_in_dictionary
    from trialscreen.output.export.redcap.dictionary import COLUMNS, data_dictionary

    write_csv(output, COLUMNS, data_dictionary(trial))
    tell_left_out(not_in_dictionary(trial))


def sdtm_ti(trial: Trial, output: Path = _DATASET, study_id: str | None = _STUDY) -> None:
    """The criteria as the CDISC SDTM data set TI.

    A row for each criterion (SDTM Implementation Guide 3.4). What TI cannot carry is listed
    on stderr.
    """
    from trialscreen.output.export.sdtm.datasets import not_in_trial_criteria, trial_criteria

    made = datetime.combine(trial.registration.last_updated, time(), UTC)
    _write_dataset(output, trial_criteria(trial, study_id), made)
    tell_left_out(not_in_trial_criteria(trial))


def sdtm_ie(
    trial: Trial,
    file: Path = options.LOG,
    output: Path = _DATASET,
    study_id: str | None = _STUDY,
) -> None:
    """Who failed which criteria as the CDISC SDTM data set IE, from a screening log.

    A row for each criterion that a subject failed at the last screening (SDTM
    Implementation Guide 3.4). What IE cannot carry is listed on stderr.
    """
    from trialscreen.log.entry import ScreeningEntry
    from trialscreen.output.export.sdtm.datasets import criteria_not_met, not_in_criteria_not_met

    entries = [one for one in _entries(trial, file) if isinstance(one, ScreeningEntry)]
    made = max((one.at for one in entries), default=datetime.min.replace(tzinfo=UTC))
    _write_dataset(output, criteria_not_met(trial, entries, study_id), made)
    tell_left_out(not_in_criteria_not_met(trial, entries))


def screening_log(trial: Trial, file: Path = options.LOG, output: str = options.OUTPUT) -> None:
    """A screening log as the table that sponsors and monitors ask for, in CSV.

    A row for each entry: subject, consent, date, criteria, outcome, reasons of a screen
    failure, what was decided, who and when, corrections, seal. What it cannot carry is listed
    on stderr.
    """
    from trialscreen.output.export.screening_log import log_table, not_in_log_table

    entries = _entries(trial, file)
    write_csv(output, *log_table(trial, entries))
    tell_left_out(not_in_log_table(trial, entries))


def _entries(trial: Trial, file: Path) -> "Sequence[Kept]":
    """All entries of a log of this trial. Raises InputError."""
    from trialscreen.log.store import open_log

    with open_log(file) as log:
        log.check_trial(trial.registration.nct_id)
        entries = list(log.every(details=False))
        # Details would fill the memory, and are needed only for criteria not in this trial.
        known = all(one.criteria.sha256 == trial.sha256 for one in entries)
        return entries if known else list(log.every())


def _write_dataset(path: Path, dataset: "Dataset", made: datetime) -> None:
    """Writes a data set in the format given by the file's extension. Raises InputError."""
    ending = path.suffix.lower()
    if ending not in (".csv", ".xpt"):
        refuse("--output", f"{shown(str(path))}; expected .xpt or .csv")
    if ending == ".csv":
        write_csv(str(path), dataset.names, dataset.rows)
        return
    from trialscreen.text.text_files import whole_file, writing

    packages = ("polars", "pyreadstat")
    with needing("--output", f".xpt needs {' and '.join(packages)}", "sdtm", *packages):
        from trialscreen.output.export.sdtm.xpt import write_xpt
    with whole_file(path) as part, writing(str(path)):
        write_xpt(dataset, part, made)
