"""`log rescreen --criteria`: what changed, whom it flips, which of the enrolled it touches."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.deciding import ELIGIBLE, add, enrolled, state
from tests.logs import TRIAL, begun, screened
from tests.process import ROOT, run

ON = date(2026, 6, 1)
LOW = TRIAL.registration.dose_cohorts[0].name
TEXT = (ROOT / "criteria.yaml").read_text("utf-8")
DAY = ("--screening-date", "2026-06-01")


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A log of four: two enrolled, one of whom weighs 46 kg, as does one who is not."""
    light = {**ELIGIBLE, "weight": "46", "height": "150"}
    with begun(tmp_path / "site.log") as log:
        add(log, state(LOW, ON))
        for number, answers in enumerate((ELIGIBLE, light, light, {**ELIGIBLE, "weight": "39"}), 1):
            add(log, screened(f"S-{number}", answers, ON))
        add(log, enrolled("S-1", LOW, ON))
        add(log, enrolled("S-2", LOW, ON))
    return tmp_path


def amended(site: Path, before: str, after: str) -> str:
    assert before in TEXT
    (site / "new.yaml").write_text(TEXT.replace(before, after, 1), encoding="utf-8")
    return "new.yaml"


def rescreened(site: Path, new: str, *more: str) -> dict[str, Any]:
    ran = run("log", "rescreen", "site.log", "--criteria", new, *DAY, *more, folder=site)
    assert ran.code == 0, ran
    found: dict[str, Any] = json.loads(ran.out)
    return found


def test_what_changed_whom_it_flips_and_which_of_the_enrolled(site: Path) -> None:
    new = amended(site, "{at_least: 40}", "{at_least: 50}")
    found = rescreened(site, new, "--format", "json")
    assert [(one["criterion"], one["changed"]) for one in found["criteria"]] == [("I3", ["rule"])]
    told = [(one["subject"], one["enrolled"], one["was"], one["now"]) for one in found["subjects"]]
    assert told == [
        ("S-2", LOW, "eligible", "ineligible"),
        ("S-3", None, "eligible", "ineligible"),
    ]
    assert found["subjects"][0]["changes"] == ["I3 passes → fails, by the criteria"]
    assert found["enrolled"] == ["S-2"]
    assert found["new"]["criteria_sha256"] != found["old"]["criteria_sha256"]


def test_the_page_says_so(site: Path) -> None:
    new = amended(site, "{at_least: 40}", "{at_least: 50}")
    out = run(
        *("log", "rescreen", "site.log", "--criteria", new, *DAY, "--format", "plain"), folder=site
    ).out
    assert "2 of 4 subjects come out otherwise." in out
    assert f"Enrolled, and touched: S-2 ({LOW})." in out


@pytest.mark.parametrize("how", [(), ("--screening-date", "2026-09-01", "--all")])
def test_no_word_is_broken_at_80_columns(site: Path, how: tuple[str, ...]) -> None:
    new = ("--criteria", amended(site, "{at_least: 40}", "{at_least: 50}"))
    out = run("log", "rescreen", "site.log", *(how or (*new, *DAY)), folder=site).out
    words = set(out.replace("\n", " ").split())
    assert {"S-2", "eligible", "enrolled"} <= words
    assert {"ineligible", "passes", "fails,"} <= words or {"values", "older", "than"} <= words


def test_a_criterion_that_is_removed_lets_pass_who_failed_it(site: Path) -> None:
    start = TEXT.index("  - id: I3\n")
    new = amended(site, TEXT[start : TEXT.index("  - id: I4\n")], "")
    found = rescreened(site, new, "--format", "json")
    (one,) = [one for one in found["subjects"] if one["subject"] == "S-4"]
    assert (one["was"], one["now"]) == ("ineligible", "eligible")
    assert one["changes"] == ["I3 fails → no criterion any more"]


def test_an_enrolled_subject_is_listed_for_a_flip_that_changes_no_verdict(site: Path) -> None:
    with begun(site / "other.log") as log:
        add(log, state(LOW, ON))
        add(log, screened("S-1", {**ELIGIBLE, "high_fall_risk": "unknown", "sex": "unknown"}, ON))
        add(log, enrolled("S-1", LOW, ON, "agreed with the sponsor"))
    new = amended(site, "{at_least: 40}", "{at_least: 60}")
    ran = run(
        *("log", "rescreen", "other.log", "--criteria", new, *DAY, "--format", "json"), folder=site
    )
    found = json.loads(ran.out)
    assert [one["subject"] for one in found["subjects"]] == found["enrolled"] == ["S-1"]


def test_nothing_changes_by_the_same_file(site: Path) -> None:
    out = run(
        *("log", "rescreen", "site.log", "--criteria", ROOT / "criteria.yaml", *DAY), folder=site
    ).out
    assert "None: no rule, and nothing behind one, is another." in out
    assert "Nobody: every verdict stays." in out
    assert "Enrolled, and touched: nobody." in out


def test_who_was_screened_by_another_file_is_told(site: Path) -> None:
    first = amended(site, "enrollment: 18", "enrollment: 17")
    second = site / "second.yaml"
    second.write_text(TEXT.replace("{at_least: 40}", "{at_least: 50}", 1), encoding="utf-8")
    ran = run(
        *("--criteria", first, "log", "rescreen", "site.log", "--criteria", second, *DAY),
        *("--format", "plain"),
        folder=site,
    )
    assert "4 subjects last screened by another criteria file than the old one" in ran.out


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (["--criteria", "no.yaml"], "error: no.yaml: cannot be read"),
        (
            ["--criteria", str(ROOT / "tests/data/tiny_trial.yaml")],
            "is the log of NCT06949137, not",
        ),
        (["--criteria"], "error: --criteria: requires an argument"),
    ],
)
def test_new_criteria_that_cannot_be_used_are_refused(
    args: list[str], says: str, site: Path
) -> None:
    ran = run("log", "rescreen", "site.log", *args, folder=site)
    assert (ran.code, ran.out) == (2, "")
    assert says in ran.err
