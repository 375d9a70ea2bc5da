"""One patient at a time, side by side with engines that others made, on the same criteria.

`python -m tests.bench.peers [--npm FOLDER] [--patients 2000] [--timed 250] [--rounds 9]`
screens simulated patients of NCT06949137, fully known and with a tenth of all cells unknown.
Each engine gets its rules from our rule trees. It prints how the answers differ from ours,
and medians: processor microseconds per patient, and the ratios to ours round by round. It
installs nothing: it says what it cannot run.
"""

import os
import platform
import shutil
from argparse import ArgumentParser
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from functools import partial
from importlib import import_module
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from time import process_time
from typing import NamedTuple

import polars as pl

from tests.bench import peer_node as others_node
from tests.bench.measure import Figure
from tests.bench.peer import Answer, Answers, Engine, Found, Row, one_by_one
from tests.frames import screen_frame
from tests.tools.simulate import ID, ON, columns, facts_of
from trialscreen import load_trial
from trialscreen.model.facts import Fact
from trialscreen.model.trial import Trial
from trialscreen.screening.evaluate import Evaluation
from trialscreen.screening.screen import Screening, screen

SEED = 6
UNKNOWN = 0.1
LARGE = 200_000
REASONS = "trialscreen: verdict, reasons and what is missing"
TRUTHS = "trialscreen: truth of each criterion only"
THREE_VALUED = ("cql-execution", "trialscreen")
"""What the others make of unknown values is told, and is not ours: they have no word for it."""
Made = Callable[[Trial, date], list[Engine]]
PACKAGES = {
    "zen-engine": ("zen", "peer_zen"),
    "rule-engine": ("rule_engine", "peer_rule_engine"),
}


def ours(trial: Trial, on: date) -> list[Engine]:
    """The reference, which finds more or less on the way."""

    def answers(found: Screening) -> Answers:
        assert found.verdict
        return {one.criterion.id: one.met for one in found.findings}

    def with_reasons(facts: dict[str, Fact]) -> Answers:
        found = screen(trial, facts, on)
        assert all(one.reasons is not None for one in found.findings)
        assert found.missing is not None
        return answers(found)

    def screened(facts: dict[str, Fact]) -> Answers:
        return answers(screen(trial, facts, on))

    def evaluated(facts: dict[str, Fact]) -> Answers:
        evaluation = Evaluation(trial, facts, on)
        return {one.id: evaluation.truth(one.rule).to_optional() for one in trial.criteria}

    return [
        one_by_one(REASONS, facts_of, with_reasons),
        one_by_one("trialscreen: verdict and findings", facts_of, screened),
        one_by_one(TRUTHS, facts_of, evaluated),
    ]


def whole_table(trial: Trial, table: pl.DataFrame) -> Engine:
    """All of `table` in one pass, whichever rows are asked for: they must be its first."""
    frame = table.with_row_index(ID).lazy()

    def run(rows: Sequence[Row]) -> Found:
        start = process_time()
        found = screen_frame(trial, frame, ON, ID).collect()
        micros = (process_time() - start) / len(found) * 1e6
        return Found(found.select(c.id for c in trial.criteria).head(len(rows)).to_dicts(), micros)

    return Engine(f"trialscreen: a table of {len(table):,}, with Polars", run)


def has_cql(npm: Path) -> bool:
    return shutil.which("node") is not None and others_node.package(npm).exists()


def others(npm: Path | None) -> list[Made]:
    """How the engines of others are made, of those that are here; tells which are not."""
    # An error of zen-engine would take a picture of the stack, where this asks for one.
    os.environ["RUST_BACKTRACE"] = "0"
    made: list[Made] = []
    for package, (name, module) in PACKAGES.items():
        if find_spec(name):
            made.append(import_module(f"tests.bench.{module}").engines)
        else:
            print(f"Not run: {package}. `pip install {package}` provides it.")
    if npm is not None and has_cql(npm):
        return [*made, partial(others_node.engines, folder=npm)]
    how = "Node, `npm install --prefix FOLDER cql-execution` and `--npm FOLDER` provide it"
    print(f"Not run: cql-execution. {how}.")
    return made


class Treatment(NamedTuple):
    """Cells by what they are and what was answered; and the patients without any other answer."""

    right: int
    wrong: int
    null: int
    error: int
    unknown_right: int
    unknown_wrong: int
    unknown_error: int
    patients: int


def treatment(expected: Sequence[Answers], answers: Sequence[Answers]) -> Treatment:
    counts = dict.fromkeys(Treatment._fields, 0)
    for wanted, got in zip(expected, answers, strict=True):
        counts["patients"] += wanted == got
        for key, right in wanted.items():
            counts[_kind(right, got[key])] += 1
    return Treatment(**counts)


def _kind(right: Answer, got: Answer) -> str:
    prefix = "unknown_" if right is None else ""
    if got == "error":
        return prefix + "error"
    if got == right:
        return prefix + "right"
    return "null" if got is None else prefix + "wrong"


def print_treatment(expected: Sequence[Answers], found: Mapping[str, Sequence[Answers]]) -> None:
    known = sum(answer is not None for one in expected for answer in one.values())
    unknown = sum(len(one) for one in expected) - known
    print(f"{known:,} cells are known and {unknown:,} unknown.\n")
    print(
        "| | Known: right | wrong | null | error | Unknown: null | true or false | error |", end=""
    )
    print(" Patients all right |\n" + "| --- " * 9 + "|")
    for name, answers in found.items():
        counts = treatment(expected, answers)
        totals = [known] * 4 + [unknown] * 3 + [len(expected)]
        shares = [f"{part / total:.2%}" for part, total in zip(counts, totals, strict=True)]
        print(f"| {name} | {' | '.join(shares)} |")
    print()


