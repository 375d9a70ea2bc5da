"""What the conversation says to replies, without a terminal: cases, and what follows from them."""

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.deciding import ELIGIBLE
from tests.interviewing import DAY, conversation, open_elements
from tests.process import ROOT
from tests.spec import read_rule_text, spec_trial
from trialscreen import load_trial
from trialscreen.answers.answer import Answer, Key, read_facts
from trialscreen.answers.interview.ordering import Question
from trialscreen.answers.interview.questions import texts_of
from trialscreen.answers.interview.state import State
from trialscreen.answers.sampled import read_samples
from trialscreen.answers.values import read_value
from trialscreen.model.errors import ValueProblem
from trialscreen.model.trial import SOURCES, Criterion, Element, Kind, Source
from trialscreen.screening.screen import screen

NCT = load_trial()
UP_TO_PERIOD = ("y", "y", "f", "1950", "1")
UP_TO_MEDICINES = ("y", "y", "f", "1958", "1", "2009", "n", "n", "n")
DENOSUMAB = (*UP_TO_MEDICINES, "2")
GLUCOCORTICOID = (*UP_TO_MEDICINES, "0", "y")

CURED = (
    "Since which date is the cancer considered cured?\n"
    "(YYYY-MM-DD, YYYY-MM, YYYY, how long ago (3 months ago), or u)"
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
        (("y", "y"), "y", "'y'; expected 1 Female; 2 Male; 3 Other; or u"),
        (UP_TO_MEDICINES, "y", "'y'; expected numbers from 1 to 4, 0 for none, or u"),
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
        (DENOSUMAB, "half a year ago", "'half a year ago' is not a date; write '6 months ago'"),
        (DENOSUMAB, "still", "or how long ago (today, 3 months ago); u if it is not known"),
        (("y", "y", "f"), "?1958", "YYYY, a span (FROM to TO); u leads to the question for age"),
        # An age at the last period, or the years since.
        (UP_TO_PERIOD, "at 48", "'at 48' is not a date; write the year in which the age was 48"),
        (UP_TO_PERIOD, "48", "write '48 years ago', or the year in which the age was 48"),
        (UP_TO_PERIOD, "48 years", "write '48 years ago', or the year in which the age was 48"),
        (UP_TO_PERIOD, "never", "u leads to the question for time since the last period"),
        # Numbers.
        ((*GLUCOCORTICOID, "7.5"), "half a year", "is not a number; write '6 months'"),
        (GLUCOCORTICOID, "not sure", "'not sure' is not a number; u if it is not known"),
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
        (UP_TO_PERIOD, "(YYYY-MM-DD, YYYY-MM, YYYY, how long ago (3 months ago), or u)"),
        (("y", "y", "f", "u"), "(0 to 120 years; or u)"),
    ],
)
def test_a_prompt_says_how_to_answer_and_that_it_need_not_be_known(
    before: tuple[str, ...], prompt: str
) -> None:
    assert said(*before).endswith(prompt)


def test_a_letter_that_is_typed_out_of_habit_becomes_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    shown = said("y", "q", "y", "?", "n")
    assert "'y' is not a file name; S-014.yaml would be one" in shown
    assert shown.count("name a file for them") == 3
    assert not [*tmp_path.iterdir()]


def test_whatever_the_laboratory_can_say_may_be_awaited() -> None:
    shown = said(*["p"] * 12, sources=("laboratory",))
    assert "(yes, no; u, or p if awaited)" in shown
    assert shown.endswith("(a number; u, or p if awaited)")


@pytest.mark.parametrize("none", ["0", "n", "no", "none", "None", "none of them", "无", "没有"])
def test_none_of_a_card_is_said_as_people_say_it(none: str) -> None:
    state = State(screen(NCT, {}, DAY))
    conversation(state, *UP_TO_MEDICINES, none)
    assert state.answers["rankl_inhibitor_use"].text == "no"


