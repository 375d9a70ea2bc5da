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


@pytest.mark.parametrize(
    ("answers", "told"),
    [
        ((*DAY, *CONSENTED), []),
        (("--screening-date", "2026-05-01", *CONSENTED), ["is of 2026-06-01; it is of 2026-05-01"]),
        (DAY, ["was recorded with consent; it is without"]),
    ],
)
def test_a_correction_of_another_day_or_without_the_consent_is_told(
    answers: tuple[str, ...], told: list[str], tmp_path: Path
) -> None:
    log = ("--log", tmp_path / "site.log", *LOGGED)
    assert run("screen", *DAY, *CONSENTED, *log).code == 4
    why = ("--corrects", "1", "--reason", "weight was missing")
    ran = run("screen", *answers, "--weight", "58", *log, *why)
    found = [line for line in ran.err.splitlines() if "which it corrects" in line]
    assert len(found) == len(told)
    assert all(one in line for one, line in zip(told, found, strict=True))


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


# Saved answers, the log and a report know of each other.


def test_a_saved_interview_carries_the_code_and_is_found_from_the_log(tmp_path: Path) -> None:
    log, saved = tmp_path / "site.log", tmp_path / "phone.yaml"
    filled(log, 1)
    child = start("--save", str(saved), "--subject", "S-014")
    child.sendline("q")
    code, _ = finish(child)
    assert code == 130
    assert "subject: S-014, " in saved.read_text(encoding="utf-8")
    entry, found = listed(log, "list")
    assert (entry["kind"], entry["file"]) == ("screening", None)
    assert (found["kind"], found["subject"], found["file"]) == (
        "saved answers",
        "S-014",
        str(saved),
    )
    assert "not logged" in run("log", "list", log).out
    assert listed(log, "list", "--subject", "S-1") == [entry]


def test_a_code_that_is_given_later_is_kept_and_a_file_that_has_it_is_left_alone(
    tmp_path: Path,
) -> None:
    saved = tmp_path / "phone.yaml"
    for text, more, expected in (
        ("# by hand\nsex: female\n", ["--subject", "S-014"], "subject: S-014\n"),
        ("# by hand\nsubject: S-014\nscreening_date: 2026-06-01\n", [], "# by hand\n"),
    ):
        saved.write_text(text, encoding="utf-8")
        child = start("--resume", str(saved), *more)
        child.sendline("q")
        assert finish(child)[0] == 130
        assert expected in saved.read_text(encoding="utf-8")


def test_answers_with_a_code_need_none_to_be_logged(tmp_path: Path) -> None:
    log, saved = tmp_path / "site.log", tmp_path / "phone.yaml"
    head = "# Answers for NCT06949137, kept by trialscreen.\n"
    text = f"{head}subject: S-014\nscreening_date: 2026-06-01\nsex: female\nweight: 50\n"
    saved.write_text(text, encoding="utf-8")
    ran = run("screen", saved, *CONSENTED, "--log", log, "--by", "JW", "--exit-zero")
    assert ran.code == 0
    assert f"Its record: trialscreen report --log {log} --entry 1 -o S-014.html" in ran.err
    [entry] = listed(log, "list")
    assert (entry["subject"], entry["file"]) == ("S-014", str(saved))
    page = tmp_path / "page.html"
    assert run("report", saved, "-o", page).code == 0
    assert "S-014" in page.read_text(encoding="utf-8")


def test_answers_of_another_subject_are_refused(tmp_path: Path) -> None:
    saved = tmp_path / "phone.yaml"
    saved.write_text("subject: S-014\nsex: female\n", encoding="utf-8")
    logged = ("--log", tmp_path / "site.log", "--subject", "S-015", "--by", "JW")
    ran = run("screen", saved, *logged)
    assert (ran.code, ran.out) == (2, "")
    assert f"--subject: 'S-015', and {saved}:1:10 subject is 'S-014'" in ran.err
    assert run("screen", saved, "--exit-zero").code == 0  # without a log nobody minds


