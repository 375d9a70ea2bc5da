#!/usr/bin/env bash
# pandas 3.1.1: a column of findings (true, false, unknown) that Polars 2.1.0 wrote, as CSV and as Parquet.
#
# Expected: unknown stays unknown, or `astype(bool)` is an error; at least, the same from both files.
# Seen: read from CSV, unknown becomes True, for it is NaN; read from Parquet it becomes False, for it
# is None. Neither says anything. A criterion that is still open is met in one and not met in the
# other, and whoever selects by it gets other patients.
# trialscreen writes an empty cell, or a null, and a column `verdict` that says undetermined. Its guide
# to cohorts says how to read them: with dtype_backend="numpy_nullable" unknown stays unknown, and
# `astype(bool)` is an error.
set -euo pipefail
place=$(mktemp -d) && trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv" && . "$place/venv/bin/activate"
pip install --quiet 'pandas==3.1.1' 'polars==2.1.0' 'pyarrow==26.0.1'
cd "$place" && python - <<'END'
import pandas
import polars

findings = polars.DataFrame({"patient": ["A", "B", "C"], "I3": [True, None, False]})
findings.write_csv("findings.csv")
findings.write_parquet("findings.parquet")
KEPT = {"dtype_backend": "numpy_nullable"}
kept = (pandas.read_csv("findings.csv", **KEPT), pandas.read_parquet("findings.parquet", **KEPT))
seen = {
    "CSV": [*pandas.read_csv("findings.csv")["I3"].astype(bool)],
    "Parquet": [*pandas.read_parquet("findings.parquet")["I3"].astype(bool)],
}
for name, found in seen.items():
    print(name, found)
print("both, with numpy_nullable", *(list(frame["I3"]) for frame in kept))
assert seen == {"CSV": [True, True, False], "Parquet": [True, False, False]}, "the behaviour has changed"
for frame in kept:
    assert [*frame["I3"].isna()] == [False, True, False], "the behaviour has changed"
END
