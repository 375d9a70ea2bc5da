"""Which values can be right by themselves: the same on every engine."""

from trialscreen.model import expr
from trialscreen.model.trial import Element, Trial
from trialscreen.tables.compile.program import Table
from trialscreen.tables.compile.simplify import both, compare, floor, if_


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
    """Whether a value can be right; `latest` is the last day that can be.

    Not `exact` is a bound, which is a whole number for no element.
    """
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
