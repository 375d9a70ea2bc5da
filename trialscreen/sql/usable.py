"""Which values of a table can be used, as the parser of single values has it."""

from trialscreen.lower import Table
from trialscreen.lower.folding import both, compare, constant, floor, if_
from trialscreen.scalar import NULL, TRUE, Column, In, Scalar
from trialscreen.trial import SCREENING_DATE, Element, Trial


def usable(trial: Trial, table: Table, column: str) -> Scalar:
    """The value of `column`; null where it cannot be right.

    A number outside the accepted range, half of a count, a day after the screening date or
    a choice that the criteria file does not name is unknown. So is a bound whose other end
    cannot be right, or lies on the wrong side.
    """
    element = trial.elements.get(column)
    if element is not None:
        return if_(_in_range(element, Column(column), table), Column(column), NULL)
    name = column.rpartition("_")[0]
    if name not in trial.elements:
        return Column(column)
    low, high = Column(f"{name}_low"), Column(f"{name}_high")
    ends = (_in_range(trial.elements[name], end, table, exact=False) for end in (low, high))
    return if_(both(compare("<=", low, high), *ends), Column(column), NULL)


def _in_range(element: Element, value: Scalar, table: Table, *, exact: bool = True) -> Scalar:
    match element.type:
        case "boolean":
            return TRUE
        case "choice":
            return In(value, tuple(element.choices))
        case "date":
            on = Column(SCREENING_DATE) if table.on is None else constant(table.on)
            return both(_between(element, value), compare("<=", value, on))
        case _:
            whole = element.type == "integer" and exact
            is_whole = compare("==", value, floor(value)) if whole else TRUE
            return both(_between(element, value), is_whole)


def _between(element: Element, value: Scalar) -> Scalar:
    if element.range is None:
        return TRUE
    least, most = (constant(end) for end in element.range)
    return both(compare(">=", value, least), compare("<=", value, most))
