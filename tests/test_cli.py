"""The command line driven as a process: commands, formats, exit codes, flags, sources."""

import csv
import io
import json
import shlex
import shutil
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from tests.process import PATIENTS, ROOT, Ran, run, spawn
from trialscreen import __version__, load_trial
from trialscreen.cli.commands import EXAMPLES

TRIAL = load_trial()
IDS = [criterion.id for criterion in TRIAL.criteria]
ON = ("--screening-date", "2026-06-01")
WEIGHT = ("--weight", "55")
NO_ANSWERS = "error: no answers given"
NOTHING = "note: no question has an answer; every value is treated as unknown\n"
NO_TERMINAL = "error: the interview: needs a terminal"
SCHEMA = json.loads((ROOT / "trialscreen/output/report/result.schema.json").read_text("utf-8"))
VERDICTS = [
    ("eligible.yaml", 0, "eligible"),
    ("ineligible_lab.yaml", 3, "ineligible"),
    ("ineligible_washout.yaml", 3, "ineligible"),
    ("undetermined.yaml", 4, "undetermined"),
]


def screened(*args: str | Path, stdin: str = "", **env: str) -> dict[str, Any]:
    """The JSON result of `screen`; nothing else may be said."""
    ran = run("screen", "--format", "json", *args, stdin=stdin, **env)
    assert ran.code in (0, 3, 4), ran
    assert not ran.err
    result: dict[str, Any] = json.loads(ran.out)
    return result


def rows(ran: Ran) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(ran.out)))


# Help, version, the commands.


@pytest.mark.parametrize("help_flag", ["--help", "-h"])
@pytest.mark.parametrize("command", [[], ["screen"], ["elements"], ["trial"], ["check"]])
def test_every_command_explains_itself(command: list[str], help_flag: str) -> None:
    ran = run(*command, help_flag)
    assert ran.code == 0
    assert not ran.err
    assert "Usage: " in ran.out
    assert all(name in ran.out for name in ("screen", *command))


@pytest.mark.parametrize("command", ["screen", "report"])
def test_help_fits_two_screens_examples_first(command: str) -> None:
    lines = run(command, "--help", COLUMNS="80").out.splitlines()
    assert len(lines) <= 60
    assert lines[2] == "Examples:"
    assert lines.index("Options:") > 2
    assert max(map(len, lines)) <= 80


@pytest.mark.parametrize(("command", "line"), [(c, e[0]) for c in EXAMPLES for e in EXAMPLES[c]])
def test_every_example_of_help_is_used_as_it_stands(
    command: str, line: str, tmp_path: Path
) -> None:
    words = shlex.split(line)
    given = {word for word in words if word.endswith(".yaml")} - {*after(words, "-o", "--save")}
    for name in given:
        shutil.copy(PATIENTS / "eligible.yaml", tmp_path / name)
    if "site.log" in words:
        logged = ("--log", "site.log", "--subject", "S-014", "--by", "JW")
        for _ in range(7):
            run("screen", PATIENTS / "eligible.yaml", *logged, folder=tmp_path)
    ran = run(*words, folder=tmp_path)
    assert words[0] == command
    assert ran.code in (0, 3, 4) or ran.err.startswith((NO_TERMINAL, NO_ANSWERS)), ran


def after(words: list[str], *options: str) -> list[str]:
    return [word for option, word in pairwise(words) if option in options]


# Data elements, and blank files for them.


def test_every_element_is_listed_with_its_flag_under_its_section() -> None:
    out = run("elements", COLUMNS="200").out
    flags = ["--" + element.name.replace("_", "-") for element in TRIAL.answerable()]
    assert all(f" {flag} " in out for flag in flags)
    assert all(f"\n{section.title} ({section.id})\n" in f"\n{out}" for section in TRIAL.sections)
    listed = json.loads(run("elements", "--format", "json").out)
    assert [one["flag"] for one in listed] == flags
    weight = next(one for one in listed if one["element"] == "weight")
    assert (weight["type"], weight["unit"], weight["other_units"]) == (
        "quantity",
        "kg",
        ["lb", "g"],
    )
    assert (weight["range"], weight["source"]) == ([20, 300], "chart")
    assert [row["element"] for row in rows(run("elements", "--format", "csv"))] == [
        element.name for element in TRIAL.answerable()
    ]


