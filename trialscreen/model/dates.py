"""Calendar arithmetic: windows in months and years, completed years.

Windows go back from the screening date and clamp to the end of a short month (31 August
less 6 months is 28 or 29 February). Anniversaries of 29 February fall on 1 March.
"""

import calendar
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Literal

PeriodUnit = Literal["days", "weeks", "months", "years"]


@dataclass(frozen=True)
class Period:
    """A whole number of days, weeks, months or years."""

    count: int
    unit: PeriodUnit

    def __str__(self) -> str:
        return f"{self.count} {self.unit[:-1] if self.count == 1 else self.unit}"

    @property
    def without_weeks(self) -> "Period":
        """The same period, with weeks converted to days."""
        return Period(self.count * 7, "days") if self.unit == "weeks" else self

    def before(self, day: date) -> date:
        """The day this long before `day`, but never earlier than `date.min`."""
        return self._moved(day, -1)

    def after(self, day: date) -> date:
        """The day this long after `day`, but never later than `date.max`."""
        return self._moved(day, 1)

    def leaves(self, day: date) -> date | None:
        """The first screening date whose window no longer contains `day`, i.e. a washout's end.

        None if that lies beyond `date.max`.
        """
        end = self.after(day).toordinal()  # short months can delay it by a few days
        days = map(date.fromordinal, range(end, min(end + 6, date.max.toordinal() + 1)))
        return next((later for later in days if self.before(later) > day), None)

    def _moved(self, day: date, sign: int) -> date:
        if (days := self.without_weeks).unit == "days":
            ordinal = day.toordinal() + sign * days.count
            return date.fromordinal(min(max(ordinal, 1), date.max.toordinal()))
        return add_months(day, sign * self.count * (12 if self.unit == "years" else 1))


def add_months(day: date, months: int) -> date:
    """`day` moved by calendar months, clamped to the month's end and to the range of `date`."""
    year, month0 = divmod(day.year * 12 + day.month - 1 + months, 12)
    if year < date.min.year:
        return date.min
    if year > date.max.year:
        return date.max
    last = calendar.monthrange(year, month0 + 1)[1]
    return date(year, month0 + 1, min(day.day, last))


def last_day(text: str) -> date | None:
    """The last day that `2026-05-20`, `2026-05` or `2026` may mean; None for any other text."""
    parts = text.split("-")
    try:
        match [int(part) for part in parts]:
            case [year]:
                return date(year, 12, 31)
            case [year, month]:
                return date(year, month, calendar.monthrange(year, month)[1])
            case [year, month, day]:
                return date(year, month, day)
    except ValueError:
        pass
    return None


def completed_years(since: date, on: date) -> int:
    """Whole years from `since` to `on`, counted on anniversaries (as age is)."""
    return on.year - since.year - ((on.month, on.day) < (since.month, since.day))


def in_utc(at: datetime) -> str:
    """A timezone-aware datetime as `2026-06-01T09:30:00Z`."""
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
