"""Facts of all patients of a source, one record after another."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from trialscreen.answers.records.codes import Codes
from trialscreen.answers.records.fact_tables import FactTables
from trialscreen.answers.records.omop.by_person import records
from trialscreen.answers.records.omop.events import Staged, problems, stage
from trialscreen.answers.records.omop.opening import open_source


@contextmanager
def staged_for(codes: Codes, source: str) -> Iterator[Staged]:
    """The rows of a source that a mapping can use. Raises InputError if it cannot be read."""
    with open_source(source) as opened:
        yield stage(opened, {*codes.bound, *codes.medicines}, codes.names)


def extract_one_by_one(staged: Staged, tables: FactTables, advance: Callable[[int], None]) -> None:
    """Adds every patient to the tables; `advance` is told of each. Raises InputError."""
    for problem in problems(staged):
        tables.note(problem)
    for record in records(staged):
        tables.add(record)
        advance(1)
