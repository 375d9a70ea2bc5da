"""A whole frame of typed columns screened at once, as tests and measures look at it."""

from datetime import date

import polars as pl

from trialscreen.model.trial import Trial
from trialscreen.tables.cohort.readers.opened import Tables
from trialscreen.tables.compile import compile_trial
from trialscreen.tables.expressions import computed, table_of


def screen_frame(trial: Trial, frame: pl.LazyFrame, on: date | None, key: str) -> pl.LazyFrame:
    """One row per row of `frame`, in its order: `key`, `verdict`, `open`, and each criterion.

    The columns are typed as `compile.Table` says; criteria are nullable booleans, true where
    met. Contradictions are left standing: `without_contradictions` takes them out before.
    """
    program = compile_trial(trial, table_of(frame.collect_schema(), on))
    found = computed(frame, program, program.results, key)
    # What is null in every row has no type yet.
    return found.cast({"open": pl.String(), **dict.fromkeys(program.criteria, pl.Boolean())})


def without_contradictions(trial: Trial, frame: pl.LazyFrame, on: date | None) -> pl.LazyFrame:
    """`frame`, with all elements unknown in each row in which they contradict each other."""
    schema = frame.collect_schema()
    program = compile_trial(trial, table_of(schema, on))
    kept = [name for name in schema if name not in program.cleaned]
    return computed(frame, program, program.cleaned, *kept).select(*schema)


def all_rows(tables: Tables) -> pl.DataFrame:
    """The rows of tables that were opened, as texts where their format has no types."""
    return pl.concat([tables.schema.to_frame(), *(piece.rows for piece in tables.pieces({}))])


def numbers_of(tables: Tables) -> list[int]:
    """The numbers of these rows, blank ones counted."""
    found: list[int] = []
    first = 1
    for piece in tables.pieces({}):
        found.extend(piece.numbers(first))
        first += len(piece.rows) + len(piece.blank)
    return found
