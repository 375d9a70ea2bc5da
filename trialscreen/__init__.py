"""Screens patients for a clinical trial from a readable criteria file.

>>> from datetime import date
>>> import trialscreen
>>> trial = trialscreen.load_trial()
>>> answers = {"weight": "121 lb", "rankl_inhibitor_last_dose_date": "2025-11"}
>>> screening = trialscreen.screen(trial, answers, on=date(2026, 6, 1))
>>> screening.verdict, screening.clears_on
('ineligible', datetime.date(2026, 12, 1))
>>> [(finding.id, finding.reasons) for finding in screening.failing]
[('E8', ('last dose of a RANKL inhibitor 2025-11 within 12 months before 2026-06-01',))]
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from trialscreen.api import (
        Awaited,
        Criterion,
        Dates,
        DoseCohort,
        Element,
        Evidence,
        Exactly,
        Fact,
        Finding,
        InputError,
        Notice,
        Numbers,
        Open,
        Problem,
        Screening,
        Source,
        Stale,
        Status,
        Trial,
        Turn,
        Verdict,
        load_trial,
        result,
        screen,
    )

__version__ = "0.1.0"


def __getattr__(name: str) -> object:
    """What `api` has, imported when it is asked for: the command line starts without it."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from trialscreen import api  # noqa: PLC0415

    return getattr(api, name)


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
    "result",
    "screen",
]
