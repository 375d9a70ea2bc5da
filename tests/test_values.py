"""Values on generated spellings: each reads as what was written, and nothing else does."""

import re
import sys
import unicodedata
from dataclasses import replace
from datetime import date, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trialscreen import load_trial
from trialscreen.answers.interview.ordering import Question
from trialscreen.answers.interview.questions import texts_of
from trialscreen.answers.values import read_value
from trialscreen.model.errors import ValueProblem
from trialscreen.model.facts import Dates, Exactly, Fact, Numbers
from trialscreen.text.characters import wrapped

TRIAL = load_trial()
ON = date(2026, 6, 1)
DAYS = st.dates(date(1900, 1, 2), ON)
FULL_WIDTH = str.maketrans("0123456789.-<>", "０１２３４５６７８９．－＜＞")
MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)
ODD = [
    char
    for char in map(chr, range(sys.maxunicode + 1))
    if unicodedata.numeric(char, None) is not None and char not in "0123456789０１２３４５６７８９"
]
"""Every character that counts something and is not a digit of ours."""


def read(element: str, text: str) -> Fact | None:
    return read_value(TRIAL, TRIAL.elements[element], text, ON)


def ends(element: str, text: str) -> tuple[float, float]:
    fact = read(element, text)
    assert isinstance(fact, Numbers)
    return fact.low, fact.high


def read_or_none(element: str, text: str) -> Fact | None:
    try:
        return read(element, text)
    except ValueProblem:
        return None


def day_spellings(day: date) -> list[str]:
    y, m, d = day.year, day.month, day.day
    name = MONTHS[m - 1]
    spellings = [f"{y}{sep}{m}{sep}{d}" for sep in "-/."]
    spellings += [f"{y}{sep}{m:02}{sep}{d:02}" for sep in "-/."]
    spellings += [f"{y}{m:02}{d:02}", f"{y}年{m}月{d}日", f"{y} 年 {m:02} 月 {d:02} 日"]
    spellings += [f"{d}{sep}{name[:3]}{sep}{y}" for sep in (" ", "-", "/", "")]
    spellings += [f"{d:02}{name[:3].upper()}{y}", f"{d} {name} {y}", f"{name} {d}, {y}"]
    spellings += [f"{y}-{name[:3]}-{d:02}", f"{d}. {name} {y}"]
    if d > 12 or d == m:
        spellings += [f"{d}/{m}/{y}", f"{m:02}/{d:02}/{y}", f"{d}.{m}.{y}", f"{m}-{d}-{y}"]
    times = ("T23:59", " 00:00:00", "T12:30:15.25+08:00", " 11:05 PM", " 7:05", ":00:00:00")
    return spellings + [f"{day}{time}" for time in times]


@given(DAYS, st.booleans())
def test_a_day_is_read_in_every_spelling(day: date, is_wide: bool) -> None:
    for text in day_spellings(day):
        spelt = text.translate(FULL_WIDTH) if is_wide else text
        assert read("last_fragility_fracture_date", spelt) == Dates(day, day), spelt


@given(DAYS)
def test_a_month_is_read_in_every_spelling(day: date) -> None:
    y, m = day.year, day.month
    name = MONTHS[m - 1]
    wanted = read("last_fragility_fracture_date", f"{y}-{m:02}")
    named = (f"{name} {y}", f"{name[:3]}-{y}", f"{y} {name[:3]}")
    for text in (f"{y}/{m}", f"{m:02}/{y}", f"{y}年{m}月", *named):
        assert read("last_fragility_fracture_date", text) == wanted, text
    wanted = read("last_fragility_fracture_date", str(y))
    assert read("last_fragility_fracture_date", f"{y}年") == wanted


@given(st.dates(date(1956, 1, 1), ON), st.sampled_from("/-."))
def test_a_day_that_could_be_another_is_refused_with_both(day: date, sep: str) -> None:
    text = f"{day.day}{sep}{day.month}{sep}{day.year}"
    if day.day > 12 or day.day == day.month:
        assert read("birth_date", text) == Dates(day, day)
        return
    with pytest.raises(ValueProblem) as refused:
        read("birth_date", text)
    other = date(day.year, day.day, day.month)
    assert f"write {day} or {other}" in str(refused.value)


ZONES = ("", "Z", " UTC", "+00:00", "+14:00", "-1200", "+08")


@given(DAYS, st.times(), st.sampled_from(ZONES))
def test_the_day_of_a_moment_is_the_day_as_written(day: date, time: time, zone: str) -> None:
    text = f"{day}T{time.isoformat('milliseconds')}{zone}"
    assert read("last_fragility_fracture_date", text) == Dates(day, day)


@given(
    st.decimals(20, 300, places=2),
    st.booleans(),
    st.sampled_from(("", " kg", "kg", "公斤", " 公斤", "千克", " 千克")),
)
def test_a_number_is_read_in_every_spelling(number: object, is_wide: bool, unit: str) -> None:
    texts = [f"{number}", f"{number}0", f"+{number}"]
    if str(number).endswith(".00"):
        texts += [str(number)[:-3], str(number)[:-2]]
    for text in texts:
        spelt = text.translate(FULL_WIDTH) if is_wide else text
        assert ends("weight", f"{spelt}{unit}") == (float(str(number)), float(str(number)))


