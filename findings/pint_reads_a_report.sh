#!/usr/bin/env bash
# pint 0.25.3 (PyPI), physical units in Python: quantities as laboratories and clinics print them.
#
# Expected: an eGFR of 60 mL/min/1.73 m² stays 60 for that area, and 5 10*9/L of white cells, as UCUM writes it, 5e9 a
# litre; 5 ft 2 in is a height. What is not known is an error, as IU is, and mEq.
# Seen: 34.7 m²·mL/min: divided by 1.73 and multiplied with the area, which is no flow. 450 cells a litre, for `*` is
# a product. The height is 10 ft·in, an area of 0.077 m². A count of 5 k/uL is in Boltzmann's constants, 24 M
# (months) is a concentration, and 1 pt (a patient) is a pint. None is an error until it meets another unit.
# trialscreen takes a unit that its element lists, and refuses any other, 5 ft 2 in as well.
set -euo pipefail
place=$(mktemp -d) && trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv" && . "$place/venv/bin/activate"
pip install --quiet 'pint==0.25.3'
cd "$place" && python - <<'END'
import pint

registry = pint.UnitRegistry()
expected = {
    "60 mL/min/1.73 m**2": (34.6821, "meter ** 2 * milliliter / minute"),
    "5 10*9/L": (450, "1 / liter"),
    "5 10^9/L": (5e9, "1 / liter"),
    "5 ft 2 in": (10, "foot * inch"),
    "5 k/uL": (5, "boltzmann_constant / microliter"),
    "24 M": (24, "molar"),
    "1 pt": (1, "pint"),
}
seen = {}
for text in expected:
    quantity = registry.Quantity(text)
    seen[text] = (round(quantity.magnitude, 4), str(quantity.units))
    print(f"{text}: {quantity:.6g}")
assert seen == expected, "the behaviour has changed"
for text in ("20 IU/mL", "5 mEq/L"):
    try:
        registry.Quantity(text)
    except pint.UndefinedUnitError as error:
        print(f"{text}: {error}")
    else:
        raise AssertionError("the behaviour has changed")
END
