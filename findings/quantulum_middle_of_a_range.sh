#!/usr/bin/env bash
# quantulum3 0.10.0 finds quantities in texts, as in the criteria of a registry or in a report.
#
# Expected: "65 to 70 kg" is a span, or two quantities; "5.5-10.0 mIU/L" the same.
# Seen: one quantity, the middle of it: 67.5 kg, and 7.75 as if it had been measured, with half of the
# span as its uncertainty. mIU/L is "mile atomic mass unit per litre", mmol/L "metre mole per litre", and of
# "<20 IU/mL" the 20 is left. A weight that may be below a limit or above it is on one side of it.
# trialscreen: "65 to 70" is any value from 65 to 70, "<20" any below 20, and what depends on which is
# unknown; "65-70" is refused, with what to write; a unit is one that the criteria file lists.
set -euo pipefail
place=$(mktemp -d) && trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv" && . "$place/venv/bin/activate"
pip install --quiet 'quantulum3==0.10.0'
cd "$place" && python - <<'END'
from quantulum3 import parser

seen = {}
for text in ("weight 65 to 70 kg", "TSH 5.5-10.0 mIU/L", "calcium 2.2 mmol/L", "HBV DNA <20 IU/mL"):
    seen[text] = [(one.value, one.unit.name, one.uncertainty) for one in parser.parse(text)]
    print(text, *seen[text], sep=" | ")
assert [*seen.values()] == [
    [(67.5, "kilogram", 2.5)],
    [(7.75, "mile atomic mass unit per litre", 2.25)],
    [(2.2, "metre mole per litre", None)],
    [(20.0, "dimensionless", None)],
], "the behaviour has changed"
END
