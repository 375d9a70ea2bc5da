"""CSV files, also with tabs: every cell as the text that Python's csv reads, or refused."""

from pathlib import Path

import polars as pl

from trialscreen.tables.cohort.readers.csv_layout import Layout, layout_of
from trialscreen.tables.cohort.readers.csv_plain import Plain, plain_rows
from trialscreen.tables.cohort.readers.csv_rewriting import rewrite
from trialscreen.tables.cohort.readers.opened import Asked, Tables
from trialscreen.tables.cohort.readers.utf8_copies import in_utf8, new_copy, open_bytes
from trialscreen.text.characters import count_of, shown, some


def open_table(path: Path, asked: Asked) -> Tables:
    """The rows of a CSV file; those that are blank are left out. Raises InputError."""
    path = in_utf8(path, asked)
    layout = layout_of(path, asked.origin)
    titles = len(layout.names)
    with open_bytes(path) as file:
        header = file.read(layout.bytes)
        # The engine skips lines that end in line feeds.
        has_returns = header.count(b"\r") != header.count(b"\r\n")
        plain = None if has_returns else plain_rows(file, layout)
    if plain is not None and (plain.cells == titles or (plain.cells < titles and plain.rows > 1)):
        return _tables(path, layout, plain, header.count(b"\n"), asked)
    with open_bytes(path) as file, new_copy(asked, ".csv") as copy:
        file.seek(layout.bytes)
        plain, blank = rewrite(file, layout, asked.origin, copy)
    tables = _tables(Path(copy.name), layout, plain, 0, asked)
    left_out = f"{asked.origin}: {count_of(len(blank), 'blank row')} left out"
    return tables._replace(notes=(*tables.notes, left_out), blank=blank) if blank else tables


def _tables(path: Path, layout: Layout, plain: Plain, above: int, asked: Asked) -> Tables:
    """The rows of a plain file, below so many lines."""
    schema = pl.Schema(dict.fromkeys(layout.names, pl.String()))
    if not plain.rows:
        return Tables(pl.LazyFrame(schema=schema), schema, lambda: 0)
    present, lacking = layout.names[: plain.cells], layout.names[plain.cells :]
    frame = pl.scan_csv(
        path,
        glob=False,
        has_header=False,
        skip_lines=above,
        separator=layout.separator,
        schema=dict.fromkeys(present, pl.String()),
    )
    if not lacking:
        return Tables(frame, schema, lambda: plain.rows, is_text=True)
    frame = frame.with_columns(pl.lit(None, pl.String).alias(name) for name in lacking)
    note = f"{asked.origin}: no row has a cell for {some([shown(name) for name in lacking])}"
    return Tables(frame, schema, lambda: plain.rows, is_text=True, notes=(note,))
