"""A trial as one query over a table of patients: named steps, then a row per patient.

The query casts every column it reads to the type of its element, so that arithmetic is in
double precision whatever the table stores. Texts of a criteria file enter it as quoted
names, as literals and as comments; sqlglot writes all three.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

from sqlglot import exp

from trialscreen.model import expr
from trialscreen.model.trial import SCREENING_DATE, ElementType, Trial
from trialscreen.tables.compile import ContradictionFlag, Program, Step, Table, compile_trial
from trialscreen.tables.compile.simplify import either, if_
from trialscreen.tables.compile.usable import usable
from trialscreen.tables.engines.sql.dialects import Dialect, comment, traits
from trialscreen.tables.engines.sql.printer import Printer

RESULTS = ("verdict", "open")
"""The columns that come out beside the criteria."""

_TYPES: Mapping[ElementType, str] = {
    "boolean": "boolean",
    "choice": "text",
    "integer": "double",
    "quantity": "double",
    "date": "date",
}


@dataclass(frozen=True)
class Patients:
    """The table to query: its name (`schema.patients`), its id column, and what it holds."""

    name: str
    id: str
    table: Table


def screening_query(
    trial: Trial,
    patients: Patients,
    dialect: Dialect,
    *,
    trusted: bool = False,
) -> exp.Select:
    """The id, `verdict`, `open` and each criterion, for every row, in no order.

    Values that cannot be right, alone or together, are unknown for that row; `trusted` ones
    are taken as they are.
    """
    return _Query(trial, patients, Printer(dialect)).findings(trusted=trusted)


class _Part(NamedTuple):
    """One named query. A fenced one is computed once, however often it is read."""

    name: str
    query: exp.Select
    about: str = ""
    fenced: bool = False


@dataclass(frozen=True)
class _Query:
    trial: Trial
    patients: Patients
    printer: Printer

    def findings(self, *, trusted: bool) -> exp.Select:
        results = tuple(self._program.results.values())
        if trusted:
            parts = [self._given(self._in_order(self._program.inputs(results)))]
        else:
            parts = self._checked()
        parts += self._steps(self._program, results, "step")
        return self._chained(parts, self._results(self._program))

    @cached_property
    def _program(self) -> Program:
        return compile_trial(self.trial, self._table_with_id())

    def _checked(self) -> list[_Part]:
        """What can be right of the columns that findings rest on, alone and together."""
        program = self._program
        found = program.contradictions
        holds = (one.holds for one in found)
        used = {*program.inputs((*program.results.values(), *holds))}
        beside = (name for one in used for name in expr.columns_of(self._usable(one)))
        read = self._in_order({*used, *beside})
        values = {name: self._usable(name) for name in read}
        about = "what cannot be right by itself is unknown"
        parts = [
            self._given(read),
            _Part("usable", self._only(values), about, fenced=True),
        ]
        if found:
            parts += self._steps(program, (one.holds for one in found), "before")
            steps = (one.name for one in program.steps)
            parts += self._clearing(read, _flags(found, (self.patients.id, *read, *steps)))
        return parts

    def _usable(self, column: str) -> expr.Scalar:
        return usable(self.trial, self.patients.table, column)

    def _table_with_id(self) -> Table:
        """So that no step takes the id's name."""
        table = self.patients.table
        return replace(table, columns=table.columns | {self.patients.id})

    # The parts of the query.

    def _in_order(self, columns: Iterable[str]) -> list[str]:
        places = {name: place for place, name in enumerate(self.trial.elements)}
        return sorted(columns, key=lambda name: (places.get(self._element_of(name), 0), name))

    def _given(self, read: Sequence[str]) -> _Part:
        query = self._select(map(self._typed, read))
        return _Part("given", query, "what the table holds of each patient")

    def _typed(self, name: str) -> exp.Alias:
        column: exp.Expr = self.printer.column(name)
        if name == SCREENING_DATE:
            return self._named(exp.cast(column, "date"), name, "every window is counted from it")
        element = self.trial.elements[self._element_of(name)]
        kind = _TYPES[element.type]
        if kind != "text" or traits(self.printer.dialect).has_text:
            column = exp.cast(column, kind)
        if element.name != name and element.type in ("integer", "quantity"):
            column = self.printer.bound(column)
        unit = element.shown_unit
        return self._named(column, name, f"{element.label}, {unit}" if unit else element.label)

    def _element_of(self, column: str) -> str:
        """The element that a column holds, or one end of."""
        if column in self.trial.elements or column == SCREENING_DATE:
            return column
        return column.rpartition("_")[0]

    def _steps(self, program: Program, outputs: Iterable[expr.Scalar], prefix: str) -> list[_Part]:
        """One query per stage; each reads only those before it."""
        return [
            _Part(f"{prefix}_{number}", self._all_and(stage), fenced=True)
            for number, stage in enumerate(program.stages(outputs), 1)
        ]

    def _all_and(self, steps: Iterable[Step]) -> exp.Select:
        values = (self._named(self.printer.value(s.value), s.name, s.about) for s in steps)
        return exp.Select(expressions=[exp.Star(), *values])

    def _clearing(self, read: Sequence[str], flags: Sequence[Step]) -> list[_Part]:
        def struck(column: str) -> expr.Scalar:
            element = self._element_of(column)
            pairs = zip(flags, self._program.contradictions, strict=True)
            return either(
                *(expr.Column(flag.name) for flag, one in pairs if element in one.elements)
            )

        values = {name: if_(struck(name), expr.NULL, expr.Column(name)) for name in read}
        return [
            _Part("contradictions", self._all_and(flags), "what cannot be right", fenced=True),
            _Part(
                "cleared", self._only(values), "elements in contradiction are unknown", fenced=True
            ),
        ]

    def _select(self, columns: Iterable[exp.Alias]) -> exp.Select:
        """The id and these."""
        return exp.Select(expressions=[self.printer.column(self.patients.id), *columns])

    def _only(self, values: Mapping[str, expr.Scalar]) -> exp.Select:
        columns = (self._named(self.printer.value(v), name, "") for name, v in values.items())
        return self._select(columns)

    def _results(self, program: Program) -> exp.Select:
        labels = {one.id: one.label for one in self.trial.criteria}
        columns = []
        for name, value in program.results.items():
            result = self.printer.value(value)
            kind = "boolean" if name in labels else "text"
            if isinstance(value, expr.Constant) or (
                kind == "boolean" and not traits(self.printer.dialect).has_booleans
            ):
                result = exp.cast(result, kind)
            columns.append(self._named(result, name, labels.get(name, "")))
        return self._select(columns)

    # Putting them together.

    def _named(self, value: exp.Expr, name: str, about: str) -> exp.Alias:
        """`value` as `name`, with a comment."""
        alias = exp.Alias(this=value, alias=self.printer.name(name))
        if about:
            alias.add_comments([comment(about)])
        return alias

    def _chained(self, parts: Sequence[_Part], last: exp.Select) -> exp.Select:
        """Each query reads the one before, and the first the table."""
        source = self._table()
        taken = self.patients.name.rpartition(".")[2].casefold()
        known = traits(self.printer.dialect)
        for part in parts:
            free = f"{part.name}_" if part.name == taken else part.name
            query = part.query.from_(source, copy=False)
            fenced = True if part.fenced and known.needs_fences else None
            last = last.with_(self.printer.name(free), query, materialized=fenced, copy=False)
            if part.about:
                last.ctes[-1].add_comments([part.about])
            source = exp.Table(this=self.printer.name(free))
        return last.from_(source, copy=False)

    def _table(self) -> exp.Table:
        parts = [self.printer.name(part) for part in reversed(self.patients.name.split("."))]
        return exp.Table(**dict(zip(("this", "db", "catalog"), parts, strict=False)))


def _flags(found: Sequence[ContradictionFlag], taken: Iterable[str]) -> list[Step]:
    """The contradictions under names that nothing else has."""
    others = {name.casefold() for name in taken}
    prefix = "contradiction"
    while any(name.startswith(prefix) for name in others):
        prefix += "_"
    return [
        Step(f"{prefix}_{number}", one.holds, f"{one.id}: {one.reason}")
        for number, one in enumerate(found, 1)
    ]
