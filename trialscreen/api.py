"""What `trialscreen` offers to Python programs."""

from collections.abc import Mapping
from datetime import date

from trialscreen.answers.answer import Answer, as_text, day_or_text, read_facts
from trialscreen.answers.values import is_unknown
from trialscreen.criteria_file.load import load_trial
from trialscreen.model.errors import InputError, Problem
from trialscreen.model.trial import SCREENING_DATE, Trial
from trialscreen.screening.screen import Finding, Screening
from trialscreen.screening.screen import screen as _screen


def screen(trial: Trial, answers: Mapping[str, object], on: date) -> Screening:
    """Screens one patient: `answers` maps element names to values as a flag would take them.

    Numbers, booleans, dates and texts ("121 lb", "<20", "2026-03") are accepted; None is
    unknown. `on` is the screening date. Raises InputError with every answer that is wrong,
    also for a `screening_date` among the answers that is another day.
    """
    other = answers.get(SCREENING_DATE)
    if not is_unknown(trial, as_text(other)) and day_or_text(as_text(other)) != on:
        message = f"{as_text(other)} is not the day that was asked for, {on}"
        raise InputError([Problem(SCREENING_DATE, message)])
    texts = {name: Answer(as_text(value), "flag", name) for name, value in answers.items()}
    return _screen(trial, read_facts(trial, texts, on), on)


__all__ = ["Finding", "InputError", "Problem", "Screening", "Trial", "load_trial", "screen"]
