"""What `trialscreen` offers to Python programs."""

from collections.abc import Iterator, Mapping
from datetime import date

from trialscreen.answers.answer import VALUE_KEY, Answer, answer_of, day_or_text, readable_facts
from trialscreen.answers.sampled import read_samples, told_apart, with_days
from trialscreen.answers.values import is_unknown
from trialscreen.criteria_file.load import load_trial
from trialscreen.model.errors import InputError, Problem
from trialscreen.model.trial import SCREENING_DATE, Trial
from trialscreen.screening.finding import Finding
from trialscreen.screening.screen import Screening
from trialscreen.screening.screen import screen as _screen


def screen(trial: Trial, answers: Mapping[str, object], on: date) -> Screening:
    """Screens one patient: `answers` maps element names to values as a flag would take them.

    Numbers, booleans, dates and texts ("121 lb", "<20", "2026-03") are accepted; None is
    unknown, "pending" is awaited. A mapping says more, as in a file: {"value": 3.1, "date":
    "2026-05-20"} with the day of the sample, {"value": "pending", "since": ..., "from": ...}.
    `on` is the screening date. Raises InputError with every answer that is wrong, also for a
    `screening_date` among the answers that is another day.
    """
    problems: list[Problem] = []
    told = told_apart(trial, dict(_answers(answers, problems)), problems)
    given = with_days(trial, told, problems)
    other = given.pop(SCREENING_DATE, None)
    if other is not None and not is_unknown(trial, other.text) and day_or_text(other.text) != on:
        message = f"{other.text} is not the day that was asked for, {on}"
        problems.append(Problem(SCREENING_DATE, message))
    facts = readable_facts(trial, given, on, problems)
    samples = read_samples(trial, given, on, problems)
    if problems:
        raise InputError(problems)
    return _screen(trial, facts, on, samples)


def _answers(
    answers: Mapping[str, object], problems: list[Problem]
) -> Iterator[tuple[str, Answer]]:
    for name, given in answers.items():
        values = given if isinstance(given, Mapping) else {VALUE_KEY: given}
        if (answer := answer_of(values, name, problems)) is not None:
            yield name, answer


__all__ = ["Finding", "InputError", "Problem", "Screening", "Trial", "load_trial", "screen"]
