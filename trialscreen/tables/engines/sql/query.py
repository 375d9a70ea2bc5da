"""Builds the SQL query that screens a table of patients: named steps, then a row per patient.

The query casts every column it reads to the type of its element, so that arithmetic is in
double precision whatever the table stores. Texts of a criteria file enter it as quoted
names, as literals and as comments; sqlglot writes all three.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from typing import NamedTuple

from sqlglot import exp

from trialscreen.model import expr
from trialscreen.model.errors import Problem, raise_any
from trialscreen.model.trial import SCREENING_DATE, ElementType, Trial
from trialscreen.tables.compile import Program, Step, Table, compile_trial
from trialscreen.tables.compile.flags import cleaned
from trialscreen.tables.compile.program import bounded_columns, usable
from trialscreen.tables.engines.sql.printer import TRAITS, Dialect, Printer, Traits, comment
from trialscreen.text.characters import first_control, nearest, shown


@dataclass(frozen=True)
class Patients:
    """The table to query: its name (`schema.patients`), its id column, and what it holds."""

    name: str
    id: str
    table: Table


def patients_table(
    trial: Trial,
    name: str,
    id_column: str,
    on: date | None,
    columns: Sequence[str] | None = None,
    bounded: Sequence[str] = (),
) -> Patients:
    """The table `name`, with these columns; by default one for each data element.

    `bounded` elements stand in two columns, `x_low` and `x_high`, instead of one. Without
    `on`, the column `screening_date` is each row's own. Raises InputError with every name
    that is wrong.
    """
    known = [one.name for one in trial.answerable()]
    ends = bounded_columns(trial)
    problems = [*_wrong_names(trial, name, id_column)]
    for one in bounded:
        if one not in ends:
            message = f"no number or date is named {shown(one)}.{nearest(one, ends)}"
            problems.append(Problem("--bounded", message))
    if columns is None:
        held = [one for one in known if one != SCREENING_DATE and one not in bounded]
    else:
        held = [one for one in columns if one != id_column]
        problems += _unknown_columns(trial, held)
    raise_any(problems)
    own_days = [SCREENING_DATE] if on is None else []
    bounds = (end for one in bounded for end in ends[one])
    return Patients(
        name, id_column, Table(frozenset([*held, *bounds, *own_days, id_column]), on=on)
    )


def _wrong_names(trial: Trial, name: str, id_column: str) -> Iterator[Problem]:
    parts = name.split(".")
    if len(parts) > 3 or not all(parts) or first_control(name) is not None:
        yield Problem("--table", f"{shown(name)}; expected a name such as patients or ehr.patients")
    results = ("verdict", "open", *(criterion.id for criterion in trial.criteria))
    if not id_column or first_control(id_column) is not None:
        yield Problem("--id", f"{shown(id_column)} cannot name a column")
    elif id_column in trial.elements:
        yield Problem("--id", f"{shown(id_column)} is a data element; expected the patient's code")
    elif id_column.casefold() in {one.casefold() for one in results}:
        yield Problem("--id", f"{shown(id_column)} is a column of the result; rename it in a view")


def _unknown_columns(trial: Trial, names: Sequence[str]) -> Iterator[Problem]:
    possible = {one.name for one in trial.answerable()}
    others = {
        end: other for ends in bounded_columns(trial).values() for end, other in (ends, ends[::-1])
    }
    for name in names:
        if name == SCREENING_DATE:
            yield Problem("--columns", f"{name}: give --screening-date column for it")
        elif name not in possible and name not in others:
            hint = nearest(name, (*possible, *others))
            yield Problem("--columns", f"no data element is named {shown(name)}.{hint}")
        elif name not in possible and others[name] not in names:
            yield Problem("--columns", f"{name} needs {others[name]} beside it")


_TYPES: Mapping[ElementType, str] = {
    "boolean": "boolean",
    "choice": "text",
    "integer": "double",
    "quantity": "double",
    "date": "date",
}


def screening_sql(
    trial: Trial, patients: Patients, dialect: Dialect, *, trusted: bool = False
) -> str:
    """The query for the id, `verdict`, `open` and each criterion of every row, in no order.

    Values that cannot be right, alone or together, are unknown for that row; `trusted` ones are
    taken as they are. Raises InputError where a name or a text would not reach the database as
    it is.
    """
    query = _Query(trial, patients, Printer(dialect)).findings(trusted=trusted)
    raise_any([*_not_as_they_are(query, TRAITS[dialect])])
    header = "".join(f"-- {comment(line)}\n" for line in _header(trial, patients, dialect))
    return f"{header}\n{query.sql(dialect, pretty=True, copy=False)};\n"


def _not_as_they_are(query: exp.Select, known: Traits) -> Iterator[Problem]:
    """Names and texts that would not reach the database as they are."""
    names, texts = dict[str, None](), dict[str, None]()
    for one in query.find_all(exp.Identifier, exp.Literal, exp.National):
        (names if isinstance(one, exp.Identifier) else texts)[str(one.this)] = None
    for name in names:
        if known.longest_name is not None and len(name.encode()) > known.longest_name:
            limit = f"longer than {known.longest_name} bytes, {known.title}'s limit"
            yield Problem(shown(name), limit)
    for text in names | texts:
        if (mark := known.replaces) is not None and mark in text:
            yield Problem(shown(text), f"{known.title} would put a setting in the place of {mark}…")


def _header(trial: Trial, patients: Patients, dialect: Dialect) -> Iterator[str]:
    on = patients.table.on
    when = f"column {SCREENING_DATE}" if on is None else f"{on}, for every patient"
    yield f"{trial.registration.nct_id}: {trial.registration.title}"
    yield f"Criteria file version {trial.version}, SHA-256 {trial.sha256}."
    yield f"Screening date: {when}. Dialect: {TRAITS[dialect].title}."
    yield (
        "A row per patient: true where a criterion's own statement is met, false where it is"
        " not, null where that is unknown."
    )
    yield "An exclusion criterion that is met excludes. A screening aid: the investigator decides."
    yield "Numbers are compared in double precision: 2.5e0 is 2.5."


class _Part(NamedTuple):
    """One named query. A fenced one is computed once, however often it is read."""

    name: str
    query: exp.Select
    about: str = ""
    fenced: bool = True


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
        return self._chained([*parts, *self._steps(results, "step")])

    @cached_property
    def _program(self) -> Program:
        table = self.patients.table  # with the id, so that no step takes its name
        return compile_trial(self.trial, replace(table, columns=table.columns | {self.patients.id}))

    def _checked(self) -> list[_Part]:
        """What can be right of the columns that findings rest on, alone and together."""
        program = self._program
        found = program.contradictions
        used = program.inputs((*program.results.values(), *(one.holds for one in found)))
        beside = (name for one in used for name in expr.columns_of(self._usable(one)))
        read = self._in_order({*used, *beside})
        values = {name: self._usable(name) for name in read}
        about = "what cannot be right by itself is unknown"
        parts = [self._given(read), _Part("usable", self._only(values), about)]
        if found:
            parts += self._steps((one.holds for one in found), "before")
            parts += self._cleared(read)
        return parts

    def _usable(self, column: str) -> expr.Scalar:
        return usable(self.trial, self.patients.table, column)

    # The parts of the query.

    def _in_order(self, columns: Iterable[str]) -> list[str]:
        places = {name: place for place, name in enumerate(self.trial.elements)}
        return sorted(columns, key=lambda name: (places.get(self._element_of(name), 0), name))

    def _given(self, read: Sequence[str]) -> _Part:
        query = self._select(map(self._typed, read))
        return _Part("given", query, "what the table holds of each patient", fenced=False)

    def _typed(self, name: str) -> exp.Alias:
        column: exp.Expr = self.printer.column(name)
        if name == SCREENING_DATE:
            return self._named(exp.cast(column, "date"), name, "every window is counted from it")
        element = self.trial.elements[self._element_of(name)]
        kind = _TYPES[element.type]
        if kind != "text" or not self.printer.traits.has_bits:
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

    def _steps(self, outputs: Iterable[expr.Scalar], prefix: str) -> list[_Part]:
        """One query per stage; each reads only those before it."""
        stages = enumerate(self._program.stages(outputs), 1)
        return [_Part(f"{prefix}_{number}", self._all_and(stage)) for number, stage in stages]

    def _cleared(self, read: Sequence[str]) -> list[_Part]:
        """The contradictions, under names that nothing else has, and the values less these."""
        found, prefix = self._program.contradictions, "contradiction"
        taken = (self.patients.id, *read, *(one.name for one in self._program.steps))
        while any(name.casefold().startswith(prefix) for name in taken):
            prefix += "_"
        flags = {f"{prefix}_{number}": one for number, one in enumerate(found, 1)}
        holding = (one._replace(holds=expr.Column(flag)) for flag, one in flags.items())
        struck = cleaned(self.patients.table, holding)
        values = {column: struck.get(column, expr.Column(column)) for column in read}
        steps = [Step(flag, one.holds, f"{one.id}: {one.reason}") for flag, one in flags.items()]
        return [
            _Part("contradictions", self._all_and(steps), "what cannot be right"),
            _Part("cleared", self._only(values), "elements in contradiction are unknown"),
        ]

    def _all_and(self, steps: Iterable[Step]) -> exp.Select:
        values = (self._named(self.printer.value(s.value), s.name, s.about) for s in steps)
        return exp.Select(expressions=[exp.Star(), *values])

    def _select(self, columns: Iterable[exp.Alias]) -> exp.Select:
        return exp.Select(expressions=[self.printer.column(self.patients.id), *columns])

    def _only(self, values: Mapping[str, expr.Scalar]) -> exp.Select:
        columns = (self._named(self.printer.value(v), name, "") for name, v in values.items())
        return self._select(columns)

    def _results(self) -> exp.Select:
        labels = {one.id: one.label for one in self.trial.criteria}
        columns = []
        for name, value in self._program.results.items():
            result = self.printer.value(value)
            kind = "boolean" if name in labels else "text"
            is_bit = kind == "boolean" and self.printer.traits.has_bits
            if isinstance(value, expr.Constant) or is_bit:
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

    def _chained(self, parts: Sequence[_Part]) -> exp.Select:
        """Each query reads the one before, and the first the table; the results read the last."""
        names = [self.printer.name(part) for part in reversed(self.patients.name.split("."))]
        source = exp.Table(**dict(zip(("this", "db", "catalog"), names, strict=False)))
        taken = self.patients.name.rpartition(".")[2].casefold()
        last = self._results()
        for part in parts:
            free = self.printer.name(f"{part.name}_" if part.name == taken else part.name)
            query = part.query.from_(source, copy=False)
            fenced = True if part.fenced and self.printer.traits.needs_fences else None
            last = last.with_(free, query, materialized=fenced, copy=False)
            if part.about:
                last.ctes[-1].add_comments([part.about])
            source = exp.Table(this=free.copy())
        return last.from_(source, copy=False)
