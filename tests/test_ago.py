"""How long ago: the dates that it can mean, whoever says it."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trialscreen.answers.written_dates import better_said, how_long_ago
from trialscreen.model.dates import add_months, completed_years

PAGE = Path(__file__).parent.parent / "docs" / "how-to" / "partial-data.md"
ON = date(2026, 11, 24)
NEXT = timedelta(days=1)


@pytest.mark.parametrize(
    ("said", "dates"),
    [
        ("3 months ago", "2026-07-24 to 2026-09-24"),
        ("2 years ago", "2023-11-24 to 2025-11-24"),
        ("2 to 3 years ago", "2022-11-24 to 2025-11-24"),
        ("10 days ago", "2026-11-13 to 2026-11-15"),
        ("2 weeks ago", "2026-11-03 to 2026-11-17"),
        ("a month ago", "2026-09-24 to 2026-11-24"),
        ("more than 2 years ago", "<2024-11-24"),
        ("less than 6 months ago", ">2026-05-24"),
    ],
)
def test_the_dates_are_those_that_the_documentation_states(said: str, dates: str) -> None:
    assert how_long_ago(said, ON) == dates
    page = PAGE.read_text("utf-8")
    assert f"`{said}`" in page
    assert f"`{dates}`" in page


@pytest.mark.parametrize(
    ("said", "dates"),
    [
        ("today", "2026-11-24"),
        ("yesterday", "2026-11-23"),
        ("one year ago", how_long_ago("1 years ago", ON)),
        ("about 3 months ago", how_long_ago("3 months ago", ON)),
        ("2-3 years ago", "2022-11-24 to 2025-11-24"),
        ("2 to 3 years ago", "2022-11-24 to 2025-11-24"),
        ("3 to 2 years ago", None),
        ("3个月前", how_long_ago("3 months ago", ON)),
        ("大约2 周以前", how_long_ago("2 weeks ago", ON)),
        ("2到3年前", how_long_ago("2 to 3 years ago", ON)),
        ("昨天", "2026-11-23"),
        ("24年", None),
        ("0 weeks ago", "2026-11-17 to 2026-11-24"),
        ("9999 years ago", "0001-01-01 to 0001-01-01"),
        ("3 months", None),
        ("-3 months ago", None),
        ("3.5 months ago", None),
        ("last year", None),
        ("2026-08", None),
    ],
)
def test_what_else_can_be_said(said: str, dates: str | None) -> None:
    assert how_long_ago(said, ON) == dates


@pytest.mark.parametrize(
    ("said", "better"),
    [
        ("> 2 years ago", "more than 2 years ago"),
        (">2 years", "more than 2 years ago"),
        ("<= 6 months ago", "less than 6 months ago"),
        ("over 3 years ago", "more than 3 years ago"),
        ("more than two years ago", "more than 2 years ago"),
        ("two years ago", "2 years ago"),
        ("about six weeks", "6 weeks ago"),
        ("last year", "1 year ago"),
        ("2 years", "2 years ago"),
        ("1 month", "1 month ago"),
        ("half a year ago", "6 months ago"),
        ("about half a year", "6 months ago"),
        ("半年前", "6 months ago"),
        ("1.5 years ago", "18 months ago"),
        ("两年前", "2 years ago"),
        ("24年", None),
        ("some years ago", None),
        ("years ago", None),
        ("2020", None),
    ],
)
def test_what_is_said_loosely_has_a_better_wording(said: str, better: str | None) -> None:
    assert better_said(said) == better
    assert better is None or how_long_ago(better, ON) is not None


def between(count: int, unit: str, on: date) -> tuple[date, date]:
    dates = how_long_ago(f"{count} {unit} ago", on)
    assert dates is not None
    first, last = map(date.fromisoformat, dates.split(" to "))
    return first, last


@given(st.dates(date(1950, 1, 1), date(2030, 1, 1)), st.integers(0, 15_000))
def test_whoever_rounds_counts_whole_units_or_the_calendar_is_covered(on: date, days: int) -> None:
    day = on - timedelta(days=days)
    months = (on.year - day.year) * 12 + on.month - day.month
    whole_months = months if add_months(day, months) <= on else months - 1
    counts = {
        "days": {days},
        "weeks": {days // 7, round(days / 7)},
        "months": {months, whole_months, round(days / 30.44)},
        "years": {on.year - day.year, completed_years(day, on), round(days / 365.25)},
    }
    for unit, said in counts.items():
        for count in said:
            first, last = between(count, unit, on)
            assert first <= day <= last, (count, unit)
