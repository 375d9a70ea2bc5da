#!/usr/bin/env bash
# frictionless 5.21.0: a column of laboratory values with units, as a Table Schema describes it:
# type number, bareNumber false.
#
# Expected: `95 IU/mL` is 95, for which bareNumber is there; `<20 IU/mL` is an error, or keeps its <.
# Seen: `<20 IU/mL` is 20, and `> 1000` is 1000: all around the digits goes, comparators as well.
# So: in trialscreen `<20` is a value below 20, in a table too; what is beside a number has to be
# a unit that is known.
set -euo pipefail
place=$(mktemp -d) && trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv" && . "$place/venv/bin/activate"
pip install --quiet 'frictionless==5.21.0'
cd "$place" && python - <<'END'
from frictionless import Schema

field = Schema.from_descriptor(
    {"fields": [{"name": "hbv_dna", "type": "number", "bareNumber": False}]}
).get_field("hbv_dna")
seen = {cell: field.read_cell(cell) for cell in ("95 IU/mL", "<20 IU/mL", "> 1000")}
for cell, (value, notes) in seen.items():
    print(f"{cell!r} is {value}, with the notes {notes}")
assert [int(value) for value, _ in seen.values()] == [95, 20, 1000], "the behaviour has changed"
assert not any(notes for _, notes in seen.values()), "the behaviour has changed"
END
