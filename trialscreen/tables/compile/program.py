"""What a trial becomes for one table: named steps, and what comes out of them."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from trialscreen.model.expr import Scalar, columns_of


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
