"""One patient in a Python process, and what rests on it, against an older build, in turn.

`python -m tests.bench.one_patient OLD [--rounds 7] [--patients 150] [--entries 500]
[--interviews 4]`: OLD is the folder of a clone. Each round runs `one_patient_work.py` on
both builds, in processes of their own; what they find must be the same. It prints medians and
the median of the ratios, round by round, as the table of docs/explanation/patient-cost.md.
"""

import json
import os
import platform
import subprocess
import sys
from argparse import ArgumentParser
from pathlib import Path
from statistics import median
from typing import Any

HERE = Path(__file__).parent
NEW = HERE.parents[1]

GOALS = {
    "verdict": "",
    "verdict, reasons, missing": "≤ 0.10",
    "the whole JSON result": "",
    "service: verdict, reasons, missing": "≤ 1,000 µs",
    "service: the whole JSON result": "≤ 1,000 µs",
    "next question, p95, 200 elements × 60 criteria": "≤ 10,000 µs",
    "log rescreen, an entry": "≤ 0.125",
}


def run(build: Path, arguments: list[str]) -> dict[str, Any]:
    """What one build took, and found."""
    command = [sys.executable, str(HERE / "one_patient_work.py"), *arguments]
    path = {**os.environ, "PYTHONPATH": str(build)}
    done = subprocess.run(command, cwd=build, env=path, check=True, capture_output=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def main() -> None:
    parser = ArgumentParser(prog="python -m tests.bench.one_patient")
    parser.add_argument("old", type=Path, help="a clone of the build to compare with")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--patients", default="150")
    parser.add_argument("--entries", default="500", help="of the log that is screened anew")
    parser.add_argument("--interviews", default="4")
    given = parser.parse_args()
    arguments = [given.patients, given.entries, given.interviews]
    taken: dict[str, list[tuple[float, float]]] = {}
    for _ in range(given.rounds):
        old, new = (run(build, arguments) for build in (given.old.resolve(), NEW))
        assert old["found"] == new["found"], "they find something else"
        for name in GOALS:
            taken.setdefault(name, []).append((old["micros"][name], new["micros"][name]))
    print("| Processor µs | Before | Now | Ratio | Goal |\n| --- | --- | --- | --- | --- |")
    for name, pairs in taken.items():
        before, now = (median(times) for times in zip(*pairs, strict=True))
        ratio = median(new / old for old, new in pairs)
        print(f"| {name} | {before:,.0f} | {now:,.0f} | {ratio:.3f} | {GOALS[name]} |")
    machine = f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.0f}"
    print(f"\nPython {platform.python_version()}; {platform.platform()}; {machine}")


if __name__ == "__main__":
    main()
