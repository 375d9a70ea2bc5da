"""`Program`: a trial compiled for a table of typed columns, as named steps and outputs."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from trialscreen.model import expr
from trialscreen.model.expr import Scalar, columns_of
from trialscreen.model.trial import SCREENING_DATE, Element, Trial
from trialscreen.tables.compile.simplify import both, compare, floor, if_


@dataclass(frozen=True)
class Table:
    """The typed columns that there are.

    An element `x` stands in a column `x`, or within bounds in `x_low` and `x_high` (both
    or neither null), or in both ways: then `x` counts where it is not null. Both ends count,
    except for the elements in `as_written`: these have three columns more, `x_low_open` and
    `x_high_open`, for whether an end is left out, and `x_half`, half a unit of the last digit
    with which an exact number was written. `on` is everyone's screening date; without it,
    the column `screening_date` is each row's own, and never null.

    What comes out is right where numbers lie within the accepted range and are not NaN.
    Elsewhere it means nothing, but is not an error: a cohort finds such rows afterwards.
    """

    columns: frozenset[str]
    as_written: frozenset[str] = frozenset()
    on: date | None = None

    @property
    def screening_day(self) -> expr.Scalar:
        return expr.Column(SCREENING_DATE) if self.on is None else expr.Constant(self.on)


def bounded_columns(trial: Trial) -> dict[str, tuple[str, str]]:
    """For each number and date, the columns of its two ends."""
    return {
        one.name: (f"{one.name}_low", f"{one.name}_high")
        for one in trial.answerable()
        if one.type in ("integer", "quantity", "date") and one.name != SCREENING_DATE
    }


def usable(trial: Trial, table: Table, column: str) -> expr.Scalar:
    """The value of `column`; null where it cannot be right.

    A number outside the accepted range, half of a count, a day after the screening date or
    a choice that the criteria file does not name is unknown. So is a bound whose other end
    cannot be right, or lies on the wrong side.
    """
    latest = table.screening_day
    element, value = trial.elements.get(column), expr.Column(column)
    if element is not None:
        return if_(is_usable(element, value, latest), value, expr.NULL)
    name = column.rpartition("_")[0]
    if name not in trial.elements:
        return value
    low, high = expr.Column(f"{name}_low"), expr.Column(f"{name}_high")
    ends = (is_usable(trial.elements[name], end, latest, exact=False) for end in (low, high))
    return if_(both(compare("<=", low, high), *ends), value, expr.NULL)


def is_usable(
    element: Element, value: expr.Scalar, latest: expr.Scalar, *, exact: bool = True
) -> expr.Scalar:
    """Whether a value can be right, up to a last day. A bound, not `exact`, need not be whole."""
    return both(_in_range(element, value), beside_range(element, value, latest, exact=exact))


def beside_range(
    element: Element, value: expr.Scalar, latest: expr.Scalar, *, exact: bool = True
) -> expr.Scalar:
    """Whether a value can be right that lies in the range of its element."""
    match element.type:
        case "choice":
            return expr.In(value, tuple(element.choices))
        case "date":
            return compare("<=", value, latest)
        case "integer" if exact:
            return compare("==", value, floor(value))
        case _:
            return expr.TRUE


def _in_range(element: Element, value: expr.Scalar) -> expr.Scalar:
    if element.range is None:
        return expr.TRUE
    least, most = (expr.Constant(end) for end in element.range)
    return both(compare(">=", value, least), compare("<=", value, most))


class Step(NamedTuple):
    """A value with a name, for the steps after it; `about` says what it is, in words."""

    name: str
    value: Scalar
    about: str


class Flag(NamedTuple):
    """What is wrong with values beside each other, where `holds` is true: null does not matter.

    `elements` are the ones that it can rest on, in any row: where a contradiction holds, all of
    them count as unknown. The reference names fewer where some of them did not matter.
    """

    id: str
    elements: tuple[str, ...]
    reason: str
    holds: Scalar


@dataclass(frozen=True)
class Program:
    """The steps, each after those that it reads, and the outputs, which read them.

    `criteria`: by id, whether each is met. `eligible`: whether all pass. `verdict`:
    "eligible", "ineligible" or "undetermined". `open`: what an undetermined row lacks,
    "data", "consent" or "judgement"; else null. `cleaned`: the columns of the table that a
    contradiction can strike, null in the rows in which one does. The other outputs leave
    contradictions standing: where that matters they are to be computed from cleaned columns.
    `warnings`: what can be right together, and seldom is.
    `needed`: by element, whether a row needs it, to decide a criterion that is open; empty
    unless asked for. `stale`: by element, whether a row's value is certainly too old.
    """

    steps: tuple[Step, ...]
    criteria: Mapping[str, Scalar]
    eligible: Scalar
    verdict: Scalar
    open: Scalar
    contradictions: tuple[Flag, ...]
    warnings: tuple[Flag, ...]
    cleaned: Mapping[str, Scalar]
    needed: Mapping[str, Scalar] = field(default_factory=dict)
    stale: Mapping[str, Scalar] = field(default_factory=dict)

    @property
    def results(self) -> dict[str, Scalar]:
        """What comes out for each patient, by the name of its column."""
        return {"verdict": self.verdict, "open": self.open, **self.criteria}

    def stages(self, outputs: Iterable[Scalar]) -> tuple[tuple[Step, ...], ...]:
        """The steps that `outputs` need; those of one stage read only the stages before it."""
        depths: dict[str, int] = {}
        stages: list[list[Step]] = []
        for step in reversed([*self._needed(outputs)]):
            above = (depths[name] for name in columns_of(step.value) if name in depths)
            depth = depths[step.name] = max(above, default=-1) + 1
            if depth == len(stages):
                stages.append([])
            stages[depth].append(step)
        return tuple(map(tuple, stages))

    def inputs(self, outputs: Iterable[Scalar]) -> tuple[str, ...]:
        """The columns of the table that `outputs` rest on, each once."""
        outputs = tuple(outputs)
        names = {step.name for step in self.steps}
        values = [*(step.value for step in self._needed(outputs)), *outputs]
        read = dict.fromkeys(name for value in values for name in columns_of(value))
        return tuple(name for name in read if name not in names)

    def _needed(self, outputs: Iterable[Scalar]) -> Iterator[Step]:
        """The steps that `outputs` rest on, the last first."""
        wanted = {name for output in outputs for name in columns_of(output)}
        for step in reversed(self.steps):
            if step.name in wanted:
                wanted.update(columns_of(step.value))
                yield step
