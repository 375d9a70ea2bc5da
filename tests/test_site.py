"""The site file: limits of the site's laboratory, which a patient's own answers win over."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.interviewing import quit_, start
from tests.process import ROOT, refusals, run
from trialscreen.answers.site_file import MOST_PATTERN, limit_names, read_site
from trialscreen.criteria_file.load import load_trial
from trialscreen.criteria_file.yaml_trial import parse_trial
from trialscreen.model.errors import InputError
from trialscreen.model.limits import limits_by_value
from trialscreen.model.trial import Trial

REFUSED = yaml.load((ROOT / "tests/data/sites.yaml").read_text(encoding="utf-8"), yaml.CSafeLoader)
SITE = """\
limits:
  alt_uln: 40
  ast_uln: 0.6 ukat/L
  t4_lln: 12
  t4_uln: 22
subject_pattern: '[0-9]{2}-[0-9]{3}-[0-9]{4}'
"""


@pytest.fixture
def site(tmp_path: Path) -> Path:
    path = tmp_path / "site.yaml"
    path.write_text(SITE, encoding="utf-8")
    return path


def screened(site: Path, *args: str, **env: str) -> tuple[dict[str, Any], str]:
    """The criteria of the result, and what was said beside it."""
    ran = run("screen", "--site", site, *args, "--format", "json", "--exit-zero", **env)
    assert ran.code == 0, ran.err
    found = json.loads(ran.out)
    return {one["id"]: one for one in found["criteria"]}, ran.err


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: case["file"].strip()[:30])
def test_a_wrong_site_file_is_refused(case: dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / "site.yaml"
    path.write_text(case["file"], encoding="utf-8")
    told = refusals(run("screen", "--site", path, "--alt", "22"))
    assert len(told) == len(case["says"]), told
    for line, says in zip(told, case["says"], strict=True):
        assert line.startswith(says.replace("@", str(path)))


def test_a_long_pattern_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "site.yaml"
    path.write_text(f"subject_pattern: {'a' * (MOST_PATTERN + 1)}\n", encoding="utf-8")
    with pytest.raises(InputError) as refused:
        read_site(load_trial(), path)
    assert "201 characters; at most 200 are read" in str(refused.value.problems[0])


def test_a_pattern_is_for_a_whole_code(site: Path) -> None:
    pattern = read_site(load_trial(), site).subject_pattern
    assert pattern is not None
    assert pattern.fullmatch("01-701-1015") and not pattern.fullmatch("01-701-10155")


def test_a_limit_of_the_site_decides(site: Path) -> None:
    criteria, said = screened(site, "--alt", "80")
    assert criteria["E14"]["met"] is True
    assert "ALT upper limit 40 U/L" in criteria["E14"]["reasons"][0]
    assert not said
    assert screened(site, "--alt", "79")[0]["E14"]["met"] is None


def test_a_limit_may_have_its_unit(site: Path) -> None:
    """0.6 µkat/L are 36 U/L."""
    assert screened(site, "--ast", "72")[0]["E14"]["met"] is True
    assert screened(site, "--ast", "71.9")[0]["E14"]["met"] is None


def test_the_environment_names_a_site_file_as_well(site: Path) -> None:
    ran = run("screen", "--alt", "80", "--format", "csv", TRIALSCREEN_SITE=str(site))
    assert ran.code == 3, ran.err


OWN = {
    "another limit": ("--alt", "80", "--alt-uln", "45"),
    "an unknown one": ("--alt", "80", "--alt-uln", "unknown"),
}


@pytest.mark.parametrize("args", OWN.values(), ids=OWN)
def test_a_patients_own_limit_wins_and_says_so(args: tuple[str, ...], site: Path) -> None:
    criteria, said = screened(site, *args)
    assert criteria["E14"]["met"] is None
    assert said == (
        f"note: --alt-uln (ALT upper limit) '{args[-1]}' is used, and not '40' of"
        f" {site}:2:12 limits.alt_uln\n"
    )


def test_the_same_limit_needs_no_word(site: Path) -> None:
    criteria, said = screened(site, "--alt", "80", "--alt-uln", "40.0")
    assert criteria["E14"]["met"] is True
    assert not said


def test_what_follows_from_an_own_report_keeps_the_limits_of_the_site_out(site: Path) -> None:
    """A ratio of 1.2 is not 22 of 40: it comes from a report with another limit."""
    criteria, said = screened(site, "--alt", "22", "--alt-x-uln", "1.2")
    assert criteria["E14"]["met"] is None
    assert said == (
        f"note: {site}:2:12 limits.alt_uln '40' is not used: the patient's own answers are from"
        " another report\n"
    )


def test_an_own_limit_keeps_the_other_of_the_site_out(site: Path) -> None:
    """A T4 of 11 below the site's 12, by a laboratory whose range is another one."""
    criteria, said = screened(site, "--tsh", "7", "--t4", "11", "--t4-uln", "19")
    assert criteria["E13"]["met"] is None
    assert "limits.t4_lln '12' is not used" in said
    same, _ = screened(site, "--tsh", "7", "--t4", "11", "--t4-uln", "22")
    assert same["E13"]["met"] is True