@pytest.mark.parametrize(
    ("reply", "means"),
    [("1、3", "yes no yes"), ("1，3", "yes no yes"), ("不知道", "unknown unknown unknown")],
)
def test_a_card_is_answered_in_the_words_and_signs_of_the_trial(reply: str, means: str) -> None:
    state = State(screen(NCT, {}, DAY))
    conversation(state, *UP_TO_MEDICINES, reply)
    medicines = ("pth_analog_use", "rankl_inhibitor_use", "oral_bisphosphonate_use")
    assert [state.answers[name].text for name in medicines] == means.split()


@pytest.mark.parametrize(
    ("left", "numbers"),
    [
        (("bone_tumor", "hematologic_malignancy"), "such as 1 2, 2? for a doubtful one"),
        (("current_malignancy", "bone_tumor", "hematologic_malignancy"), "such as 1 3, 3? for"),
    ],
)
def test_the_numbers_that_a_card_names_are_on_it(left: tuple[str, ...], numbers: str) -> None:
    assert numbers in conversation(eligible_but_for(*left))


def test_a_birth_date_that_makes_the_age_unusual_is_read_back_with_the_age() -> None:
    shown = said("y", "y", "f", "1930-05-02", "?", "b")
    assert "age 96 years is unusual (typical: 40 to 90 years). Is this right? (y, n)" in shown
    assert "y takes the answer as it is; n or b asks the question again." in shown
    assert shown.endswith("What is your date of birth?\n(YYYY-MM-DD, YYYY-MM, YYYY, or u)")


@pytest.mark.parametrize(("ticked", "is_asked"), [("1", True), ("1 2", False), ("2", False)])
def test_what_a_list_leaves_out_is_read_back_where_the_rest_says_otherwise(
    ticked: str, is_asked: bool
) -> None:
    state = eligible_but_for("current_malignancy", "malignancy_history", "malignancy_cure_date")
    warning = "A present cancer is reported but cancer at any time is denied"
    shown = conversation(state, ticked, "n", "1 2")
    assert (warning in shown) == is_asked
    assert "2  cancer at any time, now or in the past\n" in shown
    assert state.answers["malignancy_history"].text == "yes"


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
    notes = {Key.ASKED: "participant"}
    state = State(screen(NCT, {}, DAY), notes=notes)
    conversation(state, *UP_TO_MEDICINES, "1", "u", sources=("participant",))
    assert state.answers["pth_analog_last_dose_date"].text == "unknown"
    state.notes = {Key.ASKED: "chart"}
    last_dose = "When did you have your last dose of teriparatide"
    assert last_dose not in conversation(state, sources=("participant",))
    chart = conversation(state, "y", "u", sources=("chart",))
    assert last_dose in chart
    assert "not asked again (r changes an answer)" not in chart
    assert state.answers["pth_analog_last_dose_date"].notes[Key.ASKED] == "chart"
    again = conversation(state, sources=("chart",))
    assert last_dose not in again
    assert "not asked again (r changes an answer): last dose of a PTH analog" in again


# A value with its limits; what is awaited; what nobody can answer.

PRINTED = yaml.load(
    (ROOT / "tests/data/printed.yaml").read_text(encoding="utf-8"), yaml.CSafeLoader
)


TAKEN = [case for case in PRINTED if "taken" in case]
REFUSED = [case for case in PRINTED if "says" in case]


def replied(case: dict[str, Any]) -> list[tuple[Element, str]]:
    """The answers taken for a reply."""
    state = State(screen(NCT, {}, DAY))
    texts = texts_of(NCT, Question((NCT.elements[case["to"]],)), case["reply"])
    state.answer(texts)
    return texts


@pytest.mark.parametrize("case", TAKEN, ids=lambda case: case["reply"])
def test_a_value_is_taken_with_its_limits(case: dict[str, Any]) -> None:
    assert {element.name: text for element, text in replied(case)} == case["taken"]


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: case["reply"])
def test_limits_that_cannot_be_are_refused(case: dict[str, Any]) -> None:
    with pytest.raises(ValueProblem) as refused:
        replied(case)
    assert case["says"] in str(refused.value)


