"""The output appears whole or not at all, whatever happens to the process."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random
from subprocess import PIPE

import pexpect
import polars as pl
import pytest

from tests.process import COMMAND, TIMEOUT, cohort, environment, start
from tests.sizes import size
from tests.tools.simulate import ID, write
from trialscreen import load_trial
from trialscreen.cli.process import Stopped, ending_in_order, interrupted_once
from trialscreen.model.errors import InputError
from trialscreen.tables.cohort.screener import interruptible
from trialscreen.text.text_files import whole_file

ROWS = 60_000
KILLS = size(8, part=2)
DAY = ("--screening-date", "2026-06-01")
PAST = ("--screening-date", "2015-06-01", "--problems", "problems.csv")
"""On that day most rows have something to look at."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a table that takes some time."""
    folder = tmp_path_factory.mktemp("whole")
    write(load_trial(), ROWS, folder / "t.parquet", seed=5)
    pl.scan_parquet(folder / "t.parquet").sink_csv(folder / "t.csv")
    return folder


def test_a_kill_at_any_moment_leaves_no_output_or_all_of_it(folder: Path) -> None:
    before = (folder / "t.csv").read_bytes()
    took, whole, rng, killed = 0.0, b"", Random(1), 0
    while killed < KILLS:
        (folder / "out.csv").unlink(missing_ok=True)
        begun = time.monotonic()
        place = {"TMPDIR": str(folder)}  # what a kill leaves, too
        process = start(
            "cohort", "t.csv", "-o", "out.csv", *DAY, folder=folder, env=place, stderr=PIPE
        )
        try:
            process.communicate(timeout=rng.uniform(0, took) if whole else None)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
        else:
            took = time.monotonic() - begun
        killed += process.returncode == -signal.SIGKILL
        if (folder / "out.csv").exists():
            whole = whole or (folder / "out.csv").read_bytes()
            assert (folder / "out.csv").read_bytes() == whole
    assert (folder / "t.csv").read_bytes() == before
    assert cohort(folder, "t.csv", *DAY).code == 0
    assert (folder / "out.csv").read_bytes() == whole
    for left in folder.glob(".out.csv.*.part"):
        assert left.stat().st_mode & 0o077 == 0
        left.unlink()


MANY_FILES, LONG = 150, 60
"""So many files take more than so many seconds, on an idle machine too."""

MANY = ("--max-bad", "1", *PAST)


@pytest.mark.parametrize(
    ("table", "options", "how", "code"),
    [
        ("t.csv", DAY, signal.SIGINT, 130),
        *[("t.parquet", MANY, signal.SIGINT, 130)] * 4,
        ("t.csv", DAY, signal.SIGTERM, 143),
        ("t.parquet", MANY, signal.SIGTERM, 143),
        ("t.parquet", MANY, signal.SIGHUP, 129),
    ],
)
def test_an_interrupt_leaves_nothing_behind(
    folder: Path, table: str, options: tuple[str, ...], how: signal.Signals, code: int
) -> None:
    ended, pause = 0, 0.4
    while ended == 0:  # it was done before it was interrupted
        pause /= 2
        process = start(
            "cohort", table, "-o", "interrupted.csv", *options, folder=folder, stderr=PIPE
        )
        while process.poll() is None and not list(folder.glob(".interrupted.csv.*")):
            time.sleep(0.01)
        time.sleep(pause)
        process.send_signal(how)
        _, err = process.communicate(timeout=TIMEOUT)
        ended = process.returncode
        assert b"Traceback" not in err
        if ended == 0:
            (folder / "interrupted.csv").unlink()
    assert ended == code, err
    left = [path.name for path in folder.iterdir()]
    assert not [name for name in left if "interrupted" in name or name.endswith(".part")]


@pytest.mark.usefixtures("handlers")
def test_an_interrupt_that_comes_twice_stops_nothing_that_is_cleared_away() -> None:
    cleared = []

    def interrupted() -> None:
        try:
            raise KeyboardInterrupt  # as Polars does, before Python calls its handler
        finally:
            os.kill(os.getpid(), signal.SIGINT)
            cleared.append("all")

    with pytest.raises(KeyboardInterrupt), interrupted_once():
        interrupted()
    assert cleared == ["all"]


@pytest.fixture
def handlers() -> Iterator[None]:
    """Signals are handled afterwards as before, and heard meanwhile."""
    before = {one: signal.getsignal(one) for one in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    for one in before:
        signal.signal(one, signal.default_int_handler)
    yield
    for one, handler in before.items():
        signal.signal(one, handler)


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGHUP])
def test_a_polite_kill_does_not_wait_for_the_engine(
    folder: Path, how: signal.Signals, tmp_path: Path
) -> None:
    for number in range(MANY_FILES):
        (tmp_path / f"{number}.parquet").hardlink_to(folder / "t.parquet")
    tables = sorted(path.name for path in tmp_path.iterdir())
    process = start("cohort", *tables, "-o", "out.csv", *MANY, folder=tmp_path, stderr=PIPE)
    while process.poll() is None and not any(one.stat().st_size for one in tmp_path.glob(".*")):
        time.sleep(0.01)
    process.send_signal(how)
    _, err = process.communicate(timeout=LONG)
    assert process.returncode == 128 + how, err
    assert sorted(path.name for path in tmp_path.iterdir()) == tables