# Decisions and dose cohorts.

ELIGIBLE = ("docs/patients/eligible.yaml", *LOGGED)
LOW = "Low Dose Group"


def enrolling(log: Path, *more: str) -> tuple[str | Path, ...]:
    chosen = ("--decision", "enrolled", "--dose-cohort", LOW, "--on", "2026-06-02")
    return ("log", "decide", log, *LOGGED, *chosen, *more)


def test_a_day_of_decisions(tmp_path: Path) -> None:
    log = tmp_path / "site.log"
    assert run("screen", *ELIGIBLE, "--log", log).code == 0
    refused = run(*enrolling(log))
    assert (refused.code, refused.out) == (2, "")
    assert "Low Dose Group: not open" in refused.err and "--reason TEXT" in refused.err
    opened = ("--state", "open", "--places", "1", "--by", "JW", "--on", "2026-06-01")
    said = run("log", "cohort", log, LOW.lower(), *opened)
    assert said.code == 0 and "nothing of them is on the registry page" in " ".join(
        said.out.split()
    )
    enrolled = json.loads(run(*enrolling(log, "--format", "json")).out)
    assert (enrolled["kind"], enrolled["decision"], enrolled["screening"]) == (
        *("decision", "enrolled"),
        1,
    )
    board = json.loads(run("log", "cohorts", log, "--on", "2026-06-03", "--format", "json").out)
    low = board["cohorts"][0]
    assert (board["enrolled"], board["enrollment"], low["free"]) == (1, 18, 0)
    assert [one["subject"] for one in low["holders"]] == ["S-014"]
    assert low["next_may_be_dosed"] is False and "none is free" in low["why_not"][0]
    kinds = [one["kind"] for one in listed(log, "list")]
    assert kinds == ["screening", "dose cohort state", "decision"]
    assert listed(log, "todo") == []
    assert run("log", "verify", log).code == 0
    shown = run("log", "show", log, "3")
    assert "S-014 enrolled: Low Dose Group" in shown.out
    refused = run("report", "--log", log, "--entry", "3", "-o", tmp_path / "a.html")
    assert "entry 3 is a decision; a record is that of a screening" in refused.err


@pytest.mark.parametrize(
    ("args", "told"),
    [
        ("--subject S-014 --decision enrolled --by JW", "--dose-cohort: is needed with enrolled"),
        ("--subject S-014 --decision enrolled --dose-cohort Low --by JW", "Did you mean 'Low Dose"),
        ("--subject S-014 --decision declined --dose-cohort x --by JW", "'x'; expected Low Dose"),
        (
            "--subject S-014 --decision declined --not-dosed --by JW",
            "--not-dosed: is for with",
        ),
        ("--subject S-014 --decision none --by JW", "name it with --corrects"),
        ("--subject S-014 --decision declined --corrects 1 --by JW", "--reason: is needed with"),
        ("--subject S-014 --decision declined --by JaneDoe", "--by: 'JaneDoe' looks like a name"),
        ("--subject JaneDoe --decision declined --by JW", "--subject: 'JaneDoe' looks like a name"),
        ("--subject S-014 --decision declined --by JW --on 2999-01-01", "lies in the future"),
        ("--subject S-014 --decision declined --by JW --reason MRN-123", "the number of a record"),
    ],
)
def test_what_cannot_be_decided_is_told_and_not_entered(
    tmp_path: Path, args: str, told: str
) -> None:
    log = filled(tmp_path / "site.log", 1)
    before = log.read_bytes()
    ran = run("log", "decide", log, *args.split())
    assert (ran.code, ran.out) == (2, "")
    assert told in ran.err
    assert log.read_bytes() == before


def test_a_decision_begins_no_log(tmp_path: Path) -> None:
    ran = run("log", "decide", tmp_path / "new.log", *LOGGED, "--decision", "declined")
    assert ran.code == 2 and "there is no such file" in ran.err
    assert list(tmp_path.iterdir()) == []