@pytest.mark.parametrize(
    ("wanted", "sections"),
    [
        ("fractures", {"fractures"}),
        ("Fractures", {"fractures"}),
        ("dxa report", {"imaging"}),
        ("laboratory", {"calcium", "thyroid", "liver_kidney", "infection"}),
        ("Laboratory: thyroid", {"thyroid"}),
    ],
)
def test_a_section_is_meant_by_its_id_or_title(wanted: str, sections: set[str]) -> None:
    listed = json.loads(run("elements", wanted, "--format", "json").out)
    assert {one["section"] for one in listed} == sections


def test_a_section_that_there_is_not_is_told_with_those_there_are() -> None:
    ran = run("elements", "fracture")
    assert ran.code == 2
    assert ran.err.startswith(
        "error: elements: no section is named 'fracture'. Did you mean 'fractures'? Known: scr"
    )


def test_the_version_is_the_packages() -> None:
    assert run("--version") == (0, f"trialscreen {__version__}\n", "")


def test_without_a_command_the_help_is_shown_as_for_bad_usage() -> None:
    assert run().code == 2


# Verdicts, exit codes and formats of `screen`.


@pytest.mark.parametrize(("file", "code", "verdict"), VERDICTS)
def test_the_verdict_is_the_exit_code(file: str, code: int, verdict: str) -> None:
    args = ("screen", "--from", PATIENTS / file)
    table, markdown = run(*args), run(*args, "--format", "markdown")
    as_csv, zero = run(*args, "--format", "csv"), run(*args, "--format", "json", "--exit-zero")
    assert [table.code, markdown.code, as_csv.code, zero.code] == [code, code, code, 0]
    assert not table.err + markdown.err + as_csv.err + zero.err
    title = f"{verdict.upper()} for NCT06949137 on 2026-06-01"
    if verdict == "eligible":  # by reading A8
        title = "ELIGIBLE on an unconfirmed reading (NCT06949137 on 2026-06-01)"
    assert title in table.out
    assert f"**{title}**" in markdown.out
    assert {row["verdict"] for row in rows(as_csv)} == {verdict}
    assert [row["id"] for row in rows(as_csv)] == IDS
    assert json.loads(zero.out)["verdict"] == verdict


@pytest.mark.parametrize(("file", "code", "verdict"), VERDICTS)
def test_the_json_result_keeps_the_contract(file: str, code: int, verdict: str) -> None:
    result = screened("--from", PATIENTS / file)
    jsonschema.validate(result, SCHEMA)
    assert {
        *("schema_version", "trial", "screening_date", "verdict", "criteria"),
        *("missing", "dose_cohorts", "open"),
    } <= set(result)
    assert result["trial"]["nct_id"] == "NCT06949137"
    assert (result["screening_date"], result["verdict"]) == ("2026-06-01", verdict)
    assert result["open"] == ("data" if code == 4 else None)
    assert [one["id"] for one in result["criteria"]] == IDS
    keys = {"id", "kind", "text", "met", "passes", "reasons", "missing", "clears_on"}
    open_names = {name for names in result["missing"].values() for name in names}
    for one, criterion in zip(result["criteria"], TRIAL.criteria, strict=True):
        assert keys <= set(one)
        assert (one["kind"], one["text"]) == (criterion.kind, criterion.text)
        inverted = {True: False, False: True, None: None}[one["met"]]
        assert one["passes"] == (one["met"] if criterion.kind == "inclusion" else inverted)
        assert one["reasons"] if one["met"] is not None else one["missing"]
        assert set(one["missing"]) <= open_names <= set(TRIAL.elements)
    assert [cohort["dose"] for cohort in result["dose_cohorts"]] == [
        *("6.0×10^7", "1.2×10^8", "2.4×10^8")
    ]


def test_an_ineligible_patient_is_told_when_the_criterion_clears() -> None:
    result = screened("--from", PATIENTS / "ineligible_washout.yaml")
    found = {one["id"]: one["clears_on"] for one in result["criteria"] if one["clears_on"]}
    assert list(found) == ["E8"]
    assert date.fromisoformat(found["E8"]) > date(2026, 6, 1)


@pytest.mark.parametrize(
    ("signed", "pending", "summary"),
    [
        ("yes", "judgement", "No data are missing; only the investigator's judgement is open."),
        ("no", "consent", "Prescreen: nothing excludes so far; consent pending; 2 criteria open."),
        ("unknown", "consent", "Prescreen: nothing excludes so far; consent pending; 2 crit"),
    ],
)
def test_only_consent_and_judgement_are_open_when_the_data_are_complete(
    signed: str, pending: str, summary: str
) -> None:
    left_open = (f"--informed-consent-signed={signed}", "--investigator-deems-unsuitable=unknown")
    result = screened("--from", PATIENTS / "eligible.yaml", *left_open)
    assert (result["verdict"], result["open"]) == ("undetermined", pending)
    assert result["summary"].startswith(summary)


