"""What the conversation says of a patient's record, and how a person decides where it is open."""

from pathlib import Path

import yaml

from tests.interviewing import DAY, conversation
from tests.test_beside_record import record_of
from trialscreen import load_trial
from trialscreen.answers.answer import Answer, read_facts
from trialscreen.answers.beside_record import with_record
from trialscreen.answers.interview.autosave import Keeper
from trialscreen.answers.interview.state import State
from trialscreen.answers.sampled import read_samples
from trialscreen.screening.screen import screen

NCT = load_trial()
WEIGHT = ["fact", "weight", "70 kg", "Observation/1"]
SEX = ["fact", "sex", "female", "Patient/1"]
CONSENT = {"willing_to_participate": "yes", "informed_consent_signed": "yes"}


def begun(*rows: list[str], **given: str) -> State:
    """An interview beside a record, as the command begins it."""
    own = {name: Answer(text, "flag") for name, text in {**CONSENT, **given}.items()}
    answers, evidence, *_ = with_record(NCT, own, record_of(list(rows)), DAY)
    samples = read_samples(NCT, answers, DAY, [])
    start = screen(NCT, read_facts(NCT, answers, DAY), DAY, samples, evidence)
    used = {name: one for name, one in answers.items() if not one.is_set_aside}
    return State(start, used, {n: one for n, one in answers.items() if n not in used})


def kinds(state: State) -> dict[str, str]:
    return {one.source: one.kind for one in state.screening.evidence}


def test_what_the_record_gives_is_told_and_not_asked() -> None:
    state = begun(SEX, WEIGHT)
    told = conversation(state, "r")
    assert "In the record, and not asked (r shows and changes it): sex Female; body" in told
    assert "sex: Female (in the record: Patient/1)" in told
    assert "Sex?" not in told


def test_a_proposal_is_shown_with_the_question_that_it_is_about() -> None:
    state = begun(SEX, ["candidate", "menopause_type", "surgical", "Procedure/7"])
    told = conversation(state, "1958")
    assert "In the record, to review: type of menopause" in told
    assert "Procedure/7" in told


def test_of_many_places_the_first_are_shown() -> None:
    rows = [["candidate", "menopause_type", "surgical", f"Procedure/{n}"] for n in range(30)]
    told = conversation(begun(SEX, *rows), "1958")
    assert told.count("In the record, to review: type of menopause") == 8
    assert "In the record: 22 places more" in told


def number_of(told: str, label: str) -> str:
    return next(line.split()[0] for line in told.splitlines() if f" {label}: " in line)


def test_another_answer_overrules_the_record() -> None:
    state = begun(SEX, WEIGHT)
    number = number_of(conversation(begun(SEX, WEIGHT), "r"), "body weight")
    conversation(state, "r", number, "61")
    assert state.answers["weight"].text == "61"
    assert kinds(state)["Observation/1"] == "overruled"
    number = number_of(conversation(state, "r"), "body weight")
    conversation(state, "r", number, "70")
    assert kinds(state)["Observation/1"] == "fact"


DENOSUMAB = ["fact", "rankl_inhibitor_use", "yes", "MedicationRequest/1"]
DOSE = ["fact", "rankl_inhibitor_last_dose_date", "2020-03-01", "MedicationRequest/2"]


def test_a_no_against_a_yes_of_the_record_is_asked_again_with_the_place() -> None:
    state = begun(SEX, DENOSUMAB)
    number = number_of(conversation(begun(SEX, DENOSUMAB), "r"), "RANKL inhibitor")
    told = conversation(state, "r", number, "n", "n", "n", "y")
    assert "In the record: RANKL inhibitor yes, MedicationRequest/1" in told
    assert "RANKL inhibitor: the record says yes. Is it no all the same? (y, n)" in told
    kept = state.answers["rankl_inhibitor_use"]
    assert (kept.text, kept.notes["despite"]) == ("no", "MedicationRequest/1")
    assert kinds(state)["MedicationRequest/1"] == "overruled"


def test_a_no_that_sets_a_date_of_the_record_aside_is_said_despite_it() -> None:
    state = begun(SEX, DENOSUMAB, DOSE)
    number = number_of(conversation(begun(SEX, DENOSUMAB, DOSE), "r"), "RANKL inhibitor")
    conversation(state, "r", number, "n", "y", "y")
    kept = state.answers["rankl_inhibitor_use"]
    assert kept.notes["despite"] == "MedicationRequest/1, MedicationRequest/2"
    own = {"rankl_inhibitor_use": kept}
    again = with_record(NCT, own, record_of([DENOSUMAB, DOSE]), DAY)
    assert again.answers["rankl_inhibitor_use"].text == "no"
    assert "rankl_inhibitor_last_dose_date" not in again.answers


def test_a_conflict_is_asked_with_both_sides_and_decided() -> None:
    rows = (
        *(SEX, ["fact", "birth_date", "1958", "Patient/1"]),
        ["conflict", "menopause_type", "natural", "Observation/3"],
        ["conflict", "menopause_type", "surgical", "Observation/4"],
    )
    state = begun(*rows)
    told = conversation(state, "1")
    assert "In conflict, and asked as far as it matters: type of menopause" in told
    assert "In the record, in conflict: type of menopause" in told
    assert "Observation/4" in told
    assert kinds(state) == {
        "Patient/1": "fact",
        "Observation/3": "fact",
        "Observation/4": "overruled",
    }


def test_limits_of_the_records_result_go_with_it() -> None:
    rows = (
        SEX,
        ["fact", "tsh", "3.1", "Observation/1"],
        ["fact", "tsh_lln", "0.4", "Observation/2"],
    )
    state = begun(*rows)
    state.answer([(NCT.elements["tsh"], "0.3")])
    assert "tsh_lln" not in state.answers
    assert kinds(state)["Observation/2"] == "overruled"


def test_what_was_concluded_from_a_result_falls_with_it() -> None:
    hip = ["fact", "total_hip_t_score", "-3.4", "Observation/1", "38264-8"]
    state = begun(SEX, hip, ["fact", "osteoporosis_diagnosis", "yes", *hip[3:]])
    state.answer([(NCT.elements["total_hip_t_score"], "-1")])
    assert "osteoporosis_diagnosis" not in state.answers
    assert "osteoporosis_diagnosis" not in state.screening.facts


def test_a_file_keeps_where_an_answer_of_the_record_stands(tmp_path: Path) -> None:
    state, keeper = begun(SEX, WEIGHT), Keeper()
    keeper.into(str(tmp_path / "a.yaml"), state)
    keeper.close()
    kept = yaml.safe_load((tmp_path / "a.yaml").read_text("utf-8"))
    assert kept["weight"] == {"value": "70 kg", "record": "70 kg in Observation/1"}


def test_a_conflict_with_a_no_that_was_given_is_open_until_it_is_answered() -> None:
    state = begun(SEX, DENOSUMAB, rankl_inhibitor_use="no")
    assert state.set_aside["rankl_inhibitor_use"].notes["set_aside"] == "no"
    state.answer([(NCT.elements["rankl_inhibitor_use"], "yes")])
    assert kinds(state) == {"Patient/1": "fact", "MedicationRequest/1": "fact"}
    assert not state.screening.conflicts