@pytest.mark.parametrize("case", TAKEN, ids=lambda case: case["reply"])
def test_a_flag_is_for_the_value_alone(case: dict[str, Any]) -> None:
    with pytest.raises(ValueProblem) as refused:
        read_value(NCT, NCT.elements[case["to"]], case["reply"], DAY)
    told = "give the value alone; limits of a report that are needed are elements of their own"
    assert str(refused.value).endswith(told)


def test_a_value_with_its_limits_says_what_was_taken_and_asks_no_more_of_it() -> None:
    state = State(screen(NCT, {}, DAY))
    state.answer([(NCT.elements["alt"], "pending")])
    shown = conversation(state, "22 (7-40)", sources=("laboratory",))
    assert "with its limits: VALUE (LOW-HIGH); u, or p if awaited)" in shown
    assert "Taken: ALT 22 U/L, ALT upper limit 40 U/L." in shown
    assert "Upper limit of normal for ALT" not in shown


def test_a_limit_that_replaces_another_is_told_so() -> None:
    state = State(screen(NCT, {}, DAY))
    state.answer([(NCT.elements["alt"], "pending"), (NCT.elements["alt_uln"], "40")])
    shown = conversation(state, "22 (7-45)", sources=("laboratory",))
    told = "Taken: ALT 22 U/L, ALT upper limit 45 U/L, which replaces 40 U/L."
    assert told in " ".join(shown.split())


def test_own_limits_drop_the_others_of_the_site() -> None:
    state = State(screen(NCT, {}, DAY))
    site = {"t4_lln": Answer("12", "site"), "t4_uln": Answer("22", "site")}
    facts = read_facts(NCT, site, DAY)
    state = State(screen(NCT, facts, DAY), site)
    state.answer(texts_of(NCT, Question((NCT.elements["t4"],)), "15 (<19)"))
    assert {name: one.text for name, one in state.answers.items()} == {"t4": "15", "t4_uln": "19"}
    state = State(screen(NCT, facts, DAY), site)
    state.answer(texts_of(NCT, Question((NCT.elements["t4"],)), "15 (9-19)"))
    assert state.answers["t4_lln"].text == "9"


UNANSWERABLE = {
    "a ratio without its value": (("u",), "laboratory", "alt", ("alt_uln", "alt_x_uln")),
    "a ratio of an awaited value": (("p",), "laboratory", "alt", ("alt_uln", "alt_x_uln")),
    "what follows from an awaited value": (
        ("p",),
        "laboratory",
        "serum_calcium",
        ("serum_calcium_uln", "hypercalcemia", "hypocalcemia"),
    ),
    "an age while the birth date is awaited": (("p",), "participant", "birth_date", ("age",)),
    "when a medicine was taken, of who does not know whether": (
        ("u",),
        "participant",
        "rankl_inhibitor_use",
        ("rankl_inhibitor_last_dose_date",),
    ),
    "how long": (
        ("u",),
        "participant",
        "oral_bisphosphonate_use",
        ("oral_bisphosphonate_cumulative_duration", "oral_bisphosphonate_last_dose_date"),
    ),
    "calcium in a sample after a supplement": (
        ("yes",),
        "laboratory",
        "calcium_supplement_last_24h",
        ("serum_calcium", "serum_calcium_uln", "hypercalcemia", "hypocalcemia"),
    ),
    "calcium in a sample after perhaps a supplement": (
        ("u",),
        "laboratory",
        "calcium_supplement_last_24h",
        ("serum_calcium", "serum_calcium_uln", "hypercalcemia", "hypocalcemia"),
    ),
    "since when a cancer is cured": (
        ("u",),
        "participant",
        "malignancy_history",
        ("malignancy_cure_date", "years_since_malignancy_cure"),
    ),
}


