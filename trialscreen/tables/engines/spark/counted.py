"""How the values of a table are, from what was told of each task's rows."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from typing import Any, NamedTuple

from trialscreen.model.errors import Problem
from trialscreen.model.trial import SCREENING_DATE, Trial
from trialscreen.tables.engines.arrow import (
    ABOVE,
    BELOW,
    CODES,
    CONTRADICTORY,
    EMPTY,
    LATE,
    STATED,
    UNUSABLE,
    Note,
    told_of,
)
from trialscreen.tables.quality import ENOUGH, Quality, of_median, too_many
from trialscreen.text.characters import printable


class Counts(NamedTuple):
    """What is told of all rows; `followed` are the elements in the table."""

    trial: Trial
    followed: tuple[str, ...]
    note: Note

    @property
    def verdicts(self) -> Counter[tuple[str, str | None]]:
        return self.note.verdicts

    @property
    def rows(self) -> int:
        return self.verdicts.total()

    def of(self, what: str, element: str) -> int:
        return self.note.told[told_of(what, element)]

    def problems(self, called: Mapping[str, str], most_bad: float) -> list[Problem]:
        """Columns, `called` so in the table, of which too many values cannot be read."""
        found = []
        for name, column in called.items():
            bad, stated = self.of(UNUSABLE, name), self.of(STATED, name)
            if (message := too_many(name, bad, stated, most_bad)) is not None:
                where = f"the column {printable(column)}"
                found.append(Problem(where, f"{message}; see --max-bad for the share"))
        return found

    def wrong_days(self, today: date, *, in_each: bool) -> Iterator[Problem]:
        """Of screening dates, which must all be possible and, if so, be `in_each` row."""
        if SCREENING_DATE not in self.followed:
            return
        empty = self.of(EMPTY, SCREENING_DATE)
        if in_each and empty:
            message = f"{empty} rows have none; give a screening date for them"
            yield Problem(f"the column {SCREENING_DATE}", message)
        elif wrong := self.of(UNUSABLE, SCREENING_DATE) + self.of(LATE, SCREENING_DATE):
            message = f"expected one day (YYYY-MM-DD), not after {today}; that is not so in"
            rows = "row" if wrong == 1 else "rows"
            yield Problem(SCREENING_DATE, f"{message} {wrong:,} {rows}")

    def quality(self, medians: Callable[[list[str]], Mapping[str, Any]]) -> Quality:
        """`medians` reads the table again, for those elements of which they are unusual."""
        unusual = {
            name: self.of(BELOW, name) + self.of(ABOVE, name) + self.of(CODES, name)
            for name in self.followed
        }
        odd = [name for name in self.followed if self._has_odd_median(name)]
        found = medians(odd) if odd else {}
        return Quality(
            {name: self.of(UNUSABLE, name) for name in self.followed},
            {name: self.of(CONTRADICTORY, name) for name in self.followed},
            unusual,
            [of_median(self.trial.elements[name], found[name]) for name in odd],
        )

    def _has_odd_median(self, name: str) -> bool:
        """Whether the (lower) median is one of the values beyond what is typical."""
        bad = self.of(UNUSABLE, name) + self.of(CONTRADICTORY, name)
        known = self.of(STATED, name) - bad
        middle = (known - 1) // 2
        beyond = middle < self.of(BELOW, name) or middle >= known - self.of(ABOVE, name)
        return known >= ENOUGH and beyond
