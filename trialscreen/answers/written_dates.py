"""Parses written dates: days, months, years and "3 months ago"; refuses ambiguous ones.

`1956-03-12`, `12 Mar 1956` and `1956年3月12日` can only be one day. `3/4/1956` is the third
of April to one reader and the fourth of March to another: it is refused, and both are named.
The day of a moment is the day as it is written, whatever the time zone behind it.

"3 months ago" is not an exact day: one person rounds, another counts whole months, a third the
months of the calendar. One unit more or less covers them all.
"""

import calendar
import re
from datetime import date

from trialscreen.model.dates import Period, PeriodUnit
from trialscreen.model.errors import ValueProblem
from trialscreen.text.characters import shown

_MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)
_NAMES = {
    **{name.casefold(): number for number, name in enumerate(_MONTHS, 1)},
    **{name[:3].casefold(): number for number, name in enumerate(_MONTHS, 1)},
    "sept": 9,
}
_NAME = r"(?P<name>[a-z]{3,9})\.?"
_ORDINAL = "(?P<day>[0-9]{1,2})(?:st|nd|rd|th)?"
_YEAR = "(?P<year>[0-9]{4})"
# Most runs need the first form or two: `re` compiles, and keeps, those that are asked for.
_FORMS = (
    f"{_YEAR}(?:[-/](?P<month>[0-9]{{1,2}}))?",
    rf"{_YEAR}(?P<sep>[-/.])(?P<month>[0-9]{{1,2}})(?P=sep)(?P<day>[0-9]{{1,2}})",
    f"{_YEAR}(?P<month>[0-9]{{2}})(?P<day>[0-9]{{2}})",
    f"{_YEAR} ?年(?: ?(?P<month>[0-9]{{1,2}}) ?月(?: ?(?P<day>[0-9]{{1,2}}) ?[日号])?)?",
    f"(?P<month>[0-9]{{1,2}})[-/]{_YEAR}",
    rf"(?:{_ORDINAL}(?:[-/ ]|\. ?)?)?{_NAME}(?:[-/ ]|, ?)?{_YEAR}",
    f"{_NAME}[-/ ]?{_ORDINAL}(?:[-/ ]|, ?){_YEAR}",
    f"{_YEAR}[-/ ]?{_NAME}(?:[-/ ]?{_ORDINAL})?",
)
_TWO_WAYS = rf"(?P<one>[0-9]{{1,2}})(?P<sep>[-/.])(?P<two>[0-9]{{1,2}})(?P=sep){_YEAR}"
_POINT_BLANK = r"(?<=[0-9])\. (?=[0-9])"  # 17. 4. 1958
_TWO_YEARS = "([0-9]{4})-([0-9]{4})"
_TIMED = (
    r"(?P<date>.{8,}?)(?:t|, ?| |:)(?P<hour>[01]?[0-9]|2[0-3])"
    r":[0-5][0-9](?::[0-5][0-9](?:\.[0-9]+)?)?"
    r"(?P<half> ?[ap]\.?m\.?)?(?: ?(?:z|utc|gmt|[+-][0-9]{2}(?::?[0-9]{2})?))?"
)
_TWO_POINTS = r"(?<=[0-9])\s*(?:\.{2,}|…)\s*(?=[0-9])"
IN_PART = ", or YYYY-MM or YYYY for a date that is known in part"
"""Ends what is told of a date that cannot be read, where it need not be one day."""


def days_of(clean: str, text: str) -> tuple[date, date]:
    """First and last day that folded `clean` states; `text` is what was written.

    A time of day is left out, and a time zone behind it. Raises ValueProblem.
    """
    timed = re.fullmatch(_TIMED, clean) if ":" in clean else None
    if timed is None:
        return _days(clean, text)
    hour = int(timed["hour"])
    first, last = _days(timed["date"], text)
    if first != last or (timed["half"] and not 1 <= hour <= 12):
        raise _no_date(text)
    return first, last


def is_like_a_day(clean: str) -> bool:
    """Whether folded `clean` is written as one day, be it as one that can be read in two ways."""
    try:
        first, last = days_of(clean, clean)
    except _TwoDays:
        return True
    except ValueProblem:
        return False
    return first == last


class _TwoDays(ValueProblem):
    """A text that is one day to one reader, and another to another."""


