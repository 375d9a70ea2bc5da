"""How much is generated: a part of it in `make test`, all of it in `make test-full`.

CI, where it measures coverage, draws all of it too. Only how many samples are drawn differs, never
what kinds of them there are. Cases that are written by hand are no samples: all run, always.
"""

import os
from typing import Final

from hypothesis import settings

SIZES = "TRIALSCREEN_SIZES"
"""The environment variable; "full" for all."""

FULL: Final = os.environ.get(SIZES) == "full"
_TENTH = 10


def size(full: int, part: int | None = None) -> int:
    """How many of `full` samples are drawn here; in part a tenth of them, if not told otherwise."""
    if FULL:
        return full
    return -(-full // _TENTH) if part is None else part


def examples(full: int, part: int | None = None) -> settings:
    """As many examples of Hypothesis as `size` says, however long one takes."""
    return settings(max_examples=size(full, part), deadline=None)
