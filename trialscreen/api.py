"""The public Python API of `trialscreen`."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from trialscreen import __version__
from trialscreen.answers.answer import answer_of, day_or_text, read_facts
from trialscreen.answers.beside_record import FromRecord, with_record
from trialscreen.answers.sampled import read_samples, told_apart, with_days
from trialscreen.answers.typed import typed_facts
from trialscreen.answers.values import is_unknown
from trialscreen.criteria_file.load import load_trial
from trialscreen.model.errors import InputError, Problem, raise_any, refuse
from trialscreen.model.evidence import Evidence
from trialscreen.model.facts import Dates, Exactly, Fact, Numbers
from trialscreen.model.registration import DoseCohort
from trialscreen.model.trial import SCREENING_DATE, Criterion, Element, Open, Source, Trial, Verdict
from trialscreen.screening.edit_checks import Notice
from trialscreen.screening.finding import Finding, Status, Turn
from trialscreen.screening.samples import Awaited, Stale
from trialscreen.screening.screen import Screening
from trialscreen.screening.screen import screen as _screen


def screen(
    trial: Trial, answers: Mapping[str, object], on: date, record: FromRecord | None = None
) -> Screening:
    """Screens one patient: `answers` maps names of data elements to values, as flags take them.

    Values are numbers, booleans, dates or texts (`"121 lb"`, `"<20"`, `"2026-03"`). None and
    missing elements are unknown; `"pending"` is an awaited result. A mapping adds details, as in a
    file: `{"value": 3.1, "date": "2026-05-20"}` the sample date, `{"value": "pending", "since":
    ..., "from": ...}` since when and from whom it is awaited. `on` is the screening date, a `date`
    without a time. `record` is the result of `read_fhir`; `answers` take precedence over it.

    Raises InputError listing every answer that is invalid, and for answers that contradict each
    other, a `screening_date` among them other than `on`, or a record read for another day.

    >>> pending = {"value": "pending", "since": "2026-05-28", "from": "the central laboratory"}
    >>> answers = {"hbv_dna": "<20", "tsh": pending, "prior_cell_therapy": False}
    >>> screening = trialscreen.screen(trial, answers, on=date(2026, 6, 1))
    >>> [(one.id, one.status) for one in screening.findings if one.met is not None]
    [('E7', 'clear')]
    >>> screening.awaited[0].source
    'the central laboratory'
    """
    _check_day(on)
    if record is not None and record.on not in (None, on):  # its facts were selected for that day
        refuse("record", f"was read for {record.on}; read it anew for {on}")
    typed, others = ({}, answers) if record is not None else typed_facts(trial, answers, on)
    if not others and record is None:
        return _screen(trial, _in_order(trial, typed), on)
    problems: list[Problem] = []
    read = {n: one for n in others if (one := answer_of(others[n], n, problems)) is not None}
    entered = with_days(trial, told_apart(trial, read, problems), problems)
    other = entered.pop(SCREENING_DATE, None)
    if other is not None and not is_unknown(trial, other.text) and day_or_text(other.text) != on:
        message = f"{other.text} is not the day that was asked for, {on}"
        problems.append(Problem(SCREENING_DATE, message))
    both = FromRecord(entered) if record is None else with_record(trial, entered, record, on)
    parsed = read_facts(trial, both.answers, on, problems)
    samples = read_samples(trial, both.answers, on, problems)
    raise_any(problems)
    facts = _in_order(trial, {**typed, **parsed})
    return _screen(trial, facts, on, samples, both.evidence)


def _in_order(trial: Trial, facts: Mapping[str, Fact]) -> dict[str, Fact]:
    return {name: facts[name] for name in trial.elements if name in facts}


def read_fhir(
    trial: Trial,
    paths: str | Path | Sequence[str | Path],
    on: date,
    codes: str | Sequence[str] = (),
    assume_absent: str | Collection[str] = (),
) -> FromRecord:
    """Reads one patient's record from FHIR R4 files and folders, for the screening date `on`.

    `codes` are files with a site's code mappings, in addition to the packaged ones.
    `assume_absent` are sections whose yes/no elements are taken as no if nothing codes them. A
    single path, file or section may be given without a list.

    Raises InputError for a file that cannot be opened, for no or several patients, and for a
    patient who has died. Data that cannot be used are listed in `problems`, and are unknown.

    >>> record = trialscreen.read_fhir(trial, ["docs/patients/record.json"], on=date(2026, 6, 1))
    >>> beside = trialscreen.screen(trial, {"weight": 61}, date(2026, 6, 1), record)
    >>> [(one.element, one.value, one.source) for one in beside.overruled]
    [('weight', '71.3', 'Observation/weight')]
    """
    from trialscreen.answers.records import fhir  # noqa: PLC0415 - few read records

    _check_day(on)
    files = (paths,) if isinstance(paths, str | Path) else paths
    codes = (codes,) if isinstance(codes, str) else codes
    sections = (assume_absent,) if isinstance(assume_absent, str) else assume_absent
    return fhir.read_one(trial, files, on, codes, sections)


def _check_day(on: date) -> None:
    if type(on) is not date:
        raise TypeError("on: expected a datetime.date, without a time")


def result(screening: Screening) -> dict[str, Any]:
    """The object that `screen --format json` prints, for `json.dumps`; dates are strings.

    >>> trialscreen.result(screening)["verdict"]
    'undetermined'
    """
    from trialscreen.output.report import screening_data  # noqa: PLC0415 - few ask for it

    return screening_data.result(screening, __version__)


__all__ = [
    "Awaited",
    "Criterion",
    "Dates",
    "DoseCohort",
    "Element",
    "Evidence",
    "Exactly",
    "Fact",
    "Finding",
    "FromRecord",
    "InputError",
    "Notice",
    "Numbers",
    "Open",
    "Problem",
    "Screening",
    "Source",
    "Stale",
    "Status",
    "Trial",
    "Turn",
    "Verdict",
    "load_trial",
    "read_fhir",
    "result",
    "screen",
]
