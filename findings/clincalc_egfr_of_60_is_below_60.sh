#!/usr/bin/env bash
# clincalc 0.4.0 (PyPI; calculators in Rust): the eGFR of a woman of 70 with 1.01 mg/dL of creatinine, which is 59.9,
# and then KDIGO's risk by it, from the same package. And the BMI of 47.2 kg at 1.60 m, which is 18.44.
#
# Expected: one stage of one kidney. A result beside a limit is on one side of it.
# Seen: "eGFR 60, G-stage G3a", which is below 60. The result is a whole number, and what was computed is not in it;
# given to ckd_risk it is G2, a stage better, and her risk low, no longer moderate. The BMI is 18.4, "underweight"; at
# 47.3 kg it is 18.5, "underweight" as well, though from 18.5 on nobody is.
# trialscreen compares what it computed, and shows digits enough that they agree with the finding.
set -euo pipefail
place=$(mktemp -d) && trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv" && . "$place/venv/bin/activate"
pip install --quiet 'clincalc==0.4.0'
cd "$place" && python - <<'END'
import re

import clincalc

patient = {"age": 70, "creatinine": 1.01, "creatinine_unit": "mg/dL", "sex": "female"}
egfr = clincalc.calculate("egfr", patient)
stage = re.search(r"G-stage (\w+)", egfr["interpretation"]).group(1)
risks = [clincalc.calculate("ckd_risk", {"egfr": value, "acr": 1})["result"] for value in (egfr["result"], 59.9)]
exact = 142 * (1.01 / 0.7) ** -1.2 * 0.9938**70 * 1.012
print(f"eGFR {egfr['result']} ({exact:.1f}), stage {stage}; risk by {egfr['result']}: {risks[0]}; by 59.9: {risks[1]}")
assert (egfr["result"], stage, round(exact, 1)) == (60, "G3a", 59.9), "the behaviour has changed"
assert [risk.split()[0] for risk in risks] == ["Low", "Moderately"], "the behaviour has changed"

seen = []
for weight in (47.2, 47.3, 47.4):
    bmi = clincalc.calculate("bmi", {"height_cm": 160, "weight_kg": weight})
    seen.append((bmi["result"], "underweight" in bmi["interpretation"]))
    print(f"{weight} kg: BMI {bmi['result']} ({weight / 1.6**2:.2f}), underweight: {seen[-1][1]}")
assert seen == [(18.4, True), (18.5, True), (18.5, False)], "the behaviour has changed"
END
