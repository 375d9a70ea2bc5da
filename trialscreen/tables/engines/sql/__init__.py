"""A trial as SQL, for the warehouse where the data are."""

from trialscreen.tables.engines.sql.dialects import DIALECTS, TITLES, Dialect
from trialscreen.tables.engines.sql.query import Patients, screening_query
from trialscreen.tables.engines.sql.script import query_text, screening_sql
from trialscreen.tables.engines.sql.table import patients_table

__all__ = [
    "DIALECTS",
    "TITLES",
    "Dialect",
    "Patients",
    "patients_table",
    "query_text",
    "screening_query",
    "screening_sql",
]
