"""Tables in Parquet, as `data/parquet_tables.yaml` describes them."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import polars as pl
import pytest
import yaml

DATA = Path(__file__).parent / "data" / "parquet_tables.yaml"


class Case(NamedTuple):
    """Files by their paths, what is screened, and what comes of it."""

    name: str
    files: dict[str, str]
    input: str = "in"
    most_bad: float = 0.5
    criterion: str = ""
    met: dict[Any, bool | None] | None = None
    tells: tuple[str, ...] = ()
    says: tuple[str, ...] = ()
    polars: tuple[str, ...] = ()
    spark: tuple[str, ...] = ()
    elsewhere: tuple[str, ...] = ()

    def write(self, folder: Path) -> Path:
        """Writes the files, and returns what is to be screened."""
        (folder / "in").mkdir()
        with duckdb.connect() as connection:
            for name, query in self.files.items():
                path = folder / name
                path.parent.mkdir(parents=True, exist_ok=True)
                connection.execute(f"COPY ({query}) TO '{path}' (FORMAT parquet)")
        return folder / self.input

    def found_in(self, output: pl.DataFrame) -> bool:
        """Whether it holds a row for each patient, with what is to be found."""
        rows = output.select("patient_id", self.criterion).rows()
        return self.met is not None and len(rows) == len(self.met) and dict(rows) == self.met

    def begins(self, told: Iterable[str]) -> bool:
        """Whether it is what `tells` has, line by line."""
        told = [*told]
        return len(told) == len(self.tells) and all(map(str.startswith, told, self.tells))

    def told(self, folder: Path, own: Sequence[str]) -> list[str]:
        """How the lines begin that tell what is wrong."""
        return [line.replace("@", f"{folder}/") for line in own or self.says]


CASES = [Case(**one) for one in yaml.load(DATA.read_text("utf-8"), yaml.CSafeLoader)]
parametrized = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
