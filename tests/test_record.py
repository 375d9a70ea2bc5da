"""The answers file: what it holds, and that nothing is lost or overwritten by it."""

from pathlib import Path

import pytest
import yaml

from tests.interviewing import DAY, answers, conversation
from trialscreen import load_trial
from trialscreen.answers.answer import Answer, merge, read_facts
from trialscreen.answers.interview.autosave import AnswersFile, Keeper
from trialscreen.answers.interview.state import State
from trialscreen.model.errors import InputError
from trialscreen.screening.screen import screen

NCT = load_trial()
EARLIER = {"answered": "2026-05-01", "note": "x"}


def state(**answers: Answer) -> State:
    start = screen(NCT, read_facts(NCT, answers, DAY), DAY)
    return State(start, answers, notes={"answered": "2026-06-02"})


def stored(path: Path) -> dict[str, dict[str, str]]:
    data = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CBaseLoader)  # noqa: S506
    return {name: one for name, one in data.items() if isinstance(one, dict)}


def test_only_what_was_answered_now_is_dated_and_other_notes_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    given = state(
        willing_to_participate=Answer("yes", "file"),
        informed_consent_signed=Answer(
            "yes", "file", notes={"answered": "2026-05-01", "note": "x"}
        ),
    )
    conversation(given, "f", keeper=Keeper(AnswersFile(path)))
    assert stored(path) == {
        "willing_to_participate": {"value": "yes"},
        "informed_consent_signed": {"value": "yes", **EARLIER},
        "sex": {"value": "f", "answered": "2026-06-02"},
    }
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_file_that_another_hand_changed_is_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    keeper, given = Keeper(AnswersFile(path)), state()
    conversation(given, "y", keeper=keeper)
    changed = path.read_text(encoding="utf-8").replace("'yes'", "'no'")
    path.write_text(changed, encoding="utf-8")
    shown = conversation(given, "y", keeper=keeper)
    assert f"NOT SAVED: {path}: was changed by another hand, and is left so; move it away" in shown
    assert "What is your sex?" in shown
    assert keeper.problem
    assert path.read_text(encoding="utf-8") == changed
    path.rename(tmp_path / "mine.yaml")
    assert "NOT SAVED" not in conversation(given, "f", keeper=keeper)
    assert keeper.kept_in == path
    assert list(stored(path)) == ["willing_to_participate", "informed_consent_signed", "sex"]


def test_a_failed_write_is_told_the_talk_goes_on_and_the_next_answer_tries_again(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "gone"
    folder.mkdir()
    keeper, given = Keeper(AnswersFile(folder / "a.yaml")), state()
    conversation(given, "y", keeper=keeper)
    for one in folder.iterdir():
        one.unlink()
    folder.rmdir()
    shown = conversation(given, "y", keeper=keeper)
    assert "cannot be written: No such file or directory. Tried again at the next answer" in shown
    assert "What is your sex?" in shown
    folder.mkdir()
    assert "NOT SAVED" not in conversation(given, "f", keeper=keeper)
    assert len(answers(folder / "a.yaml")) == 4


def test_what_a_killed_process_left_is_swept_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "M.yaml"
    mine = [tmp_path / name for name in ("M.yaml.lock", ".M.yaml", ".N.yaml.trialscreen.x")]
    stale = [tmp_path / name for name in (".M.yaml.trialscreen.abc", ".M.yaml.trialscreen-lock")]
    for one in (*mine, *stale):
        one.touch()
    record = AnswersFile(path)
    record.save(state())
    record.close()
    assert sorted(tmp_path.iterdir()) == sorted([path, *mine])


def test_a_file_that_begins_to_be_kept_late_holds_everything(tmp_path: Path) -> None:
    path, keeper, given = tmp_path / "a.yaml", Keeper(), state()
    (tmp_path / "old.yaml").touch()
    shown = conversation(
        given, "y", "s", "no/a.yaml", str(tmp_path / "old.yaml"), str(path), keeper=keeper
    )
    assert "File to save the answers in (Enter: do not save):" in shown
    assert "'no/a.yaml': there is no folder 'no'" in shown
    assert "exists; go on with it by --resume" in shown
    assert keeper.kept_in == path
    assert list(stored(path)) == ["willing_to_participate"]
    keeper.close()
    assert sorted(one.name for one in tmp_path.iterdir()) == ["a.yaml", "old.yaml"]


def test_who_leaves_without_a_file_need_not_name_one() -> None:
    keeper = Keeper()
    conversation(state(), "y", "s", "", keeper=keeper)
    assert keeper.kept_in is None


def test_a_second_record_of_one_file_is_refused(tmp_path: Path) -> None:
    first = AnswersFile(tmp_path / "a.yaml")
    with pytest.raises(InputError) as caught:
        AnswersFile(tmp_path / "a.yaml")
    assert "in use by another interview" in str(caught.value.problems[0])
    first.close()
    AnswersFile(tmp_path / "a.yaml").close()
    assert list(tmp_path.iterdir()) == []


def test_a_flag_that_repeats_the_file_keeps_the_notes_of_the_file() -> None:
    stored = {
        "weight": Answer("60", "file", "a.yaml:1:9", EARLIER),
        "height": Answer("160", "file", "a.yaml:2:9"),
    }
    flags = {
        "weight": Answer("60", "flag", "--weight"),
        "height": Answer("161", "flag", "--height"),
    }
    assert merge(load_trial(), flags, stored, []) == {
        "weight": stored["weight"],
        "height": flags["height"],
    }
