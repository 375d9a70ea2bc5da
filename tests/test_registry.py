"""The packaged criteria file repeats the registry page; the page's own copy stands in tests/."""

import re
from pathlib import Path

import pytest

from trialscreen import load_trial
from trialscreen.model.registration import as_data
from trialscreen.model.rules import Clause, Rule, parts_of

PAGE = (Path(__file__).parent / "data" / "registry_page.txt").read_text(encoding="utf-8")
PLAIN = re.sub(r"\\([\\<>\[\]^])", r"\1", PAGE)  # the page's Markdown escapes undone
TRIAL = load_trial()

INCLUSION = PLAIN.partition("All of the following criteria must be met for inclusion:")[2]
INCLUSION, _, EXCLUSION = INCLUSION.partition("Exclusion Criteria")
EXCLUSION = EXCLUSION.partition("Minimum Eligible Age")[0]


def _words(text: str) -> str:
    return " ".join(text.split())


def _criteria(part: str) -> list[str]:
    """The numbered criteria of one list, without their numbers."""
    return [_words(one) for one in re.split(r"^\d+\. ", part, flags=re.M)[1:]]


@pytest.mark.parametrize(("kind", "part"), [("inclusion", INCLUSION), ("exclusion", EXCLUSION)])
def test_every_criterion_is_repeated_word_for_word(kind: str, part: str) -> None:
    assert [_words(c.text) for c in TRIAL.criteria if c.kind == kind] == _criteria(part)


def test_there_are_4_inclusion_and_17_exclusion_criteria() -> None:
    ids = [f"I{n}" for n in range(1, 5)] + [f"E{n}" for n in range(1, 18)]
    assert [criterion.id for criterion in TRIAL.criteria] == ids


def test_the_lists_inside_a_criterion_are_kept_as_lists() -> None:
    for criterion_id, items in (("I4", 7), ("E8", 3)):
        (text,) = (c.text for c in TRIAL.criteria if c.id == criterion_id)
        assert sum(line.startswith("* ") for line in text.splitlines()) == items


def _clauses() -> list[tuple[str, str, str]]:
    found = []
    for criterion in TRIAL.criteria:
        ahead: list[Rule] = [criterion.rule]
        while ahead:
            rule = ahead.pop()
            if isinstance(rule, Clause):
                found.append((criterion.text, rule.id, rule.text))
            ahead.extend(parts_of(rule))
    return found


@pytest.mark.parametrize(("text", "clause_id", "clause"), _clauses(), ids=lambda value: value[:20])
def test_a_clause_quotes_its_criterion(text: str, clause_id: str, clause: str) -> None:
    assert _words(clause) in _words(text), clause_id


OURS = {"url", "dose_note", "dose_assignment", "healthy_volunteers", "results"}
"""Said by us, or put together from several lines of the page."""


def test_every_registered_fact_stands_on_the_page() -> None:
    for field, value in as_data(TRIAL.registration).items():
        if field not in OURS and value is not None:
            for text in _texts(value):
                assert _words(text) in _words(PLAIN), field


def _texts(value: object) -> list[str]:
    if isinstance(value, dict):
        return [text for item in value.values() for text in _texts(item)]
    if isinstance(value, list):
        return [text for item in value for text in _texts(item)]
    return [] if value is None else [str(value)]


def test_no_section_of_the_page_is_left_out() -> None:
    registration = as_data(TRIAL.registration)
    empty = {field for field, value in registration.items() if value in (None, [])}
    assert empty == {"detailed_description"}, "the page has no text under Detailed Description"


def test_the_doses_are_printed_without_a_unit_and_this_is_said() -> None:
    assert [c.dose for c in TRIAL.registration.dose_cohorts] == ["6.0×10^7", "1.2×10^8", "2.4×10^8"]
    assert "without a unit" in (TRIAL.registration.dose_note or "")


def test_every_ambiguity_has_its_reading_once() -> None:
    refs = [reading.ref for criterion in TRIAL.criteria for reading in criterion.readings]
    assert sorted(refs, key=lambda ref: int(ref[1:])) == [f"A{n}" for n in range(1, 33)]