def test_a_signature_that_is_not_there_yet_fails_nothing_and_is_still_shown() -> None:
    patient = PATIENTS / "eligible.yaml"
    ran = run("screen", "--from", patient, "--informed-consent-signed=no", "--format=json")
    result = json.loads(ran.out)
    first = result["criteria"][0]
    assert (ran.code, result["open"], first["passes"]) == (4, "consent", None)
    assert (first["status"], first["missing"]) == ("open", ["informed_consent_signed"])
    assert first["reasons"] == ["informed consent signed: not yet"]
    assert result["values"]["informed_consent_signed"] == "not yet"


def test_declining_fails_the_consent_criterion_and_data_come_before_consent() -> None:
    declined = screened("--willing-to-participate=no", "--informed-consent-signed=no")
    assert (declined["verdict"], declined["criteria"][0]["passes"]) == ("ineligible", False)
    unsigned = screened(
        "--from", PATIENTS / "eligible.yaml", "--sex=unknown", "--informed-consent-signed=no"
    )
    assert unsigned["open"] == "data"
    assert "consent pending; 3 criteria open. Data are missing for 2." in unsigned["summary"]


# `trial` and `criteria`.


def test_the_trial_is_shown_in_every_format() -> None:
    table, markdown = run("trial"), run("trial", "--format", "markdown")
    as_json, as_csv = run("trial", "--format", "json"), run("trial", "--format", "csv")
    for ran in (table, markdown, as_json, as_csv):
        assert ran.code == 0
        assert not ran.err
        assert "NCT06949137" in ran.out
        assert "RECRUITING" in ran.out
    assert [one["name"] for one in json.loads(as_json.out)["dose_cohorts"]] == [
        *("Low Dose Group", "Medium Dose Group", "High Dose Group")
    ]
    assert {"field": "NCT ID", "value": "NCT06949137"} in rows(as_csv)


def test_the_criteria_are_shown_in_every_format() -> None:
    table, markdown = run("criteria"), run("criteria", "--format", "markdown")
    as_json, as_csv = run("criteria", "--format", "json"), run("criteria", "--format", "csv")
    assert [ran.code for ran in (table, markdown, as_json, as_csv)] == [0, 0, 0, 0]
    assert all(f"\n{id_} (" in f"\n{table.out}" for id_ in IDS)
    assert all(f"## {id_} (" in markdown.out for id_ in IDS)
    texts = [criterion.text for criterion in TRIAL.criteria]
    assert [one["text"] for one in json.loads(as_json.out)] == texts
    assert [row["text"] for row in rows(as_csv)] == texts


def test_one_criterion_can_be_chosen_in_either_case() -> None:
    chosen = run("criteria", "e8", "--format", "json")
    assert [one["id"] for one in json.loads(chosen.out)] == ["E8"]


def test_explain_shows_the_clauses_and_verbatim_the_registered_words() -> None:
    wide = {"COLUMNS": "4000"}
    plain = run("screen", *ON, *WEIGHT, "--format", "markdown")
    explained = run("screen", *ON, *WEIGHT, "--explain", **wide)
    verbatim = run("screen", *ON, *WEIGHT, "--verbatim", **wide)
    last_lines = [criterion.text.splitlines()[-1] for criterion in TRIAL.criteria]
    assert all(line in verbatim.out for line in last_lines)
    assert not all(line in plain.out for line in last_lines)
    assert explained.out.count("Rule: ") == len(IDS)
    assert "Rule: " not in plain.out


# Flags, files and standard input.


@pytest.mark.parametrize(
    ("args", "name", "shown"),
    [
        (["--weight", "55"], "weight", "55 kg"),
        (["--weight=55"], "weight", "55 kg"),
        (["--weight", "121 lb"], "weight", "54.88467677 kg"),
        (["--weight", "５５"], "weight", "55 kg"),
        (["--high-fall-risk", "yes"], "high_fall_risk", "yes"),
        (["--high-fall-risk", "no"], "high_fall_risk", "no"),
        (["--high-fall-risk", "unknown"], "high_fall_risk", None),
        (["--menopause-type", "natural"], "menopause_type", "Natural, at 40 years or later"),
        (["--sex", "Female"], "sex", "Female"),
        (["--pth-analog-last-dose-date", "2026-03"], "pth_analog_last_dose_date", "2026-03"),
        (["--hbv-dna", "<20"], "hbv_dna", "<20 copies/mL"),
        (["--lumbar-spine-t-score", "-3.1"], "lumbar_spine_t_score", "-3.1"),
        (["--lumbar-spine-t-score=-3.1"], "lumbar_spine_t_score", "-3.1"),
    ],
)
def test_a_flag_states_a_fact(args: list[str], name: str, shown: str | None) -> None:
    assert screened(*ON, *args)["values"] == ({} if shown is None else {name: shown})


