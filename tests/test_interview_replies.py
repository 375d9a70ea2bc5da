"""What the interview says to a reply: read back, refused, set aside, no longer used."""

import re
from pathlib import Path

import pytest

from tests.interviewing import answers, finish, say, spawn, start

UP_TO_MEDICINES = ("yes", "yes", "female", "1958", "1", "2009", "no", "no", "no")
"""Replies to the questions before the card of bone medicines."""


def flowing(shown: str) -> str:
    """What was shown, as if no line had been broken."""
    return " ".join(shown.split())


def test_how_long_ago_is_read_back_and_its_dates_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    child = start("--save", str(path))
    say(child, *UP_TO_MEDICINES, "2")
    told = flowing(say(child, "3 months ago"))
    assert "is between 2026-02-01 and 2026-04-01, counted from the screening date 2026-06" in told
    assert "When did you have your last injection of denosumab" in say(child, "n")
    say(child, "more than 2 years ago", "y")
    assert answers(path)["rankl_inhibitor_last_dose_date"] == "<2024-06-01"


def test_a_default_date_of_databases_is_asked_again_and_years_can_be_short(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    child = start("--save", str(path))
    say(child, *UP_TO_MEDICINES, "2")
    told = flowing(say(child, "1970-01-01"))
    assert "1970-01-01 is unusual" in told
    assert "denosumab, came into use in May 2010" in told
    assert "When did you have your last injection of denosumab" in say(child, "n")
    assert "is 4 March 2026 or 3 April 2026" in flowing(say(child, "4/3/2026"))
    assert "is between 2022-06-01 and 2024-06-01" in flowing(say(child, "3 yrs ago"))
    say(child, "y")
    assert answers(path)["rankl_inhibitor_last_dose_date"] == "2022-06-01 to 2024-06-01"


def test_words_of_the_criteria_file_are_answers(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    child = start("--save", str(path))
    assert "'maybe'; expected yes, no or u" in say(child, "maybe")
    assert "'-'; expected yes, no or u" in say(child, "-")
    assert "'1.0'; expected yes, no or u" in say(child, "1.0")
    say(child, "是", "否", "女", "1956年3月12日", "１", "不详")
    told = answers(path)
    assert (told["willing_to_participate"], told["informed_consent_signed"]) == ("yes", "no")
    assert (told["sex"], told["birth_date"]) == ("女", "1956年3月12日")
    assert "willing to take part: yes" in flowing(say(child, "r"))


def test_every_wrong_reply_is_told_in_a_line_and_asked_again() -> None:
    child = start()
    no_command = "'x' is not an answer here; u unknown, p pending, ? why, b back, r review"
    assert no_command in flowing(say(child, "x"))
    assert "Are you willing" in child.before
    assert "nothing was typed; u if it is not known" in say(child, "")
    say(child, "yes", "yes")
    assert "'7'; expected 1 Female; 2 Male; 3 Other; or u" in say(child, "7")
    assert "'٢'; expected 1 Female; 2 Male; 3 Other; or u" in say(child, "٢")
    assert "'males'; expected 1 Female; 2 Male; 3 Other; or u" in say(child, "males")
    assert "What is your sex?" in child.before
    say(child, "r")
    assert "'２'" not in say(child, "２")
    assert "signed the informed consent" in flowing(child.before)
    say(child, "")
    assert "'٢'; expected a number from 1 to 2, r, or Enter" in say(child, "٢")
    assert "'9'; expected a number from 1 to 2, r, or Enter" in say(child, "9")
    assert "'x'; expected a number from 1 to 2" in say(child, "x")
    say(child, "", "Female")
    assert "lies before 1900-01-01" in say(child, "1858")
    assert "is not a date" in say(child, "3 months")
    say(child, "1958", "1", "2009", "no", "no", "no")
    assert "'x'; expected numbers from 1 to 4" in say(child, "x")
    assert "0 means none of them" in say(child, "0 1")
    assert "'٢'; expected numbers from 1 to " in say(child, "٢")
    assert "Have you ever been treated" in child.before
    say(child, "2")
    assert "'x'; expected y or n" in say(child, "yesterday", "x")
    assert "this excludes" in say(child, "y")
    assert "'x'; expected Enter, g, b, or r to review" in say(child, "x")
    assert "last dose of a RANKL inhibitor: 2026-05-31" in say(child, "r")
    assert "The result is certain" in say(child, "")
    assert "When did you have your last injection" in say(child, "B")


def test_the_review_is_by_section_and_says_what_a_change_makes_needless() -> None:
    child = start()
    say(child, *UP_TO_MEDICINES, "1 2", "2020", "2020")
    shown = say(child, "r")
    assert "\r\nConsent\r\n    1  willing to take part: yes\r\n    2  informed" in shown
    assert "\r\nAge and sex\r\n    3  sex: Female\r\n" in shown
    row = re.search(r"(\d+)  last dose of a RANKL inhibitor: 2020", shown)
    assert row
    shown = flowing(say(child, row[1], "2026-01"))
    told = shown.partition("Kept, but not used any more, because of this change: ")[2]
    assert "last dose of a PTH analog" in told.partition(row[1])[0]
    assert f"{row[1]} last dose of a RANKL inhibitor: 2026-01 A number changes" in told
    assert "last dose of a PTH analog: 2020 (not used now)" in flowing(say(child, "r"))


def test_what_a_change_contradicts_is_set_aside_and_asked_again(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    child = start("--save", str(path))
    say(child, *UP_TO_MEDICINES, "2", "2020")
    row = re.search(r"(\d+)  RANKL inhibitor: yes", say(child, "r"))
    assert row
    assert "set aside last dose of a RANKL inhibitor? (y, n)" in flowing(say(child, row[1], "no"))
    assert "expected y or n" in say(child, "x")
    assert "Set aside: last dose of a RANKL inhibitor 2020. It" in flowing(say(child, "y"))
    assert answers(path)["rankl_inhibitor_last_dose_date"] == "unknown"
    child.sendline("q")
    finish(child)
    child = start("--resume", str(path))
    assert "Set aside: last dose of a RANKL inhibitor 2020" in flowing(say(child, "r"))
    say(child, row[1], "yes")
    assert "Set aside earlier: last dose of a RANKL inhibitor 2020" in say(child, "")
    say(child, "2021")
    assert answers(path)["rankl_inhibitor_last_dose_date"] == "2021"
    assert "set_aside" not in path.read_text()


def test_answers_under_another_version_of_the_criteria_are_named(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(
        "screening_date: 2026-06-01\n"
        "sex: {value: female, answered: 2026-05-30, criteria: 0123456789ab}\n"
        "weight: {value: unknown}\n"
    )
    told = flowing(start("--resume", str(path)).before)
    assert "sex: 2026-05-30, criteria 0123456789ab" in told
    assert "The criteria file has changed since these answers were taken" in told
    assert "Answered unknown, and not asked again (r changes an answer): body weight" in told
    assert "weight: 2026" not in told


@pytest.mark.parametrize(
    ("other", "message"),
    [("--from", "--from: not with --resume"), ("--save", "--save: not with --resume")],
)
def test_two_files_are_refused(tmp_path: Path, other: str, message: str) -> None:
    path = tmp_path / "a.yaml"
    path.write_text("weight: 60\n")
    code, out = finish(spawn("--resume", str(path), other, str(tmp_path / "b.yaml")))
    assert code == 2
    assert message in out
    assert [one.name for one in tmp_path.iterdir()] == ["a.yaml"]


def test_an_exclusion_that_the_flags_hold_is_told_at_once_and_a_changed_answer_reopens() -> None:
    child = start("--sex", "male", "--interactive")
    assert "this excludes" in child.before
    assert "This is the first question of this session" in flowing(say(child, "b"))
    shown = say(child, "")
    assert "Nothing more to ask" not in shown
    assert "    1  sex: Male" in shown
    say(child, "1", "female")
    assert "Are you willing to take part" in say(child, "")
    assert "yes: decides nothing by itself" in say(child, "?")
    assert "this excludes" in say(child, "r", "1", "male", "")


def test_an_answer_is_left_as_it_is_on_second_thought() -> None:
    child = start("--sex", "female", "--interactive")
    assert "What is your sex?" in say(child, "r", "1")
    assert "The trial is open to women only." in say(child, "?")
    for reply in ("", "b"):
        assert "    1  sex: Female" in say(child, reply)
        say(child, "1")


def test_letters_signs_and_digits_of_full_width_are_plain_ones() -> None:
    child = start()
    told = flowing(say(child, "？"))
    assert "I1: Willingness to participate" in told and "Are you willing" in told
    say(child, "ｙ", "ＹＥＳ", "１", "1958", "1", "2009", "n", "n", "n", "１，2")
    assert "(approval by the US FDA). Is this right?" in flowing(say(child, "1970-01-01"))
    assert "When did you have your last dose of teriparatide" in say(child, "ｎ")
    say(child, "ｑ")
    child.sendline("")
    code, told = finish(child)
    assert code == 130 and "Left." in told
