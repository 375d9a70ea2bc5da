#!/usr/bin/env bash
# Polars 2.1.0, str.to_date with the format %Y-%m-%d.
# Expected: a text with a blank inside is no day of that form: null, or an error if strict.
# Seen: "2026- 3-01" is 1 March 2026, also when strict; so are two blanks, a tab, a no-break space.
# The blank may be a padded 3 of a fixed-width export, or the place of a digit that was lost (13).
# trialscreen: the engine casts only cells that a pattern, or a count of bytes, shows to be YYYY-MM-DD;
# all others go to the parser, which refuses these with the cell.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet 'polars==2.1.0'

cat > seen.py <<'PY'
import polars as pl

days = pl.Series(["2026-03-01", "2026- 3-01", "2026-03- 1", "2026-\t3-01", "2026-\u00a03-01"])
read = days.str.to_date("%Y-%m-%d", strict=True)
for text, day in zip(days, read):
    print(ascii(text), "is read as", day)
assert read.n_unique() == 1 and read.null_count() == 0, "Polars refuses them now"
PY
venv/bin/python seen.py
