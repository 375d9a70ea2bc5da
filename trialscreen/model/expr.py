"""Expressions over the columns of a row: the form that rules are compiled to for tables.

A small algebra available in every engine: the Polars and SQL printers need a few lines per node.
`trialscreen.tables.compile` builds it. Any value may be null, meaning unknown. Nodes are named
tuples with a `kind`, in a closed union, as in `trialscreen.model.rules`.
"""

import operator
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, dataclass_transform, get_args

from trialscreen.model.dates import Period

ComparisonSign = Literal["==", "<", "<=", ">", ">="]
ArithmeticSign = Literal["+", "-", "*", "/", "**"]

BY_SIGN: Mapping[ComparisonSign | ArithmeticSign, Callable[[Any, Any], Any]] = {
    "==": operator.eq,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "**": operator.pow,
}
"""The Python operator for each sign; works on numbers and on Polars expressions."""

if TYPE_CHECKING:
    # mypy compares named tuples field by field, recursively: here that takes a minute.
    @dataclass_transform(frozen_default=True)
    class _Node:
        def __iter__(self) -> Iterator[Any]: ...

else:
    _Node = NamedTuple


class Column(_Node):
    """A column of the table or of an earlier step; `is_years`: it holds completed years."""

    name: str
    is_years: bool = False
    kind: Literal["column"] = "column"


class Constant(_Node):
    """The same value in every row; None is null."""

    value: bool | float | str | date | None
    kind: Literal["constant"] = "constant"


class And(_Node):
    """The minimum of the parts, where false < null < true."""

    parts: tuple["Scalar", ...]
    kind: Literal["and"] = "and"


class Or(_Node):
    """The maximum of the parts, where false < null < true."""

    parts: tuple["Scalar", ...]
    kind: Literal["or"] = "or"


class Not(_Node):
    """True for false and false for true; null for null."""

    part: "Scalar"
    kind: Literal["not"] = "not"


class Known(_Node):
    """Whether a value is not null; never null itself."""

    part: "Scalar"
    kind: Literal["known"] = "known"


class Count(_Node):
    """How many of the parts are true, null counting as not true; never null itself."""

    parts: tuple["Scalar", ...]
    kind: Literal["count"] = "count"


class Comparison(_Node):
    """Compares two numbers, dates, texts or booleans; null if either is null."""

    sign: ComparisonSign
    left: "Scalar"
    right: "Scalar"
    kind: Literal["comparison"] = "comparison"


class In(_Node):
    """Whether a text is one of these; null for null."""

    part: "Scalar"
    values: tuple[str, ...]
    kind: Literal["in"] = "in"


class If(_Node):
    """`then` where the condition is true, `otherwise` where it is false or null."""

    condition: "Scalar"
    then: "Scalar"
    otherwise: "Scalar"
    kind: Literal["if"] = "if"


class Coalesce(_Node):
    """The first value, or the second where the first is null."""

    first: "Scalar"
    second: "Scalar"
    kind: Literal["coalesce"] = "coalesce"


class Arithmetic(_Node):
    """Double-precision arithmetic (`/` is never integer division); null if either is null."""

    sign: ArithmeticSign
    left: "Scalar"
    right: "Scalar"
    kind: Literal["arithmetic"] = "arithmetic"


class Floor(_Node):
    """The greatest integer not above a number."""

    part: "Scalar"
    kind: Literal["floor"] = "floor"


class Rounded(_Node):
    """A number rounded as by `facts.rounded`; `simplify.spelled_out` expands it to other nodes."""

    part: "Scalar"
    decimals: int
    kind: Literal["rounded"] = "rounded"


class Before(_Node):
    """The day one period before `day`, as by `Period.before`."""

    day: "Scalar"
    period: Period
    kind: Literal["before"] = "before"


class CompletedYears(_Node):
    """Whole years from one day to another, as by `dates.completed_years`."""

    since: "Scalar"
    on: "Scalar"
    kind: Literal["completed years"] = "completed years"


Boolean = And | Or | Not | Known | Comparison | In
"""Nodes whose value is a boolean."""

Quantity = Count | Arithmetic | Floor | Rounded | Before | CompletedYears
"""Nodes whose value is a number or a day."""

Term = Column | Constant | If | Comparison | Arithmetic | CompletedYears
"""Nodes that formulas may use."""

Scalar = Term | Coalesce | Boolean | Quantity

_KINDS = frozenset(get_args(Scalar))

NULL, TRUE, FALSE = Constant(None), Constant(True), Constant(False)


def is_simple(scalar: Scalar) -> bool:
    """Whether `scalar` is free to repeat: a column, a constant, or the negation of one."""
    inner = scalar.part if isinstance(scalar, Not) else scalar
    return isinstance(inner, Column | Constant)


def parts_of(scalar: Scalar) -> tuple[Scalar, ...]:
    """The expressions directly inside `scalar`."""
    if isinstance(scalar, And | Or | Count):
        return scalar.parts
    return tuple([one for one in scalar if type(one) in _KINDS])


def columns_of(scalar: Scalar) -> Iterator[str]:
    """The columns that `scalar` reads, from left to right, including repeats."""
    if isinstance(scalar, Column):
        yield scalar.name
    for part in parts_of(scalar):
        yield from columns_of(part)
