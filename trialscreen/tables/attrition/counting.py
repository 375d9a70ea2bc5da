"""Counts screened rows for attrition, a batch at a time."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cached_property
from itertools import chain
from operator import lshift, sub

import polars as pl

from trialscreen.model.trial import Trial
from trialscreen.tables.attrition.counts import Attrition, Tally
from trialscreen.tables.compile import Program
from trialscreen.tables.expressions import AT_ONCE, Computing

_ENOUGH = 50_000
"""Rows that lack data are looked at so many at a time: a look costs nearly the same for few."""

_MOST = 150_000
"""Rows that wait while the look before takes its time. To wait for it would stop the engine."""

_MANY = 1_000_000
"""What is found of the criteria is little, and is counted for so many rows at a time."""

_BITS = 32
"""So many sections are a number; grouped by as many flags, rows take three times as long."""


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
        self._lacks = _sections(trial, self._needed)
        self._tally = Tally()
        self._found: list[pl.DataFrame] = []
        self._waiting: list[pl.DataFrame] = []
        # The engine would read on while a look takes its time, and hold what it has read.
        self._beside = ThreadPoolExecutor(1)
        self._look: Future[None] | None = None

    @cached_property
    def _missing(self) -> Computing:
        return Computing(self._program, self._needed, "open")

    def add(self, results: pl.DataFrame) -> None:
        """A batch: typed columns without contradictions, and what is found of them."""
        self._tally.verdicts.update(verdicts_of(results))
        self._found.append(results[list(self._program.criteria)])
        if sum(map(len, self._found)) >= _MANY:
            self._count_found()
        lacks_data = results["open"] == "data"
        lacking = pl.DataFrame([results[name].filter(lacks_data) for name in self._inputs])
        self._waiting.append(lacking)
        waiting = sum(map(len, self._waiting))
        if waiting >= _MOST or (waiting >= _ENOUGH and (self._look is None or self._look.done())):
            self._look_at_waiting()

    def attrition(self) -> Attrition:
        """The counts of all batches so far."""
        self._count_found()
        self._look_at_waiting()
        self._finish_look()
        return self._tally.attrition(self._trial)

    def _count_found(self) -> None:
        """Counts what is found of the criteria."""
        batches, self._found = self._found, []
        if batches:
            found = pl.concat(batches, rechunk=True)
            self._tally.criteria.update(_criteria(self._trial, found))

    def _look_at_waiting(self) -> None:
        """Begins to count which elements the rows lack."""
        self._finish_look()
        batches, self._waiting = self._waiting, []
        if self._lacks and batches:
            self._look = self._beside.submit(self._count_missing, batches)

    def _finish_look(self) -> None:
        """Waits for the look; raises what it raised. One at a time, as each holds its rows."""
        if self._look is not None:
            self._look.result()

    def _count_missing(self, batches: Sequence[pl.DataFrame]) -> None:
        flags = self._missing.of(pl.concat(batches).lazy()).drop("open")
        flags = flags.select(pl.all().cast(pl.Boolean).eq_missing(other=True))
        missing = flags.collect(engine=AT_ONCE)
        self._tally.missing.update(_sums(missing))
        self._tally.missing_alone.update(_alone(missing.get_columns()))
        numbers = missing.select(self._lacks)
        lowest = [*map(int, numbers.columns)]
        for *bits, count in numbers.group_by(numbers.columns).len().iter_rows():
            self._tally.sections[sum(map(lshift, bits, lowest))] += count


def _sections(trial: Trial, elements: Collection[str]) -> list[pl.Expr]:
    """Of flags of elements, the sections of those that are true, as `bits_of` has them.

    In numbers of _BITS: the name of each is that of its lowest bit.
    """
    numbers: dict[int, list[pl.Expr]] = {}
    for place, section in enumerate(trial.sections):
        flags = [name for name in elements if trial.elements[name].section == section.id]
        if flags:
            bit = place % _BITS
            lacks = pl.any_horizontal(flags).cast(pl.UInt64) * (1 << bit)
            numbers.setdefault(place - bit, []).append(lacks)
    return [pl.sum_horizontal(bits).alias(f"{lowest}") for lowest, bits in numbers.items()]


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


def _criteria(trial: Trial, found: pl.DataFrame) -> Counter[tuple[str, str]]:
    mets = [found[one.id] for one in trial.criteria]
    against = [
        ~met if one.kind == "inclusion" else met
        for one, met in zip(trial.criteria, mets, strict=True)
    ]
    # Unlike `fill_null`, this tells the engine that none is null: the rest takes a third.
    fails = [flag.eq_missing(other=True) for flag in against]
    lacks = [flag.ne_missing(other=False) for flag in against]
    failed = _so_far(fails)
    before = chain([0], failed.values())
    counts: dict[str, Mapping[str, int]] = {
        "met": _sums(mets),
        "not_met": _sums(~met for met in mets),
        "unknown": {met.name: met.null_count() for met in mets},
        "failed_alone": _alone(fails),
        "stopped": dict(zip(failed, map(sub, failed.values(), before), strict=False)),
        "passed_so_far": {id_: len(found) - n for id_, n in _so_far(lacks).items()},
        "gained": _alone(lacks),
    }
    return Counter({(what, id_): n for what, one in counts.items() for id_, n in one.items()})


def _so_far(flags: Iterable[pl.Series]) -> dict[str, int]:
    """By flag, the rows in which it or one before it is true."""
    some = pl.Series([False])
    counts: dict[str, int] = {}
    for flag in flags:
        some = flag | some
        counts[flag.name] = int(some.sum())
    return counts


def _alone(flags: Sequence[pl.Series]) -> Counter[str]:
    """By flag, the rows in which it is the only one that is true."""
    some = twice = pl.Series([False])
    for flag in flags:
        twice |= some & flag
        some |= flag
    return _sums(flag & ~twice for flag in flags)
