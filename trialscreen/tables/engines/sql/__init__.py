"""A trial as SQL, for the warehouse where the data are."""

from trialscreen.tables.engines.sql.dialects import DIALECTS, Dialect
from trialscreen.tables.engines.sql.query import screening_sql
from trialscreen.tables.engines.sql.table import Patients, patients_table

__all__ = [
    "DIALECTS",
    "Dialect",
    "Patients",
    "patients_table",
    "screening_sql",
]
