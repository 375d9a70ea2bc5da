"""The page of `screen` that one takes in, and the full one."""

import re
import shlex
import sys
from dataclasses import replace
from typing import Any

import pexpect
import pytest
import yaml

from tests.process import PATIENTS, ROOT, TIMEOUT, environment, run
from trialscreen import load_trial
from trialscreen.output.report.render import plain
from trialscreen.output.report.trial_page import cohorts_in_short

TRIAL = load_trial()
CASES = yaml.load((ROOT / "tests/data/pages/summary.yaml").read_text("utf-8"), yaml.CSafeLoader)
FULL = (
    *("Inclusion criteria", "Exclusion criteria", "Still needed", "What would change this"),
    *("Please check", "Dose cohorts", "About this result"),
)


def lines_of(given: str, *more: str, columns: int = 80, **env: str) -> list[str]:
    args = shlex.split(given.replace("docs/patients", str(PATIENTS)))
    return run("screen", *args, *more, COLUMNS=str(columns), **env).out.splitlines()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["given"])
@pytest.mark.parametrize("columns", [80, 50])
def test_the_page_is_short_begins_and_ends_with_the_verdict(
    case: dict[str, Any], columns: int
) -> None:
    lines = [line.strip() for line in lines_of(case["given"], columns=columns)]
    assert len(lines) <= case["lines"][columns]
    flat = " ".join(" ".join(lines).replace("│", " ").split())
    assert re.match(rf"╭─+╮ {re.escape(case.get('begins', case['verdict']))} ", flat)
    assert flat.endswith(f"approved protocol. {case['verdict']}")
    assert len(case["verdict"]) > columns or lines[-1] == case["verdict"]
    assert [line for line in lines if line in case["parts"]] == case["parts"]
    for one in TRIAL.criteria:
        label = one.label[:12]
        assert sum(bool(re.match(rf"{one.id}\b +{label}", line)) for line in lines) == 1


def test_a_value_that_is_only_ever_derived_may_be_awaited_as_well() -> None:
    given = "--from docs/patients/eligible.yaml"
    for name, value in (("age", "birth_date"), ("bmi", "height")):
        awaited = (f"--{name}", "pending")
        assert "Awaited (1)" not in " ".join(lines_of(given, *awaited))
        unknown = (f"--{value.replace('_', '-')}", "unknown")
        assert "Awaited (1)" in " ".join(lines_of(given, *awaited, *unknown))


def test_what_is_awaited_and_decides_nothing_is_not_needed() -> None:
    """No virus is looked for without an antibody; the result itself lists what was said."""
    given = "--from docs/patients/eligible.yaml --hcv-rna-above-uln pending"
    assert "awaited" not in " ".join(lines_of(given, "--full")).lower()
    assert '"element": "hcv_rna_above_uln"' in "\n".join(lines_of(given, "--format", "json"))
    assert "Awaited (1)" in " ".join(lines_of(given, "--hcv-antibody", "positive"))


def test_every_example_patient_is_among_the_cases() -> None:
    given = {case["given"] for case in CASES}
    screened = {path.name for path in PATIENTS.glob("*.yaml")} - {"bad_input.yaml"}
    assert {f"--from docs/patients/{name}" for name in screened} <= given


@pytest.mark.parametrize("columns", [80, 50])
@pytest.mark.parametrize("form", [(), ("--plain",)])
def test_a_criterion_that_passes_takes_one_line(columns: int, form: tuple[str, ...]) -> None:
    given = "--from docs/patients/undetermined.yaml --rankl-inhibitor-use no"  # on no reading
    lines = lines_of(given, "--rankl-inhibitor-last-dose-date", "unknown", *form, columns=columns)
    at = lines.index("Passes (11)")
    assert all(re.match(r"[IE]\d+ .*✓ (met|clear)", line) for line in lines[at + 1 : at + 12])
    assert not lines[at + 12].strip()


