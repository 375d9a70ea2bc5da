"""A column of text to typed columns: each distinct text is read once, by the one parser.

Plain numbers and days take a shorter way, which a test holds equal to the parser.
Of a number that a formula computes with, or that one could contradict, three columns more
tell how it was written: see `compile.Table.as_written`.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from functools import cached_property
from typing import Any, NamedTuple

import polars as pl

from trialscreen.answers.values import THOUSANDS, counts_thousands
from trialscreen.model.errors import ValueProblem
from trialscreen.model.facts import DIGITS_THAT_COUNT, Exactly, Fact, Numbers, closed, half_of
from trialscreen.model.trial import Element, Formula, Trial
from trialscreen.tables.cohort.column_map import KEY, LATEST, ROW
from trialscreen.tables.cohort.data_quality import NOTHING
from trialscreen.tables.cohort.readers.cells import Form, Parser
from trialscreen.tables.cohort.readers.opened import CellKind, Distinct, NumberKind, plain
from trialscreen.tables.cohort.typed_columns import unreadable_apart
from trialscreen.text.characters import BLANKS

REMEMBERED = 50_000
"""Distinct texts of a column kept from batch to batch; with more than these it begins anew."""

_FEW = 100
"""Fewer texts are read one by one: to ask the engine would take longer."""

_REASON, _PENDING = "why it cannot be read", "whether it is awaited"


class Cells(NamedTuple):
    """A batch of rows, and of which kinds its columns are: to ask for that takes long."""

    frame: pl.DataFrame
    kinds: Mapping[str, pl.DataType]

    @classmethod
    def of(cls, frame: pl.DataFrame) -> "Cells":
        return cls(frame, frame.schema)

    def plus(self, columns: Iterable[pl.Expr | pl.Series]) -> "Cells":
        return self.of(self.frame.lazy().with_columns(columns).collect())


class TextColumn:
    """A column of texts, which remembers what they mean.

    `prepared` is what the scan makes of it, under the element's name; `columns` are the typed
    columns that come out. Numbers and days come out as a lower and an upper bound. Its cells may
    come as texts, as codes of texts, or typed, where all are plain.
    """

    def __init__(
        self, trial: Trial, element: Element, prepared: pl.Expr, form: Form | None = None
    ) -> None:
        self.element, self.prepared = element, prepared
        self.columns = _columns(trial, element)
        self._parser = Parser(trial, element, form)
        self.kind = self._kind()
        """How its cells may come."""
        self._schema = {**self.columns, _REASON: pl.String(), _PENDING: pl.Boolean()}
        self._value, self._code = f"{element.name} (plain)", f"{element.name} (code)"

    def _kind(self) -> CellKind:
        if not self._parser.has_plain:
            return "words"
        match self.element.type:
            case "boolean":
                return "truth"
            case "date":
                return "day"
            case _:
                doubtful = f"^{THOUSANDS}$" if counts_thousands(self.element) else None
                return NumberKind(self._is_accepted, doubtful)

    def _is_accepted(self, value: pl.Expr) -> pl.Expr:
        """Whether the value of a plain number or day is accepted, and no code."""
        element, form = self.element, self._parser.form
        codes: list[Any] = form.days if element.type == "date" else form.numbers
        accepted = value.is_between(*(element.range or (date.min, date.max)))
        if element.type == "integer":
            accepted &= value == value.floor()
        return accepted & ~value.is_in(codes) if codes else accepted

    def read(self, cells: pl.DataFrame) -> tuple[list[pl.Series], pl.DataFrame]:
        """The typed columns of `cells`, less what cannot be used; and that, listed."""
        typed, unreadable = read_texts((self,), cells)
        return [typed[column] for column in self.columns], unreadable

    def is_typed(self, cells: Cells) -> bool:
        """Whether its cells come typed; of truths and numbers, only such that can be used are."""
        return isinstance(cells.kinds[self.element.name], pl.Boolean | pl.Float64 | pl.Date)

    @property
    def are_days_usable(self) -> pl.Expr:
        """Whether all cells that come as days can be used."""
        day = pl.col(self.element.name)
        return (self._is_accepted(day) & (day <= pl.col(LATEST))).all()

    def as_it_is(self, cells: Cells, *, as_values: bool) -> dict[str, pl.Series]:
        """The typed columns of such cells; not with how many digits numbers are written.

        `as_values`: one column, of the element's name, instead of bounds.
        """
        value = cells.frame[self.element.name]
        if as_values:
            return {value.name: value}
        made = {column: value.alias(column) for column in self.columns}
        if len(self.columns) > 2:
            name = self.element.name
            is_not = value.is_nan()  # null where that is
            opens = (f"{name}_low_open", f"{name}_high_open")
            made |= {column: is_not.alias(column) for column in opens}
            half = pl.Series(f"{name}_half", [None], pl.Float64)
            made[half.name] = half.new_from_index(0, len(value))
        return made

    # How others are read, one after the other; of each, the engine does all columns at once.

    def as_text(self, cells: Cells) -> Iterator[pl.Expr]:
        """Typed cells as the texts they were."""
        if cells.kinds[self.element.name] == pl.Date:
            yield pl.col(self.element.name).dt.to_string("%Y-%m-%d")

    def plain(self, cells: Cells) -> Iterator[pl.Expr]:
        """The values of plain texts, null where a cell is not plain."""
        if self.kind != "words" and cells.kinds[self.element.name] == pl.String:
            text = pl.col(self.element.name)
            value = plain(self.kind, text)
            if self.kind == "day":
                value = pl.when(self._is_accepted(value)).then(value)
            yield value.alias(self._value)
            if (half := f"{self.element.name}_half") in self.columns:
                decimals = text.str.len_bytes() - text.str.find(".", literal=True) - 1
                decimals = decimals.fill_null(0).clip(upper_bound=DIGITS_THAT_COUNT)
                yield pl.lit(_HALVES).gather(decimals).alias(half)

    def coded(self, cells: Cells) -> Iterator[pl.Series]:
        """The codes of cells that are not plain, all of them known from now on."""
        codes = cells.frame[self.element.name]
        if isinstance(codes.dtype, pl.String):
            if self._value in cells.kinds:
                value = cells.frame[self._value]
                if value.null_count() == codes.null_count():
                    return
                codes = codes.set(value.is_not_null(), None)
            codes = codes.cast(self._learned.codes)
        if isinstance(codes.dtype, pl.Categorical):
            if codes.dtype != self._learned.codes:
                self._learned = Distinct(self._facts_of, codes)
            self._learned.learn(codes)
            yield codes.to_physical().alias(self._code)

    def typed(self, cells: Cells) -> list[pl.Expr]:
        """The typed columns, of plain cells and of those that are known by their codes."""
        name, found = self.element.name, dict[str, pl.Expr]()
        if self._value in cells.kinds:
            value = pl.col(self._value)
            is_plain = pl.when(value.is_not_null())
            found = dict.fromkeys(self.columns, is_plain.then(pl.lit(value=False)))
            found |= dict.fromkeys((name, f"{name}_low", f"{name}_high"), value)
            found[f"{name}_half"] = is_plain.then(pl.col(f"{name}_half"))
        if self._code in cells.kinds:
            for column in self.columns:
                fact = pl.lit(self._learned.known[column]).gather(pl.col(self._code))
                found[column] = pl.coalesce(found[column], fact) if column in found else fact
        return [found[column].alias(column) for column in self.columns]

    def awaited(self, cells: Cells) -> pl.Expr:
        """Where a value is awaited, under `awaited_column`."""
        is_awaited = pl.lit(value=False)
        if self._code in cells.kinds:
            is_awaited = pl.lit(self._learned.known[_PENDING]).gather(pl.col(self._code))
        return is_awaited.alias(awaited_column(self.element.name))

    def is_fine(self, cells: Cells) -> pl.Expr:
        """Whether all cells of a batch can be used."""
        fine = pl.lit(value=True)
        reasons = self._learned.known[_REASON] if self._code in cells.kinds else None
        if reasons is not None and reasons.null_count() < len(reasons):
            fine = pl.lit(reasons.is_null()).gather(pl.col(self._code)).all()
        if self.element.type == "date":
            fine &= (self.typed(cells)[1] <= pl.col(LATEST)).all()
        return fine

    def checked(
        self, cells: Cells, columns: list[pl.Series]
    ) -> tuple[list[pl.Series], pl.DataFrame]:
        """The typed `columns` of a batch that is `coded`, less what cannot be used; and that."""
        reasons = pl.Series([None], dtype=pl.String).new_from_index(0, len(cells.frame))
        if self._code in cells.kinds:
            reasons = self._learned.known[_REASON].gather(cells.frame[self._code])
        is_bad = reasons.is_not_null()
        if self.element.type != "date":
            return unreadable_apart(self._parser, cells.frame, is_bad, columns, reasons)
        (low, high), latest = columns, cells.frame[LATEST]
        is_bad |= (low > latest).fill_null(value=False)
        high = high.zip_with((high <= latest).fill_null(value=True), latest)
        return unreadable_apart(self._parser, cells.frame, is_bad, [low, high])

    def forget(self) -> None:
        """Lets go of what has become too much."""
        if len(self._learned.known) > REMEMBERED:
            del self._learned

    # What distinct texts mean.

    @cached_property
    def _learned(self) -> Distinct:
        """Nothing yet; most columns of clean tables never ask for it."""
        return Distinct(self._facts_of)

    def _facts_of(self, texts: pl.Series) -> pl.DataFrame:
        """What each of some texts means: by the engine if it is plain, else by the parser."""
        if self.kind == "words" or len(texts) < _FEW:
            return self._parsed(texts)
        # The parser takes the blanks around a text away as well.
        cells = Cells.of(texts.str.strip_chars(BLANKS).alias(self.element.name).to_frame())
        cells = cells.plus(self.plain(cells))
        plain = cells.frame.select(
            *self.typed(cells), **{_REASON: pl.lit(None, pl.String), _PENDING: pl.lit(value=False)}
        )
        others = cells.frame[self._value].is_null()
        places = pl.concat([others.not_().arg_true(), others.arg_true()])
        both = plain.filter(~others), self._parsed(texts.filter(others))
        return pl.concat(both)[places.arg_sort()]

    def _parsed(self, texts: pl.Series) -> pl.DataFrame:
        columns = [*zip(*map(self._fact, texts), strict=True)] or [()] * len(self._schema)
        return pl.DataFrame(dict(zip(self._schema, columns, strict=True)), schema=self._schema)

    def _fact(self, text: str) -> tuple[Any, ...]:
        """What a text means, under the names of the schema."""
        unknown = (None,) * len(self.columns)
        try:
            # Days are read whatever the latest, which varies; what is too late is found later.
            fact = self._parser.read(text, date.max)
        except ValueProblem as problem:
            return *unknown, str(problem), None
        if fact is None:
            return *unknown, None, self._parser.is_pending(text)
        return *self._values(fact), None, False

    def _values(self, fact: Fact) -> tuple[Any, ...]:
        match fact:
            case Exactly(value):
                return (value,)
            case Numbers() if len(self.columns) == len(fact):
                return fact
            case Numbers():
                fact = closed(fact)
        return fact.low, fact.high


_HALVES = pl.Series([half_of(count) for count in range(DIGITS_THAT_COUNT + 1)])


def awaited_column(name: str) -> str:
    """The column that says in which rows an element is awaited."""
    return f"{name} (awaited)"


def later_column(name: str) -> str:
    """The column that says in which rows a date lies after the screening date, if any does."""
    return f"{name} (later)"


def read_texts(
    columns: Sequence[TextColumn],
    cells: pl.DataFrame,
    *,
    with_awaited: bool = False,
    as_values: bool = False,
) -> tuple[dict[str, pl.Series], pl.DataFrame]:
    """The typed columns of `cells`, which have LATEST, by their names; and a list.

    What cannot be used is unknown, and listed. `with_awaited`, there is also the
    `awaited_column` of each. `as_values`, those that come typed are not made bounds.
    """
    given = Cells.of(cells)
    typed = {column.element.name: column for column in columns if column.is_typed(given)}
    days = (one.are_days_usable.alias(name) for name, one in typed.items() if one.kind == "day")
    for name, (is_usable,) in cells.select(days).to_dict(as_series=False).items():
        if not is_usable:
            del typed[name]
    made: dict[str, pl.Series] = {}
    for column in typed.values():
        made |= column.as_it_is(given, as_values=as_values)
        if with_awaited:
            awaited = awaited_column(column.element.name)
            made[awaited] = pl.Series(awaited, [False]).new_from_index(0, len(cells))
    others = [column for column in columns if column.element.name not in typed]
    found, unreadable = _read_others(others, given, with_awaited=with_awaited)
    return made | found, unreadable


def _read_others(
    columns: Sequence[TextColumn], cells: Cells, *, with_awaited: bool
) -> tuple[dict[str, pl.Series], pl.DataFrame]:
    """As `read_texts`, of cells that are texts or codes of them. The engine does all at once."""
    elements = [column.element.name for column in columns]
    read = Cells.of(cells.frame[[*dict.fromkeys((ROW, KEY, LATEST, *elements))]])
    for step in (TextColumn.as_text, TextColumn.plain, TextColumn.coded):
        if more := [one for column in columns for one in step(column, read)]:
            read = read.plus(more)
    fine = {f"fine {place}": column.is_fine(read) for place, column in enumerate(columns)}
    awaited = [column.awaited(read) for column in columns] if with_awaited else []
    typed = (one for column in columns for one in column.typed(read))
    found = read.frame.select(*typed, *awaited, **fine)
    made = {one.name: one for one in found.get_columns()}
    bad = [NOTHING]
    for place, column in enumerate(columns):
        if not made.pop(f"fine {place}")[0]:
            if column.element.type == "date":
                low = made[f"{column.element.name}_low"]
                made[later_column(column.element.name)] = low > read.frame[LATEST]
            used, unreadable = column.checked(read, [made[name] for name in column.columns])
            made.update(zip(column.columns, used, strict=True))
            bad.append(unreadable)
        column.forget()
    return made, pl.concat(bad)


def _columns(trial: Trial, element: Element) -> dict[str, pl.DataType]:
    name = element.name
    match element.type:
        case "boolean":
            return {name: pl.Boolean()}
        case "choice":
            return {name: pl.Enum(list(element.choices))}
        case "date":
            return {f"{name}_low": pl.Date(), f"{name}_high": pl.Date()}
        case _:
            ends: dict[str, pl.DataType] = dict.fromkeys(
                (f"{name}_low", f"{name}_high"), pl.Float64()
            )
            if name not in _computed_with(trial):
                return ends
            opens = dict.fromkeys((f"{name}_low_open", f"{name}_high_open"), pl.Boolean())
            return {**ends, **opens, f"{name}_half": pl.Float64()}


def _computed_with(trial: Trial) -> set[str]:
    """The elements that formulas compute, and those that they compute with."""
    formulas = {
        one.name: one.derive.inputs
        for one in trial.elements.values()
        if isinstance(one.derive, Formula)
    }
    return {*formulas, *(name for inputs in formulas.values() for name in inputs)}
