"""The interview in a real pseudo-terminal."""

import re
import signal
import sys
from pathlib import Path

import pexpect
import pytest

from tests.interviewing import ON, PROMPT, answers, finish, interrupt, say, signalled, spawn, start
from tests.process import TIMEOUT
from trialscreen.answers.interview.autosave import AnswersFile


def test_with_nothing_given_in_a_terminal_the_interview_starts() -> None:
    child = start()
    assert "Are you willing to take part" in child.before
    child.sendline("q")
    assert finish(child)[0] == 130


def test_a_certain_exclusion_is_told_with_its_reason_and_the_interview_can_stop() -> None:
    child = start()
    assert "this excludes" in say(child, "yes", "yes", "male")
    child.sendline("")
    child.expect(PROMPT)  # the review
    child.sendline("")
    code, out = finish(child)
    assert code == 3
    assert "INELIGIBLE" in out
    command = re.search(r"trialscreen screen --screening-date 2026-06-01 .*", out)
    assert command
    assert "--sex male" in command[0]


def test_a_stop_on_an_unconfirmed_reading_says_so_and_asks_again_once_it_is_certain() -> None:
    child = start("--neurological-disorder-history", "yes", "--interactive")
    shown = " ".join(child.before.split())
    assert "this excludes, on reading A19 (not confirmed by the sponsor)." in shown
    assert "The patient is ineligible on an unconfirmed reading. Enter stops here" in shown
    shown = " ".join(say(child, "g", "yes", "yes", "male").split())
    assert "I2 Women 45 to 85, postmenopausal ≥2 years: this excludes." in shown
    assert "The result is certain. Enter stops here" in shown


def test_an_unsigned_consent_form_does_not_end_a_telephone_interview() -> None:
    child = start()
    assert "What is your sex?" in say(child, "yes", "no")


def test_a_signature_that_was_not_there_yet_is_asked_first_when_the_file_is_taken_up(
    tmp_path: Path,
) -> None:
    path = tmp_path / "a.yaml"
    path.write_text("willing_to_participate: yes\ninformed_consent_signed: no\n", "utf-8")
    child = start("--resume", str(path))
    shown = " ".join(child.before.split())
    assert "Awaited, and asked first as far as they still matter: informed consent signed" in shown
    assert "Has the participant signed the informed consent form" in shown
    assert "What is your sex?" in say(child, "no")  # asked once a session


def test_wrong_input_is_told_in_a_line_and_asked_again() -> None:
    child = start()
    assert "expected yes, no or u" in say(child, "perhaps")
    assert "informed consent" in say(child, "yes")


def test_back_asks_again_and_only_a_new_answer_replaces_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    child = start("--save", str(path))
    shown = say(child, "yes", "yes", "f", "1960", "b", "b")
    assert "It was: Female. Enter keeps it." in shown
    assert "Are you willing" not in shown
    assert "It was: yes. Enter keeps it." in say(child, "b")
    assert "How did your menopause" in say(child, "no")
    assert answers(path) == {
        "screening_date": "2026-06-01",
        "willing_to_participate": "yes",
        "informed_consent_signed": "no",
        "sex": "f",
        "birth_date": "1960",
    }
    assert "It was: 1960. Enter keeps it." in say(child, "b")
    assert "How did your menopause" in say(child, "")
    assert answers(path)["birth_date"] == "1960"


def test_back_to_a_card_says_what_was_ticked() -> None:
    child = start("--ask", "participant", "--age", "66", "--sex", "f", "--interactive")
    while "Have you ever been treated with" not in child.before:
        say(child, "u")
    told = " ".join(say(child, "1 3", "b").split())
    assert "It was: PTH analog yes, RANKL inhibitor no, oral bisphosphonate yes" in told


def test_a_question_mark_shows_the_criterion_and_what_answers_would_do() -> None:
    shown = say(start(), "yes", "?")
    assert "Willingness to participate in the clinical trial and signing" in shown.replace(
        "\r\n", " "
    )
    assert "yes: I1 passes" in shown
    assert "no: I1 fails" not in shown  # it may still be signed
    assert "no: I1 fails" in say(start(), "?")


def test_an_answer_can_be_changed_in_review() -> None:
    child = start()
    say(child, "yes", "yes", "female", "r")
    assert "2  Male" in say(child, "3")
    assert "sex: Male" in say(child, "2")