@pytest.mark.parametrize(
    ("replies", "source", "name", "not_asked"), UNANSWERABLE.values(), ids=UNANSWERABLE
)
def test_what_nobody_can_answer_is_not_asked(
    replies: tuple[str, ...], source: Source, name: str, not_asked: tuple[str, ...]
) -> None:
    state = State(screen(NCT, {}, DAY))
    state.answer(texts_of(NCT, Question((NCT.elements[name],)), *replies))
    closed = state.answers.keys()
    asked = {one.name for one in open_elements(state.screening, closed, (source,))}
    assert asked
    assert asked.isdisjoint(not_asked)


@pytest.mark.parametrize(
    ("total_bilirubin", "is_asked"),
    {"unknown": False, "pending": False, "11": False, "15 to 40": False, "31.5": True}.items(),
)
def test_a_raised_bilirubin_is_judged_once_it_is_known_to_be_raised(
    total_bilirubin: str, is_asked: bool
) -> None:
    state = eligible_but_for("total_bilirubin")
    names = {one.name: one for one in open_elements(state.screening, state.answers.keys())}
    assert "bilirubin_accepted_as_gilbert" not in names
    given = {"gilbert_syndrome": "yes", "total_bilirubin": total_bilirubin}
    state.answer((NCT.elements[name], text) for name, text in given.items())
    asked = [one.name for one in open_elements(state.screening, state.answers.keys())]
    assert asked == ["bilirubin_accepted_as_gilbert"] * is_asked


@pytest.mark.parametrize(
    ("menopause_type", "is_asked"),
    {"unknown": False, "natural": False, "premature_ovarian_insufficiency": True}.items(),
)
def test_an_ovarian_insufficiency_is_judged_once_it_is_known(
    menopause_type: str, is_asked: bool
) -> None:
    state = eligible_but_for("menopause_type")
    sources: tuple[Source, ...] = ("investigator",)
    assert not open_elements(state.screening, state.answers.keys(), sources)
    state.answer([(NCT.elements["menopause_type"], menopause_type)])
    asked = [one.name for one in open_elements(state.screening, state.answers.keys())]
    assert asked == ["ovarian_insufficiency_is_primary"] * is_asked


HEAVY_AND_FIT = "{all: [{weight: {at_least: 50}}, smoker]}"


@pytest.mark.parametrize(
    ("kind", "rule", "weight", "is_asked"),
    [
        ("inclusion", HEAVY_AND_FIT, None, False),
        ("inclusion", HEAVY_AND_FIT, "60", True),
        ("inclusion", HEAVY_AND_FIT, "pending", False),
        ("inclusion", HEAVY_AND_FIT, "unknown", True),
        ("inclusion", "{all: [{weight: {at_least: 50}}, {smoker: no}]}", "unknown", True),
        ("inclusion", f"{{any: [diabetic, {HEAVY_AND_FIT}]}}", "unknown", False),
        ("exclusion", HEAVY_AND_FIT, "unknown", False),
        ("exclusion", f"{{not: {HEAVY_AND_FIT}}}", "unknown", True),
    ],
)
def test_what_is_judged_beside_a_value_that_nobody_knows_is_asked_where_it_can_exclude(
    kind: Kind, rule: str, weight: str | None, is_asked: bool
) -> None:
    """It is not asked where it could only clear somebody of whom the value was never known."""
    base = spec_trial()
    judged = replace(base.elements["smoker"], source="investigator")
    criterion = Criterion("X1", kind, "", "", read_rule_text(rule))
    trial = replace(
        base, elements={**base.elements, "smoker": judged}, criteria=(criterion,), checks=()
    )
    state = State(screen(trial, {}, DAY))
    if weight is not None:
        state.answer([(trial.elements["weight"], weight)])
    asked = {one.name for one in open_elements(state.screening, state.answers.keys())}
    assert ("smoker" in asked) is is_asked


def test_questions_left_count_what_is_asked_later() -> None:
    state = eligible_but_for("total_bilirubin")
    state.answer([(NCT.elements["gilbert_syndrome"], "yes")])
    assert "2 questions at most]" in conversation(state, "31.5", "yes", "Enter")


