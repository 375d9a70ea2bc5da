"""The typed columns of a table, and which of their values can be right by themselves."""

from dataclasses import dataclass
from datetime import date

from trialscreen.model import expr
from trialscreen.model.trial import SCREENING_DATE, Element, Trial
from trialscreen.tables.compile.simplify import both, compare, floor, if_


@dataclass(frozen=True)
class Table:
    """The typed columns that there are.

    An element `x` stands in a column `x`, or within bounds in `x_low` and `x_high` (both
    or neither null), or in both ways: then `x` counts where it is not null. Both ends count,
    except for the elements in `as_written`: these have three columns more, `x_low_open` and
    `x_high_open`, for whether an end is left out, and `x_half`, half a unit of the last digit
    with which an exact number was written. `on` is everyone's screening date; without it,
    the column `screening_date` is each row's own, and never null.

    What comes out is right where numbers lie within the accepted range and are not NaN.
    Elsewhere it means nothing, but is not an error: a cohort finds such rows afterwards.
    """

    columns: frozenset[str]
    as_written: frozenset[str] = frozenset()
    on: date | None = None

    @property
    def screening_day(self) -> expr.Scalar:
        return expr.Column(SCREENING_DATE) if self.on is None else expr.Constant(self.on)


def bounded_columns(trial: Trial) -> dict[str, tuple[str, str]]:
    """For each number and date, the columns of its two ends."""
    return {
        one.name: (f"{one.name}_low", f"{one.name}_high")
        for one in trial.answerable()
        if one.type in ("integer", "quantity", "date") and one.name != SCREENING_DATE
    }


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
    """Whether a value can be right, up to a last day. A bound, not `exact`, need not be whole."""
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
