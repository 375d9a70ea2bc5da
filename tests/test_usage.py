"""Wrong command lines: one style of error, which names the value and what is accepted."""

import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.process import ROOT, run

CASES: list[dict[str, str]] = yaml.load(
    (ROOT / "tests/data/usage.yaml").read_text("utf-8"), yaml.CSafeLoader
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["args"])
def test_wrong_usage_is_told_in_one_line(case: dict[str, Any], tmp_path: Path) -> None:
    ran = run(*shlex.split(case["args"]), folder=tmp_path)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err == f"error: {case['says']}\n"


@pytest.mark.parametrize("args", [["bogus"], ["log", "bogus"], ["export", "bogus"]])
def test_an_unknown_command_is_told_with_those_there_are(args: list[str]) -> None:
    ran = run(*args)
    group = f"{args[0]}: " if args[1:] else ""
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith(f"error: {group}no such command 'bogus'. Known: ")
    assert len(ran.err.splitlines()) == 1
