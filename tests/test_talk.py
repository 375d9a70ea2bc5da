"""What the conversation says to replies, without a terminal: cases, and what follows from them."""

from typing import Any

import pytest

from tests.interviewing import DAY, conversation
from tests.process import ROOT
from trialscreen import load_trial
from trialscreen.answers.answer import ASKED
from trialscreen.answers.interview.state import State
from trialscreen.screening.screen import screen

NCT = load_trial()
UP_TO_PERIOD = ("y", "y", "f", "1950", "1")
UP_TO_MEDICINES = ("y", "y", "f", "1958", "1", "2009", "n", "n", "n")
DENOSUMAB = (*UP_TO_MEDICINES, "2")

CURED = (
    "Since which date is the cancer considered cured?\n"
    "(YYYY-MM-DD, YYYY-MM, YYYY, such as 3 months ago, or u)"
)


def said(*replies: str, **how: Any) -> str:
    return conversation(State(screen(NCT, {}, DAY)), *replies, **how)


@pytest.mark.parametrize(
    ("before", "reply", "told"),
    [
        # An answer that cannot be right is a wrong reply.
        (UP_TO_PERIOD, "2080-03", "'2080-03' lies after the screening date"),
        (UP_TO_PERIOD, "2080", "'2080' lies after the screening date"),
        # Yes and no are words here.
        ((), "1", "'1'; expected yes, no or u"),
        ((), "0", "'0'; expected yes, no or u"),
        ((), "true", "'true'; expected yes, no or u"),
        # Controls are not text: a Backspace that the terminal does not understand, or worse.
        ((), "n\x08y", "U+0008 (the Backspace key, not understood here); type it again"),
        ((), "yes\x7f", "U+007F (the Backspace key, not understood here); type it again"),
        ((), "y\x00es", "holds a control character, U+0000; type it again"),
        ((), "y\u202ees", "holds a control character, U+202E; type it again"),
        ((), "\u202ey", "holds a control character, U+202E; type it again"),
        ((), "o\ufffd", "expected yes, no or u"),
        # Choices are told as they are shown.
        (("y", "y"), "4", "'4'; expected 1 Female; 2 Male; 3 Other; or u"),
        (("y", "y"), "girl", "'girl'; expected 1 Female; 2 Male; 3 Other; or u"),
        # Dates.
        (
            ("y", "y", "f"),
            "1960-13",
            "'1960-13' is not a day of the calendar: there is no month 13",
        ),
        (("y", "y", "f"), "65", "known in part. u leads to the question for age"),
        (("y", "y", "f"), "65 years", "known in part. u leads to the question for age"),
        (
            DENOSUMAB,
            "> 2 years ago",
            "'> 2 years ago' is not a date; write 'more than 2 years ago'",
        ),
        (DENOSUMAB, "two years ago", "'two years ago' is not a date; write '2 years ago'"),
        (DENOSUMAB, "last year", "'last year' is not a date; write '1 year ago'"),
        (DENOSUMAB, "2 years", "'2 years' is not a date; write '2 years ago'"),
    ],
)
def test_a_wrong_reply_is_told_in_a_line_and_the_question_put_again(
    before: tuple[str, ...], reply: str, told: str
) -> None:
    first, shown = said(*before), said(*before, reply)
    question = first[first.rindex("decided") :].partition("\n")[2]
    line, again = shown.removeprefix(first).strip("\n").split("\n", 1)
    assert told in line
    assert again == question


@pytest.mark.parametrize(
    ("before", "prompt"),
    [
        (("y", "y"), "(a number, or u)"),
        (("y", "y", "f"), "(YYYY-MM-DD, YYYY-MM, YYYY, or u)"),
        (UP_TO_PERIOD, "(YYYY-MM-DD, YYYY-MM, YYYY, such as 3 months ago, or u)"),
        (("y", "y", "f", "u"), "(0 to 120 years; or u)"),
    ],
)
def test_a_prompt_says_how_to_answer_and_that_it_need_not_be_known(
    before: tuple[str, ...], prompt: str
) -> None:
    assert said(*before).endswith(prompt)


@pytest.mark.parametrize("none", ["0", "n", "no", "none", "None"])
def test_none_of_a_card_is_said_as_people_say_it(none: str) -> None:
    state = State(screen(NCT, {}, DAY))
    conversation(state, *UP_TO_MEDICINES, none)
    assert state.answers["rankl_inhibitor_use"].text == "no"


def test_a_birth_date_that_makes_the_age_unusual_is_read_back_with_the_age() -> None:
    shown = said("y", "y", "f", "1930-05-02", "?", "b")
    assert "age 96 years is unusual (typical: 40 to 90 years). Is this right? (y, n)" in shown
    assert "y takes the answer as it is; n or b asks the question again." in shown
    assert shown.endswith("What is your date of birth?\n(YYYY-MM-DD, YYYY-MM, YYYY, or u)")


