#!/usr/bin/env bash
# ibis-framework 12.0.0, "the portable Python dataframe library", with DuckDB 1.5.5 and with Python's sqlite3: the
# same expressions.
#
# Expected: the same answer of both, or an error of the one that cannot give it.
# Seen: the lower of two T-scores, of which the hip's is not known, is -3.1 by DuckDB and unknown by SQLite; so is
# the higher of two liver values. A text "yes" is true by DuckDB and false by SQLite, and "no" is false by both.
# "<20" as a number is an error, and 0, which is below any limit. An age of 44.5 as a whole number is 45 by
# DuckDB and 44 by SQLite.
# trialscreen compares in its tests what every engine finds, cell by cell, also where a value is not there.
set -euo pipefail
place=$(mktemp -d) && trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv" && . "$place/venv/bin/activate"
pip install --quiet 'ibis-framework[duckdb,sqlite]==12.0.0' 'duckdb==1.5.5' 'sqlglot==30.12.0'
cd "$place" && python - <<'END'
import ibis

backends = {"DuckDB": ibis.duckdb.connect(), "SQLite": ibis.sqlite.connect()}
spine, hip = ibis.literal(-3.1), ibis.null("float64")
asked = {
    "lower T-score, one unknown": ibis.least(spine, hip),
    "higher enzyme, one unknown": ibis.greatest(ibis.literal(85.0), ibis.null("float64")),
    "'yes' as a boolean": ibis.literal("yes").cast("boolean"),
    "'no' as a boolean": ibis.literal("no").cast("boolean"),
    "'<20' as a number": ibis.literal("<20").cast("float64"),
    "44.5 as a whole number": ibis.literal(44.5).cast("int64"),
    "'45.7' as a whole number": ibis.literal("45.7").cast("int64"),
}


def answer(backend: ibis.BaseBackend, expression: ibis.Value) -> str:
    try:
        found = backend.execute(expression)
    except Exception as error:  # each backend raises its own
        return f"an error ({type(error).__name__})"
    return "unknown" if found is None or found != found else str(found)


seen = {name: [answer(one, expression) for one in backends.values()] for name, expression in asked.items()}
for name, found in seen.items():
    print(f"{name}:", *(f"{one} {what};" for one, what in zip(backends, found)))
assert list(seen.values()) == [
    ["-3.1", "unknown"],
    ["85.0", "unknown"],
    ["True", "False"],
    ["False", "False"],
    ["an error (ConversionException)", "0.0"],
    ["45", "44"],
    ["46", "45"],
], "the behaviour has changed"
END
