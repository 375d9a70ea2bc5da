"""Tables as people keep them: the values of simulated patients in all the spellings that are read.

Each cell comes with the text that the reference reads, if it can be read at all.
"""

from datetime import date
from random import Random
from typing import NamedTuple

from tests.tools.simulate import columns
from trialscreen.answers.values import read_value
from trialscreen.model.errors import ValueProblem
from trialscreen.model.facts import Fact
from trialscreen.model.trial import SCREENING_DATE, Element, Trial
from trialscreen.tables.cohort.readers.cells import ADVICE

UNREADABLE = (
    "abc",
    "1,5",
    "99999999",
    "2999-01-01",
    "12 parsecs",
    "-",
    "5.5.5",
    "2026-02-30",
    "=1",
)
LIKE_MISSING = ("-", "99999999")
UNKNOWN = ("", " ", "unknown", " Unknown ")


class Cell(NamedTuple):
    """What stands in a table, and what `read_value` is given for it; None for nothing at all."""

    text: str
    read: str | None


class Patient(NamedTuple):
    """One row: her own screening date, and her cells by element."""

    id: str
    on: date
    cells: dict[str, Cell]

    def facts(self, trial: Trial) -> dict[str, Fact]:
        """The facts that her cells state, as the one parser reads them."""
        found = {name: self._fact(trial, name) for name in self.cells}
        return {name: fact for name, fact in found.items() if fact is not None}

    def unreadable(self, trial: Trial) -> dict[str, str]:
        """Why cells cannot be read, by element."""
        reasons = {}
        for name, cell in self.cells.items():
            try:
                read_value(trial, trial.elements[name], cell.read or "unknown", self.on)
            except ValueProblem as problem:
                advice = f"; {ADVICE}" if cell.text in LIKE_MISSING else ""
                reasons[name] = f"{problem}{advice}"
        return reasons

    def _fact(self, trial: Trial, name: str) -> Fact | None:
        try:
            return read_value(
                trial, trial.elements[name], self.cells[name].read or "unknown", self.on
            )
        except ValueProblem:
            return None


def patients(trial: Trial, rows: int, seed: int, days: tuple[date, ...]) -> list[Patient]:
    """Simulated patients, each on one of `days`, with a share of cells unknown or unreadable."""
    rng = Random(seed)
    table = columns(trial, rows, seed, min(days), unknown=0.3)
    made = []
    for number, row in enumerate(table.iter_rows(named=True), start=1):
        cells = {
            name: _spelled(rng, trial.elements[name], value)
            for name, value in row.items()
            if name != SCREENING_DATE
        }
        made.append(Patient(f"P{number:05}", rng.choice(days), cells))
    return made


def _spelled(rng: Random, element: Element, value: bool | float | str | date | None) -> Cell:
    if value is None:
        return Cell(rng.choice(UNKNOWN), None)
    if rng.random() < 0.02:
        return _as_it_is(rng.choice(UNREADABLE))
    if isinstance(value, bool):
        spellings = ("yes", "Yes", "y", "TRUE", "1") if value else ("no", "NO", "n", "false", "0")
        return _as_it_is(rng.choice(spellings))
    if isinstance(value, date):
        return _day(rng, value)
    if isinstance(value, str):
        names = (value, value.upper(), element.choices[value], value.replace("_", " "))
        return _as_it_is(rng.choice(names))
    return _as_it_is(_number(rng, element, value))


def _as_it_is(text: str) -> Cell:
    return Cell(text, text)


def _day(rng: Random, value: date) -> Cell:
    iso = value.isoformat()
    ways = (iso, iso, iso[:7], iso[:4], f"<{iso}", f">={iso[:7]}", f" {iso} ")
    midnight = rng.choice(("T00:00:00", " 00:00", " 00:00:00.000"))
    return Cell(iso + midnight, iso) if rng.random() < 0.2 else _as_it_is(rng.choice(ways))


def _number(rng: Random, element: Element, value: float) -> str:
    if element.accepts and rng.random() < 0.2:
        code = rng.choice(list(element.accepts))
        return f"{round(value / element.accepts[code], 4)} {code}"
    ways = (
        *(f"{value}",) * 8,
        f"{value:g}",
        f"{round(value)}",
        f"{value:.3f}",
        f"<{value}",
        f"> {value}",
        f"≤{value}",
        f"{value} to {value}",
        f"{round(value)}..{round(value) + 3}",
        f"{value} {element.unit}",
        f" {value} ",
    )
    return rng.choice(ways)
