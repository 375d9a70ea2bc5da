"""When Polars gives up on a file: its panic, which is no Exception, is told as bad input.

No file here makes it panic: a stand-in raises what it would raise.
"""

import os
import sys
from contextlib import nullcontext
from pathlib import Path
from typing import Any, NoReturn

import polars as pl
import pytest

from tests.test_cohort_parity import run_on
from trialscreen.model.errors import InputError
from trialscreen.tables.cohort.readers.parquet import STDERR, panics_told

SAYS = "t.parquet: cannot be read: Polars gives up on it"


def panic(*_args: Any, **_more: Any) -> NoReturn:
    os.write(2, b"thread '<unnamed>' panicked: SECRET\n")
    raise pl.exceptions.PanicException("SECRET")


def test_a_panic_is_told_without_its_words(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(InputError) as caught, panics_told("t.parquet"):
        panic()
    assert str(caught.value.problems[0]).startswith(SAYS)
    assert caught.value.__suppress_context__
    assert capfd.readouterr() == ("", "")


def interrupted() -> NoReturn:
    os.write(2, b"Python stack trace below: SECRET\n")
    raise KeyboardInterrupt


def test_what_the_engine_says_of_an_interrupt_is_not_shown(
    capfd: pytest.CaptureFixture[str],
) -> None:
    # It panics if one comes while it waits for rows from Python, and prints where.
    with pytest.raises(KeyboardInterrupt), panics_told("t.parquet"):
        interrupted()
    assert capfd.readouterr() == ("", "")


def test_what_its_threads_print_after_an_interrupt_is_not_shown_either(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = os.dup(STDERR)
    try:
        with open(STDERR, "w", closefd=False) as stream:
            monkeypatch.setattr(sys, "stderr", stream)
            with pytest.raises(KeyboardInterrupt), panics_told("t.parquet"):
                interrupted()
            os.write(STDERR, b"thread 'async-executor-1' panicked: SECRET\n")
            print("Interrupted.", file=sys.stderr)
            sys.stderr.close()
    finally:
        os.dup2(before, STDERR)
        os.close(before)
    assert capfd.readouterr().err == "Interrupted.\n"


@pytest.mark.parametrize("error", [None, ValueError])
def test_else_all_is_shown_and_raised(
    capfd: pytest.CaptureFixture[str], error: type[BaseException] | None
) -> None:
    with nullcontext() if error is None else pytest.raises(error), panics_told("t.parquet"):
        os.write(2, b"a warning of the engine\n")
        if error is not None:
            raise error
    assert capfd.readouterr().err == "a warning of the engine\n"


def test_what_python_says_is_shown_at_once(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with open(2, "w", closefd=False) as stream:
        monkeypatch.setattr(sys, "stderr", stream)
        with panics_told("t.parquet"):
            print("half done", file=sys.stderr)
            assert capfd.readouterr().err == "half done\n"
        assert sys.stderr is stream


@pytest.mark.parametrize("place", ["collect_schema", "sink_parquet"])
def test_a_run_that_panics_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], place: str
) -> None:
    path = tmp_path / "t.parquet"
    pl.DataFrame({"patient_id": ["P1"], "weight": [55]}).write_parquet(path)
    monkeypatch.setattr(pl.LazyFrame, place, panic)
    with pytest.raises(InputError) as caught:
        run_on(tmp_path, path)
    assert str(caught.value.problems[0]).startswith(f"{tmp_path}/{SAYS}")
    assert [one.name for one in tmp_path.iterdir()] == ["t.parquet"]
    assert "SECRET" not in capfd.readouterr().err
