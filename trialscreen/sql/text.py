"""The query as text to read, keep and run, and what the reader must know in its first lines."""

from collections.abc import Iterator

from sqlglot import exp

from trialscreen.errors import InputError, Problem
from trialscreen.sql.dialects import TITLES, Dialect, traits
from trialscreen.sql.query import Patients, screening_query
from trialscreen.text import printable, shown
from trialscreen.trial import SCREENING_DATE, Trial


def screening_sql(trial: Trial, patients: Patients, dialect: Dialect, *, clear: bool = True) -> str:
    """`screening_query`, laid out and with comments. Raises InputError for a name too long."""
    query = screening_query(trial, patients, dialect, clear=clear)
    _refuse_long_names(query, dialect)
    header = "".join(f"-- {printable(line)}\n" for line in _header(trial, patients, dialect))
    return f"{header}\n{query.sql(dialect, pretty=True)};\n"


def _header(trial: Trial, patients: Patients, dialect: Dialect) -> Iterator[str]:
    on = patients.table.on
    when = f"column {SCREENING_DATE}" if on is None else f"{on}, for every patient"
    yield f"{trial.registration.nct_id}: {trial.registration.title}"
    yield f"Criteria file version {trial.version}, SHA-256 {trial.sha256}."
    yield f"Screening date: {when}. Dialect: {TITLES[dialect]}."
    yield (
        "A row per patient: true where a criterion's own statement is met, false where it is"
        " not, null where that is unknown."
    )
    yield "An exclusion criterion that is met excludes. A screening aid: the investigator decides."
    yield "Numbers are compared in double precision: 2.5e0 is 2.5."


def _refuse_long_names(query: exp.Expr, dialect: Dialect) -> None:
    """Where a dialect cuts long names, two columns could become one."""
    longest = traits(dialect).longest_name
    if longest is None:
        return
    names = dict.fromkeys(str(one.this) for one in query.find_all(exp.Identifier))
    problems = [
        Problem(shown(name), f"longer than {longest} bytes, the most that {TITLES[dialect]} takes")
        for name in names
        if len(name.encode()) > longest
    ]
    if problems:
        raise InputError(problems)