def _days(clean: str, text: str) -> tuple[date, date]:
    for form in _FORMS:
        if (match := re.fullmatch(form, clean)) is not None:
            parts = match.groupdict()
            if "name" not in parts:
                return _span(parts["year"], parts.get("month"), parts.get("day"), text)
            if (month := _NAMES.get(parts["name"])) is not None:
                return _span(parts["year"], str(month), parts["day"], text)
    if (match := re.fullmatch(_TWO_WAYS, re.sub(_POINT_BLANK, ".", clean))) is not None:
        day = _only_day(int(match["year"]), int(match["one"]), int(match["two"]), text)
        return day, day
    raise _no_date(text, clean)


def _span(year: str, month: str | None, day: str | None, text: str) -> tuple[date, date]:
    """A day, a month (no `day`) or a year (no `month` either)."""
    first = _day(int(year), int(month or 1), int(day or 1))
    if first is None:
        no_month = month is not None and not 1 <= int(month) <= 12
        wrong = f": there is no month {month}" if no_month else ""
        raise ValueProblem(f"{shown(text)} is not a day of the calendar{wrong}")
    if day is not None:
        return first, first
    last = first.replace(month=int(month or 12))
    return first, last.replace(day=calendar.monthrange(last.year, last.month)[1])


def _only_day(year: int, one: int, two: int, text: str) -> date:
    """The day that both orders of day and month can mean, or only one of them."""
    by_day, by_month = _day(year, two, one), _day(year, one, two)
    if by_day is not None and by_month is not None and by_day != by_month:
        raise _TwoDays(
            f"{shown(text)} is {_in_words(by_day)} or {_in_words(by_month)};"
            f" write {by_day} or {by_month}"
        )
    if (day := by_day or by_month) is None:
        raise ValueProblem(f"{shown(text)} is not a day of the calendar")
    return day


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _in_words(day: date) -> str:
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


_SIGN_SAID = (
    r"(?:(?P<less>less than|lower than|smaller than|below|under|before|earlier than)"
    r"|(?P<more>more than|greater than|higher than|above|over|after|later than)"
    r"|(?P<most>at most|no more than|up to|until)|(?P<least>at least|no less than|since))\s+"
    r"(?P<rest>[0-9].*)"
)
_SIGN_OF = {"less": "<", "more": ">", "most": "<=", "least": ">="}


def signed_as_said(clean: str) -> str | None:
    """`<40` for folded `less than 40`; None if no such words stand before a number or a date."""
    said = re.fullmatch(_SIGN_SAID, clean)
    if said is None:
        return None
    sign = next(sign for words, sign in _SIGN_OF.items() if said[words])
    return f"{sign}{said['rest']}"


_ROUGHLY = (
    r"(?:~|[约近]|大约|大概|(?:about|around|roughly|approximately|approx\.?|circa|ca\.?|etwa|ungefähr)\s)"
    r"\s*(?P<rest>[+-]?[0-9].*)"
)


def said_roughly(clean: str) -> str | None:
    """`60 kg` for folded `about 60 kg`; None if no such word stands before a number or a date."""
    said = re.fullmatch(_ROUGHLY, clean)
    return said and said["rest"]


def if_exact(rest: str) -> str:
    """How to write what was `said_roughly`: nobody but who said it knows how exact it is."""
    return f"write {shown(rest)} if that is exact, else a span: FROM to TO"


def _no_date(text: str, clean: str = "") -> ValueProblem:
    if re.search(_TWO_POINTS, clean):
        span = re.sub(_TWO_POINTS, " to ", text)
        return ValueProblem(f"{shown(text)} is not a date; for a span write {shown(span)}")
    if (signed := signed_as_said(clean)) is not None:
        return ValueProblem(f"{shown(text)} is not a date; write {shown(signed)}")
    if (rest := said_roughly(clean)) is not None and _is_a_date(rest):
        return ValueProblem(f"{shown(text)} is not a date; {if_exact(rest)}")
    if (years := re.fullmatch(_TWO_YEARS, clean)) is not None:
        span = f"{years[1]} to {years[2]}"
        return ValueProblem(f"{shown(text)} is not a date; for a span write {shown(span)}")
    several = "can be several dates" if re.fullmatch("[0-9]{6}", clean) else "is not a date"
    return ValueProblem(f"{shown(text)} {several}; expected YYYY-MM-DD{IN_PART}")