@pytest.mark.parametrize("form", ["table", "plain", "markdown"])
def test_no_detail_of_the_dose_cohorts_is_told_twice(form: str) -> None:
    shown = " ".join(lines_of("--from docs/patients/eligible.yaml", "--format", form))
    for cohort in TRIAL.registration.dose_cohorts:
        for told in (cohort.name, cohort.dose, cohort.intervention, cohort.description):
            assert shown.replace("\\", "").count(told) == 1, told


def test_what_excludes_for_good_needs_nothing_more() -> None:
    shown = "\n".join(lines_of("--weight 38 --sex male"))
    assert "Time alone does not clear I2, I3." in shown and "Laboratory" not in shown


def test_what_a_washout_ends_is_said_with_its_day_and_what_is_needed_then() -> None:
    shown = "\n".join(lines_of("--from docs/patients/ineligible_washout.yaml --tsh unknown"))
    assert "On 2026-11-19 E8 will no longer fail, if nothing else changes." in shown
    assert re.search(r"Laboratory \(\d\) +TSH", shown)


def test_what_is_known_and_not_enough_is_a_reason() -> None:
    shown = " ".join(lines_of("--from docs/patients/eligible.yaml --tsh '>5'", "--plain"))
    assert "E13 Thyroid disease, TSH or T4 abnormal: ? open; TSH >5 µIU/mL leaves it open" in shown


@pytest.mark.parametrize("more", ["--full", "--explain", "--verbatim"])
def test_the_full_page_has_all_its_parts(more: str) -> None:
    lines = lines_of("--from docs/patients/undetermined.yaml", more)
    assert tuple(line for line in lines if line in FULL) == FULL
    assert len(lines) > 150


@pytest.mark.parametrize("form", ["json", "csv"])
def test_data_are_the_same_with_and_without_full(form: str) -> None:
    given = "--from docs/patients/undetermined.yaml --format {form}"
    assert lines_of(given) == lines_of(given, "--full")


@pytest.mark.parametrize("term", ["dumb", "xterm"])
def test_the_page_is_as_wide_as_the_terminal(term: str) -> None:
    env = environment(TERM=term, COLUMNS="")
    args = ["-m", "trialscreen", "screen", "docs/patients/eligible.yaml"]
    child = pexpect.spawn(sys.executable, args, dimensions=(60, 50), env=env, cwd=str(ROOT))
    child.expect(pexpect.EOF, timeout=TIMEOUT)
    lines = re.sub(r"\x1b\[[\d;]*m", "", child.before.decode()).splitlines()
    assert 40 < max(map(len, lines)) <= 50


def test_a_dumb_terminal_gets_no_box() -> None:
    lines = lines_of("--from docs/patients/ineligible_washout.yaml", TERM="dumb")
    assert not set("".join(lines)) & set("─│╭╮╰╯━┃|")
    assert lines[0] == lines[-1] == "INELIGIBLE for NCT06949137 on 2026-06-01"


@pytest.mark.parametrize(
    "case", [case for case in CASES if "says" in case], ids=lambda case: case["given"]
)
@pytest.mark.parametrize("form", ["table", "plain", "markdown"])
def test_the_page_says_what_is_told_beside_findings(case: dict[str, Any], form: str) -> None:
    def words(text: str) -> str:
        return " ".join(re.sub(r"[:;|│\\]|<br>", " ", text).split())

    shown = words(" ".join(lines_of(case["given"], "--format", form, columns=300)))
    for line in case["says"]:
        assert words(line) in shown


@pytest.mark.parametrize("count", [0, 1, 2])
def test_cohorts_are_told_however_many_there_are(count: int) -> None:
    registration = TRIAL.registration._replace(dose_cohorts=TRIAL.registration.dose_cohorts[:count])
    told = plain.render(tuple(cohorts_in_short(replace(TRIAL, registration=registration))))
    first = TRIAL.registration.dose_cohorts[0]
    assert told.count("Dose Group:") == count
    assert told.count(first.intervention) == told.count(first.description) == min(count, 1)
    assert ("Each: " in told) == (count == 2)