def test_an_impossible_cure_date_is_a_wrong_reply() -> None:
    state, replies = State(screen(NCT, {}, DAY)), 0
    state.answer([(NCT.elements["malignancy_history"], "yes")])
    while not conversation(state, *["u"] * replies, sources=("chart",)).endswith(CURED):
        replies = 1
    shown = conversation(state, "2080", sources=("chart",))
    assert "'2080' lies after the screening date" in shown
    assert shown.endswith(CURED)


def test_a_last_period_in_childhood_is_asked_about_and_then_set_against_the_birth() -> None:
    shown = said(*UP_TO_PERIOD, "1955-03", "y")
    assert "last menstrual period 1955-03 is unusual (typical: 1975-01-01 to 2027-12-31)" in shown
    assert "would be below 8 years; correct its date or the date of birth. Keep the new" in shown


def test_each_new_exclusion_is_told_after_the_first() -> None:
    shown = said(*DENOSUMAB, "2026-05-01", "g", "n", "n", "1")
    assert shown.count("The result is certain.") == 1
    assert shown.count("this excludes.") == 2


def test_the_exclusion_prompt_and_the_review_explain_themselves() -> None:
    shown = said("y", "y", "m", "?", "r", "?", "", "b", "f")
    assert "No other answer changes the result. r reviews the answers, s or q leaves." in shown
    assert "The number before an answer asks it again;" in shown
    assert "It was: Male. Enter keeps it." in shown
    assert shown.endswith("What is your date of birth?\n(YYYY-MM-DD, YYYY-MM, YYYY, or u)")


def test_a_change_in_the_review_shows_the_changed_line_alone() -> None:
    shown = said("y", "y", "f", "r", "1", "n").split("\n")
    assert shown[-2:] == [
        "    1  willing to take part: no",
        "A number changes that answer; r shows all; Enter goes on.",
    ]
    assert shown.count("Consent") == 1


def test_a_converted_value_stands_beside_what_was_typed() -> None:
    state = State(screen(NCT, {}, DAY))
    for text, shown in [
        ("121 pounds", "121 pounds (54.9 kg)"),
        ("58.5 kg", "58.5 kg"),
        ("58.5", "58.5 kg"),
        (">121 lb", ">121 lb (>54.88467677 kg)"),
    ]:
        state.answer([(NCT.elements["weight"], text)])
        assert f"body weight: {shown}\n" in conversation(state, "r") + "\n"


def test_of_one_source_nothing_more_is_to_ask_of_that_source() -> None:
    shown = said(*["u"] * 4, sources=("imaging",))
    assert "Nothing more to ask of these sources (imaging)." in shown


def test_a_question_mark_on_a_card_lists_what_decides() -> None:
    shown = said(*UP_TO_MEDICINES, "?")
    assert "none of them: E8 passes" in shown
    assert "decides nothing by itself" not in shown
    shown = said(*UP_TO_MEDICINES, "0", "n", "?")
    assert " known\n" not in shown


def test_questions_are_counted_and_a_card_is_one() -> None:
    before, after = (said(*UP_TO_MEDICINES, *more) for more in ((), ("0",)))

    def most(shown: str) -> int:
        return int(shown.rpartition(" questions at most")[0].rpartition(" ")[2])

    assert most(before) > most(after)
    assert most(said()) < len(NCT.elements) - 10


def test_the_readme_shows_the_interview_as_it_is() -> None:
    page = (ROOT / "README.md").read_text(encoding="utf-8")
    shown = said("y", "y", "f").rpartition("\n\n")[2].lstrip("\n")
    assert f"```\n{shown}\n> 1958-04\n```" in page


def test_what_the_participant_does_not_know_is_asked_of_the_chart() -> None:
    """Answered unknown by phone; each other source is asked once, and others' answers stay."""
    notes = {ASKED: "participant"}
    state = State(screen(NCT, {}, DAY), notes=notes)
    conversation(state, *UP_TO_MEDICINES, "1", "u", sources=("participant",))
    assert state.answers["pth_analog_last_dose_date"].text == "unknown"
    state.notes = {ASKED: "chart"}
    last_dose = "When did you have your last dose of teriparatide"
    assert last_dose not in conversation(state, sources=("participant",))
    chart = conversation(state, "y", "u", sources=("chart",))
    assert last_dose in chart
    assert "not asked again (r changes an answer)" not in chart
    assert state.answers["pth_analog_last_dose_date"].notes[ASKED] == "chart"
    again = conversation(state, sources=("chart",))
    assert last_dose not in again
    assert "not asked again (r changes an answer): last dose of a PTH analog" in again
