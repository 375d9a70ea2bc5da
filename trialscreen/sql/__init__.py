"""A trial as SQL for the warehouse where the data are."""

from trialscreen.sql.dialects import DIALECTS, TITLES, Dialect
from trialscreen.sql.query import Patients, screening_query

__all__ = ["DIALECTS", "TITLES", "Dialect", "Patients", "screening_query"]