def test_what_another_source_may_know_is_asked() -> None:
    """The chart may tell when a medicine was given that the participant does not remember."""
    state = State(screen(NCT, {}, DAY))
    state.answer([(NCT.elements["rankl_inhibitor_use"], "unknown")])
    for sources in (("chart",), SOURCES):
        names = {one.name for one in open_elements(state.screening, state.answers.keys(), sources)}
        assert "rankl_inhibitor_last_dose_date" in names


@pytest.mark.parametrize(
    ("reply", "medicine"), {"u": "PTH analog", "p": "PTH analog", "2?": "RANKL inhibitor"}.items()
)
def test_when_a_medicine_was_given_that_is_not_known_is_asked_of_the_chart(
    reply: str, medicine: str
) -> None:
    shown = said(*UP_TO_MEDICINES, reply)
    told = f"{medicine} is not known, so this is for the chart alone:\nWhen did you"
    assert shown.count(told) == 1
    assert "When did you" not in said(*UP_TO_MEDICINES, reply, sources=("participant",))


def test_who_is_asked_is_told_only_where_others_would_be_asked_too() -> None:
    """The dose of a glucocorticoid is for the chart in any case."""
    state = eligible_but_for("last_fragility_fracture_date", "lumbar_spine_t_score")
    state.answer([(NCT.elements["current_systemic_glucocorticoid"], "unknown")])
    shown = conversation(state, sources=("chart",))
    assert "Current daily glucocorticoid dose" in shown
    assert "is not known, so this is for" not in shown


def test_when_a_medicine_was_given_that_was_is_asked_of_whoever_knows() -> None:
    assert "for the chart" not in said(*UP_TO_MEDICINES, "2")


def test_an_age_is_asked_of_who_does_not_know_the_birth_date() -> None:
    state = State(screen(NCT, {}, DAY))
    state.answer([(NCT.elements["birth_date"], "unknown")])
    assert "age" in {one.name for one in open_elements(state.screening, state.answers.keys())}


@pytest.mark.parametrize(
    ("reply", "expected"),
    {
        "1 3 4?": {1: "yes", 2: "no", 3: "yes", 4: "unknown"},
        "4?": {1: "no", 2: "no", 3: "no", 4: "unknown"},
        "0 4 ?": {1: "no", 2: "no", 3: "no", 4: "unknown"},
        "1？,2？": {1: "unknown", 2: "unknown", 3: "no", 4: "no"},
        "p": dict.fromkeys(range(1, 5), "pending"),
    }.items(),
)
def test_one_item_of_a_list_can_be_doubtful(reply: str, expected: dict[int, str]) -> None:
    names = [one for one in NCT.elements.values() if one.card == "bone_medicines"][:4]
    texts = texts_of(NCT, Question(tuple(names)), reply)
    assert dict(enumerate((text for _, text in texts), 1)) == expected


@pytest.mark.parametrize("reply", ["9?", "?1", "0?", "1 1?", "??"])
def test_a_doubt_must_be_of_one_item(reply: str) -> None:
    names = [one for one in NCT.elements.values() if one.card == "bone_medicines"]
    with pytest.raises(ValueProblem):
        texts_of(NCT, Question(tuple(names)), reply)


def awaiting(*names: str) -> State:
    """A session some days after these values were said to be awaited."""
    notes = {"since": "2026-05-20", "from": "the reference laboratory"}
    answers = {name: Answer("pending", "file", "", notes) for name in names}
    samples = read_samples(NCT, answers, DAY, [])
    return State(screen(NCT, {}, DAY, samples), answers)


def test_what_is_awaited_is_asked_first() -> None:
    shown = conversation(awaiting("alt", "tsh"), "2.1 (0.4-4)", "p", quick=True)
    start, tsh, alt, then = shown.split("\n\n[")[:4]
    assert "Awaited, and asked first as far as they still matter: TSH, ALT" in start
    assert "TSH: awaited since 2026-05-20, from the reference laboratory" in tsh
    assert "ALT: awaited since" in alt
    assert "awaited since" not in then