def test_a_report_takes_the_limits_and_says_where_from(site: Path, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    ran = run("report", "--site", site, "--alt", "80", "-o", page)
    assert ran.code == 0, ran.err
    assert "site file" in page.read_text(encoding="utf-8")


def test_every_limit_of_the_packaged_trial_can_stand_in_a_site_file() -> None:
    trial = load_trial()
    named = [one.name for one in trial.answerable() if one.name.endswith(("_lln", "_uln"))]
    booleans = {"hbv_dna_above_uln", "hcv_rna_above_uln"}
    ratios = {one for one in named if one.endswith("_x_uln")}
    assert set(limit_names(trial)) == set(named) - booleans - ratios


ROLES = {
    ("exclusion", "above"): "upper",
    ("exclusion", "at_least"): "unclear",
    ("exclusion", "below"): "lower",
    ("inclusion", "below"): "unclear",
    ("inclusion", "at_most"): "upper",
    ("inclusion", "at_least"): "lower",
    ("inclusion", "above"): "unclear",
}


@pytest.mark.parametrize(("kind", "operator"), ROLES)
def test_what_a_limit_is_follows_from_what_excludes(kind: str, operator: str) -> None:
    """A value at a limit of normal is normal; where that fits neither way, nothing is guessed."""
    test = {"weight": {operator: "height"}}
    for rule, of in ((test, kind), ({"not": test}, OTHER[kind]), ({"all": ["smoker", test]}, kind)):
        roles = limits_by_value(trial_with(rule, of))
        assert roles == {"weight": {"height": ROLES[kind, operator]}}


OTHER = {"inclusion": "exclusion", "exclusion": "inclusion"}


def test_a_limit_with_two_meanings_is_unclear() -> None:
    rule = {"any": [{"weight": {"above": "height"}}, {"weight": {"below": "height"}}]}
    assert limits_by_value(trial_with(rule, "exclusion")) == {"weight": {"height": "unclear"}}


def trial_with(rule: Any, kind: str) -> Trial:
    """The tiny trial with one more criterion."""
    document = yaml.load(
        (ROOT / "tests/data/tiny_trial.yaml").read_text(encoding="utf-8"), yaml.CSafeLoader
    )
    document["elements"]["height"]["unit"] = "kg"
    del document["elements"]["bmi"], document["inclusion"][0]
    document["exclusion"] = []
    document[kind] = [{"id": "X1", "label": "X", "text": "X", "rule": rule}]
    return parse_trial(yaml.safe_dump(document).replace("true", "yes").encode(), "made up")


def test_a_file_that_keeps_the_answers_keeps_the_limits_of_the_site(site: Path) -> None:
    """The values were judged by them, so that the file comes to the same without the site's."""
    path = site.with_name("answers.yaml")
    child = start("--site", str(site), "--alt", "80", "--save", str(path), "--interactive")
    quit_(child)
    kept = yaml.load(path.read_text(encoding="utf-8"), yaml.CSafeLoader)
    assert kept["alt_uln"] == {"value": "40", "note": "a limit of the site"}
    assert run("screen", path).code == 3


TABLE = """\
patient_id,alt,ast,ast_uln,tsh,t4
a,80,72,,,
b,79,72,36,,
c,,,,7,11.9
"""


def test_limits_of_the_site_hold_for_each_row_of_a_table(site: Path) -> None:
    """A column of the table wins, also where a cell of it is empty."""
    table = site.with_name("table.csv")
    table.write_text(TABLE, encoding="utf-8")
    ran = run("cohort", table, "-o", "-", "--site", site, "--screening-date", "2026-06-01")
    assert ran.code == 0, ran.err
    rows = {one["patient_id"]: one for one in csv.DictReader(ran.out.splitlines())}
    assert [rows[name]["E14"] for name in "abc"] == ["true", "true", ""]
    assert [rows[name]["E13"] for name in "abc"] == ["", "", "true"]
    assert "limits.ast_uln '0.6 ukat/L' is not used: the table has the column ast_uln" in ran.err
    without = run("cohort", table, "-o", "-", "--screening-date", "2026-06-01")
    assert "a,undetermined" in without.out


def test_what_follows_from_limits_in_a_table_keeps_those_of_the_site_out(site: Path) -> None:
    table = site.with_name("table.csv")
    table.write_text("patient_id,alt,alt_x_uln\na,80,1.2\n", encoding="utf-8")
    ran = run("cohort", table, "-o", "-", "--site", site, "--screening-date", "2026-06-01")
    assert "limits.alt_uln '40' is not used: the table has the column alt_x_uln" in ran.err
    assert "a,undetermined" in ran.out


def test_spark_takes_no_limits_of_a_site(site: Path) -> None:
    told = refusals(run("cohort", "t.parquet", "-o", "out", "--engine", "spark", "--site", site))
    assert told == [
        "--site: holds limits, and is not for --engine spark; leave it out, or use files on this"
        " machine"
    ]
