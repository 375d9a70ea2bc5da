"""Prints row expressions as SQL, with a handler of a few lines per node.

SQL's AND, OR and NOT are strong Kleene logic, CASE takes a null for false, and numbers are
double precision, since the query casts every number of the table to it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import reduce
from typing import Literal, NamedTuple, assert_never

from sqlglot import exp

from trialscreen.model import expr
from trialscreen.model.dates import Period
from trialscreen.tables.compile.simplify import spelled_out
from trialscreen.text.characters import printable

Dialect = Literal["postgres", "duckdb", "spark", "bigquery", "snowflake", "tsql"]


class Traits(NamedTuple):
    """What the printer asks of a dialect, whose name is its `title`.

    `has_bits`: truth cannot be stored but as a bit, which a condition compares; nor can any
    text be cast to one type without a loss.
    `moves_to_timestamp`: a day less a period is a moment, to be cast back.
    `adds_months`: a period is subtracted by adding a negative number.
    `needs_fences`: else it writes a step anew wherever it is read, and steps of steps again.
    `refuses_extremes`: a result too small or too large for a double is an error.
    `folds_to_upper`: a name without quotes is stored in upper case.
    `longest_name`: in bytes. `replaces`: what begins a variable that is replaced anywhere in a
    query, even within quotes, by Spark or by SQL Server's own client.
    """

    title: str
    has_bits: bool = False
    moves_to_timestamp: bool = False
    adds_months: bool = False
    needs_fences: bool = False
    refuses_extremes: bool = False
    folds_to_upper: bool = False
    longest_name: int | None = None
    replaces: str | None = None


TRAITS: Mapping[Dialect, Traits] = {
    "postgres": Traits(
        "PostgreSQL",
        moves_to_timestamp=True,
        needs_fences=True,
        refuses_extremes=True,
        longest_name=63,  # longer ones are cut without an error, and two may become one
    ),
    "duckdb": Traits("DuckDB", moves_to_timestamp=True),
    "spark": Traits("Spark SQL", adds_months=True, replaces="${"),
    "bigquery": Traits("BigQuery", refuses_extremes=True, longest_name=300),
    "snowflake": Traits("Snowflake", adds_months=True, folds_to_upper=True, longest_name=255),
    "tsql": Traits(
        "SQL Server",
        has_bits=True,
        adds_months=True,
        refuses_extremes=True,
        longest_name=128,
        replaces="$(",
    ),
}


def text_literal(text: str, dialect: Dialect) -> exp.Expr:
    """A text; for SQL Server in Unicode where it needs that."""
    if dialect == "tsql" and not text.isascii():
        return exp.National(this=text)
    return exp.Literal.string(text)


def comment(text: str) -> str:
    """A text on one line that no engine takes for a variable; sqlglot keeps it in its comment."""
    return printable(text).replace("${", "$ {").replace("$(", "$ (")


def days_before(day: exp.Expr, period: Period, dialect: Dialect) -> exp.Expr:
    """`day` less `period`. Each of these functions clamps to the end of a short month.

    (Snowflake's ADD_MONTHS would keep the last day of a month the last: DATEADD does not.)
    """
    unit = exp.var(period.unit.removesuffix("s").upper())
    if TRAITS[dialect].adds_months:
        count = exp.Literal(this=f"-{period.count}", is_string=False)
        return exp.DateAdd(this=day, expression=count, unit=unit)
    moved = exp.DateSub(this=day, expression=exp.Literal.number(period.count), unit=unit)
    return exp.cast(moved, "date") if TRAITS[dialect].moves_to_timestamp else moved


_BINARY: Mapping[expr.ComparisonSign | expr.ArithmeticSign, type[exp.Binary]] = {
    "==": exp.EQ,
    "<": exp.LT,
    "<=": exp.LTE,
    ">": exp.GT,
    ">=": exp.GTE,
    "+": exp.Add,
    "-": exp.Sub,
    "*": exp.Mul,
}
_TINY = 1e-100
_EARLIEST_SENSIBLE = date(1900, 1, 1)


@dataclass(frozen=True)
class Printer:
    """Prints for one dialect. `value` gives what can be stored, `condition` what can be tested.

    They differ only where truth cannot be stored: there it is stored as 1, 0 or null.
    """

    dialect: Dialect

    @property
    def traits(self) -> Traits:
        return TRAITS[self.dialect]

    def name(self, name: str) -> exp.Identifier:
        folded = name.upper() if self.traits.folds_to_upper else name
        return exp.to_identifier(folded, quoted=True)

    def column(self, name: str) -> exp.Column:
        return exp.Column(this=self.name(name))

    def bound(self, number: exp.Expr) -> exp.Expr:
        """A number of the table that may be the neighbour of 0, as the bound `>0` has it.

        Divided or raised to a power it would be an error in some engines. What stands for it
        there is as good as 0 too.
        """
        if not self.traits.refuses_extremes:
            return number
        near = exp.and_(
            exp.NEQ(this=number, expression=_number(0)),
            exp.LT(this=exp.Abs(this=number.copy()), expression=_number(_TINY)),
        )
        signed = exp.Mul(this=exp.Sign(this=number.copy()), expression=_number(_TINY))
        return _cases([(near, signed)], number.copy())

    def value(self, scalar: expr.Scalar) -> exp.Expr:
        match scalar:
            case expr.Column(name):
                return self.column(name)
            case expr.Constant(value):
                return self._constant(value)
            case expr.If():
                return self._case(scalar)
            case expr.Coalesce(first, second):
                return exp.Coalesce(this=self.value(first), expressions=[self.value(second)])
            case expr.And() | expr.Or() | expr.Not() | expr.Known() | expr.Comparison() | expr.In():
                return self._bit(scalar) if self.traits.has_bits else self._truth(scalar)
            case _:
                return self._quantity(scalar)

    def condition(self, scalar: expr.Scalar) -> exp.Expr:
        """`scalar`, which is a truth, where a condition stands."""
        if isinstance(scalar, expr.Boolean):
            return self._truth(scalar)
        if not self.traits.has_bits:
            return self.value(scalar)
        value = exp.cast(exp.null(), "boolean") if scalar == expr.NULL else self.value(scalar)
        return exp.EQ(this=value, expression=exp.Literal.number(1))

    def _bit(self, truth: expr.Boolean) -> exp.Expr:
        met = (self._truth(truth), _number(1))
        if isinstance(truth, expr.Known):
            return _cases([met], _number(0))
        return _cases([met, (self._truth(expr.Not(truth)), _number(0))])

    def _constant(self, value: bool | float | str | date | None) -> exp.Expr:
        match value:
            case None:
                return exp.null()
            case bool():
                if self.traits.has_bits:
                    return exp.Literal.number(int(value))
                return exp.true() if value else exp.false()
            case str():
                return text_literal(value, self.dialect)
            case date():
                return exp.cast(exp.Literal.string(value.isoformat()), "date")
            case _:
                return _number(value)

    def _case(self, scalar: expr.If) -> exp.Expr:
        """A chain of conditions is one CASE."""
        cases: list[tuple[exp.Expr, exp.Expr]] = []
        rest: expr.Scalar = scalar
        while isinstance(rest, expr.If):
            cases.append((self.condition(rest.condition), self.value(rest.then)))
            rest = rest.otherwise
        return _cases(cases, None if rest == expr.NULL else self.value(rest))

    def _truth(self, scalar: expr.Boolean) -> exp.Expr:
        match scalar:
            case expr.And(parts):
                return exp.and_(*map(self.condition, parts), copy=False)
            case expr.Or(parts):
                return exp.or_(*map(self.condition, parts), copy=False)
            case expr.Not(expr.Known(part)):
                return exp.Is(this=_wrapped(self.value(part)), expression=exp.null())
            case expr.Not(part):
                return exp.Not(this=_wrapped(self.condition(part)))
            case expr.Known(part):
                not_null = exp.Not(this=exp.null())
                return exp.Is(this=_wrapped(self.value(part)), expression=not_null)
            case expr.Comparison(sign, left, right):
                return self._binary(_BINARY[sign], left, right)
            case expr.In(part, values):
                texts = [text_literal(value, self.dialect) for value in values]
                return exp.In(this=_wrapped(self.value(part)), expressions=texts)
            case _:
                assert_never(scalar)

    def _quantity(self, scalar: expr.Quantity) -> exp.Expr:
        match scalar:
            case expr.Count(parts):
                ones = [_cases([(self.condition(part), _number(1))], _number(0)) for part in parts]
                return _sum(ones)
            case expr.Arithmetic("/", left, right):
                ends = (_wrapped(self.value(end)) for end in (left, right))
                return exp.Div(this=next(ends), expression=next(ends), typed=True)
            case expr.Arithmetic("**", left, right):
                return exp.Pow(this=self.value(left), expression=self.value(right))
            case expr.Arithmetic(sign, left, right):
                return self._binary(_BINARY[sign], left, right)
            case expr.Floor(part):
                return exp.Floor(this=self.value(part))
            case expr.Rounded():
                return self.value(spelled_out(scalar))
            case expr.Before(day, period):
                return self._before(day, period)
            case expr.CompletedYears(since, on):
                since_day = _wrapped(self._as_number(since))
                gone = exp.Sub(this=self._as_number(on), expression=since_day)
                days = exp.cast(gone, "double", copy=False)
                return exp.Floor(this=exp.Div(this=days, expression=_number(10_000)))
            case _:
                assert_never(scalar)

    def _binary(self, kind: type[exp.Binary], left: expr.Scalar, right: expr.Scalar) -> exp.Expr:
        return kind(this=_wrapped(self.value(left)), expression=_wrapped(self.value(right)))

    def _before(self, day: expr.Scalar, period: Period) -> exp.Expr:
        moved = days_before(self.value(day), period, self.dialect)
        if period.before(_EARLIEST_SENSIBLE) > date.min:
            return moved
        # So long a period can leave the calendar, which some engines refuse.
        inside = self.condition(expr.Comparison(">=", day, expr.Constant(period.after(date.min))))
        return _cases([(inside, moved)], self._constant(date.min))

    def _as_number(self, day: expr.Scalar) -> exp.Expr:
        """A day as the number YYYYMMDD, so that the years of a difference are its ten-thousands."""
        if isinstance(day, expr.Constant) and isinstance(day.value, date):
            return _number(int(f"{day.value:%Y%m%d}"))
        parts = [
            exp.Extract(this=exp.var(unit), expression=self.value(day))
            for unit in ("YEAR", "MONTH", "DAY")
        ]
        year = exp.Mul(this=parts[0], expression=_number(10_000))
        month = exp.Mul(this=parts[1], expression=_number(100))
        return _sum([year, month, parts[2]])


def _cases(cases: list[tuple[exp.Expr, exp.Expr]], otherwise: exp.Expr | None = None) -> exp.Expr:
    ifs = [exp.If(this=condition, true=value) for condition, value in cases]
    return exp.Case(ifs=ifs, default=otherwise)


def _sum(parts: list[exp.Expr]) -> exp.Expr:
    return reduce(lambda one, other: exp.Add(this=one, expression=other), parts)


def _wrapped(operand: exp.Expr) -> exp.Expr:
    """`operand` in brackets if it has an operator of its own."""
    has_operator = isinstance(operand, exp.Binary | exp.Not | exp.In | exp.Is)
    return exp.paren(operand, copy=False) if has_operator else operand


def _number(value: float) -> exp.Expr:
    """A number. One with decimals gets an exponent: without it, it would be no double."""
    size = float(abs(value))
    text = repr(size)
    if size.is_integer() and size < 10**15:
        text = str(int(size))
    elif "e" not in text:
        text = f"{text}e0"
    literal = exp.Literal.number(text)
    return exp.Neg(this=literal) if value < 0 else literal
