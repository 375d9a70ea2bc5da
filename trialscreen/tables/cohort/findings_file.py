"""Writes the findings of a cohort to a CSV or Parquet file, or as CSV to standard output."""

import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

import polars as pl

from trialscreen.tables.cohort.column_map import KEY
from trialscreen.text.characters import printable
from trialscreen.text.csvtext import FORMULA, NUMBER, cell_text
from trialscreen.text.text_files import whole_file

ENDINGS = (".csv", ".parquet")
STDOUT = Path("-")
"""Stands for standard output."""


def name_of(path: Path) -> str:
    """The output's name in messages."""
    return "standard output" if path == STDOUT else printable(str(path))


@contextmanager
def whole_output(path: Path, folder: Path) -> Iterator[Path]:
    """A new file, to be `path` in the end, or to be printed: whole or not at all.

    `folder` is for the latter. Raises InputError.
    """
    if path != STDOUT:
        with whole_file(path) as part:
            yield part
        return
    yield (part := folder / "findings.csv")
    with part.open("rb") as file:
        shutil.copyfileobj(file, sys.stdout.buffer)
    sys.stdout.flush()


def write(findings: pl.LazyFrame, key: str, output: Path, part: Path) -> None:
    """The ids, under the name `key`, and the other columns to `part`, which is to be `output`."""
    ids, name = pl.col(KEY), key
    is_csv = output.suffix.lower() != ".parquet"
    if is_csv:
        name = cell_text(name)
        ids = _no_formula(ids) if isinstance(findings.collect_schema()[KEY], pl.String) else ids
    results = findings.select(ids.alias(name), pl.all().exclude(KEY))
    # Of a file that is open here: the engine would make one, also after all was cleared away.
    with part.open("wb") as file:
        if is_csv:
            # A cell of CSV cannot hold a list.
            results = results.with_columns(pl.selectors.list().list.join("; "))
            results.sink_csv(file, check_extension=False, engine="streaming")
        else:
            results.sink_parquet(
                file,
                engine="streaming",
                # The default level takes longer, and packs ids and truths no smaller.
                compression_level=1,
                metadata=_told_as_texts(results.collect_schema()),
            )


def _told_as_texts(schema: pl.Schema) -> dict[str, str]:
    """What a file says of columns of few texts: nothing of that, for they are texts to others."""
    kinds = {
        name: pl.String() if isinstance(kind, pl.Enum) else kind for name, kind in schema.items()
    }
    pl.DataFrame(schema=kinds).write_parquet(file := BytesIO())
    return pl.read_parquet_metadata(file.getvalue())


def _no_formula(text: pl.Expr) -> pl.Expr:
    """As `csvtext.cell_text` has it."""
    begins = pl.any_horizontal(text.str.starts_with(sign) for sign in FORMULA)
    dangerous = begins & ~text.str.contains(f"^{NUMBER}$")
    return pl.when(dangerous).then(pl.concat_str(pl.lit("'"), text)).otherwise(text)
