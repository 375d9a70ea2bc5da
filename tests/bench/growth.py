"""How what a cohort costs grows with its rows and with its criteria; and draws it.

    python -m tests.bench.growth [--rounds 3] [--million 1 10 50] [--parquet FILE] [--folder FOLDER]

1, 10 and 50 million simulated patients, by `cohort` and by hand with Polars: FILE holds 10
million, else they are made; the 50 million are those with other ids, in five files. Then 20, 60
and 200 random criteria: over 1 million patients, and one patient at a time. Everything large lies
in FOLDER, and is gone in the end. The figures go into docs/explanation/growth.json, from there into
docs/explanation/cohort-cost.md, and into docs/images/growth.svg.
"""

import json
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from random import Random
from statistics import median
from tempfile import TemporaryDirectory
from time import process_time
from typing import Any

from tests.bench.measure import (
    ROOT,
    Command,
    Cost,
    Costs,
    as_users_have_it,
    aside,
    cost,
    in_turn,
    install,
    simulated,
)

KEPT = ROOT / "docs" / "explanation" / "growth.json"
PICTURE = ROOT / "docs" / "images" / "growth.svg"
MILLION = 1_000_000
FILES = 5
ROWS = (1, 10, 10 * FILES)
"""Millions."""
CRITERIA = (20, 60, 200)
HAND, OURS = "Polars by hand", "`cohort`"
TABLE, VERDICT, REASONS = "1 million in a table", "one by one: verdict", "one by one: with reasons"
ON = "2026-06-01"


# Rows.


def repeated(source: Path, folder: Path) -> Path:
    """The patients of a file, FILES times, each time with other ids."""
    import polars as pl

    folder.mkdir()
    for number in range(FILES):
        ids = pl.col("patient_id").str.replace("P", f"P{number}", literal=True)
        pl.scan_parquet(source).with_columns(ids).sink_parquet(folder / f"{number}.parquet")
    return folder


def _commands(programs: Path, source: Path, folder: Path) -> dict[str, Command]:
    table = str(source / "*.parquet") if source.is_dir() else str(source)
    python, cohort = str(programs / "python"), str(programs / "trialscreen")
    return {
        HAND: (python, "-m", "tests.byhand", "polars", table, str(folder / "hand.parquet")),
        OURS: (cohort, "cohort", table, "--screening-date", ON, "-o", str(folder / "o.parquet")),
    }


def by_rows(asked: Namespace, programs: Path, folder: Path) -> dict[str, dict[str, Any]]:
    found = {}
    with aside() as call:
        small = call(simulated, MILLION, folder / "1.parquet")
        middle = asked.parquet or call(simulated, 10 * MILLION, folder / "10.parquet")
        sources = {1: small, 10: middle}
        if 10 * FILES in asked.million:
            sources[10 * FILES] = call(repeated, middle, folder / "large")
        for rows, source in ((one, sources[one]) for one in asked.million):
            found[str(rows)] = _medians(in_turn(_commands(programs, source, folder), asked.rounds))
    return found


def _medians(costs: Costs) -> dict[str, Any]:
    return {
        run: {
            field: round(median(getattr(one, field) for one in some), 3) for field in Cost._fields
        }
        for run, some in costs.items()
    }


# Criteria.


def _trial(criteria: int) -> Any:
    from tests.generate import random_rule
    from trialscreen import load_trial
    from trialscreen.model.trial import Criterion

    rng, base = Random(criteria), load_trial()
    made = tuple(
        Criterion(f"E{n}", "exclusion", f"{n}", f"{n}", random_rule(rng, base.elements, depth=4))
        for n in range(criteria)
    )
    return replace(base, criteria=made, checks=())


def screen_table(criteria: int, source: Path, target: Path) -> None:
    """With random criteria, in this process."""
    import polars as pl

    from tests.frames import screen_frame
    from tests.tools.simulate import ID, ON

    screen_frame(_trial(criteria), pl.scan_parquet(source), ON, ID).sink_parquet(target)


def one_by_one(criteria: int, patients: int = 100) -> dict[str, float]:
    """Processor microseconds for each."""
    from tests.tools.simulate import ON, columns, facts_of
    from trialscreen.screening.screen import Screening, screen

    trial = _trial(criteria)
    some = [facts_of(row) for row in columns(trial, patients, 6, unknown=0.1).to_dicts()]
    ways: Mapping[str, Callable[[Screening], object]] = {
        VERDICT: lambda found: found.verdict,
        REASONS: lambda found: ([one.reasons for one in found.findings], found.missing),
    }
    taken = {}
    for name, way in ways.items():
        for _ in range(2):  # what is made once is not what a patient takes
            start = process_time()
            for facts in some:
                way(screen(trial, facts, ON))
            taken[name] = (process_time() - start) / patients * 1e6
    return taken


