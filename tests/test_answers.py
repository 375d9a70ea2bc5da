"""What a file of answers says is what the rules get, or it is refused."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.process import refusals, run

DATA = Path(__file__).parent / "data" / "answers.yaml"
CASES: list[dict[str, Any]] = yaml.load(DATA.read_text("utf-8"), Loader=yaml.BaseLoader)  # noqa: S506


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_a_file_says_what_its_reader_sees(case: dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / "answers.yaml"
    path.write_text(case["text"], encoding="utf-8", newline="")
    by_file = run("screen", path, "--screening-date", "2026-06-01", "--format", "json")
    by_pipe = run(
        *("screen", "--from", "-", "--screening-date", "2026-06-01", "--format", "json"),
        stdin=case["text"],
    )
    assert (by_file.code, by_file.out) == (by_pipe.code, by_pipe.out)
    if "refused" in case:
        assert any(case["refused"] in one for one in refusals(by_file))
    else:
        assert not by_file.err
        assert json.loads(by_file.out)["facts"] == case["facts"]
