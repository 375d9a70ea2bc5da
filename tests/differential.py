"""Whole tables against the reference, cell by cell.

`python -m tests.differential TRIALS` compares on as many generated trials as asked for.
"""

import sys
from collections.abc import Iterator
from dataclasses import replace
from random import Random
from typing import Any, NamedTuple

import polars as pl

from tests.frames import screen_frame
from tests.generate import ON
from tests.spec import spec_trial
from tests.tables import random_table, reference
from tests.trials import before_consent, left_to_judgement, vary, with_criteria
from trialscreen import Trial, load_trial


class Case(NamedTuple):
    """A trial and a table of its patients, who are all screened on ON if not on their own day."""

    seed: int
    trial: Trial
    frame: pl.DataFrame


class Difference(NamedTuple):
    """One cell in which the two disagree."""

    seed: int
    id: int
    column: str
    expected: Any
    found: Any


def generated_cases(
    seeds: range, base: Trial, rows: int, *, as_written: bool = False
) -> Iterator[Case]:
    """Random criteria over the elements of `base`, these varied as well."""
    for seed in seeds:
        rng = Random(seed)
        trial = with_criteria(rng, vary(rng, base), count=6)
        yield Case(seed, trial, random_table(rng, trial, rows, as_written=as_written))


def judgement_cases(seeds: range, rows: int) -> Iterator[Case]:
    """One criterion each, over elements of which most are for the investigator."""
    for seed in seeds:
        rng = Random(seed)
        trial = with_criteria(rng, left_to_judgement(rng, spec_trial()), count=1)
        trial = replace(trial, criteria=trial.criteria[:1])
        yield Case(seed, trial, random_table(rng, trial, rows))


def consent_cases(seeds: range, rows: int) -> Iterator[Case]:
    """Two criteria each, over elements of which many are signatures."""
    for seed in seeds:
        rng = Random(seed)
        trial = with_criteria(rng, before_consent(rng, spec_trial()), count=2)
        trial = replace(trial, criteria=trial.criteria[:2])
        yield Case(seed, trial, random_table(rng, trial, rows))


def packaged_cases(seeds: range, rows: int) -> Iterator[Case]:
    """The packaged trial as it is, and with varied elements."""
    for seed in seeds:
        rng = Random(seed)
        trial = load_trial() if seed % 2 else vary(rng, load_trial())
        yield Case(seed, trial, random_table(rng, trial, rows))


def screened(case: Case) -> pl.DataFrame:
    return screen_frame(case.trial, case.frame.lazy(), ON, "id").collect()


def differences(case: Case, found: pl.DataFrame) -> Iterator[Difference]:
    """The cells of `found` that the reference has otherwise. Columns missing there are errors."""
    rows = zip(case.frame.iter_rows(named=True), found.iter_rows(named=True), strict=True)
    for row, result in rows:
        for column, expected in {"id": row["id"], **reference(case.trial, row, ON)}.items():
            if result[column] != expected:
                yield Difference(case.seed, row["id"], column, expected, result[column])


def main() -> int:
    count, cells = int(sys.argv[1]), 0
    for case in generated_cases(range(1_000_000, 1_000_000 + count), spec_trial(), 500):
        found = screened(case)
        cells += found.height * (found.width - 1)
        if wrong := list(differences(case, found)):
            print("\n".join(map(str, wrong[:20])))
            return 1
    print(f"{cells} cells, no difference")
    return 0


if __name__ == "__main__":
    sys.exit(main())
