#!/usr/bin/env bash
# ucumvert 0.3.2 (UCUM for pint 0.25.3): an HbA1c of 48 mmol/mol, in percent.
#
# Expected: 6.5 %, the limit for diabetes in either unit, or a refusal. Both units are valid UCUM.
# Seen: 4.8 %, and 6.5 % back is 65 mmol/mol. As ratios of amounts that is right. But the percent of
# laboratories is on another scale (NGSP: 0.0915 × IFCC + 2.15), and UCUM has no word for the scale:
# a patient with diabetes has the value of a healthy one.
# trialscreen converts only between the units that an element lists, by the factor that it states.
set -euo pipefail
place=$(mktemp -d) && trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv" && . "$place/venv/bin/activate"
pip install --quiet 'ucumvert==0.3.2' 'pint==0.25.3'
cd "$place" && python - <<'END'
from ucumvert import PintUcumRegistry

registry = PintUcumRegistry()
ifcc, percent = registry.from_ucum("mmol/mol"), registry.from_ucum("%")
there, back = (48 * ifcc).to(percent).magnitude, (6.5 * percent).to(ifcc).magnitude
meant = 0.0915 * 48 + 2.15
print(f"48 mmol/mol: {there:.1f} %, of laboratories {meant:.1f} %; 6.5 %: {back:.0f} mmol/mol")
assert (round(there, 6), round(back, 6), round(meant, 1)) == (4.8, 65, 6.5), "the behaviour has changed"
END