def by_criteria(asked: Namespace, folder: Path) -> dict[str, dict[str, float]]:
    """Microseconds of processor time for each patient."""
    source, found = folder / "1.parquet", {}
    target = str(folder / "o.parquet")
    with aside() as call:
        for count in CRITERIA:
            command = (sys.executable, "-m", "tests.bench.growth", "--screen", str(count))
            taken = [cost((*command, str(source), target)).processor for _ in range(asked.rounds)]
            found[str(count)] = {TABLE: median(taken) / MILLION * 1e6, **call(one_by_one, count)}
    return found


# The table and the picture.


def table() -> str:
    kept = json.loads(KEPT.read_text("utf-8"))
    lines = [
        "| Million patients | by hand: processor s | peak MB | `cohort`: processor s | peak MB |",
        "| --- | --- | --- | --- | --- |",
    ]
    for rows, runs in kept["rows"].items():
        cells = [
            f"{runs[run][f]:,.{d}f}"
            for run in (HAND, OURS)
            for f, d in (("processor", 1), ("memory", 0))
        ]
        lines.append(f"| {rows} | {' | '.join(cells)} |")
    lines += ["", f"| Criteria | {TABLE}: µs each | {VERDICT} | {REASONS} |", "| --- " * 4 + "|"]
    for count, taken in kept["criteria"].items():
        lines.append(
            f"| {count} | {taken[TABLE]:.1f} | {taken[VERDICT]:,.0f} | {taken[REASONS]:,.0f} |"
        )
    return "\n".join([*lines, ""])


def draw() -> None:
    import matplotlib as mpl
    from matplotlib.figure import Figure
    from matplotlib.ticker import ScalarFormatter

    mpl.rcParams.update({"svg.hashsalt": "trialscreen", "font.size": 10})
    kept = json.loads(KEPT.read_text("utf-8"))
    figure = Figure(figsize=(10.5, 3.6), layout="constrained")
    left, middle, right = figure.subplots(1, 3)
    rows = [int(one) for one in kept["rows"]]
    for run, style in ((HAND, "s--"), (OURS, "o-")):
        for axes, field in ((left, "processor"), (middle, "memory")):
            values = [one[run][field] for one in kept["rows"].values()]
            axes.plot(rows, values, style, label=run.strip("`"))
    left.set(xlabel="million patients", ylabel="processor seconds", yscale="log")
    middle.set(xlabel="million patients", ylabel="peak memory, MB", ylim=(0, None))
    counts = [int(one) for one in kept["criteria"]]
    for name, style in ((TABLE, "o-"), (VERDICT, "s--"), (REASONS, "^:")):
        right.plot(counts, [one[name] for one in kept["criteria"].values()], style, label=name)
    right.set(xlabel="criteria", ylabel="processor µs a patient", yscale="log")
    right.set_ylim(0.5, 2e5)  # room for the names
    for axes, ticks in ((left, rows), (middle, rows), (right, counts)):
        axes.set_xscale("log")
        axes.set_xticks(ticks)
        axes.minorticks_off()
        axes.xaxis.set_major_formatter(ScalarFormatter())
        axes.grid(alpha=0.3)
        axes.legend()
    figure.savefig(PICTURE, metadata={"Date": None})


def main() -> None:
    parser = ArgumentParser(prog="python -m tests.bench.growth")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--million", nargs="+", type=int, choices=ROWS, default=ROWS)
    parser.add_argument("--parquet", type=Path, help="10 million simulated patients")
    parser.add_argument("--folder", type=Path, help="where there is room for 5 GB")
    parser.add_argument("--screen", nargs=3, help="criteria, input and output: only this, here")
    asked = parser.parse_args()
    if asked.screen:
        screen_table(int(asked.screen[0]), *map(Path, asked.screen[1:]))
        return
    as_users_have_it()
    with TemporaryDirectory(dir=asked.folder) as name:
        folder = Path(name)
        programs = install(folder, "cohort", "numpy")
        found = {"rows": by_rows(asked, programs, folder), "criteria": by_criteria(asked, folder)}
    KEPT.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", "utf-8")
    draw()


if __name__ == "__main__":
    main()
