"""What the log takes as a code or a remark, case by case: `data/log_codes.yaml`."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml

from trialscreen.log.pseudonyms import check_remark, check_staff, check_subject
from trialscreen.model.errors import ValueProblem

CASES = yaml.load(
    (Path(__file__).parent / "data/log_codes.yaml").read_text(encoding="utf-8"), yaml.CSafeLoader
)
CHECKS = {"subjects": check_subject, "staff": check_staff, "remarks": check_remark}


def taken() -> Iterator[tuple[str, str]]:
    return ((kind, text) for kind in CHECKS for text in CASES[kind]["taken"])


def refused() -> Iterator[tuple[str, str, str]]:
    return (
        (kind, str(text), why) for kind in CHECKS for text, why in CASES[kind]["refused"].items()
    )


@pytest.mark.parametrize(("kind", "text"), [*taken()])
def test_codes_are_taken(kind: str, text: str) -> None:
    assert CHECKS[kind](text) == text


@pytest.mark.parametrize(("kind", "text", "why"), [*refused()])
def test_what_may_lead_to_a_person_is_refused_with_the_reason(
    kind: str, text: str, why: str
) -> None:
    check: Callable[[str], str] = CHECKS[kind]
    with pytest.raises(ValueProblem, match=why):
        check(text)


@pytest.mark.parametrize("text", ["a\nb", "a\x1b[31m", "a\u202eb", "x" * 1001])
def test_a_remark_is_one_line_of_text(text: str) -> None:
    with pytest.raises(ValueProblem):
        check_remark(text)
