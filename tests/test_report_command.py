"""`report`: one file, whole and for its owner alone, or a message and exit code 2."""

from html import escape
from pathlib import Path

import pytest

from tests.process import PATIENTS, ROOT, run
from tests.reports import HOSTILE_FOOT, entry, in_the_log, log, patient
from tests.tampering import delete_end, tampered, varied
from tests.test_html import Parsed
from trialscreen import load_trial
from trialscreen.log.entry import Criteria
from trialscreen.log.store import open_log
from trialscreen.model.errors import InputError
from trialscreen.output.report.log_page import LogReport, log_document
from trialscreen.output.report.record_page import record_document, record_of
from trialscreen.text.text_files import write_whole

ON = ("--screening-date", "2026-06-01")


def test_a_record_is_written_for_its_owner_alone(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    ran = run("report", "--from", PATIENTS / "eligible.yaml", "--output", page)
    assert ran == (0, "", "")
    assert page.read_text("utf-8").startswith("<!doctype html>")
    assert page.stat().st_mode & 0o777 == 0o600
    assert [one.name for one in tmp_path.iterdir()] == ["page.html"]


def test_flags_win_over_the_file_and_are_told_apart(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    run("report", "--from", PATIENTS / "eligible.yaml", "--weight", "38", "-o", page)
    text = page.read_text("utf-8")
    assert "38 kg" in text and "Chart; command line" in text and "Chart; answers file" in text
    assert "INELIGIBLE" in text


def test_answers_can_come_from_standard_input(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    assert run("report", "--from", "-", *ON, "-o", page, stdin="sex: male").code == 0
    assert "written: male" not in page.read_text("utf-8")
    assert "INELIGIBLE" in page.read_text("utf-8")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--weight", "50"], "--output: expected a name that ends in .html"),
        (["--weight", "50", "-o", "page.pdf"], "page.pdf: expected a name that ends in .html"),
        (["--weight", "50", "-o", "no/where.html"], "cannot be written: No such file"),
        (["--weight", "heavy", "-o", "page.html"], "--weight (body weight): 'heavy'"),
        (["--from", "nobody.yaml", "-o", "page.html"], "nobody.yaml: cannot be read"),
        (["--from", str(PATIENTS / "bad_input.yaml"), "-o", "page.html"], ":3:9 wieght"),
        (["--screening-date", "2026-02-30", "-o", "page.html"], "2026-02-30"),
        (["--colour", "-o", "page.html"], "--colour: no such option"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_written(
    arguments: list[str], told: str, tmp_path: Path
) -> None:
    places = [str(tmp_path / one) if one.startswith(("page", "no/")) else one for one in arguments]
    ran = run("report", *places)
    assert ran.code == 2
    assert told in ran.err
    assert "Traceback" not in ran.err and not ran.out
    assert not list(tmp_path.iterdir())


def test_halves_of_characters_are_refused(tmp_path: Path) -> None:
    given = '{"sex": {"value": "female", "note": "\\ud800"}}'
    ran = run("report", "--from", "-", *ON, "-o", tmp_path / "page.html", stdin=given)
    assert ran.code == 2
    assert "sex note: control character U+D800" in ran.err


def test_markup_in_a_criteria_file_and_in_answers_stays_text(tmp_path: Path) -> None:
    markup = "=1+1</style><script>alert(1)</script>"
    criteria, page = tmp_path / "criteria.yaml", tmp_path / "page.html"
    text = (ROOT / "criteria.yaml").read_text("utf-8")
    label = "Weight ≥40 kg and BMI 18 to 30"
    assert label in text
    criteria.write_text(text.replace(label, f"'{markup}'"), "utf-8")
    given = f"weight: {{value: 58, note: '{markup}'}}"
    ran = run("--criteria", criteria, "report", "--from", "-", *ON, "-o", page, stdin=given)
    assert ran == (0, "", "")
    parsed = Parsed(page.read_text("utf-8"))
    assert not parsed.named("script")
    assert f"I3 {markup}: ? open" in parsed.text
    assert f"note: {markup}" in parsed.text


# For the log.


def test_an_entry_of_a_log_gives_its_record_again(tmp_path: Path) -> None:
    first = in_the_log(patient("ineligible_washout"), "S-014", 41)
    assert first.entry is not None
    again = record_of(load_trial(), first.entry)
    assert again.screening.facts == first.screening.facts
    assert (again.entry, again.answers) == (first.entry, first.entry.answers)
    write_whole(tmp_path / "page.html", record_document(again))
    assert "S-014" in (tmp_path / "page.html").read_text("utf-8")


def test_a_record_can_be_given_from_a_log_on_the_disk(tmp_path: Path) -> None:
    file = tmp_path / "log.sqlite"
    given = ("--from", PATIENTS / "ineligible_washout.yaml", "--weight", "121 lb")
    assert run("screen", *given, "--log", file, "--subject", "S-014", "--by", "JW").code == 3
    with open_log(file) as opened:
        entries = list(opened.entries())
    record = record_of(load_trial(), entries[0])
    assert record.answers["weight"].by == "flag"
    write_whole(tmp_path / "page.html", record_document(record))
    text = Parsed((tmp_path / "page.html").read_text("utf-8")).text
    assert "written: 121 lb" in text and "Chart; command line" in text and "S-014" in text
    write_whole(tmp_path / "log.html", log_document(LogReport(load_trial(), entries, "Verified.")))
    assert "0 eligible of 1 screened" in (tmp_path / "log.html").read_text("utf-8")


def test_a_record_that_cannot_be_given_again_is_refused() -> None:
    record = patient("eligible")
    good = entry(record.screening, "S-014", 41, record.answers)
    outcome = good.outcome
    for other, told in (
        (good._replace(stage="before consent"), "before consent"),
        (good._replace(criteria=Criteria("NCT06949137", "0.9", "f" * 64)), "--criteria"),
        (good._replace(outcome=outcome._replace(verdict="ineligible")), "otherwise"),
    ):
        with pytest.raises(InputError) as caught:
            record_of(load_trial(), other)
        (problem,) = caught.value.problems
        assert problem.where == "entry 41" and told in problem.message


def test_the_page_of_a_log_is_written_whole(tmp_path: Path) -> None:
    write_whole(tmp_path / "log.html", log_document(log(3)))
    assert (tmp_path / "log.html").read_text("utf-8").endswith("</html>\n")
    with pytest.raises(InputError) as caught:
        write_whole(tmp_path / "no" / HOSTILE_FOOT.replace("/", "").replace("\x00", ""), "")
    assert "cannot be written" in str(caught.value.problems[0])


# Questions on paper.


def test_every_question_is_on_paper_once_under_who_can_answer_it(tmp_path: Path) -> None:
    page = tmp_path / "paper.html"
    assert run("report", "--blank", "-o", page) == (0, "", "")
    text = page.read_text("utf-8")
    Parsed(text)
    trial = load_trial()
    asked = [one for one in trial.answerable() if one.source != "derived"]
    at = -1
    for source in ("participant", "chart", "laboratory", "imaging", "investigator"):
        at = text.index(f">{source.capitalize()}</h2>", at + 1)
        for one in asked:
            if source in one.sources[1:]:
                assert text.index(f'"row" class="plain">Confirm: {escape(one.label)}<') > at
            if one.source == source and one.name != "screening_date":
                assert text.count(f'"row" class="plain">{escape(one.ask)}') == 1, one.name
                assert text.index(escape(one.ask)) > at
    box = '<span class="tick">☐</span>'  # drawn, for not every font has one
    assert f"{box} yes {box} not yet {box} unknown" in text  # a signature
    assert text.count("☐") == text.count(box)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--weight", "5"], "--weight: not with --blank, the questions alone"),
        (["--log", "x.log"], "--log: not with --blank, the questions alone"),
        (["--from", "x.yaml"], "--from: not with --blank, the questions alone"),
        (["--screening-date", "2026-06-01"], "--screening-date: not with --blank, the questions"),
    ],
)
def test_questions_on_paper_take_no_answers(
    arguments: list[str], told: str, tmp_path: Path
) -> None:
    ran = run("report", "--blank", "-o", "paper.html", *arguments, folder=tmp_path)
    assert ran.code == 2
    assert f"error: {told}" in ran.err
    assert list(tmp_path.iterdir()) == []


def test_the_record_of_an_entry_tells_what_was_decided_of_the_subject(tmp_path: Path) -> None:
    file, page = tmp_path / "log.sqlite", tmp_path / "page.html"
    by = ("--subject", "S-014", "--by", "JW")
    run("screen", "--from", PATIENTS / "eligible.yaml", "--log", file, *by)
    decide = ("log", "decide", file, *by, "--on", "2026-06-02", "--decision", "enrolled")
    given = ("--dose-cohort", "Low Dose Group", "--reason", "The sponsor agreed.")
    assert run(*decide, *given).code == 0
    assert run("report", "--log", file, "--entry", "1", "-o", page).code == 0
    text = " ".join(Parsed(page.read_text("utf-8")).text.split())
    assert "Decision enrolled: Low Dose Group, 2026-06-02, by JW (entry 2) Criteria file" in text
    assert "The decision in the log enrolled: Low Dose Group, 2026-06-02" in text
    assert "although " in text.split("The decision in the log")[1]
    assert "Reason: The sponsor agreed." in text


def test_nothing_is_recorded_of_a_log_that_is_not_as_it_was_written(tmp_path: Path) -> None:
    file, page = varied(tmp_path / "log.sqlite"), tmp_path / "page.html"
    assert run("report", "--log", file, "--entry", "1", "-o", page).code == 0
    page.unlink()
    tampered(file, delete_end, seed=1)
    ran = run("report", "--log", file, "--entry", "1", "-o", page)
    told = "is not as it was written ('log verify' says where), so nothing of it is recorded"
    assert ran == (2, "", f"error: {file}: {told}\n")
    assert not page.exists()


def test_a_subject_in_a_file_that_may_be_a_name_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "answers.yaml"
    file.write_text("subject: Jane Doe\nweight: 55\n")
    ran = run("report", file, "-o", tmp_path / "page.html")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith(f"error: {file}:1:10 subject: 'Jane Doe'")
    assert len(ran.err.splitlines()) == 1
