"""The documentation says what is true: generated parts are current, links lead somewhere."""

import io
import re
from contextlib import redirect_stdout
from pathlib import Path

import pytest

import trialscreen
from tests.tools.docs_build import (
    PATIENTS,
    README,
    ROOT,
    commands,
    hand_written,
    patients,
    run,
    stale,
)
from trialscreen.criteria_file.lint import RULES
from trialscreen.criteria_file.reader import fields_of
from trialscreen.model.formulas import FORMULAS
from trialscreen.model.registration import Registration
from trialscreen.model.rules import Operator
from trialscreen.model.trial import Criterion, Element

REFERENCE = ROOT / "docs" / "reference"
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md"]
PAGES += sorted((ROOT / "docs").rglob("*.md"))
EXAMPLE = re.compile(r"\| \[(\S+)\]\((\S+)\) \| (\d+) \| (\w+) \| (.+) \|")


def test_everything_generated_is_current() -> None:
    assert stale() == [], "run: python -m tests.tools.docs_build"


def test_every_command_is_documented() -> None:
    page = (REFERENCE / "cli.md").read_text("utf-8")
    assert commands()
    for name, command in commands().items():
        assert command.help, name
        assert f"## `trialscreen {name}`\n" in page


def test_every_flag_of_a_data_element_is_documented() -> None:
    elements = (REFERENCE / "elements.md").read_text("utf-8")
    for element in trialscreen.load_trial().answerable():
        flag = "--" + element.name.replace("_", "-")
        assert f"| `{flag}` |" in elements


def test_every_key_of_a_criteria_file_is_documented() -> None:
    page = (REFERENCE / "criteria-file.md").read_text("utf-8")
    words = set(re.findall(r"\w+", page))
    fields = {key for kind in (Registration, Criterion, Element) for key in fields_of(kind)}
    # A criterion's kind is the list that it stands in; the others are parts of keys.
    without_a_key = {"kind", "alternatives", "other_sources"}
    operators = {operator.value for operator in Operator}
    rules = {"is", "one_of", "within", "longer_ago_than", "all", "any", "not", "at_least_n"}
    assert {
        *fields,
        "implied_by",
        *operators,
        *rules,
        "clause",
        *FORMULAS,
    } - words == without_a_key


def test_every_lint_rule_is_documented() -> None:
    page = (ROOT / "docs" / "how-to" / "criteria-file.md").read_text("utf-8")
    for rule in RULES:
        assert f"| {rule} |" in page


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_to_files_and_headings(page: Path) -> None:
    for target in _links(page):
        if target.startswith(("https://", "http://")):
            continue
        name, _, heading = target.partition("#")
        place = (page.parent / name).resolve() if name else page
        assert place.is_relative_to(ROOT), target
        assert place.exists(), target
        if heading:
            assert heading in _headings(place), target


def test_every_page_is_linked_from_the_index() -> None:
    index = ROOT / "docs" / "index.md"
    linked = {(index.parent / target).resolve() for target in _links(index)}
    assert {page for page in PAGES if page.parent != ROOT} - linked == {index}


def test_readme_example_table_agrees_with_the_real_runs() -> None:
    rows = EXAMPLE.findall((ROOT / README).read_text("utf-8"))
    assert [Path(place) for _, place, *_ in rows] == [PATIENTS / p.name for p in patients()]
    verdicts = {0: "eligible", 2: "refused", 3: "ineligible", 4: "undetermined"}
    for _, place, code, verdict, _ in rows:
        assert run(f"trialscreen screen --from {place}").code == int(code)
        assert verdict == verdicts[int(code)]


@pytest.mark.parametrize(
    ("page", "printed"),
    [
        ("README.md", "ineligible\n"),
        ("docs/how-to/scripts.md", "ineligible ['I3']\nineligible ['E13']\n"),
    ],
)
def test_python_examples_print_what_the_page_says(page: str, printed: str) -> None:
    (example,) = re.findall(r"```python\n(.*?)```", (ROOT / page).read_text("utf-8"), re.DOTALL)
    out = io.StringIO()
    with redirect_stdout(out):
        exec(compile(example, page, "exec"), {})  # noqa: S102 - our own page
    assert out.getvalue() == printed


def test_readings_named_in_the_pages_exist() -> None:
    known = {one.ref for c in trialscreen.load_trial().criteria for one in c.readings}
    for path in hand_written():
        named = set(re.findall(r"\bA\d{1,2}\b", (ROOT / path).read_text("utf-8"))) - {"A4"}
        assert named <= known, path


def _links(page: Path) -> list[str]:
    """The targets of Markdown links and pictures; code is left out."""
    text = re.sub(r"```.*?```|`[^`\n]*`", "", page.read_text("utf-8"), flags=re.DOTALL)
    return re.findall(r"(?<!\\)\]\(([^)\s]+)\)", text)


def _headings(page: Path) -> set[str]:
    """The anchors that GitHub makes of a page's headings."""
    text = re.sub(r"```.*?```", "", page.read_text("utf-8"), flags=re.DOTALL)
    titles = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}
