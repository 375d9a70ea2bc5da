"""Writes a data set as a SAS transport file, version 5 (SAS Technical Note TS-140).

pyreadstat writes it; what the standard demands was checked before (`datasets`).
"""

import errno
from datetime import datetime
from pathlib import Path

import polars as pl
import pyreadstat

from trialscreen.output.export.sdtm.datasets import Dataset

_STAMPS = (144, 160, 464, 480)
"""Where a file of one data set says when it was made and changed: records 2, 3, 6 and 7."""

_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")


def write_xpt(dataset: Dataset, path: Path, made: datetime) -> None:
    """Writes `dataset`, the same bytes for the same arguments.

    Text variables are as long as their longest value (FDA Study Data Technical Conformance
    Guide, section 3.3); numbers are doubles. `made` is the creation date in the header.
    Raises OSError if it cannot be written.
    """
    schema = {
        name: pl.Float64 if isinstance(value, int) else pl.String
        for name, value in zip(dataset.names, dataset.rows[0], strict=True)
    }
    try:
        pyreadstat.write_xport(
            pl.DataFrame(dataset.rows, schema=schema, orient="row", strict=False),
            path,
            file_label=dataset.label,
            column_labels=list(dataset.variables.values()),
            table_name=dataset.name,
            file_format_version=5,
        )
    except (pyreadstat.ReadstatError, pyreadstat.PyreadstatError) as error:
        raise OSError(errno.EIO, str(error)) from None
    _stamp(path, made)


def _stamp(path: Path, made: datetime) -> None:
    """Replaces the time of writing, which the library takes from the clock, by `made`."""
    # Not %b, whose words depend on the locale.
    stamp = f"{made:%d}{_MONTHS[made.month - 1]}{made:%y:%H:%M:%S}".encode("ascii")
    with path.open("r+b") as file:
        for offset in _STAMPS:
            file.seek(offset)
            file.write(stamp)
