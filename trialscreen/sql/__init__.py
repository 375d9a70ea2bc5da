"""A trial as SQL, for the warehouse where the data are."""

from trialscreen.sql.dialects import DIALECTS, TITLES, Dialect
from trialscreen.sql.query import Patients, screening_query
from trialscreen.sql.table import patients_table
from trialscreen.sql.text import screening_sql

__all__ = [
    "DIALECTS",
    "TITLES",
    "Dialect",
    "Patients",
    "patients_table",
    "screening_query",
    "screening_sql",
]
