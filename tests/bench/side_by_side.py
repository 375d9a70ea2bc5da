"""All goals of speed in one table: what is measured side by side, and whether it is met.

    python -m tests.bench.side_by_side [PART ...] [--rounds 7] [--parquet FILE] [--before TREE]
        [--npm FOLDER]

Parts: startup, parquet, csv, patient, peers, spark, fhir, omop; all, if none is named. Builds a
wheel, installs it with zen-engine in a new environment, and runs each part in a process of its
own, on an otherwise idle machine. Runs alternate; ratios are medians of rounds (Spark: three).
All must find the same before they are timed. The figures go into docs/explanation/cost.json,
where those of other parts stay, and from there into the table of docs/explanation/cost.md.

`patient` needs a clone of f0386ca (`--before`); `peers` runs cql-execution from a folder of npm
(`--npm`). What cannot be run is said, and stays as it was.
"""

import json
import os
import platform
import subprocess
import sys
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.bench.measure import ROOT, Figure, as_users_have_it, aside, install, simulated

KEPT = ROOT / "docs" / "explanation" / "cost.json"
PAGE = KEPT.with_suffix(".md")
PEERS = ("zen-engine==2.1.3", "duckdb", "numpy")
TENTH = 10


def _startup(asked: Namespace, folder: Path) -> list[Figure]:
    from tests.bench import startup

    rounds = 2 * asked.rounds + 1  # each takes a second
    return startup.figures(startup.measured(asked.programs, folder, rounds))


