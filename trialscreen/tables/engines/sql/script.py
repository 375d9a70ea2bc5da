"""The query as text to read, keep and run, and what the reader must know in its first lines."""

from collections.abc import Iterator

from sqlglot import exp

from trialscreen.model.errors import Problem, raise_any
from trialscreen.model.trial import SCREENING_DATE, Trial
from trialscreen.tables.engines.sql.dialects import TITLES, Dialect, comment, traits
from trialscreen.tables.engines.sql.query import Patients, screening_query
from trialscreen.text.characters import shown


def screening_sql(
    trial: Trial,
    patients: Patients,
    dialect: Dialect,
    *,
    trusted: bool = False,
) -> str:
    """`screening_query`, laid out and with comments.

    Raises InputError where a name or a text would not reach the database as it is.
    """
    query = screening_query(trial, patients, dialect, trusted=trusted)
    header = "".join(f"-- {comment(line)}\n" for line in _header(trial, patients, dialect))
    return f"{header}\n{query_text(query, dialect)};\n"


def query_text(query: exp.Select, dialect: Dialect) -> str:
    """`query`, laid out. Raises InputError as `screening_sql` does."""
    _refuse_names(query, dialect)
    return query.sql(dialect, pretty=True, copy=False)


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


def _refuse_names(query: exp.Expr, dialect: Dialect) -> None:
    """Names and texts that would not reach the database as they are."""
    known = traits(dialect)
    names = dict.fromkeys(str(one.this) for one in query.find_all(exp.Identifier))
    texts = dict.fromkeys(str(one.this) for one in query.find_all(exp.Literal, exp.National))
    problems = [
        Problem(shown(name), f"longer than {known.longest_name} bytes, {TITLES[dialect]}'s limit")
        for name in names
        if known.longest_name is not None and len(name.encode()) > known.longest_name
    ]
    problems += [
        Problem(shown(text), f"{TITLES[dialect]} would put a setting in the place of {mark}…")
        for text in {**names, **texts}
        if (mark := known.replaces) is not None and mark in text
    ]
    raise_any(problems)
