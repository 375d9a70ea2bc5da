"""How long ago something was, as people say it, put in dates that mean the same on any day.

"3 months ago" is no exact day: one person rounds, another counts whole months, a third the
months of the calendar. One unit more or less covers them all.
"""

import re
from datetime import date

from trialscreen.dates import Period, PeriodUnit

_DAYS = {"today": 0, "yesterday": 1}
_UNITS: dict[str, PeriodUnit] = {
    **dict.fromkeys(("day", "days", "d"), "days"),
    **dict.fromkeys(("week", "weeks", "wk", "wks", "w"), "weeks"),
    **dict.fromkeys(("month", "months", "mo", "mos", "mth", "mths"), "months"),
    **dict.fromkeys(("year", "years", "yr", "yrs", "y"), "years"),
}
_UNIT = f"(?P<unit>{'|'.join(sorted(_UNITS, key=len, reverse=True))})\\.?"
# Few runs need these: `re` compiles them, and keeps them, when they are asked for.
_AGO = (
    rf"(?:(?P<than>more|less) than |about )?(?:(?P<count>[0-9]{{1,5}}) ?|(?:an?|one) ){_UNIT} ago"
)
_LOOSELY = (
    r"(?P<than>[<>]=?|more than|over|less than|about|)\s*"
    rf"(?:(?P<count>[0-9]{{1,5}})\s*|(?P<word>[a-z]+) ){_UNIT}(?: ago)?"
)
_THAN = {**dict.fromkeys("<l", "less than "), **dict.fromkeys(">mo", "more than ")}
_ONE = {"a": 1, "an": 1, "last": 1, "one": 1}
_COUNTS = {**_ONE, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6}


def how_long_ago(words: str, on: date) -> str | None:
    """The dates that folded `words` mean on day `on`; None if they do not say how long ago.

    `3 months ago` is from 4 to 2 months before; `more than 2 years ago` is earlier than
    the day 2 years before; `yesterday` is one day.
    """
    if words in _DAYS:
        return str(Period(_DAYS[words], "days").before(on))
    said = re.fullmatch(_AGO, words) if words.endswith("ago") else None
    if said is None:
        return None
    count = int(said["count"] or 1)

    def before(units: int) -> date:
        return Period(max(units, 0), _UNITS[said["unit"]]).before(on)

    if said["than"]:
        return f"{'<' if said['than'] == 'more' else '>'}{before(count)}"
    return f"{before(count + 1)} to {before(count - 1)}"


def better_said(words: str) -> str | None:
    """How to say what folded `words` say loosely (`> two years`); None if it is nothing known."""
    said = re.fullmatch(_LOOSELY, words)
    count = said and (said["count"] or _COUNTS.get(said["word"]))
    if said is None or count is None:
        return None
    period = Period(int(count), _UNITS[said["unit"]])
    return f"{_THAN.get(said['than'][:1], '')}{period} ago"
