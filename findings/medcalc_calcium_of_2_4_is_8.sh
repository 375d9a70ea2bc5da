#!/usr/bin/env bash
# medcalc-bench 1.7.0 (PyPI), the calculators of the benchmark MedCalc-Bench: results in mol, where a formula wants
# mg/dL: a calcium of 2.4 mmol/L with an albumin of 40 g/L, and the eGFR of a woman of 70 by her creatinine.
#
# Expected: 9.6 mg/dL, within the usual limits, which nothing has to be added to; 64.4 for 84 µmol/L, 57.0 for 93.
# Seen: a calcium of 8.0, far below them; 2.5 mmol/L are 12.0, far above. Each step on the way is rounded to
# thousandths, grams and mol too, so that all calcium is a multiple of 4 mg/dL, and all creatinine near 1 one of 0.1:
# from 84 to 92 µmol/L it is 1.0 and the eGFR 60.6; at 92, 57.8, she is below a limit of 60. In mg/dL all is right.
# Of a man's 0.8 mg/dL, ckd_epi_2021 makes 95.2, and the function that explains it 88.2.
# trialscreen converts with exact factors, and rounds nothing on the way: 84 and 92 µmol/L are 64.4 and 57.8.
set -euo pipefail
place=$(mktemp -d) && trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv" && . "$place/venv/bin/activate"
pip install --quiet 'medcalc-bench==1.7.0'
cd "$place" && python - <<'END'
from medcalc.calcium_correction import calculate_corrected_calcium_explanation
from medcalc.ckd_epi_2021_creatinine import ckd_epi_2021, ckd_epi_2021_explanation

seen = []
for mmol in (2.2, 2.4, 2.5, 2.6):
    given = {"albumin": (4.0, "g/dL"), "calcium": (mmol, "mmol/L")}
    seen.append(calculate_corrected_calcium_explanation(given)["Answer"])
    print(f"calcium {mmol} mmol/L: {seen[-1]} mg/dL; by the molar mass {mmol * 4.008:.1f}")
assert seen == [8.0, 8.0, 12.0, 12.0], "the behaviour has changed"

seen = []
for umol in (83, 84, 92, 93):
    patient = {"sex": "Female", "age": (70, "years")}
    answers = [
        ckd_epi_2021(patient | {"creatinine": creatinine})
        for creatinine in ((umol, "µmol/L"), (umol / 88.4, "mg/dL"))
    ]
    seen.append(tuple(round(answer, 1) for answer in answers))
    print(f"creatinine {umol} µmol/L: an eGFR of {seen[-1][0]}; given in mg/dL {seen[-1][1]}")
assert seen == [(68.8, 65.4), (60.6, 64.4), (60.6, 57.8), (54.1, 57.0)], "the behaviour has changed"

man = {"sex": "Male", "age": (70, "years"), "creatinine": (0.8, "mg/dL")}
both = round(ckd_epi_2021(man), 1), round(ckd_epi_2021_explanation(man)["Answer"], 1)
print("a man's 0.8 mg/dL: {}, explained {}".format(*both))
assert both == (95.2, 88.2), "the behaviour has changed"
END
