"""Records and logs to be shown: ordinary ones, and some whose every text is hostile."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import get_args

from tests.deciding import enrolled, state
from tests.test_html import HOSTILE
from trialscreen import __version__, load_trial
from trialscreen.answers.answer import Answer
from trialscreen.cli.answers import screen_stored, stored_answers
from trialscreen.cli.commands import Flags
from trialscreen.log.entry import Correction, Kept, ScreeningEntry, recorded
from trialscreen.model.evidence import Evidence, EvidenceKind
from trialscreen.model.trial import Criterion, Element, Trial
from trialscreen.output.report.log_page import LogReport
from trialscreen.output.report.record_page import ScreeningRecord
from trialscreen.screening.screen import Screening

PATIENTS = Path(__file__).parent.parent / "docs" / "patients"
STATES = ("eligible", "ineligible_lab", "ineligible_washout", "undetermined")
AT = datetime(2026, 6, 1, 9, 30, tzinfo=UTC)
HOSTILE_FOOT = f'"; }} </style>{HOSTILE}'


def patient(name: str, trial: Trial | None = None) -> ScreeningRecord:
    """The record of an example patient."""
    flags = Flags(trial or load_trial(), {}, [], [])
    stored, _ = stored_answers(flags, str(PATIENTS / f"{name}.yaml"))
    answers, screening = screen_stored(flags, None, stored)
    return ScreeningRecord(screening, answers, __version__)


def noted(record: ScreeningRecord) -> ScreeningRecord:
    """With a remark and a day beside each answer, as several sittings leave them."""
    answers = {
        name: one._replace(notes={"answered": f"2026-05-{25 + n % 4}", "note": "as the ward says"})
        for n, (name, one) in enumerate(record.answers.items())
    }
    return record._replace(answers=answers)


def mostly_empty() -> ScreeningRecord:
    """Of whom hardly anything is known."""
    flags = Flags(load_trial(), {"sex": ["female"], "weight": ["<60"]}, [], [])
    answers, screening = screen_stored(flags, "2026-06-01", {})
    return ScreeningRecord(screening, answers, __version__)


def in_the_log(record: ScreeningRecord, subject: str, number: int = 1) -> ScreeningRecord:
    """The record with an entry."""
    return record._replace(entry=entry(record.screening, subject, number, record.answers))


def entry(
    screening: Screening, subject: str, number: int, answers: Mapping[str, Answer] | None = None
) -> ScreeningEntry:
    """As the log would keep it: before consent without answers."""
    seal = sha256(f"{number} {subject}".encode()).hexdigest()
    at = AT + timedelta(hours=number)
    made = recorded(screening, answers or {}, subject)
    return made._replace(number=number, at=at, by="JW", tool=__version__, seal=seal)


def log(subjects: int) -> LogReport:
    """A log of so many subjects: one in ten comes back later, one in 25 entries is corrected."""
    screenings = [patient(name).screening for name in STATES]
    entries: list[ScreeningEntry] = []
    for n in range(subjects):
        first = screenings[(n * n + n // 3) % len(STATES)]
        entries.append(_next(entries, first, f"S-{n + 1:03d}", first.on + timedelta(n // 2)))
        if n % 10 == 9:
            later = first.on + timedelta(n // 2 + 90)
            entries.append(_next(entries, screenings[n % 3], f"S-{n + 1:03d}", later))
        if n % 25 == 24:
            wrong = entries[-1]
            corrects = Correction(wrong.number, "Calcium was typed in the wrong unit.")
            number, outcome = wrong.number + 1, entries[-2].outcome
            entries.append(wrong._replace(number=number, corrects=corrects, outcome=outcome))
    told = f"Verified: {len(entries)} entries, unbroken."
    return LogReport(load_trial(), entries, told)


def decided_log() -> LogReport:
    """A log of thirty subjects of whom some were enrolled, not all by the rules."""
    report = log(30)
    low, medium, _ = (one.name for one in report.trial.registration.dose_cohorts)
    on, why = max(one.on for one in report.entries), "The sponsor agreed, by letter."
    made: list[Kept] = [state(low, on, places=3), state(medium, on)]
    for one in report.screenings[:12]:
        decision = enrolled(one.subject, low, on, why)
        made.append(decision._replace(despite=("Low Dose Group: 3 places, and none is free",)))
    made.append(enrolled("S-001", "", on, why)._replace(decision="withdrawn", dose_cohort=None))
    first = len(report.entries) + 1
    seal = report.entries[-1].seal
    added = [one._replace(number=n, at=AT, by="JW", seal=seal) for n, one in enumerate(made, first)]
    return report._replace(entries=[*report.entries, *added])


def _next(
    entries: list[ScreeningEntry], screening: Screening, subject: str, on: date
) -> ScreeningEntry:
    one = entry(screening, subject, len(entries) + 1)
    return one._replace(on=on)


# Hostile texts.


def hostile_trial() -> Trial:
    """The packaged trial with every text of it hostile, each with its own name at the end."""
    trial = load_trial()
    registration = trial.registration._replace(
        title=bad("title"),
        dose_note=bad("dose_note"),
        dose_assignment=bad("dose_assignment"),
        dose_cohorts=tuple(
            one._replace(name=bad("cohort"), dose=bad("dose"), description=bad("description"))
            for one in trial.registration.dose_cohorts
        ),
    )
    return replace(
        trial,
        origin=bad("origin"),
        registration=registration,
        elements={name: _hostile_element(one) for name, one in trial.elements.items()},
        criteria=tuple(map(_hostile_criterion, trial.criteria)),
    )


def bad(name: str) -> str:
    return f"={HOSTILE}{name}"


def _hostile_element(element: Element) -> Element:
    choices = {name: bad(f"{element.name} {name}") for name in element.choices}
    ask, label = bad(f"ask {element.name}"), bad(f"label {element.name}")
    units = {code: one._replace(show=bad(code)) for code, one in element.units.items()}
    return replace(element, label=label, ask=ask, choices=choices, no_text="no", units=units)


def _hostile_criterion(one: Criterion) -> Criterion:
    readings = tuple(
        r._replace(
            issue=bad(f"issue {r.ref}"),
            chosen=bad(f"chosen {r.ref}"),
            alternative=bad(f"alternative {r.ref}"),
        )
        for r in one.readings
    )
    return one._replace(label=bad(f"label {one.id}"), text=bad(f"text {one.id}"), readings=readings)


def hostile_record() -> ScreeningRecord:
    """An undetermined patient of the hostile trial, with hostile notes, subject and remarks."""
    record = patient("undetermined", hostile_trial())
    answers = {
        name: Answer(bad(f"written {name}"), "file", notes=dict(_hostile_notes(name)))
        for name in record.answers
    }
    one = entry(record.screening, HOSTILE_FOOT + "subject", 1)
    screening = replace(record.screening, evidence=tuple(_hostile_evidence()))
    return record._replace(screening=screening, answers=answers, entry=_hostile_entry(one))


def _hostile_evidence() -> Iterator[Evidence]:
    for kind in get_args(EvidenceKind):
        told = (bad(f"{key} of a {kind}") for key in Evidence._fields[2:])
        yield Evidence(kind, "weight", *told)


def _hostile_notes(name: str) -> Iterator[tuple[str, str]]:
    for key in ("answered", "set_aside", "criteria", "note"):
        yield key, bad(f"{key} {name}")


def _hostile_entry(one: ScreeningEntry) -> ScreeningEntry:
    corrects = Correction(0, bad("reason"))
    return one._replace(by=bad("by"), note=bad("remark"), corrects=corrects)


def hostile_log() -> LogReport:
    trial, entries = hostile_trial(), [_hostile_entry(one) for one in log(12).screenings]
    hostile = [
        one._replace(
            subject=HOSTILE_FOOT + f"subject {n}",
            outcome=one.outcome._replace(failed=("E1", bad("failed"))),
            criteria=one.criteria._replace(version=bad("version")),
        )
        for n, one in enumerate(entries)
    ]
    return LogReport(trial, hostile, bad("seals"))
