#!/usr/bin/env bash
# Polars 2.1.0 and dates with two digits of a year, as older systems export births.
#
# Expected: `%d/%m/%y` turns a birth of 12/03/58 into 1958, and `%d/%m/%Y` refuses it, as Python does.
# Seen: `%y` gives 2058, as in Python, but 12/03/69 is 2069 where Python has 1969; and `%Y` takes 58
# as the year 58, so that a woman is 1,968 years old, without an error.
# Here: a `date_format` in the file of --columns has to have %Y, `%y` is refused because 26 may be 1926
# or 2026, and a year has four digits.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet 'polars==2.1.0'
"$work/venv/bin/python" - <<'PYTHON'
from datetime import datetime

import polars as pl

texts = ["12/03/58", "12/03/69"]
two = pl.Series(texts).str.to_date("%d/%m/%y").dt.year().to_list()
four = pl.Series(texts).str.to_date("%d/%m/%Y", strict=False).dt.year().to_list()
python = [datetime.strptime(text, "%d/%m/%y").year for text in texts]
try:
    strict = datetime.strptime(texts[0], "%d/%m/%Y").year
except ValueError:
    strict = None
print(f"{texts}: Polars %y {two}, %Y {four}; Python %y {python}, %Y {strict}")
assert two == [2058, 2069] and four == [58, 69] and python == [2058, 1969] and strict is None
PYTHON