def _typed(text: str) -> object:
    """A text as a JSON file would hold it."""
    words = {"yes": True, "no": False, "unknown": None}
    if text in words:
        return words[text]
    try:
        number: object = json.loads(text)
    except ValueError:
        return text
    return number


def test_flags_yaml_and_json_from_a_file_or_standard_input_say_the_same(tmp_path: Path) -> None:
    text = (PATIENTS / "ineligible_washout.yaml").read_text(encoding="utf-8")
    answers: dict[str, str] = yaml.load(text, Loader=yaml.CBaseLoader)  # noqa: S506
    flags = [f"--{name.replace('_', '-')}={value}" for name, value in answers.items()]
    as_json = json.dumps({name: _typed(value) for name, value in answers.items()})
    json_file, noted = tmp_path / "patient.json", tmp_path / "noted.yaml"
    json_file.write_text(as_json, encoding="utf-8-sig")
    lines = (f'{name}: {{value: "{value}", note: seen}}' for name, value in answers.items())
    noted.write_text("\r\n".join(lines), encoding="utf-8")
    expected = screened(*flags)
    assert screened("--from", PATIENTS / "ineligible_washout.yaml") == expected
    assert screened("--from", "-", stdin=text) == expected
    assert screened("--from", json_file) == expected
    assert screened("--from", "-", stdin=as_json) == expected
    assert screened("--from", noted) == expected


def test_flags_win_over_the_file() -> None:
    result = screened("--from", PATIENTS / "eligible.yaml", "--weight", "38", "--sex=unknown")
    assert result["values"]["weight"] == "38 kg"
    assert "sex" not in result["values"]
    assert result["verdict"] == "ineligible"


def test_a_file_whose_name_begins_like_an_option_stands_behind_two_dashes(tmp_path: Path) -> None:
    (tmp_path / "-a.yaml").write_text("weight: 38\n", encoding="utf-8")
    assert run("screen", "--screening-date=2026-06-01", "--", "-a.yaml", folder=tmp_path).code == 3
    assert run("report", "-o", "a.html", "--", "-a.yaml", folder=tmp_path).code == 0


def test_an_empty_answers_object_is_a_patient_of_whom_nothing_is_known() -> None:
    ran = run("screen", "--format", "json", "--from", "-", stdin="{}")
    result = json.loads(ran.out)
    assert (result["verdict"], result["open"], result["values"]) == ("undetermined", "data", {})
    assert ran.err == NOTHING


@pytest.mark.parametrize(
    ("answers", "is_told"),
    [
        ("{}", True),
        ("screening_date: 2026-06-01", True),
        ("subject: S-014", True),
        ("weight:", True),
        ("weight: unknown", False),
        ("weight: 58", False),
    ],
)
def test_it_is_said_if_no_question_is_answered(answers: str, is_told: bool, tmp_path: Path) -> None:
    file = tmp_path / "given.yaml"
    file.write_text(answers, "utf-8")
    told = NOTHING if is_told else ""
    ran = run("screen", file)
    assert (ran.code, ran.err) == (4, told)
    page = run("report", "--from", file, "-o", tmp_path / "record.html")
    assert (page.code, page.err) == (0, told)


@pytest.mark.parametrize(("zone", "hours"), [("EAST-14", 14), ("WEST+12", -12)])
def test_the_screening_date_is_today_where_the_user_is(zone: str, hours: int) -> None:
    before = (datetime.now(UTC) + timedelta(hours=hours)).date()
    result = json.loads(spawn("screen", *WEIGHT, "--format", "json", TZ=zone).out)
    table = spawn("screen", *WEIGHT, "--screening-date", "unknown", TZ=zone).out
    after = (datetime.now(UTC) + timedelta(hours=hours)).date()
    assert before <= date.fromisoformat(result["screening_date"]) <= after
    assert any(f"UNDETERMINED for NCT06949137 on {day}" in table for day in (before, after))


