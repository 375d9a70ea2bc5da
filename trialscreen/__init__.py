"""Screens patients for a clinical trial from a readable criteria file.

>>> trial = load_trial()
>>> screen(trial, {"weight": 38}, on=date(2026, 1, 31)).verdict
'ineligible'
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from trialscreen.api import (
        Finding,
        InputError,
        Problem,
        Screening,
        Trial,
        load_trial,
        screen,
    )

__version__ = "0.1.0"


def __getattr__(name: str) -> object:
    """What `api` has, imported when it is asked for: the command line starts without it."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from trialscreen import api  # noqa: PLC0415

    return getattr(api, name)


__all__ = ["Finding", "InputError", "Problem", "Screening", "Trial", "load_trial", "screen"]
