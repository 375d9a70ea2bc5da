"""The screening date of commands that get it as an option alone."""

from datetime import date

from trialscreen.errors import Problem
from trialscreen.sources import Answer, screening_date
from trialscreen.trial import SCREENING_DATE, Trial

FLAG = "--screening-date"


def screening_day(trial: Trial, text: str | None, today: date, problems: list[Problem]) -> date:
    """The day that `text` names; today without one, or if it is a problem."""
    given = {} if text is None else {SCREENING_DATE: Answer(text, FLAG)}
    return screening_date(trial, given, today, problems) or today
