#!/usr/bin/env bash
# polars 2.1.0 and pyarrow 26.0.1.
#
# One would expect: the type of a column in a Parquet file is what was written. A column of few
# texts (Enum) is read as such by Polars, and as a dictionary by Arrow.
# What happens: the Parquet format knows a text only. The type stands in a note beside it,
# ARROW:schema, and `metadata` of the writer replaces that note without a word: with the note of
# a column of texts, both read texts, from the same bytes of the same pages.
# How trialscreen deals with it: verdicts are of such a type until they are written, which takes
# a third of the time; the file gets the note of texts, so that readers meet no other type than
# before. A test reads it with both.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet 'polars==2.1.0' 'pyarrow==26.0.1'
cd "$folder"
"$folder/venv/bin/python" - <<'PYTHON'
import polars as pl
import pyarrow.parquet as pq

few = pl.Enum(["eligible", "ineligible", "undetermined"])
frame = pl.DataFrame({"verdict": pl.Series(["eligible", None, "undetermined"], dtype=few)})
frame.clear().cast(pl.String).write_parquet("texts.parquet")
frame.write_parquet("as_written.parquet")
frame.write_parquet("told.parquet", metadata=pl.read_parquet_metadata("texts.parquet"))
for name in ("as_written", "told"):
    file = f"{name}.parquet"
    print(name, pl.read_parquet_schema(file)["verdict"], pq.read_schema(file).field("verdict").type)
assert pl.read_parquet_schema("as_written.parquet")["verdict"] == few
assert pl.read_parquet_schema("told.parquet")["verdict"] == pl.String
assert str(pq.read_schema("told.parquet").field("verdict").type) == "large_string"
assert pl.read_parquet("told.parquet")["verdict"].to_list() == frame["verdict"].to_list()
PYTHON