def test_numbers_and_labels_are_shown_as_the_criteria_file_writes_them(tmp_path: Path) -> None:
    text = (ROOT / "tests" / "data" / "tiny_trial.yaml").read_text("utf-8")
    text = text.replace("at_least: 18", "at_least: 18.50").replace("[8, 80]", "[8.0, 8.0e1]")
    text = text.replace("m: Male", "m: Male by Passport").replace("below: 30", "below: 3e1")
    (path := tmp_path / "written.yaml").write_text(text, "utf-8")
    shown = run("--criteria", path, "criteria").out
    assert "BMI ≥ 18.50 kg/m²" in shown and "sex is Male by Passport" in shown
    asked = ("--criteria", path, "screen", "--screening-date", "2026-06-01")
    given = ("--weight", "25", "--height", "117", "--sex", "m")
    screened = run(*asked, *given, "--full", "--format", "plain")
    assert "height 117 cm) < 18.50" in screened.out
    assert "BMI is 0.2372 kg/m² below 18.50 kg/m²." in screened.out
    refused = run(*asked, "--bmi", "90")
    assert "expected 8.0 to 8.0e1 kg/m²" in refused.err


@pytest.mark.parametrize("given", [["--log", "60"], ["--log=60"], ["--from", "60"], ["--help"]])
def test_an_element_that_is_named_as_an_option_is_given_in_a_file(
    tmp_path: Path, given: list[str]
) -> None:
    name = given[0].partition("=")[0].removeprefix("--")
    tiny = (ROOT / "tests" / "data" / "tiny_trial.yaml").read_text("utf-8")
    trial, answers = tmp_path / "trial.yaml", tmp_path / "answers.yaml"
    trial.write_text(tiny.replace("weight", name), "utf-8")
    answers.write_text(f"{name}: 50\nsmoker: no\n", "utf-8")
    refused = run("--criteria", trial, "screen", *given, *ON)
    assert refused.code == 2
    assert f"--{name}: is an option and a data element; give the element in a file" in refused.err
    assert refused.err.count("\n") == 1
    assert run("--criteria", trial, "screen", answers, *ON).code == 4


def test_another_criteria_file_is_named_by_option_or_variable_and_the_option_wins() -> None:
    tiny = ROOT / "tests" / "data" / "tiny_trial.yaml"
    other = ROOT / "tests" / "data" / "spec" / "trial.yaml"
    by_option = run("--criteria", tiny, "screen", "--weight", "50", "--smoker=no", *ON)
    by_variable = run(
        "screen", "--weight", "50", "--smoker=no", *ON, TRIALSCREEN_CRITERIA=str(tiny)
    )
    both = run("--criteria", tiny, "criteria", "--format", "csv", TRIALSCREEN_CRITERIA=str(other))
    assert by_option == by_variable
    assert by_option.code == 4
    assert "UNDETERMINED for NCT00000001 on 2026-06-01" in by_option.out
    assert [row["id"] for row in rows(both)] == ["I1", "E1"]
    assert run("check", TRIALSCREEN_CRITERIA="").out.startswith("criteria.yaml: ")


def test_the_result_says_which_criteria_file_it_used() -> None:
    result = screened(*ON, *WEIGHT)["trial"]
    assert (result["criteria_file"], result["criteria_version"]) == ("criteria.yaml", TRIAL.version)
    assert result["criteria_sha256"] == TRIAL.sha256
    assert f"SHA-256 {TRIAL.sha256[:16]}" in run("screen", *ON, *WEIGHT).out


def test_a_criteria_file_without_a_name_is_refused() -> None:
    ran = run("--criteria", "", "trial")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith("error: --criteria: '' names no file")


# What a start does not need.

NOT_AT_THE_START = """
import sys
before = {*sys.modules}  # where coverage is measured, it has imported some itself
from trialscreen.cli import main
from trialscreen import load_trial
heavy = {"json", "openpyxl", "polars", "pyspark", "rich", "sqlglot", "yaml"}
print(*sorted(heavy & ({*sys.modules} - before)), file=sys.stderr)
sys.argv[1:] = "screen", "--weight", "55", "--format", "json", "--exit-zero"
try:
    main()
except SystemExit:
    heavy = {"openpyxl", "polars", "pydantic", "pyspark", "rich", "sqlglot"}
    print(*sorted(heavy & ({*sys.modules} - before)), file=sys.stderr)
"""
NOT_FOR_A_COHORT = """
import sys
import trialscreen.cli.cohort
import trialscreen.tables.cohort.run
others = {"pydantic", "trialscreen.answers.site_file", "trialscreen.screening.evaluate", "yaml"}
print(*sorted(others & {*sys.modules}), file=sys.stderr)
"""


@pytest.mark.parametrize("imports", [NOT_AT_THE_START, NOT_FOR_A_COHORT])
def test_parsers_tables_and_engines_are_imported_where_they_are_used(imports: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", imports], capture_output=True, text=True, check=True
    )
    assert not done.stderr.strip()