def test_a_card_takes_numbers(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    child = start("--save", str(path), "--ask", "participant,chart")
    say(child, "yes", "yes", "female", "1958", "1", "2009", "no", "no", "no")
    assert "expected numbers from 1 to 4" in say(child, "5")
    say(child, "2")
    given = answers(path)
    assert given["rankl_inhibitor_use"] == "yes"
    assert given["pth_analog_use"] == "no"
    say(child, "2025-01", "u")
    child.sendline("q")
    finish(child)
    assert answers(path)["rankl_inhibitor_last_dose_date"] == "2025-01"


def test_an_unusual_value_is_read_back_for_confirmation(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    child = start("--ask", "chart", "--save", str(path), "--informed-consent-signed", "yes")
    while "weight" not in child.before:
        say(child, "u")
    assert "is unusual" in say(child, "130")
    say(child, "n")
    assert "weight" not in answers(path)
    say(child, "130", "y")
    assert answers(path)["weight"] == "130"


def test_a_contradiction_is_refused_and_the_question_stays() -> None:
    child = start("--birth-date", "1960-01-01", "--age", "66", "--interactive")
    say(child, "r", "1")
    assert "age 66 years contradicts" in say(child, "1950-01-01").replace("\r\n", " ")
    assert "(YYYY-MM-DD" in say(child, "n")
    assert "date of birth: 1960-03-01" in say(child, "1960-03-01")


@pytest.mark.parametrize("how", ["ctrl-c", "ctrl-d", "kill", "hangup"])
def test_nothing_is_lost_however_it_ends(tmp_path: Path, how: str) -> None:
    path = tmp_path / "a.yaml"
    child = start("--save", str(path))
    say(child, "yes", "no", "female")
    if how == "ctrl-c":
        interrupt(child, pexpect.EOF)
    elif how == "ctrl-d":
        child.sendeof()
        child.expect(pexpect.EOF)
    else:
        signalled(child, signal.SIGKILL if how == "kill" else signal.SIGHUP, pexpect.EOF)
    child.close()
    assert list(answers(path)) == [
        "screening_date",
        "willing_to_participate",
        "informed_consent_signed",
        "sex",
    ]
    assert path.stat().st_mode & 0o777 == 0o600
    again = start("--resume", str(path))
    assert "What is your date of birth?" in say(again, "no")  # not yet signed is asked first
    assert [p.name for p in tmp_path.iterdir() if not p.name.endswith("-lock")] == ["a.yaml"]


def test_a_second_interview_on_one_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    child = start("--save", str(path))
    say(child, "yes")
    code, out = finish(spawn("--resume", str(path)))
    assert code == 2
    assert "in use by another interview" in out


def test_a_file_is_claimed_before_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text("what another interview is about to write")
    record = AnswersFile(path)
    code, out = finish(spawn("--resume", str(path)))
    record.close()
    assert code == 2
    assert out.count("error:") == 1
    assert "in use" in out
    assert [one.name for one in tmp_path.iterdir()] == ["a.yaml"]


def test_an_existing_file_is_not_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text("weight: 60\n", encoding="utf-8")
    code, out = finish(spawn("--save", str(path)))
    assert code == 2
    assert "--resume" in out
    assert path.read_text(encoding="utf-8") == "weight: 60\n"


def test_no_line_is_wider_than_a_narrow_terminal() -> None:
    child = start(columns=50)
    shown = say(child, "yes", "yes", "?", "1", "1958", "1", "2009", "no", "no", "no")
    assert max(len(line) for line in shown.split("\r\n")) <= 50


def test_a_terminal_that_does_not_tell_its_size_has_80_columns() -> None:
    child = start(columns=0)
    shown = say(child, "yes", "yes", "?")
    assert 70 < max(len(line) for line in shown.split("\r\n")) < 80


def test_a_dumb_terminal_gets_no_escape_codes() -> None:
    child = start(env={"TERM": "dumb"})
    assert "\x1b" not in say(child, "yes", "yes")


def test_input_that_is_pasted_faster_than_it_is_read_is_all_taken(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    child = start("--save", str(path))
    child.send("yes\nyes\nfemale\n1958\n1\n2009\nno\n")
    for _ in range(7):
        child.expect(PROMPT)
    assert len(answers(path)) == 8


def test_a_piped_result_stands_alone_on_standard_output(tmp_path: Path) -> None:
    out = tmp_path / "out.json"
    command = f"{sys.executable} -m trialscreen screen {ON} --format json --ask participant > {out}"
    child = pexpect.spawn("/bin/sh", ["-c", command], encoding="utf-8", timeout=TIMEOUT)
    child.expect(PROMPT)
    say(child, "yes", "male")
    child.sendline("")
    child.expect(PROMPT)
    child.sendline("")
    assert finish(child)[0] == 3
    assert out.read_text(encoding="utf-8").startswith("{")