def test_before_consent_neither_note_nor_reason_is_kept(tmp_path: Path) -> None:
    """They can hold what was answered."""
    log = tmp_path / "site.log"
    given = ("screen", *DAY, "--log", log, *LOGGED, "--exit-zero", "--weight", "39")
    first = run(*given, "--note", "denosumab in 2025")
    assert "No answers are kept before consent, nor the note.\n" in first.err
    why = ("--corrects", "1", "--reason", "weight was 39 not 93", "--note", "denosumab in 2025")
    second = run(*given, *why)
    assert "No answers are kept before consent, nor the note and the reason.\n" in second.err
    assert "Corrects entry 1: not kept before consent" in run("log", "show", log, "2").out
    kept = log.read_bytes()
    assert b"denosumab" not in kept and b"39 not 93" not in kept
    assert run(*given, *CONSENTED, "--note", "denosumab in 2025").code == 0
    assert b"denosumab in 2025" in log.read_bytes()


def test_why_somebody_declined_is_kept_and_said_to_be(tmp_path: Path) -> None:
    log, told = tmp_path / "site.log", "before consent, do not write answers into it"
    given = ("screen", *DAY, "--log", log, *LOGGED, "--exit-zero", "--weight", "39")
    declined = ("log", "decide", log, *LOGGED, "--decision", "declined", "--reason", "too far")
    assert run(*given).code == 0
    assert told in run(*declined).err
    assert b"too far" in log.read_bytes()
    assert run(*given, *CONSENTED).code == 0
    assert told not in run(*declined, "--corrects", "2").err


@pytest.mark.parametrize("code", ["s-014", "Ｓ-014", "S - 014"])
def test_a_code_that_reads_the_same_makes_no_other_subject(tmp_path: Path, code: str) -> None:
    log, site = tmp_path / "site.log", tmp_path / "site.yaml"
    site.write_text("subject_pattern: '.*'\n", encoding="utf-8")
    screened = ("screen", *DAY, *CONSENTED, "--log", log, "--by", "JW", "--exit-zero", "--subject")
    declined = ("log", "decide", log, "--decision", "declined", "--by", "JW", "--reason", "far off")
    assert run(*screened, "S-014").code == 0
    for ran in (
        run(*screened, code, "--site", site),
        run(*declined, "--subject", code, "--site", site),
    ):
        assert ran.code == 2
        assert f"--subject: '{code}': the log has this subject as 'S-014'; write that" in ran.err
    assert run(*screened, "S-014").code == 0
    assert run(*screened, "S-015").code == 0


def test_a_code_of_the_site_is_taken(tmp_path: Path) -> None:
    """A good code at this site, which looks like a telephone number elsewhere."""
    log, site = tmp_path / "site.log", tmp_path / "site.yaml"
    site.write_text("subject_pattern: '01-70[0-9]-[0-9]{4}'\n", encoding="utf-8")
    given = (*DAY, *CONSENTED, "--log", log, "--by", "JW", "--exit-zero", "--subject")
    assert run("screen", *given, "01-701-1015").code == 2
    assert run("screen", *given, "01-701-1015", "--site", site).code == 0
    wrong = run("screen", *given, "S-014", "--site", site)
    assert wrong.code == 2 and "'S-014' is not a code of this site" in wrong.err
    declined = ("log", "decide", log, "--decision", "declined", "--by", "JW", "--subject")
    assert run(*declined, "01-701-1015").code == 0  # it is in the log
    assert run(*declined, "01-701-1016").code == 2
    reasoned = ("--reason", "by telephone")
    assert run(*declined, "01-701-1016", "--site", site, *reasoned).code == 0
    response = ("export", "response", "-o", "-", *DAY, "--subject", "01-701-1015")
    assert run(*response, "docs/patients/eligible.yaml", "--site", site).code == 0
