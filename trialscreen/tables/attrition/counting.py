"""Counts what attrition needs of screened rows, a batch at a time."""

from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cached_property
from itertools import compress

import polars as pl

from trialscreen.model.trial import Trial
from trialscreen.tables.attrition.counts import Attrition, OfCriterion, Tally, attrition
from trialscreen.tables.compile import Program
from trialscreen.tables.engines.polars import Computing

ENOUGH = 100_000
"""Rows that lack data are looked at so many at a time: a look costs nearly the same for few."""


class Counting:
    """The sums over all batches.

    `program` is that of the table, lowered with what is needed.
    """

    def __init__(self, trial: Trial, program: Program) -> None:
        self._trial = trial
        self._program = program
        self._needed = {
            name: needed
            for name, needed in program.needed.items()
            if not trial.elements[name].is_judgement
        }
        # `open` is kept as well, for a table that has no column else.
        self._inputs = "open", *program.inputs(self._needed.values())
        self._sections: dict[str, list[str]] = {}
        for name in self._needed:
            self._sections.setdefault(trial.elements[name].section, []).append(name)
        self._tally = Tally()
        self._waiting: list[pl.DataFrame] = []

    @cached_property
    def _missing(self) -> Computing:
        return Computing(self._program, self._needed, "open")

    def add(self, results: pl.DataFrame) -> None:
        """A batch: typed columns without contradictions, and what is found of them."""
        self._tally.verdicts.update(verdicts_of(results))
        self._tally.criteria.update(_criteria(self._trial, results))
        lacks_data = results["open"] == "data"
        lacking = pl.DataFrame([results[name].filter(lacks_data) for name in self._inputs])
        self._waiting.append(lacking)
        if sum(map(len, self._waiting)) >= ENOUGH:
            self._look_at_waiting()

    def attrition(self) -> Attrition:
        """The counts of all batches so far."""
        self._look_at_waiting()
        return attrition(self._trial, self._tally)

    def _look_at_waiting(self) -> None:
        """Counts which elements the rows lack."""
        batches, self._waiting = self._waiting, []
        if not (self._sections and batches):
            return
        flags = self._missing.of(pl.concat(batches).lazy()).drop("open")
        missing = flags.select(pl.all().cast(pl.Boolean).fill_null(value=False)).collect()
        one = missing.sum_horizontal() == 1
        self._tally.missing.update(_sums(missing))
        self._tally.missing_alone.update(_sums(flag & one for flag in missing))
        places = {f"{place}": names for place, names in enumerate(self._sections.values())}
        lacking = missing.select(pl.any_horizontal(names).alias(n) for n, names in places.items())
        for *lacks, count in lacking.group_by(list(places)).len().iter_rows():
            self._tally.sections[frozenset(compress(self._sections, lacks))] += count


def _sums(flags: Iterable[pl.Series]) -> Counter[str]:
    return Counter({flag.name: int(flag.sum()) for flag in flags})


def verdicts_of(results: pl.DataFrame) -> Counter[tuple[str, str | None]]:
    """How many rows have each verdict and each thing open."""
    undetermined = len(results) - results["open"].null_count()
    eligible = int((results["verdict"] == "eligible").sum())
    consent = int((results["open"] == "consent").sum())
    judgement = int((results["open"] == "judgement").sum())
    return Counter(
        {
            ("eligible", None): eligible,
            ("ineligible", None): len(results) - undetermined - eligible,
            ("undetermined", "data"): undetermined - consent - judgement,
            ("undetermined", "consent"): consent,
            ("undetermined", "judgement"): judgement,
        }
    )


def _criteria(trial: Trial, results: pl.DataFrame) -> Counter[tuple[OfCriterion, str]]:
    counts: Counter[tuple[OfCriterion, str]] = Counter()
    fails, lacks = [], []
    for one in trial.criteria:
        met, unknown = results[one.id], results[one.id].is_null()
        counts["met", one.id] = int(met.sum())
        counts["unknown", one.id] = met.null_count()
        against = ~met if one.kind == "inclusion" else met
        fails.append(against & ~unknown)
        lacks.append(against | unknown)
    counts += _first_and_alone(len(results), fails, "stopped", "failed_alone")
    counts += _first_and_alone(len(results), lacks, "first_lack", "lacks_alone")
    return counts


def _first_and_alone(
    rows: int, flags: Sequence[pl.Series], first: OfCriterion, alone: OfCriterion
) -> Counter[tuple[OfCriterion, str]]:
    """By flag, the rows in which it is the first that is true, and the only one."""
    counts: Counter[tuple[OfCriterion, str]] = Counter()
    some = twice = pl.repeat(value=False, n=rows, eager=True)
    before = 0
    for flag in flags:
        twice |= some & flag
        some |= flag
        counts[first, flag.name] = -before + (before := int(some.sum()))
    once = ~twice
    for flag in flags:
        counts[alone, flag.name] = int((flag & once).sum())
    return counts
