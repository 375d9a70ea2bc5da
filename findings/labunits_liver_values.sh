#!/usr/bin/env bash
# labunits 0.2.1 (PyPI), laboratory values from traditional to SI units and back, by LOINC code.
#
# Expected: 1 µkat is 60 U, so an AST of 1.34 µkat/L is 80.4 U/L, above twice an upper limit of 40. What the
# SI unit of AST is, it is of ALT.
# Seen: 78.8 U/L, below it: the factor of AST is 0.017, that is 58.8. That of ALT is 1, and its SI unit U/L: a
# report in µkat/L, given back by to_traditional_unit, keeps 1.34 and is normal. Noradrenaline in plasma,
# 500 pg/mL, is 2955 nmol/L; its molar mass, 169.18 g/mol, makes 2.96.
# trialscreen converts by the exact factor that stands beside a unit, and takes liver values with their limit.
set -euo pipefail
place=$(mktemp -d) && trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv" && . "$place/venv/bin/activate"
pip install --quiet 'labunits==0.2.1'
cd "$place" && python - <<'END'
from labunits.converters import si_unit, to_si_unit, to_traditional_unit

AST, ALT, NORADRENALINE = "1920-8", "1742-6", "2666-6"
seen = {name: to_traditional_unit(1.34, code) for name, code in (("AST", AST), ("ALT", ALT))}
for (name, found), code in zip(seen.items(), (AST, ALT)):
    print(f"{name}: SI unit {si_unit(code)}; 1.34 of it is {found:.1f} U/L, at least 80: {found >= 80}")
right = 1.34 * 60
stress, meant = to_si_unit(500, NORADRENALINE), 500 / 169.18
print(f"noradrenaline: {stress:.0f} {si_unit(NORADRENALINE)}, by its molar mass {meant:.2f}")
assert (round(right, 1), round(seen["AST"], 1), seen["ALT"]) == (80.4, 78.8, 1.34), "the behaviour has changed"
assert [si_unit(code) for code in (AST, ALT)] == ["μKat/L", "U/L"], "the behaviour has changed"
assert (round(stress), round(meant, 2), si_unit(NORADRENALINE)) == (2955, 2.96, "nmol/L"), "the behaviour has changed"
END