def test_what_is_still_awaited_is_awaited_since_then() -> None:
    state = awaiting("alt")
    conversation(state, "p", sources=("laboratory",))
    assert state.answers["alt"].notes["since"] == "2026-05-20"
    conversation(state, "pending since 2026-05-30 from Nanjing", sources=("laboratory",))
    assert [*state.screening.awaited] == [("alt", date(2026, 5, 30), "Nanjing")]


def test_awaited_values_are_asked_of_their_source_alone() -> None:
    shown = conversation(awaiting("alt", "tsh"), sources=("imaging",))
    assert "Nothing more to ask" not in shown and "awaited since" not in shown
    shown = conversation(awaiting("alt", "tsh"), "2.1", sources=("laboratory",))
    assert "TSH: awaited since" in shown and "ALT: awaited since" in shown


def test_only_what_will_be_asked_first_is_told() -> None:
    shown = conversation(awaiting("alt", "tsh", "lumbar_spine_t_score"), sources=("imaging",))
    told = next(line for line in shown.split("\n") if line.startswith("Awaited, and asked first"))
    assert told.endswith(": lumbar spine T-score")


def test_a_review_tells_what_is_pending_and_when_a_sample_was_taken() -> None:
    state = State(screen(NCT, {}, DAY))
    state.answer([(NCT.elements["tsh"], "3.1 on 2026-05-20"), (NCT.elements["alt"], "pending")])
    shown = conversation(state, "r", sources=("laboratory",))
    assert "TSH: 3.1 µIU/mL, sample of 2026-05-20" in shown
    assert "ALT: pending" in shown
    assert "Answered unknown" not in shown


CALCIUM = ("serum_calcium", "serum_calcium_lln", "serum_calcium_uln")


def eligible_but_for(*names: str) -> State:
    """The answers of the example patient who passes, without these."""
    state = State(screen(NCT, {}, DAY))
    given = {name: text for name, text in ELIGIBLE.items() if name not in names}
    state.answer((one, given[one.name]) for one in NCT.elements.values() if one.name in given)
    return state


def test_what_values_at_hand_say_is_not_asked() -> None:
    """The calcium and its limits are known; only whether the sample counts is not."""
    state = State(screen(NCT, {}, DAY))
    state.answer(texts_of(NCT, Question((NCT.elements["serum_calcium"],)), "2.31 (2.1-2.55)"))
    asked = {one.name for one in open_elements(state.screening, state.answers.keys())}
    assert "calcium_supplement_last_24h" in asked
    assert asked.isdisjoint({"hypercalcemia", "hypocalcemia"})


@pytest.mark.parametrize("reply", ["yes", "u"])
def test_that_a_sample_decides_nothing_is_told_at_once(reply: str) -> None:
    state = eligible_but_for("calcium_supplement_last_24h", *CALCIUM)
    shown = conversation(state, reply, "Enter")
    told = "serum calcium does not count. Only a sample with no calcium supplement in the 24 hours"
    assert told in shown
    assert "Nothing more to ask." in shown.partition(told)[2]
    assert {one.id for one in state.screening.findings if one.passes is None} == {"E1"}


def test_a_sample_without_a_supplement_is_asked_for() -> None:
    state = eligible_but_for("calcium_supplement_last_24h", *CALCIUM)
    shown = conversation(state, "no", "2.3 (2.1-2.5)", "Enter")
    assert "does not count" not in shown
    assert state.screening.verdict == "eligible"


def test_a_last_dose_that_excludes_is_to_be_confirmed_in_the_chart() -> None:
    shown = said(*DENOSUMAB, "2026-05-01")
    assert "  to be confirmed (chart): last dose of a RANKL inhibitor\n" in shown


def test_pending_may_be_short_for_awaited_since_and_from() -> None:
    state = State(screen(NCT, {}, DAY))
    question = Question((NCT.elements["hiv_antibody"],))
    state.answer(texts_of(NCT, question, "p since 2026-05-28 from Nanjing"))
    assert [*state.screening.awaited] == [("hiv_antibody", date(2026, 5, 28), "Nanjing")]
