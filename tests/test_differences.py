"""`diff`: what differs between two criteria files, in words; and nothing goes untold."""

import json
import re
from pathlib import Path

import pytest

from tests.process import ROOT, run
from trialscreen import load_trial
from trialscreen.criteria_file.differences import SAME_WORDS, criteria_touched, differences

PACKAGED = ROOT / "criteria.yaml"
TEXT = PACKAGED.read_text("utf-8")
OLD = load_trial()


def amended(folder: Path, *changes: tuple[str, str]) -> Path:
    """The packaged trial with the first of each text replaced."""
    text = TEXT
    for before, after in changes:
        assert before in text
        text = text.replace(before, after, 1)
    path = folder / "new.yaml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("before", "after", "found"),
    [
        ("enrollment: 18", "enrollment: 24", ("trial", "", "enrollment", "18", "24")),
        (
            "range: [20, 300]",
            "range: [25, 300]",
            ("element", "weight", "range", "20 to 300", "25 to 300"),
        ),
        ("{at_least: 40}", "{at_least: 45}", ("criterion", "I3", "rule", "≥ 40 kg", "≥ 45 kg")),
        (
            "Body weight ≥40 kg",
            "Body weight ≥45 kg",
            ("criterion", "I3", "text", "≥40 kg", "≥45 kg"),
        ),
        (
            "source: chart",
            "source: imaging",
            ("element", "screening_date", "source", "chart", "imaging"),
        ),
    ],
)
def test_a_difference_is_told_in_words(
    before: str, after: str, found: tuple[str, ...], tmp_path: Path
) -> None:
    (one,) = differences(OLD, load_trial(amended(tmp_path, (before, after))))
    part, name, field, old, new = found
    assert (one.part, one.id, one.field) == (part, name, field)
    assert old in str(one.old) and new not in str(one.old)
    assert new in str(one.new) and old not in str(one.new)


def test_files_that_say_the_same_do_not_differ() -> None:
    assert differences(OLD, OLD) == ()
    ran = run("diff", PACKAGED, PACKAGED, "--exit-code")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.endswith("No difference.\n")


def test_a_criterion_that_is_gone_and_one_that_is_new_are_told_whole(tmp_path: Path) -> None:
    path = amended(tmp_path, ("  - id: E17\n", "  - id: E18\n"))
    found = json.loads(run("diff", PACKAGED, path, "--format", "json").out)
    gone = {one["field"]: one for one in found["differences"] if one["id"] == "E17"}
    new = {one["field"]: one for one in found["differences"] if one["id"] == "E18"}
    assert set(gone) == set(new) >= {"kind", "label", "text", "rule"}
    assert {one["new"] for one in gone.values()} == {None} == {one["old"] for one in new.values()}
    page = run("diff", PACKAGED, path).out
    assert "Criterion E18 Unsuitable, investigator's judgement: new" in page
    assert "Criterion E17 Unsuitable, investigator's judgement: removed" in page


def test_what_words_do_not_show_is_told_all_the_same(tmp_path: Path) -> None:
    clause = re.search(r"clause: .*", TEXT)
    assert clause is not None
    found = differences(OLD, load_trial(amended(tmp_path, (clause[0], f"{clause[0]}x"))))
    assert [one.field for one in found] == ["rule"]
    assert SAME_WORDS in str(found[0].new)


def test_the_page_shows_what_differs_and_a_little_around_it(tmp_path: Path) -> None:
    path = amended(tmp_path, ("within: 12 months", "within: 9 months"))
    ran = run("diff", PACKAGED, path, "--format", "markdown")
    assert "| rule | … a RANKL inhibitor within 12 months before screening) or … |" in ran.out
    assert "… a RANKL inhibitor within 9 months before screening) or … |" in ran.out


def test_the_trial_in_use_is_the_old_one_of_a_file_alone(tmp_path: Path) -> None:
    path = amended(tmp_path, ("enrollment: 18", "enrollment: 24"))
    ran = run("diff", path, "--format", "json", "--exit-code")
    assert ran.code == 5
    assert json.loads(ran.out)["old"]["criteria_sha256"] == OLD.sha256
    csv = run("diff", path, "--format", "csv")
    assert (csv.code, csv.out) == (0, "part,id,field,old,new\ntrial,,enrollment,18,24\n")
    other = run("--criteria", path, "diff", PACKAGED, "--format", "csv").out
    assert "trial,,enrollment,24,18" in other


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (["no.yaml", "none.yaml"], ["no.yaml: cannot be read", "none.yaml: cannot be read"]),
        (["a", "b", "c"], ["diff: 3 files; expected two, OLD and NEW"]),
        ([], ["diff: OLD NEW is missing"]),
        (
            ["docs/patients/eligible.yaml"],
            ["docs/patients/eligible.yaml:2:1: expected the keys of a"],
        ),
    ],
)
def test_what_cannot_be_compared_is_refused(args: list[str], says: list[str]) -> None:
    ran = run("diff", *args)
    assert (ran.code, ran.out) == (2, "")
    assert all(f"error: {one}" in ran.err for one in says)


@pytest.mark.parametrize(
    ("change", "touched"),
    [
        (("enrollment: 18", "enrollment: 24"), {}),
        (("range: [20, 300]", "range: [25, 300]"), {"I3": ("weight",)}),
        (("within: 12 months", "within: 9 months"), {"E8": ("rule",)}),
        (("ask: What is your sex?", "ask: Which is your sex?"), {}),
    ],
)
def test_the_criteria_that_can_come_out_otherwise(
    change: tuple[str, str], touched: dict[str, tuple[str, ...]], tmp_path: Path
) -> None:
    assert criteria_touched(OLD, load_trial(amended(tmp_path, change))) == touched


def test_a_version_that_was_not_raised_is_told(tmp_path: Path) -> None:
    """Results name it; two files of one version would be told apart by a sum alone."""
    weight = ("{at_least: 40}", "{at_least: 45}")
    told = "raise it in the new file"
    assert told in run("diff", amended(tmp_path, weight)).out
    raised = (f"version: {OLD.version}", "version: 99")
    assert told not in run("diff", amended(tmp_path, weight, raised)).out
    assert told not in run("diff", PACKAGED).out
