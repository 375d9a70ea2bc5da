"""`screen --log` and `log …` as their users meet them: whole commands, and a real terminal."""

import json
from pathlib import Path

import pytest

from tests.interviewing import finish, say, start
from tests.logs import filled
from tests.process import run
from tests.tampering import delete_one, tampered

DAY = ("--screening-date", "2026-06-01")
CONSENTED = ("--informed-consent-signed", "yes", "--willing-to-participate", "yes")
WASHOUT = (*CONSENTED, "--pth-analog-use", "yes", "--pth-analog-last-dose-date", "2026-03-10")
LOGGED = ("--subject", "S-014", "--by", "JW")


def listed(log: Path, *args: str) -> list[dict[str, object]]:
    found: list[dict[str, object]] = json.loads(run("log", *args, log, "--format", "json").out)
    return found


def test_a_screening_is_logged_corrected_and_found_again(tmp_path: Path) -> None:
    log = tmp_path / "site.log"
    first = run("screen", *DAY, *WASHOUT, "--log", log, *LOGGED, "--note", "at the visit")
    assert first.code == 3
    assert "log: entry 1 for S-014 added to" in first.err
    again = run(
        *("screen", *DAY, *WASHOUT[:-1], "2026-04-10", "--log", log, *LOGGED),
        *("--corrects", "1", "--reason", "month misread", "--exit-zero"),
    )
    assert again.code == 0
    one, two = listed(log, "list")
    assert (one["note"], one["corrected_by"], two["corrects"]) == ("at the visit", 2, 1)
    assert (two["subject"], two["verdict"], two["failed"]) == ("S-014", "ineligible", ["E8"])
    [due] = listed(log, "due")
    assert (due["due"], due["entry"]) == ("2026-10-11", 2)
    [flip] = listed(log, "rescreen", "--screening-date", "2026-10-11")
    assert flip["changes"] == ["E8 fails → open, by the date"]
    shown = json.loads(run("log", "show", log, "2", "--format", "json").out)
    assert shown["answers"]["pth_analog_last_dose_date"]["text"] == "2026-04-10"
    seal = f"2:{shown['seal'][:16]}"
    assert run("log", "verify", log, "--seal", seal).code == 0


def test_rescreen_lists_whose_values_are_too_old_by_then(tmp_path: Path) -> None:
    log = tmp_path / "site.log"
    answers = (*CONSENTED, "--tsh", "2.1 on 2026-05-20", "--alt", "pending")
    assert run("screen", *DAY, *answers, "--log", log, *LOGGED).code == 4
    assert listed(log, "rescreen", "--screening-date", "2026-06-17") == []
    [told] = listed(log, "rescreen", "--screening-date", "2026-06-18")
    assert told["stale"] == [{"element": "tsh", "date": "2026-05-20", "valid_for": "28 days"}]
    assert (told["was"], told["now"]) == ("undetermined (data)", "undetermined (data)")
    page = run("log", "rescreen", log, "--screening-date", "2026-06-18", "--format", "plain").out
    assert "1 value is older than 28 days" in page


def test_verify_exits_with_5_and_names_the_entry(tmp_path: Path) -> None:
    log = filled(tmp_path / "site.log", 12)
    [number] = tampered(log, delete_one, 1)
    for form in ("table", "plain", "markdown", "json"):
        ran = run("log", "verify", log, "--format", form)
        assert ran.code == 5
        assert str(number) in ran.out
        assert ran.err == ""


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (("--log", "{log}"), ["--subject: is needed", "--by: is needed"]),
        (("--log", "{log}", "--subject", "Jane Doe", "--by", "JW"), ["looks like a name"]),
        (("--log", "{log}", *LOGGED, "--corrects", "1"), ["--reason: is needed"]),
        (("--log", "{log}", *LOGGED, "--reason", "x"), ["--reason: is for --corrects"]),
        (("--log", "{log}", *LOGGED, "--note", "call jd@x.org"), ["an e-mail address"]),
        (("--log", "", *LOGGED), ["--log: '' names no file"]),
        (LOGGED, ["--subject: is for --log", "--by: is for --log"]),
        (("--log", "{log}/x/y.log", *LOGGED), ["cannot be written"]),
        (("--log", "{log}", *LOGGED, "--weight", "abc"), ["'abc'"]),
    ],
)
def test_what_cannot_be_logged_is_told_and_not_screened(
    tmp_path: Path, args: tuple[str, ...], told: list[str]
) -> None:
    log = str(tmp_path / "site.log")
    ran = run("screen", *DAY, "--height", "160", *(one.format(log=log) for one in args))
    assert (ran.code, ran.out) == (2, "")
    for one in told:
        assert one in ran.err
    assert list(tmp_path.iterdir()) == []


def test_an_interview_is_logged_with_how_each_answer_was_given(tmp_path: Path) -> None:
    log = tmp_path / "site.log"
    child = start(*CONSENTED, "--interactive", "--log", str(log), *LOGGED)
    say(child, "male", "")
    child.sendline("")
    code, _ = finish(child)
    assert code == 3
    shown = json.loads(run("log", "show", log, "1", "--format", "json").out)
    assert {name: one["by"] for name, one in shown["answers"].items()} == {
        "informed_consent_signed": "flag",
        "willing_to_participate": "flag",
        "sex": "interview",
    }


def test_an_interview_that_is_left_says_how_to_go_on_with_the_log(tmp_path: Path) -> None:
    log = tmp_path / "site.log"
    child = start("--log", str(log), *LOGGED)
    child.sendline("q")
    code, out = finish(child)
    assert code == 130
    assert f"--log {log} --subject S-014 --by JW" in " ".join(out.replace("\r\n", "").split())
    assert listed(log, "list") == []
