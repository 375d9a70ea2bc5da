"""Whatever is written, as a value or as a file: it is read, or refused with its own error."""

from datetime import date
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.sizes import examples
from trialscreen import InputError, load_trial
from trialscreen.answers.answer import read_facts
from trialscreen.answers.answers_file import read_answers
from trialscreen.answers.values import read_value
from trialscreen.criteria_file.lint import lint
from trialscreen.criteria_file.yaml_trial import parse_trial
from trialscreen.model.errors import Problem, ValueProblem
from trialscreen.model.facts import Dates, Exactly, Numbers
from trialscreen.model.trial import ElementType
from trialscreen.output.report.screening_data import result
from trialscreen.output.report.trial_page import criteria_page, trial_page
from trialscreen.screening.screen import screen

ON = date(2026, 6, 1)
TRIAL = load_trial()
TINY = (Path(__file__).parent / "data" / "tiny_trial.yaml").read_bytes()
PATIENT = (Path(__file__).parent.parent / "docs/patients/undetermined.yaml").read_bytes()[:1200]

PIECES = (
    *"0123456789.,-+eExX×*^<>=≤≥:/%'_ [](){}",
    *("unknown", "yes", "to", "..", "10^", "1e999", "2026-", "-02-30", "kg", "mg/dL", "µ"),
    *("²", "３", "\x00", "\x1b[31m", "\u202e", "\n", "∞", "nan"),
)
TEXTS = st.one_of(st.text(max_size=220), st.lists(st.sampled_from(PIECES)).map("".join))
SCRAPS = (
    *(b"[", b"]", b"{", b"}", b": ", b"- ", b"\n", b"  ", b"&a ", b"*a", b"!!x ", b'"', b"'"),
    *(b"|\n", b"? ", b",", b"#", b"---\n", b"~", b"\xff", b"\x00", b"\\e", b"any:", b"all: []"),
    *(b"not: ", b"yes", b"1e999", b"bmi", b"bmi(bmi, bmi)", b"6 months", b"at_least: ", b""),
)
EDITS = st.lists(
    st.tuples(st.floats(0, 1), st.integers(0, 12), st.sampled_from(SCRAPS)), min_size=1, max_size=5
)


def edited(text: bytes, edits: list[tuple[float, int, bytes]]) -> bytes:
    """`text` with some bytes replaced at some places."""
    for place, length, scrap in edits:
        start = int(place * len(text))
        text = text[:start] + scrap + text[start + length :]
    return text


@pytest.mark.parametrize("kind", get_args(ElementType))
@examples(300)
@given(data=st.data(), text=TEXTS)
def test_any_text_is_a_value_in_range_or_is_refused(
    kind: str, data: st.DataObject, text: str
) -> None:
    elements = [element for element in TRIAL.elements.values() if element.type == kind]
    element = data.draw(st.sampled_from(elements))
    try:
        fact = read_value(TRIAL, element, text, ON)
    except ValueProblem:
        return
    if isinstance(fact, Numbers):
        assert element.range is not None
        low, high = element.range
        assert low <= fact.low <= fact.high <= high  # type: ignore[operator]
    elif isinstance(fact, Dates):
        assert fact.low <= fact.high <= ON
    else:
        assert fact is None or isinstance(fact, Exactly)


@settings(examples(300), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.one_of(st.binary(max_size=200), EDITS.map(lambda edits: edited(PATIENT, edits))))
def test_any_bytes_are_answers_or_problems(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "answers"
    for content in (data, b"{" + data):
        path.write_bytes(content)
        problems: list[Problem] = []
        read_facts(TRIAL, read_answers(str(path), problems), ON, problems)
        assert all(problem.message for problem in problems)


@examples(500)
@given(data=st.one_of(st.binary(max_size=200), EDITS.map(lambda edits: edited(TINY, edits))))
def test_any_bytes_are_a_trial_that_works_or_are_refused(data: bytes) -> None:
    problems: tuple[Problem, ...] = ()
    try:
        trial = parse_trial(data, "fuzz.yaml")
    except InputError as error:
        problems = error.problems
    if problems:
        assert all(problem.where.startswith("fuzz.yaml") for problem in problems)
        return
    lint(trial)
    trial_page(trial)
    criteria_page(trial, trial.criteria)
    result(screen(trial, {}, ON), "0")
