"""One patient in a Python process, and what rests on it, against an older build, in turn.

`python -m tests.bench.one_patient OLD [--rounds 7] [--patients 60] [--entries 200]
[--interviews 1] [--table 20000]`: OLD is the folder of a clone. Each round runs
`one_patient_work.py` on both builds, in processes of their own, and `cohort --also` over a table;
what they find must be the same. It prints medians and the median of the ratios, round by round, as
the table of docs/explanation/patient-cost.md.
"""

import json
import os
import subprocess
import sys
from argparse import ArgumentParser
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from tests.bench.measure import ROOT, Figure, aside, cost, same, simulated

ON = "2026-06-01"
CHANGED = ("reasons", "clears_on")
"""Worded otherwise since, and told of more: what was entered as within a window clears as well."""

Taken = Mapping[str, Sequence[tuple[float, float]]]
"""Microseconds before and now, round by round."""


class Sizes(NamedTuple):
    """How many of each a round takes."""

    patients: int = 60
    entries: int = 200
    interviews: int = 1
    table: int = 20_000


ALSO = f"`cohort --also`, a patient of {Sizes().table:,}"
QUESTION = "next question, p95, 200 elements × 60 criteria"
RATIOS = {"verdict, reasons, missing": 0.10, ALSO: 0.20, "log rescreen, an entry": 0.125}
MICROS = {
    "service: verdict, reasons, missing": 1_000,
    "service: the whole JSON result": 1_000,
    QUESTION: 10_000,
}


def _work(build: Path, sizes: Sizes) -> dict[str, Any]:
    """What one build took, and found."""
    command = [sys.executable, str(Path(__file__).with_name("one_patient_work.py"))]
    command += [str(one) for one in (sizes.patients, sizes.entries, sizes.interviews)]
    done = subprocess.run(command, cwd=build, env=_of(build), check=True, capture_output=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def _of(build: Path) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(build)}


def _also(build: Path, table: Path, target: Path, rows: int) -> float:
    # -P: the tree on the path, not the one of the current folder.
    command = (sys.executable, "-P", "-m", "trialscreen", "cohort", str(table), "-o", str(target))
    options = ("--screening-date", ON, "--also", "missing,reasons,clears_on")
    return cost((*command, *options), _of(build)).processor / rows * 1e6


def measured(old: Path, folder: Path, rounds: int, sizes: Sizes) -> Taken:
    builds = (old.resolve(), ROOT)
    taken: dict[str, list[tuple[float, float]]] = {}
    with aside() as call:
        table = call(simulated, sizes.table, folder / "also.parquet")
        targets = [folder / f"also.{number}.parquet" for number in (0, 1)]
        for _ in range(rounds):
            old_work, new_work = (_work(build, sizes) for build in builds)
            assert old_work["found"] == new_work["found"], "they find something else"
            for name, before in old_work["micros"].items():
                taken.setdefault(name, []).append((before, new_work["micros"][name]))
            before, now = (
                _also(build, table, target, sizes.table)
                for build, target in zip(builds, targets, strict=True)
            )
            taken.setdefault(ALSO, []).append((before, now))
            call(partial(same, but=CHANGED), *targets)
    return taken


def figures(taken: Taken) -> list[Figure]:
    before = "the build of 2026-11-29 (f0386ca)"
    return [
        *(
            Figure(name, before, median(new / old for old, new in taken[name]), most)
            for name, most in RATIOS.items()
        ),
        *(
            Figure(name, "", median(new for _, new in taken[name]), most, "µs")
            for name, most in MICROS.items()
        ),
    ]


def main() -> None:
    parser = ArgumentParser(prog="python -m tests.bench.one_patient")
    parser.add_argument("old", type=Path, help="a clone of the build to compare with")
    parser.add_argument("--rounds", type=int, default=7)
    for name, size in Sizes()._asdict().items():
        parser.add_argument(f"--{name}", type=int, default=size)
    given = parser.parse_args()
    sizes = Sizes(**{name: getattr(given, name) for name in Sizes._fields})
    with TemporaryDirectory() as folder:
        taken = measured(given.old, Path(folder), given.rounds, sizes)
    print("| Processor µs | Before | Now | Ratio |\n| --- | --- | --- | --- |")
    for name, pairs in taken.items():
        before, now = (median(times) for times in zip(*pairs, strict=True))
        ratio = median(new / old for old, new in pairs)
        print(f"| {name} | {before:,.0f} | {now:,.0f} | {ratio:.3f} |")


if __name__ == "__main__":
    main()
