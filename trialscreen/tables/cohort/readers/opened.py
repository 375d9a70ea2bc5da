"""`Tables`: the common result of all readers, with rows, column names and notes."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Literal, NamedTuple

import polars as pl

from trialscreen.model.errors import Problem, raise_any
from trialscreen.tables.cohort.readers.cells import PLAIN_DAY, PLAIN_NUMBER, Kind
from trialscreen.text.characters import BLANKS, first_control, shown


class NumberKind(NamedTuple):
    """Cells are mostly numbers; `are_usable` of some numbers says which of them are.

    Not plain are the texts of which a part is like the pattern `doubtful`, if there is one.
    """

    are_usable: Callable[[pl.Expr], pl.Expr]
    doubtful: str | None = None


CellKind = Literal["truth", "day", "words"] | NumberKind
"""What the cells of a column are, mostly: true and false, days, numbers, or texts that come again.
"""


def plain(kind: CellKind, text: pl.Expr) -> pl.Expr:
    """The values of plain texts; null where a text is not plain, or not a usable number."""
    match kind:
        case NumberKind(are_usable, doubtful):
            number = text.cast(pl.Float64, strict=False)
            is_plain = text.str.contains(PLAIN_NUMBER) & are_usable(number)
            if doubtful is not None:
                is_plain &= ~text.str.contains(doubtful)
            return pl.when(is_plain).then(number)
        case "day":
            day = text.str.to_date("%Y-%m-%d", strict=False, cache=False)
            return pl.when(text.str.contains(PLAIN_DAY)).then(day)
        case _:
            lower = text.str.to_lowercase()
            return pl.when(lower.is_in(["true", "false"])).then(lower == "true")


def typed_where_plain(cells: pl.DataFrame, kinds: Mapping[str, CellKind | None]) -> pl.DataFrame:
    """`cells` with the columns of texts typed in which all are plain."""
    values = [
        plain(kind, pl.nth(place)).alias(name)
        for place, (name, is_text) in enumerate(cells.schema.items())
        if is_text == pl.String and (kind := kinds.get(name)) not in (None, "words")
    ]
    found = cells.lazy().select(values).collect()  # what comes twice is computed once
    return cells.with_columns(
        one for one in found if one.null_count() == cells[one.name].null_count()
    )


class Piece(NamedTuple):
    """Some rows; the positions of blank rows left out, counted from 0 with those included."""

    rows: pl.DataFrame
    blank: Sequence[int] = ()

    def numbers(self, first: int) -> pl.Series:
        """Those of its rows, if its first one, blank or not, has this number."""
        count = len(self.rows) + len(self.blank)
        places = pl.int_range(count, dtype=pl.UInt32, eager=True)
        if self.blank:
            places = places.filter(~places.is_in(list(self.blank)))
        return places + first


Pieces = Callable[[Mapping[str, CellKind]], Iterator[Piece]]
"""All rows, some at a time. Of a text format, the columns of which a kind is given may be truths,
days or usable numbers where all cells are plain, or codes of texts; the others are texts."""


class Tables(NamedTuple):
    """All rows of all files, in order.

    `counted` returns their number, according to the files instead of `frame`. `notes` are messages
    on what was left out, without patients' values. `doubtful` are problems with columns that only
    matter if these are used. While `pieces` are read, `notes` may grow, and problems with a file
    may be raised as InputError. `frame` also has the rows, if the engine can read all the files.
    """

    schema: pl.Schema
    counted: Callable[[], int]
    pieces: Pieces
    frame: pl.LazyFrame | None = None
    notes: Iterable[str] = ()
    doubtful: Mapping[str, Problem] = {}


def text_schema(names: Iterable[str]) -> pl.Schema:
    """These columns, all of texts."""
    return pl.Schema(dict.fromkeys(names, pl.String()))


def with_constants(tables: Tables, values: Mapping[str, object], kind: pl.DataType) -> Tables:
    """`tables` with more columns, of this kind, in each of which all rows have one value."""
    if not values:
        return tables
    columns = [pl.lit(value, kind).alias(name) for name, value in values.items()]

    def more(kinds: Mapping[str, CellKind]) -> Iterator[Piece]:
        for piece in tables.pieces(kinds):
            yield piece._replace(rows=piece.rows.with_columns(columns))

    return tables._replace(
        frame=None if tables.frame is None else tables.frame.with_columns(columns),
        schema=pl.Schema({**tables.schema, **dict.fromkeys(values, kind)}),
        pieces=more,
    )


class Asked(NamedTuple):
    """How to open a file: its `origin` in messages, and the user's options.

    `sheet` names a sheet of Excel files, the first that is not hidden if None. `encoding` is
    that of text files, UTF-8 if None. `folder` is for copies, and goes when the run ends.
    Of the columns `written`, cells that are of this type in the file begin with TYPED.
    """

    origin: str
    folder: Path
    sheet: str | None = None
    encoding: str | None = None
    written: Mapping[str, Kind] = {}


_LINE_BREAK = re.compile(r"[ \t]*[\r\n][ \t\r\n]*")


def named_columns(names: Sequence[str], origin: str) -> list[str]:
    """`names`, less line breaks; one without a name is called by its place. Raises InputError."""
    names = [
        _LINE_BREAK.sub(" ", name.strip(BLANKS)) or f"(column {place})"
        for place, name in enumerate(names, start=1)
    ]
    twice = [name for name, times in Counter(names).items() if times > 1]
    problems = [Problem(origin, f"the column {shown(name)} stands twice") for name in twice]
    if (control := first_control("".join(names))) is not None:
        problems.append(Problem(origin, f"control character {control} in its header"))
    if not names:
        problems.append(Problem(origin, "its first line names no columns"))
    raise_any(problems)
    return names


class Distinct:
    """The distinct texts of columns of codes, of which each is looked at once.

    `known` holds what `look` has made of them: by its code, a row for each. The codes are those
    of the `column`, or else its own.
    """

    def __init__(
        self, look: Callable[[pl.Series], pl.DataFrame], column: pl.Series | None = None
    ) -> None:
        self._look = look
        # Codes mean the same as long as there is a column of them.
        new = pl.Series([], dtype=pl.Categorical(pl.Categories.random()))
        self._alive = new if column is None else column.clear()
        self.known = look(pl.Series([], dtype=pl.String))

    @property
    def codes(self) -> pl.DataType:
        """The type of the columns."""
        return self._alive.dtype

    def learn(self, column: pl.Series) -> int:
        """Looks at the texts in a column that are new, and says how many they are."""
        last, known = column.to_physical().max(), len(self.known)
        if not isinstance(last, int) or last < known:
            return 0
        new = pl.int_range(known, last + 1, dtype=pl.UInt32, eager=True)
        found = self._look(new.cat.to(self.codes).cast(pl.String))
        self.known = pl.concat([self.known, found], rechunk=True)
        return len(new)
