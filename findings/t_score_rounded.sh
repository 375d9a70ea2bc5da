#!/usr/bin/env bash
# A T-score of -2.45, rounded to one digit as reports print it: is it -2.5, which is osteoporosis?
# Python 3.11, numpy 2.4.6, Polars 2.1.0, PyArrow 26.0.1, DuckDB 2.0.1, chdb 4.4.0, fhirpathpy 2.2.4.
#
# Expected: one answer; halves go away from zero, as at school, or to the even digit.
# Seen: -2.5 by Python's round and by DuckDB; -2.4 by numpy, Polars, PyArrow and FHIRPath. ClickHouse
# says -2.4 of a float and -2.5 of a decimal. Of -2.55, DuckDB makes -2.5 if it is a double and -2.6 if
# it is a decimal, as a number in a query is. So the same patients have osteoporosis or not by the
# tool that rounded, and by the type of the column.
# trialscreen compares T-scores as they were entered, and rounds none.
set -euo pipefail
place=$(mktemp -d) && trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv" && . "$place/venv/bin/activate"
pip install --quiet 'numpy==2.4.6' 'polars==2.1.0' 'pyarrow==26.0.1' 'duckdb==2.0.1' 'chdb==4.4.0' \
  'chdb-core==26.9.0' 'fhirpathpy==2.2.4'
cd "$place" && python - <<'END'
import chdb
import duckdb
import numpy
import polars
import pyarrow.compute
from fhirpathpy import evaluate


def rounded(text: str) -> dict[str, float]:
    number = float(text)
    duck = duckdb.sql(f"SELECT round({text}::DOUBLE, 1), round({text}, 1)").fetchall()[0]
    click = chdb.query(f"SELECT round({text}, 1), round(toDecimal64('{text}', 2), 1)").bytes().decode()
    return {
        "Python": round(number, 1),
        "numpy": float(numpy.round(number, 1)),
        "Polars": polars.Series([number]).round(1)[0],
        "PyArrow": pyarrow.compute.round(number, 1).as_py(),
        "FHIRPath": float(evaluate({}, f"({text}).round(1)")[0]),
        **dict(zip(("DuckDB", "DuckDB's decimal"), map(float, duck))),
        **dict(zip(("ClickHouse", "ClickHouse's decimal"), map(float, click.split(",")))),
    }


seen = {text: rounded(text) for text in ("-2.45", "-2.55")}
for text, found in seen.items():
    print(text, *(f"{name} {value}" for name, value in found.items()), sep="  ")
upward = {name for name, value in seen["-2.45"].items() if value == -2.4}
assert upward == {"numpy", "Polars", "PyArrow", "FHIRPath", "ClickHouse"}, "the behaviour has changed"
shorter = {name for name, value in seen["-2.55"].items() if value == -2.5}
assert shorter == {"Python", "DuckDB"}, "the behaviour has changed"
END
