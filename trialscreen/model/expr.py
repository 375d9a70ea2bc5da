"""Expressions over the columns of one row: what the rule language becomes for tables.

A small algebra that every engine has: Polars and SQL print it, each in a few lines per node.
`trialscreen.tables.compile` builds it. Any value may be null, which means unknown. Named tuples
with a `kind`, in a closed union, as in `trialscreen.model.rules`.
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
"""What a sign does to numbers, and to columns of them."""

if TYPE_CHECKING:
    # As named tuples they would be compared by mypy field by field, and so would what they hold,
    # all the way down: that takes a minute.
    @dataclass_transform(frozen_default=True)
    class _Node:
        def __iter__(self) -> Iterator[Any]: ...

else:
    _Node = NamedTuple


class Column(_Node):
    """The value of a column of the table, or of an earlier step; `is_years`, completed ones."""

    name: str
    is_years: bool = False
    kind: Literal["column"] = "column"


class Constant(_Node):
    """A value that is the same in every row; None is null."""

    value: bool | float | str | date | None
    kind: Literal["constant"] = "constant"


class And(_Node):
    """The least of the parts, where false < null < true."""

    parts: tuple["Scalar", ...]
    kind: Literal["and"] = "and"


class Or(_Node):
    """The greatest of the parts, where false < null < true."""

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
    """How many of the parts are true; a null part is not. Never null itself."""

    parts: tuple["Scalar", ...]
    kind: Literal["count"] = "count"


class Comparison(_Node):
    """Two numbers, two dates, two texts or two booleans; null if one is null."""

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
    """Two numbers in double precision (`/` never divides whole numbers); null if one is null."""

    sign: ArithmeticSign
    left: "Scalar"
    right: "Scalar"
    kind: Literal["arithmetic"] = "arithmetic"


class Floor(_Node):
    """The greatest whole number that is not above a number."""

    part: "Scalar"
    kind: Literal["floor"] = "floor"


class Rounded(_Node):
    """A number as `facts.rounded` rounds it; `simplify.spelled_out` says it in other nodes."""

    part: "Scalar"
    decimals: int
    kind: Literal["rounded"] = "rounded"


class Before(_Node):
    """The day that lies a period before a day, as `Period.before` finds it."""

    day: "Scalar"
    period: Period
    kind: Literal["before"] = "before"


class CompletedYears(_Node):
    """Whole years from one day to another, as `dates.completed_years` counts them."""

    since: "Scalar"
    on: "Scalar"
    kind: Literal["completed years"] = "completed years"


Boolean = And | Or | Not | Known | Comparison | In
"""Nodes whose value is a boolean."""

Quantity = Count | Arithmetic | Floor | Rounded | Before | CompletedYears
"""Nodes whose value is a number or a day."""

Term = Column | Constant | If | Comparison | Arithmetic | CompletedYears
"""Nodes that formulas are made of."""

Scalar = Term | Coalesce | Boolean | Quantity

_KINDS = frozenset(get_args(Scalar))

NULL, TRUE, FALSE = Constant(None), Constant(True), Constant(False)


def is_simple(scalar: Scalar) -> bool:
    """Whether `scalar` costs nothing to repeat: a column, a constant, or the opposite of one."""
    inner = scalar.part if isinstance(scalar, Not) else scalar
    return isinstance(inner, Column | Constant)


def parts_of(scalar: Scalar) -> tuple[Scalar, ...]:
    """The expressions directly inside `scalar`."""
    if isinstance(scalar, And | Or | Count):
        return scalar.parts
    return tuple([one for one in scalar if type(one) in _KINDS])


def columns_of(scalar: Scalar) -> Iterator[str]:
    """The columns that `scalar` reads, from left to right, repeated ones too."""
    if isinstance(scalar, Column):
        yield scalar.name
    for part in parts_of(scalar):
        yield from columns_of(part)
