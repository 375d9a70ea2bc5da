#!/usr/bin/env bash
# duckdb 2.0.1: 44.5 and 9.5, written as text, where DuckDB wants a whole number.
#
# Expected: an error, as PyArrow 26.0.1 and Polars 2.1.0 say of such a CSV file; a text is compared with
# a number by its value, or not at all.
# Seen: a CSV column that is declared INTEGER reads an age of 44.5 as 45, without a word, and rejects
# nothing. `'9.5' >= 10` is true: a text takes the type of the number beside it, and becomes 10 before
# the two are compared. A value that Python hands over as text does the same, while `>= 10.0`, and a
# column of text, do not. As a double 44.5 becomes 44, as a text 45.
# trialscreen reads CSV as text and parses the cells itself: an age with decimals is refused. Its SQL
# makes each number a double before it is compared, and `extract` asks DuckDB for text.
set -euo pipefail
place=$(mktemp -d) && trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv" && . "$place/venv/bin/activate"
pip install --quiet 'duckdb==2.0.1' 'polars==2.1.0' 'pyarrow==26.0.1'
cd "$place" && printf 'age\n44.5\n' > ages.csv && python - <<'END'
import duckdb
import polars
import pyarrow
import pyarrow.csv


def told(read) -> object:
    try:
        return read()
    except (polars.exceptions.ComputeError, pyarrow.ArrowInvalid, duckdb.BinderException):
        return "an error"


def row(query: str, *values: str) -> object:
    return duckdb.execute(query, values).fetchall()[0][0]


typed = pyarrow.csv.ConvertOptions(column_types={"age": pyarrow.int64()})
TABLE = "read_csv('ages.csv', columns={'age': '%s'}, store_rejects=true)"
seen = {
    "CSV, a column of INTEGER": row(f"SELECT age FROM {TABLE % 'INTEGER'}"),
    "  what is rejected": row("SELECT count(*) FROM reject_errors"),
    "CSV by Polars": told(lambda: polars.read_csv("ages.csv", schema={"age": polars.Int64})),
    "CSV by PyArrow": told(lambda: pyarrow.csv.read_csv("ages.csv", convert_options=typed)),
    "'9.5' >= 10": row("SELECT '9.5' >= 10"),
    "? >= 10, given '9.5'": row("SELECT ? >= 10", "9.5"),
    "'9.5' >= 10.0": row("SELECT '9.5' >= 10.0"),
    "a column of text >= 45": told(lambda: row(f"SELECT age >= 45 FROM {TABLE % 'VARCHAR'}")),
    "44.5::DOUBLE::INTEGER": row("SELECT 44.5::DOUBLE::INTEGER"),
}
for name, found in seen.items():
    print(name, found, sep=" | ")
expected = [45, 0, "an error", "an error", True, True, False, "an error", 44]
assert [*seen.values()] == expected, "the behaviour has changed"
END