def _is_a_date(clean: str) -> bool:
    try:
        _days(clean, clean)
    except ValueProblem:
        return False
    return True


_DAYS = {"today": 0, "yesterday": 1, "今天": 0, "昨天": 1}
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
_SPAN_AGO = rf"(?:about )?(?P<count>[0-9]{{1,5}}) ?(?:-|to|or) ?(?P<most>[0-9]{{1,5}}) ?{_UNIT} ago"
_LOOSELY = (
    r"(?P<than>[<>]=?|more than|over|less than|about|)\s*"
    rf"(?:(?P<count>[0-9]{{1,5}})\s*|(?P<word>[a-z]+) ){_UNIT}(?: ago)?"
)
_THAN = {**dict.fromkeys("<l", "less than "), **dict.fromkeys(">mo", "more than ")}
_ONE = {"a": 1, "an": 1, "last": 1, "one": 1}
_COUNTS = {**_ONE, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6}
_HALVES = {
    **dict.fromkeys(("half a year", "half year", "a half year", "半年"), "6 months"),
    **dict.fromkeys(("1.5 years", "a year and a half", "one and a half years"), "18 months"),
    **dict.fromkeys(("2.5 years", "two and a half years"), "30 months"),
}
_CHINESE = (
    "(?:大?约 ?)?(?P<count>[0-9]{1,5}|[一二两三四五六])(?: ?[-~到至] ?(?P<most>[0-9]{1,5}))? ?"
    "(?P<unit>天|周|个?星期|个月|年) ?[以之]?前"
)
_CHINESE_COUNTS = {
    **dict(zip("一二三四五六", ("one", "two", "three", "four", "five", "six"), strict=True)),
    "两": "two",
}
_CHINESE_UNITS = {"天": "days", "周": "weeks", "期": "weeks", "月": "months", "年": "years"}


def how_long_ago(words: str, on: date) -> str | None:
    """The dates that folded `words` mean on day `on`; None if they do not say how long ago.

    `3 months ago` is from 4 to 2 months before, `2 to 3 years ago` from 4 years to 1 year before;
    `more than 2 years ago` is earlier than the day 2 years before; `yesterday` is one day.
    """
    if words in _DAYS:
        return str(Period(_DAYS[words], "days").before(on))
    words = _in_english(words)
    if not words.endswith("ago"):
        return None
    said = re.fullmatch(_AGO, words) or re.fullmatch(_SPAN_AGO, words)
    if said is None:
        return None
    parts = said.groupdict()
    count = int(parts["count"] or 1)
    most = int(parts.get("most") or count)

    def before(units: int) -> date:
        return Period(max(units, 0), _UNITS[parts["unit"]]).before(on)

    if than := parts.get("than"):
        return f"{'<' if than == 'more' else '>'}{before(count)}"
    return f"{before(most + 1)} to {before(count - 1)}" if count <= most else None


def _in_english(words: str) -> str:
    """`3 months ago` for `3个月前`; what is not said so, as it is."""
    said = re.fullmatch(_CHINESE, words) if words.endswith("前") else None
    if said is None:
        return words
    count = _CHINESE_COUNTS.get(said["count"], said["count"])
    most = said["most"] and f" to {said['most']}"
    return f"{count}{most or ''} {_CHINESE_UNITS[said['unit'][-1]]} ago"


def half_said(words: str) -> str | None:
    """`6 months` for folded `half a year`, be it ago; None if it is no such thing."""
    return _HALVES.get(re.sub(" ago$| ?[以之]?前$", "", words.removeprefix("about ")))


def better_said(words: str) -> str | None:
    """How to say what folded `words` say loosely (`> two years`); None if it is nothing known."""
    if (half := half_said(words)) is not None:
        return f"{half} ago"
    said = re.fullmatch(_LOOSELY, _in_english(words))
    count = said and (said["count"] or _COUNTS.get(said["word"]))
    if said is None or count is None:
        return None
    period = Period(int(count), _UNITS[said["unit"]])
    return f"{_THAN.get(said['than'][:1], '')}{period} ago"