@given(st.integers(0, 99))
def test_a_number_below_one_is_read_with_and_without_its_nought(hundredths: int) -> None:
    assert read("tsh", f".{hundredths:02}") == read("tsh", f"0.{hundredths:02}")
    hip = "total_hip_t_score"
    assert read(hip, f"-.{hundredths:02}") == read(hip, f"-0.{hundredths:02}")


@pytest.mark.parametrize("number", ["55", "5.5", "10", ""])
def test_no_other_character_is_a_digit(number: str) -> None:
    for odd in ODD:
        for text in (f"{number}{odd}", f"{odd}{number}", f"{number[:1]}{odd}{number[1:]}"):
            assert read_or_none("alt", text) is None, text
            assert read_or_none("age", text) is None, text


def test_no_other_character_is_a_digit_of_a_date_or_of_yes() -> None:
    for odd in ODD:
        for text in (f"1956-03-1{odd}", f"195{odd}", f"{odd}956-03-12", f"1956-03-12{odd}"):
            assert read_or_none("birth_date", text) is None, text
        assert read_or_none("cirrhosis", odd) is None
        assert read_or_none("cirrhosis", f"1{odd}") is None


@given(st.text(alphabet="-‐‑‒–—―−－﹣_ ", min_size=1))
def test_dashes_alone_are_nothing_anywhere(text: str) -> None:
    for element in ("hcv_antibody", "cirrhosis", "birth_date", "weight", "fracture_site_count"):
        with pytest.raises(ValueProblem):
            read(element, text)


@given(st.integers(0, 100), st.integers(0, 100), st.sampled_from(("..", "...", "…", "-", "–", "~")))
def test_only_to_makes_a_span(low: int, more: int, between: str) -> None:
    low, high = low + 20, low + more + 20
    assert ends("weight", f"{low} to {high} kg") == (low, high)
    assert read_or_none("weight", f"{low}{between}{high}") is None
    assert read_or_none("weight", f"{low} {between} {high} kg") is None


@pytest.mark.parametrize(
    ("text", "advised"),
    [("55-60", 1), ("55..60 kg", 1), ("30 - 40.5kg", 1), ("2026-01-15", 0), ("2026-03", 0)],
)
def test_a_span_that_is_advised_can_be_read(text: str, advised: int) -> None:
    with pytest.raises(ValueProblem) as told:
        read("weight", text)
    spans = re.findall("for a span write '(.*)'", str(told.value))
    assert len(spans) == advised
    assert all(read_or_none("weight", span) for span in spans)


@pytest.mark.parametrize(
    ("text", "said"), [("1", True), ("1.0", True), ("1.", True), ("0", False), ("0.0", False)]
)
def test_yes_and_no_are_the_same_as_numbers(text: str, said: bool) -> None:
    assert read("cirrhosis", text) == read("cirrhosis", text.translate(FULL_WIDTH)) == Exactly(said)


@pytest.mark.parametrize("text", ["not yet", "Not  Yet", "NOT YET"])
def test_a_no_can_be_given_as_it_is_shown(text: str) -> None:
    asked = TRIAL.elements["informed_consent_signed"]
    assert read(asked.name, text) == Exactly(value=False)
    assert texts_of(TRIAL, Question((asked,)), text) == [(asked, "no")]
    assert read_or_none("willing_to_participate", text) is None


@pytest.mark.parametrize("word", ["yes", "unknown", "pending"])
def test_no_word_means_the_opposite_of_itself(word: str) -> None:
    asked = TRIAL.elements["informed_consent_signed"]
    shown_as = replace(asked, no_text=word)
    assert read_value(TRIAL, shown_as, word, ON) == read(asked.name, word) != Exactly(value=False)


# Lines.


def width(line: str) -> int:
    return sum(2 if unicodedata.east_asian_width(one) in "WF" else 1 for one in line)


@given(st.text(alphabet="ab 女阴性，：１"), st.integers(22, 60))
def test_no_line_is_wider_than_the_terminal_and_nothing_is_lost(text: str, columns: int) -> None:
    lines = wrapped(text, columns).split("\n")
    assert all(width(line) <= columns for line in lines)
    assert "".join("".join(lines).split()) == "".join(text.split())


def test_chinese_takes_two_columns() -> None:
    text = "的" * 8 + " " + "的" * 8
    assert wrapped(text, 41) == text
    assert wrapped(text, 33).count("\n") == 1
    assert wrapped("a" * 8 + " " + "a" * 8, 33).count("\n") == 0


@pytest.mark.parametrize("said", ["since 2024", "until 2024", "before 48", "earlier than 48"])
def test_a_word_of_time_is_no_bound_of_a_number(said: str) -> None:
    with pytest.raises(ValueProblem) as refused:
        read_value(TRIAL, TRIAL.elements["glucocorticoid_duration"], said, date(2026, 6, 1))
    assert str(refused.value) == f"'{said}' is not a number"