def _parquet(asked: Namespace, folder: Path) -> list[Figure]:
    from tests.bench import cohort

    rows = asked.parquet_rows
    sizes, costs = (rows, rows // TENTH), []
    for size, runs in zip(sizes, ((*cohort.ALIKE, cohort.FLOOR), ()), strict=True):
        with aside() as call:
            large = asked.parquet if size == rows else None
            source = large or call(simulated, size, folder / f"{size}.parquet")
        costs.append(cohort.measured(asked.programs, source, folder, asked.rounds, *runs))
    return cohort.figures(costs[0], costs[1], *(f"{size:,} patients" for size in sizes))


def _csv(asked: Namespace, folder: Path) -> list[Figure]:
    from tests.bench import cohort_csv

    with aside() as call:
        source = call(simulated, asked.csv_rows, folder / "source.parquet")
    costs = cohort_csv.measured(asked.programs, source, folder, asked.rounds)
    return cohort_csv.figures(costs, f"{asked.csv_rows:,} patients")


def _patient(asked: Namespace, folder: Path) -> list[Figure]:
    from tests.bench import one_patient

    sizes = one_patient.Sizes()
    return one_patient.figures(one_patient.measured(asked.before, folder, asked.rounds, sizes))


def _peers(asked: Namespace, _: Path) -> list[Figure]:
    from tests.bench import peers
    from trialscreen import load_trial

    made = peers.others(asked.npm)
    return peers.figures(peers.measured(load_trial(), made, 2_000, 250, asked.rounds))


def _spark(asked: Namespace, folder: Path) -> list[Figure]:
    from tests.bench import spark

    source = simulated(asked.spark_rows, folder / "source.parquet")
    costs = spark.measured(source, folder, min(asked.rounds, asked.spark_rounds))
    return spark.figures(costs, f"{asked.spark_rows:,} patients")


def _fhir(asked: Namespace, folder: Path) -> list[Figure]:
    from tests.bench import fhir

    large, small = (
        fhir.measured(fhir.SYNTHEA, folder, copies, asked.rounds) for copies in (120, 30)
    )
    return fhir.figures(large, small)


def _omop(asked: Namespace, folder: Path) -> list[Figure]:
    from tests.bench import omop

    return omop.figures(omop.measured(folder, 1_000, asked.rounds))


PARTS: Mapping[str, Callable[[Namespace, Path], list[Figure]]] = {
    "startup": _startup,
    "parquet": _parquet,
    "csv": _csv,
    "patient": _patient,
    "peers": _peers,
    "spark": _spark,
    "fhir": _fhir,
    "omop": _omop,
}


def one_part(part: str, asked: Namespace, target: Path) -> None:
    """Measures a part, in this process, and leaves the figures in a file."""
    with TemporaryDirectory(prefix="side-by-side") as name:
        figures = PARTS[part](asked, Path(name))
    target.write_text(json.dumps([one._asdict() for one in figures]), "utf-8")


def apart(part: str, asked: Namespace) -> dict[str, Any] | None:
    """The same in a process of its own; with what it was measured."""
    start = time.monotonic()
    python = asked.programs / "python" if part == "peers" else sys.executable
    with TemporaryDirectory() as name:
        target = Path(name) / "figures.json"
        command = [str(python), "-m", "tests.bench.side_by_side", part, *sys.argv[1:]]
        inside = ["--programs", str(asked.programs), "--into", str(target)]
        done = subprocess.run([*command, *inside], check=False)
        if done.returncode:
            return None
        figures = json.loads(target.read_text("utf-8"))
    taken = round(time.monotonic() - start)
    print(f"{part}: {taken} s")
    said = {"on": f"{datetime.now(UTC):%Y-%m-%d}", "seconds": taken, "with": _with(part, asked)}
    return {**said, "rounds": _rounds(part, asked), "figures": figures}


def _rounds(part: str, asked: Namespace) -> int:
    if part == "spark":
        return int(min(asked.rounds, asked.spark_rounds))
    return int(2 * asked.rounds + 1 if part == "startup" else asked.rounds)


WITH: Mapping[str, tuple[str, ...]] = {
    "startup": ("typer", "rich"),
    "parquet": ("polars", "duckdb"),
    "csv": ("polars",),
    "spark": ("pyspark",),
    "fhir": ("msgspec", "polars"),
    "omop": ("duckdb", "polars"),
    "patient": ("polars",),
}


def _with(part: str, asked: Namespace) -> str:
    """The machine and the versions."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    machine = f"{platform.system()} on {platform.machine()}, {os.cpu_count()} cores"
    versions = [f"Python {platform.python_version()}"]
    versions += [f"{name} {version(name)}" for name in WITH.get(part, ())]
    if part == "peers":
        versions.append(PEERS[0].replace("==", " "))
        if asked.npm is not None:
            from tests.bench.peer_node import version as of_node

            versions.append(of_node(asked.npm))
    return f"{machine}, {memory:.0f} GB; {', '.join(versions)}"


# The table.


def table() -> str:
    """All figures that are kept, as Markdown."""
    kept: dict[str, Any] = json.loads(KEPT.read_text("utf-8")) if KEPT.exists() else {}
    lines = ["| Measured | Beside | Goal | Ratio, or time | |", "| --- | --- | --- | --- | --- |"]
    lines += [line for part in PARTS if part in kept for line in _lines(kept[part])]
    sources = [
        f"- {part}: {one['on']}, {one['rounds']} round{'s' * (one['rounds'] > 1)}; {one['with']}"
        for part in PARTS
        if (one := kept.get(part)) is not None
    ]
    return "\n".join([*lines, "", "Measured with:", "", *sources, ""])


def _lines(part: Mapping[str, Any]) -> Iterator[str]:
    for one in (Figure(**figure) for figure in part["figures"]):
        goal = "" if one.most is None else f"at most {_shown(one.most, one.unit)}"
        if one.most is None:
            met = ""
        else:
            met = "met" if round(one.value, 3) <= one.most else "**not met**"
        yield f"| {one.what} | {one.beside} | {goal} | {_shown(one.value, one.unit)} | {met} |"


def _shown(value: float, unit: str) -> str:
    if unit == "×":
        return f"{value:.2f} ×" if value >= 0.2 else f"{value:.3f} ×"
    return f"{value:,.0f} {unit}"


def keep(part: str, measured: Mapping[str, Any]) -> None:
    kept = json.loads(KEPT.read_text("utf-8")) if KEPT.exists() else {}
    kept[part] = measured
    ordered = {name: kept[name] for name in (*PARTS, *kept) if name in kept}
    KEPT.write_text(json.dumps(ordered, indent=1, ensure_ascii=False) + "\n", "utf-8")


def write_page() -> None:
    from tests.tools.docs_build import with_excerpts

    PAGE.write_text(with_excerpts(PAGE.read_text("utf-8")), "utf-8")


def _arguments() -> Namespace:
    parser = ArgumentParser(prog="python -m tests.bench.side_by_side")
    parser.add_argument("parts", nargs="*", metavar="PART", help=", ".join(PARTS))
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--spark-rounds", type=int, default=3)
    parser.add_argument("--parquet", type=Path, help="simulated patients, made if not named")
    parser.add_argument("--parquet-rows", type=int, default=10_000_000, help="how many it holds")
    parser.add_argument("--csv-rows", type=int, default=300_000)
    parser.add_argument("--spark-rows", type=int, default=200_000)
    parser.add_argument("--before", type=Path, help="a clone of f0386ca")
    parser.add_argument("--npm", type=Path, help="a folder with node_modules/cql-execution")
    parser.add_argument("--programs", type=Path, help="of an environment made before")
    parser.add_argument("--into", type=Path, help="only this part, here, into this file")
    return parser.parse_intermixed_args()


def main() -> None:
    asked = _arguments()
    wanted = asked.parts or list(PARTS)
    if unknown := [part for part in wanted if part not in PARTS]:
        sys.exit(f"no part is called {', '.join(unknown)}; there are {', '.join(PARTS)}")
    as_users_have_it()
    if asked.into is not None:
        one_part(wanted[0], asked, asked.into)
        return
    with TemporaryDirectory() as name:
        if asked.programs is None:
            asked.programs = install(Path(name), "cohort,sql", *PEERS)
        for part in wanted:
            if part == "patient" and asked.before is None:
                print("patient is not run: it needs --before TREE, a clone of f0386ca")
                continue
            measured = apart(part, asked)
            if measured is not None:
                keep(part, measured)
                write_page()


if __name__ == "__main__":
    main()
