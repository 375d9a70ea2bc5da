"""Facts of all patients of a source, one record after another."""

from collections.abc import Callable

from trialscreen.records.omop.events import problems, stage
from trialscreen.records.omop.opening import open_source
from trialscreen.records.omop.records import records
from trialscreen.records.tables import Tables


def extract(source: str, tables: Tables, advance: Callable[[int], None]) -> tuple[str, ...]:
    """Adds every patient of the source to the tables; returns what a reader should know of it.

    `advance` is told of each patient. Raises InputError for a source that cannot be read.
    """
    codes = tables.selection.codes
    with open_source(source) as opened:
        staged = stage(opened, {*codes.bound, *codes.medicines}, codes.names)
        for problem in problems(staged):
            tables.note(problem)
        for record in records(staged):
            tables.add(record)
            advance(1)
    return staged.notices
