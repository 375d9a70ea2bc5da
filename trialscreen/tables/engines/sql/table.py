"""Which columns a table of patients has, from what its owner says of it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from trialscreen.model.errors import Problem, raise_any
from trialscreen.model.trial import SCREENING_DATE, Trial
from trialscreen.tables.compile import Table
from trialscreen.tables.compile.table import bounded_columns
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
