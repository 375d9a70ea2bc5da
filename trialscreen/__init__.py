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

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from trialscreen.api import *  # noqa: F403 - its `__all__` is the one list of names
    from trialscreen.api import __all__ as __all__

__version__ = "0.1.0"


def __getattr__(name: str) -> object:
    """Imports the names of `api` on first use, so that the command line starts without them."""
    if name == "__all__" or not name.startswith("__"):
        api = import_module("trialscreen.api")
        if name == "__all__" or name in api.__all__:
            return getattr(api, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
