"""Logs for tests: screenings as entries, without the command line."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from pathlib import Path

from trialscreen import load_trial, screen
from trialscreen.answers.answer import Answer
from trialscreen.answers.sampled import told_apart
from trialscreen.log.entry import Correction, ScreeningEntry, recorded
from trialscreen.log.store import Log, open_or_begin

TRIAL = load_trial()
ON = date(2026, 11, 2)
CONSENT = {"informed_consent_signed": "yes", "willing_to_participate": "yes"}
NCT_ID = TRIAL.registration.nct_id
TOOL = "0.1.0"


def screened(
    subject: str,
    answers: Mapping[str, str] = CONSENT,
    on: date = ON,
    note: str = "",
    corrects: Correction | None = None,
) -> ScreeningEntry:
    given = {name: Answer(text, "flag") for name, text in answers.items()}
    answered = told_apart(TRIAL, given, [])
    return recorded(screen(TRIAL, answers, on), answered, subject, note, corrects)


@contextmanager
def begun(path: Path) -> Iterator[Log]:
    with open_or_begin(path, NCT_ID, TOOL) as log:
        yield log


def filled(path: Path, entries: int) -> Path:
    """A log of this many entries, S-1 with 40.1 kg and so on; of many, one is corrected."""
    with begun(path) as log:
        for number in range(1, entries + 1):
            log.append(nth(number, entries), "JW", TOOL)
    return path


def nth(number: int, entries: int) -> ScreeningEntry:
    """The entry of that number in a log of `entries`."""
    corrects = Correction(number - 1, "misread") if number == entries // 2 > 1 else None
    subject = number - 1 if corrects else number
    answers = {**CONSENT, "weight": str(40 + subject / 10)}
    return screened(f"S-{subject}", answers, corrects=corrects)
