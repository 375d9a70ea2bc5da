#!/usr/bin/env bash
# clinicedc-utils 0.4.0 (for trials' data capture; 1.0.6 has the same line, and needs a MySQL client to
# be installed): the eGFR by CKD-EPI 2021 of a woman of 70 whose creatinine is 1.0 mg/dL.
#
# Expected: 60.6 mL/min/1.73 m², by the equation in the docstring of the class: 142 · ... · 0.9938^age.
# Seen: 57.3. What is computed is 0.993^age, the factor of the equation of 2009. The older she is, the
# lower it comes out: at 45 by 3.6 %, at 85 by 6.6 %. A limit of 60 excludes her, though she is above it.
# trialscreen computes 60.6: its factor is 0.9938, and the tests compute it a second time, by hand, from
# the published equation. A reported eGFR goes before a computed one.
set -euo pipefail
place=$(mktemp -d) && trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv" && . "$place/venv/bin/activate"
pip install --quiet 'clinicedc-utils==0.4.0'
cd "$place" && python - <<'END'
from clinicedc_constants import FEMALE, MILLIGRAMS_PER_DECILITER
from clinicedc_utils import EgfrCkdEpi2021


def published(age: int, creatinine: float) -> float:
    """CKD-EPI 2021 for women, mL/min/1.73 m², from mg/dL (Inker, NEJM 2021;385:1737)."""
    ratio = creatinine / 0.7
    return 142 * min(ratio, 1) ** -0.241 * max(ratio, 1) ** -1.2 * 0.9938**age * 1.012


seen = []
for age, creatinine in ((45, 1.1), (70, 1.0), (85, 0.9)):
    found = EgfrCkdEpi2021(
        gender=FEMALE,
        age_in_years=age,
        creatinine_value=creatinine,
        creatinine_units=MILLIGRAMS_PER_DECILITER,
    ).value
    expected = published(age, creatinine)
    seen.append((round(found, 1), round(expected, 1)))
    print(f"{age} years, {creatinine} mg/dL: {found:.1f}, expected {expected:.1f}")
assert "0.9938" in EgfrCkdEpi2021.__doc__
assert seen[1] == (57.3, 60.6), "the behaviour has changed"
assert all(found < expected * 0.97 for found, expected in seen), "the behaviour has changed"
END