def test_a_polite_kill_ends_what_hears_no_interrupt(folder: Path) -> None:
    """As a background job of a script."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        process = start("cohort", "t.csv", "-o", "unheard.csv", *DAY, folder=folder, stderr=PIPE)
    finally:
        signal.signal(signal.SIGINT, before)
    while process.poll() is None and not list(folder.glob(".unheard.csv.*")):
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=TIMEOUT)
    assert (process.returncode, err) == (143, b"")


@pytest.mark.usefixtures("handlers")
def test_an_interrupt_is_one_whatever_the_engine_makes_of_it() -> None:
    def queried() -> None:
        try:
            os.kill(os.getpid(), signal.SIGTERM)
        except KeyboardInterrupt:  # as DuckDB, which forgets it
            error = RuntimeError("Query interrupted")
        raise error

    with pytest.raises(Stopped) as end, ending_in_order():
        queried()
    assert end.value.args[0] == signal.SIGTERM


def test_an_interrupt_in_what_the_engine_closes_is_not_forgotten(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def batches() -> Iterator[int]:
        try:
            yield 1
        finally:
            raise KeyboardInterrupt

    def close() -> None:
        with interruptible():
            opened = batches()
            next(opened)
            del opened

    with pytest.raises(KeyboardInterrupt):
        close()
    assert capsys.readouterr().err == ""


_LITTLE_ROOM = """
import os, resource, sys
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
os.execv(sys.argv[1], sys.argv[1:])
"""
"""In a process of its own: where gRPC runs, as after tests of Spark, a bare fork may fail."""


def with_little_room(folder: Path, *args: str) -> subprocess.CompletedProcess[str]:
    """`cohort` where no file may be larger than 20,000 bytes."""
    # Unmeasured: coverage could not write its file either.
    env = {k: v for k, v in environment().items() if "COVERAGE" not in k}
    return subprocess.run(
        [sys.executable, "-c", _LITTLE_ROOM, *COMMAND, "cohort", *args, *DAY],
        cwd=folder,
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("output", ["full.csv", "full.parquet"])
def test_a_disk_that_is_full_is_told(folder: Path, output: str) -> None:
    done = with_little_room(folder, "t.parquet", "-o", output)
    assert done.returncode == 2, done
    told = f"error: {output}: cannot be written: the file would be larger than is allowed\n"
    assert done.stderr == told
    assert not [path for path in folder.iterdir() if "full" in path.name]


def test_a_disk_too_full_for_the_problems_is_told(tmp_path: Path) -> None:
    lines = [f"{number},x" for number in range(2_000)]
    (tmp_path / "t.csv").write_text("\n".join([f"{ID},weight", *lines]))
    options = ("-o", "out.parquet", "--problems", "p.csv", "--max-bad", "1")
    done = with_little_room(tmp_path, "t.csv", *options)
    assert (done.returncode, done.stderr) == (
        2,
        "error: p.csv: cannot be written: File too large\n",
    )
    assert [path.name for path in tmp_path.iterdir()] == ["t.csv"]


def test_an_older_output_is_replaced_only_by_a_whole_one(tmp_path: Path) -> None:
    (tmp_path / "out.csv").write_text("older")
    (tmp_path / "t.csv").write_text(f"{ID},weight\n1,55\n1,55\n")
    assert cohort(tmp_path, "t.csv").code == 2
    assert (tmp_path / "out.csv").read_text() == "older"
    (tmp_path / "t.csv").write_text(f"{ID},weight\n1,55\n2,55\n")
    assert cohort(tmp_path, "t.csv").code == 0
    assert (tmp_path / "out.csv").read_text().startswith(f"{ID},verdict,open,I1,")
    assert (tmp_path / "out.csv").stat().st_mode & 0o777 == 0o600


def test_a_link_as_output_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(f"{ID},weight\n1,55\n")
    (tmp_path / "real.csv").write_text("older")
    (tmp_path / "out.csv").symlink_to("real.csv")
    assert cohort(tmp_path, "t.csv").code == 0
    assert (tmp_path / "out.csv").is_symlink()
    assert "undetermined" in (tmp_path / "real.csv").read_text()


def test_the_problems_are_listed_even_if_they_are_too_many(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(f"{ID},weight\n1,a\n2,b\n3,55\n")
    assert cohort(tmp_path, "t.csv", "--problems", "problems.csv").code == 2
    assert not (tmp_path / "out.csv").exists()
    assert pl.read_csv(tmp_path / "problems.csv")["row"].to_list() == [1, 2]


def test_an_error_on_the_way_removes_the_part(tmp_path: Path) -> None:
    def fail() -> None:
        with whole_file(tmp_path / "x.csv") as part:
            part.write_text("half")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert not list(tmp_path.iterdir())


def test_an_output_that_cannot_be_put_in_place_is_told(tmp_path: Path) -> None:
    def fail() -> None:
        with whole_file(tmp_path / "x.csv"):
            (tmp_path / "x.csv").mkdir()

    with pytest.raises(InputError) as refused:
        fail()
    assert refused.value.problems[0].message == "cannot be written: Is a directory"
    assert [path.name for path in tmp_path.iterdir()] == ["x.csv"]


def test_a_terminal_shows_how_far_it_is_and_a_pipe_does_not(folder: Path) -> None:
    command = [*COMMAND[1:], "cohort", "t.parquet", "-o", "shown.parquet", *DAY]
    terminal = pexpect.spawn(
        COMMAND[0], command, cwd=str(folder), env=environment(), timeout=TIMEOUT
    )
    terminal.expect("60,000 patients screened on 2026-06-01")
    assert b"patients" in terminal.before
    terminal.expect(pexpect.EOF)
    ran = cohort(folder, "t.parquet", *DAY)
    assert ran.err.startswith("60,000 patients screened on 2026-06-01: out.csv\n")
    assert "\x1b" not in ran.err
