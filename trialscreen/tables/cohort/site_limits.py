"""Limits of the site's laboratory, as columns in which every row has the same."""

from itertools import chain

import polars as pl

from trialscreen.answers.answer import SiteSettings
from trialscreen.answers.site_file import limits_for_table
from trialscreen.model.trial import Trial
from trialscreen.tables.cohort.column_map import ElementColumn, Matched
from trialscreen.tables.cohort.readers.opened import Tables, with_constants


def with_limits(
    trial: Trial, site: SiteSettings, matched: Matched, tables: Tables
) -> tuple[Matched, Tables]:
    """The columns and the tables with those of the site; what is not used stands in the notes."""
    given = {column.element.name for column in matched.columns}
    limits, notes = limits_for_table(trial, given, site)
    columns = (ElementColumn(name, trial.elements[name]) for name in limits)
    tables = with_constants(tables, limits, pl.Float64())
    return matched._replace(columns=(*matched.columns, *columns)), tables._replace(
        notes=chain(tables.notes, notes)  # of which there may be more in the end
    )