def print_times(times: Mapping[str, Sequence[list[float]]]) -> None:
    base = next(iter(times.values()))
    print(
        "| Processor µs per patient | Fully known | Against ours | A tenth unknown | Against ours |"
    )
    print("| --- " * 5 + "|")
    for name, some in times.items():
        cells = (_cell(taken, others) for taken, others in zip(some, base, strict=True))
        print(f"| {name} | {' | '.join(cells)} |")
    print()


def _cell(taken: Sequence[float], others: Sequence[float]) -> str:
    micros = median(taken)
    ratio = median(one / other for one, other in zip(taken, others, strict=True))
    return f"{micros:,.{0 if micros >= 10 else 2}f} | {ratio:.{2 if ratio >= 0.1 else 4}f}"


SPECIAL_DAYS: Sequence[tuple[str, str, date, Row]] = (
    (
        "born 29 February 1980, on 28 February 2025",
        "I2",
        date(2025, 2, 28),
        {
            "sex": "female",
            "birth_date": date(1980, 2, 29),
            "menopause_type": "natural",
            "last_menstrual_period_date": date(2015, 1, 1),
        },
    ),
    *(
        (
            f"a dose on {day} February 2026, 6 months before 31 August",
            "E8",
            date(2026, 8, 31),
            {
                "pth_analog_use": True,
                "pth_analog_last_dose_date": date(2026, 2, day),
                "rankl_inhibitor_use": False,
                "oral_bisphosphonate_use": False,
                "iv_bisphosphonate_use": False,
            },
        )
        for day in (27, 28)
    ),
)


def print_special_days(trial: Trial, made: Sequence[Made]) -> None:
    """Days on which calendars are counted differently."""
    for what, criterion, on, known in SPECIAL_DAYS:
        row = {**dict.fromkeys(trial.elements), **known}
        print(f"{criterion}, {what}:")
        for engine in [*ours(trial, on)[:1], *(one for make in made for one in make(trial, on))]:
            print(f"  {engine.name}: {engine.run([row]).answers[0][criterion]}")
    print()


def print_versions(npm: Path | None) -> None:
    names = [name for name, (module, _) in PACKAGES.items() if find_spec(module)]
    said = [f"{name} {version(name)}" for name in ("trialscreen", "polars", *names)]
    if npm is not None and has_cql(npm):
        said.append(others_node.version(npm))
    print(f"Python {platform.python_version()}, {', '.join(said)}; {platform.platform()}")


def compared(
    trial: Trial, engines: Sequence[Engine], patients: int, unknown: float
) -> tuple[Sequence[Engine], Sequence[Row]]:
    """All engines and the patients, after the answers of the others have been compared."""
    table = columns(trial, max(LARGE, patients), SEED, unknown=unknown)
    tables = [whole_table(trial, table.head(rows)) for rows in (patients, LARGE)]
    rows = table.head(patients).to_dicts()
    print(f"\n{patients:,} patients, {unknown:.0%} of all values unknown: ", end="")
    reference, *rest = ours(trial, ON)
    expected = reference.run(rows).answers
    found = {one.name: one.run(rows).answers for one in (*engines, *tables)}
    print_treatment(expected, found)
    for name, answers in found.items():
        told = treatment(expected, answers)
        assert not told.wrong, f"{name} finds something else where the answer is certain"
        if name.startswith(THREE_VALUED):
            assert told.patients == patients, f"{name} does not find the same"
    return [reference, *rest, *engines, *tables], rows


Times = Mapping[str, Sequence[list[float]]]
"""Of each engine the microseconds of each round: of patients fully known, and of the others."""


def measured(trial: Trial, made: Sequence[Made], patients: int, timed: int, rounds: int) -> Times:
    engines = [one for make in made for one in make(trial, ON)]
    cases = [compared(trial, engines, patients, unknown) for unknown in (0, UNKNOWN)]
    times: dict[str, list[list[float]]] = {one.name: [[], []] for one in cases[0][0]}
    for _ in range(rounds):
        for place, (compared_engines, rows) in enumerate(cases):
            for engine in compared_engines:
                times[engine.name][place].append(engine.run(rows[:timed]).micros)
    return times


def figures(times: Times) -> list[Figure]:
    """Of those that were run."""
    kinds = ("all known", "a tenth unknown")
    return [
        Figure(
            f"{run.partition(': ')[2]}, {kind}",
            other,
            median(a / b for a, b in zip(times[run][place], times[other][place], strict=True)),
            most,
        )
        for run, other, most in (
            (TRUTHS, "zen-engine, one decision", 1),
            (REASONS, "cql-execution", 0.6),
        )
        if other in times
        for place, kind in enumerate(kinds)
    ]


def main() -> None:
    parser = ArgumentParser(prog="python -m tests.bench.peers")
    parser.add_argument("--npm", type=Path, help="a folder with node_modules/cql-execution")
    parser.add_argument("--patients", type=int, default=2000)
    parser.add_argument("--timed", type=int, default=250, help="the first of them, in each round")
    parser.add_argument("--rounds", type=int, default=9)
    given = parser.parse_args()
    trial = load_trial()
    made = others(given.npm)
    print_times(measured(trial, made, given.patients, given.timed, given.rounds))
    print_special_days(trial, made)
    print_versions(given.npm)


if __name__ == "__main__":
    main()
