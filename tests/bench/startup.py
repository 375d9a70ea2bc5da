"""Start-up: `screen` as a whole process against the smallest Typer program with Rich.

`python -m tests.bench.startup [--rounds 15]` builds a wheel, installs it in a new environment
with the pinned versions, and runs the commands in turn.
"""

from argparse import ArgumentParser
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.bench.measure import ROOT, Command, Costs, Figure, cost, in_turn, install, ratio, told

FLAGS = ("--weight", "55", "--height", "160", "--birth-date", "1961", "--tsh", "12.1")
BASE = "minimal Typer and Rich"
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
GOALS = {"screen --format json": 0.84, "--help": 0.84, "screen (table)": 1.25}


def commands(programs: Path, folder: Path) -> dict[str, Command]:
    minimal = folder / "minimal.py"
    minimal.write_text(MINIMAL, encoding="utf-8")
    python, program = str(programs / "python"), str(programs / "trialscreen")
    screen = (program, "screen", "--exit-zero")
    from_file = ("--from", str(ROOT / "docs" / "patients" / "eligible.yaml"))
    return {
        BASE: (python, str(minimal)),
        "screen (table)": (*screen, *FLAGS),
        "screen --format json": (*screen, *FLAGS, "--format", "json"),
        "--from YAML (table)": (*screen, *from_file),
        "--from YAML --format json": (*screen, *from_file, "--format", "json"),
        "--help": (program, "--help"),
        "Python, doing nothing": (python, "-c", ""),
    }


def measured(programs: Path, folder: Path, rounds: int) -> Costs:
    todo = commands(programs, folder)
    for command in todo.values():
        cost(command)  # a warm-up that is not counted
    return in_turn(todo, rounds)


def figures(costs: Costs) -> list[Figure]:
    return [
        Figure(f"start-up: `{name}`", BASE, ratio(costs, name, BASE, "seconds"), most)
        for name, most in GOALS.items()
    ]


def main() -> None:
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    given = parser.parse_args()
    with TemporaryDirectory() as name:
        folder = Path(name)
        print(told(measured(install(folder), folder, given.rounds), BASE))


if __name__ == "__main__":
    main()
