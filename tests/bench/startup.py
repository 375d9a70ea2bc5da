"""Start-up benchmark: `screen` as a whole process against the smallest Typer program with Rich.

`python -m tests.bench.startup [RUNS]` builds a wheel, installs it in a new environment with
the pinned versions, and runs the commands in turn. It prints the median of each and the
median of the ratios, run by run, so that a drifting machine does not matter.
"""

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]
FLAGS = ("--weight", "55", "--height", "160", "--birth-date", "1961", "--tsh", "12.1")

MINIMAL = """
import typer
from rich.console import Console
from rich.table import Table

app = typer.Typer()


@app.command()
def main(name: str = "x") -> None:
    table = Table("criterion", "status")
    table.add_row(name, "met")
    Console().print(table)


app()
"""

GOALS = {"screen (table)": 1.25, "screen --format json": 1.10}


def install(folder: Path, extra: str = "", *others: str) -> Path:
    """A new environment with the wheel of this tree, and others; its folder of programs."""
    pip = (str(folder / "venv" / "bin" / "python"), "-m", "pip", "--quiet")
    constraints = str(ROOT / ".ci" / "constraints.txt")
    for command in (
        (sys.executable, "-m", "build", "--wheel", "--outdir", str(folder / "dist"), str(ROOT)),
        (sys.executable, "-m", "venv", str(folder / "venv")),
    ):
        subprocess.run(command, check=True, capture_output=True)
    (wheel,) = (folder / "dist").glob("*.whl")
    wanted = (f"{wheel}[{extra}]" if extra else str(wheel), *others)
    subprocess.run((*pip, "install", "--constraint", constraints, *wanted), check=True)
    return folder / "venv" / "bin"


def commands(programs: Path, folder: Path) -> dict[str, tuple[str, ...]]:
    minimal = folder / "minimal.py"
    minimal.write_text(MINIMAL, encoding="utf-8")
    python, screen = str(programs / "python"), (str(programs / "trialscreen"), "screen")
    from_file = ("--from", str(ROOT / "docs" / "patients" / "eligible.yaml"))
    return {
        "minimal Typer and Rich": (python, str(minimal)),
        "screen (table)": (*screen, *FLAGS),
        "screen --format json": (*screen, *FLAGS, "--format", "json"),
        "--from YAML (table)": (*screen, *from_file),
        "--from YAML --format json": (*screen, *from_file, "--format", "json"),
        "Python, doing nothing": (python, "-c", ""),
    }


def seconds(command: tuple[str, ...]) -> float:
    start = time.perf_counter()
    subprocess.run(command, check=False, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def main() -> None:
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 15
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        todo = commands(install(folder), folder)
        for command in todo.values():
            seconds(command)  # a warm-up that is not counted
        times: dict[str, list[float]] = {label: [] for label in todo}
        for _ in range(runs):
            for label, command in todo.items():
                times[label].append(seconds(command))
    base = times["minimal Typer and Rich"]
    print(f"{'median of ' + str(runs) + ' runs':26} {'seconds':>8} {'ratio':>6} {'goal':>6}")
    for label, taken in times.items():
        ratio = statistics.median(one / other for one, other in zip(taken, base, strict=True))
        goal = f"{GOALS[label]:.2f}" if label in GOALS else ""
        print(f"{label:26} {statistics.median(taken):8.3f} {ratio:6.2f} {goal:>6}")


if __name__ == "__main__":
    main()
