"""When something was, as a record writes it: a moment, a day, a month, a year, a period.

Whether a value counts goes by the day as it is written; which of several is the latest, by the
instant where both are moments, else by days.
"""

import re
from contextlib import suppress
from datetime import date, datetime, time
from functools import lru_cache
from typing import NamedTuple

from trialscreen.answers.written_dates import days_of
from trialscreen.text.spelling import folded

_MOMENT = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})[Tt ][0-9].*")


class When(NamedTuple):
    """First and last day that a text allows, as written, and the instant, if it is a moment."""

    first: date
    last: date
    instant: datetime | None = None

    @property
    def kind(self) -> str:
        """Which moments it can be compared with; empty if it is none."""
        if self.instant is None:
            return ""
        return "here" if self.instant.tzinfo is None else "anywhere"


def when(start: str, end: str = "") -> When | None:
    """When something was that took from `start` to `end`; None if nothing is written.

    Raises ValueProblem for what is no date, or could be two.
    """
    if not start and not end:
        return None
    if not end or end == start:
        return written(start)
    if not start:
        return When(date.min, written(end).last)
    first, last = written(start), written(end)
    return When(first.first, max(first.last, last.last))


@lru_cache(maxsize=4096)  # all results of one visit have one moment
def written(text: str) -> When:
    """When something was that took place at what is written here. Raises as `when` does."""
    if _MOMENT.fullmatch(text) is not None:
        with suppress(ValueError):  # days_of says what is wrong, or leaves a time out that it knows
            instant = datetime.fromisoformat(text)
            # Databases write a day as its midnight, without a zone.
            is_day = instant.tzinfo is None and instant.time() == time.min
            return When(instant.date(), instant.date(), None if is_day else instant)
    return When(*days_of(folded(text), text))


def day_text(text: str) -> str:
    """A moment cut to the day as it is written; other texts as they are."""
    moment = _MOMENT.fullmatch(text)
    return text.strip() if moment is None else moment[1]


def days_text(start: str, end: str = "") -> str:
    """The days of a period, in one text that the parser of dates reads."""
    first, last = day_text(start), day_text(end)
    if not last or first == last:
        return first
    return f"{first} to {last}" if first else f"<={last}"
