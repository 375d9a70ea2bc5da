#!/usr/bin/env bash
# Polars 2.1.0 reads a CSV file in which -999 is the code for a missing laboratory value.
#
# Expected: `null_values=["-999"]` makes nulls of -999 and of -999.0, as pandas 3 does: pandas itself
# writes -999.0 where an export of REDCap or SAS with gaps went through it.
# Seen: codes are compared as texts. -999.0 stays a value, and the mean TSH is -498.9.
# Here: a code for missing in the file of --columns that is a number is that number however it is
# written, in text and in typed columns.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet 'polars==2.1.0' 'pandas==3.0.0'
printf 'patient_id,tsh\n1,-999\n2,-999.0\n3,1.2\n' > "$work/labs.csv"
"$work/venv/bin/python" - "$work/labs.csv" <<'PYTHON'
import sys

import pandas as pd
import polars as pl

polars = pl.read_csv(sys.argv[1], null_values=["-999"])["tsh"].to_list()
pandas = [None if pd.isna(one) else one for one in pd.read_csv(sys.argv[1], na_values=["-999"])["tsh"]]
print(f"-999, -999.0, 1.2 with the code -999: Polars {polars}, pandas {pandas}")
assert polars == [None, -999.0, 1.2] and pandas == [None, None, 1.2]
PYTHON
