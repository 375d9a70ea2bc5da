"""What measures share: processes in turn, what each of them costs, ratios, and lines of a table."""

import os
import subprocess
import sys
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from tempfile import TemporaryFile
from typing import Any, NamedTuple

ROOT = Path(__file__).parents[2]
Command = tuple[str, ...]


class Cost(NamedTuple):
    """One process: seconds by the clock, processor seconds, peak memory in MB."""

    seconds: float
    processor: float
    memory: float


Costs = Mapping[str, Sequence[Cost]]


class Figure(NamedTuple):
    """A line of the table of goals: what was measured, and the most that it is to be."""

    what: str
    beside: str
    value: float
    most: float | None = None
    unit: str = "×"


def cost(command: Command, environment: Mapping[str, str] | None = None) -> Cost:
    """Of one process; what it prints is shown if it fails, and that ends the measure."""
    start = time.perf_counter()
    with TemporaryFile() as told_of:
        kept = [(os.POSIX_SPAWN_DUP2, told_of.fileno(), number) for number in (1, 2)]
        child = os.posix_spawn(command[0], command, environment or os.environ, file_actions=kept)
        _, status, used = os.wait4(child, 0)
        seconds = time.perf_counter() - start
        if status:
            told_of.seek(0)
            sys.stderr.write(told_of.read().decode(errors="replace"))
            sys.exit(f"{' '.join(command)}: failed with {status}")
    return Cost(seconds, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)


def in_turn(
    commands: Mapping[str, Command],
    rounds: int,
    agree: Callable[[], None] = lambda: None,
    of: Callable[[Command], Cost] = cost,
) -> Costs:
    """What each costs in each round, and whether they agree: that is seen after the first."""
    costs: dict[str, list[Cost]] = {name: [] for name in commands}
    for done in range(rounds):
        for name, command in commands.items():
            costs[name].append(of(command))
        if not done:
            agree()
    return costs


def ratio(costs: Costs, one: str, base: str, field: str = "processor") -> float:
    """The median of the ratios, round by round: a machine whose speed drifts does not matter."""
    pairs = zip(costs[one], costs[base], strict=True)
    return float(median(getattr(a, field) / getattr(b, field) for a, b in pairs))


def asked(about: str | None, rounds: int) -> Namespace:
    """What a measure by itself is asked for: `source`, the patients, and how many `rounds`."""
    parser = ArgumentParser(description=about)
    parser.add_argument("source", type=Path)
    parser.add_argument("--rounds", type=int, default=rounds)
    return parser.parse_args()


def told(costs: Costs, base: str) -> str:
    """A table of the medians, and of the ratios to one of the runs, as Markdown."""
    head = ("Run", "seconds", "ratio", "processor s", "ratio", "peak MB", "ratio")
    lines = [head, tuple("---" for _ in head)]
    for name, some in costs.items():
        cells = [name]
        for field, digits in (("seconds", 2), ("processor", 2), ("memory", 0)):
            middle = median(getattr(one, field) for one in some)
            cells += [f"{middle:.{digits}f}", f"{ratio(costs, name, base, field):.2f}"]
        lines.append(tuple(cells))
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


# What is not measured.


@contextmanager
def aside() -> Iterator[Callable[..., Any]]:
    """Calls functions in a process of its own.

    A process counts the memory of the one that starts it as its own, so that one stays small.
    """
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        yield lambda function, *arguments: pool.submit(function, *arguments).result()


def same(one: Path, *others: Path, but: Collection[str] = ()) -> None:
    """Parquet files hold the same cells, or the measure ends; column by column, but for some."""
    import polars as pl

    for other in others:
        names = [*pl.read_parquet_schema(one)]
        assert names == [*pl.read_parquet_schema(other)], (one, other)
        for name in (name for name in names if name not in but):
            found = [pl.read_parquet(path, columns=[name]) for path in (one, other)]
            assert found[0].equals(found[1]), f"they do not find the same: {name} of {other.name}"


def simulated(rows: int, path: Path) -> Path:
    """Patients of the packaged trial, a tenth of all cells unknown; made once."""
    if not path.exists():
        from tests.tools.simulate import write
        from trialscreen import load_trial

        write(load_trial(), rows, path, seed=1, unknown=0.1)
    return path


def install(folder: Path, extra: str = "", *others: str) -> Path:
    """A new environment with the wheel of this tree, and others; its folder of programs."""
    python = str(folder / "venv" / "bin" / "python")
    constraints = str(ROOT / ".ci" / "constraints.txt")
    for command in (
        (sys.executable, "-m", "build", "--wheel", "--outdir", str(folder / "dist"), str(ROOT)),
        (sys.executable, "-m", "venv", str(folder / "venv")),
    ):
        subprocess.run(command, check=True, capture_output=True)
    (wheel,) = (folder / "dist").glob("*.whl")
    wanted = (f"{wheel}[{extra}]" if extra else str(wheel), *others)
    pip = (python, "-m", "pip", "--quiet", "install", "--constraint", constraints)
    as_users_have_it()
    subprocess.run((*pip, *wanted), check=True)
    return folder / "venv" / "bin"


def as_users_have_it() -> None:
    """Programs import what is installed, not this tree, and compile it once."""
    for name in ("PYTHONPATH", "PYTHONDONTWRITEBYTECODE"):
        os.environ.pop(name, None)
