#!/usr/bin/env bash
# fhirpathpy 2.2.4: is a patient, of whom the year of birth is known, at least 45?
#
# Expected: unknown (an empty collection), in whichever way the same day is written: born in 1981,
# she is 44 or 45 on 1 June 2026.
# Seen: beside the day @1981-06-01 it is unknown. Beside @2026-06-01 - 45 years, which is the same
# day, it is true.
# So: trialscreen computes ages and windows itself, and asks no FHIRPath for them.
set -euo pipefail
place=$(mktemp -d) && trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv" && . "$place/venv/bin/activate"
pip install --quiet 'fhirpathpy==2.2.4'
cd "$place" && python - <<'END'
from fhirpathpy import evaluate

patient = {"resourceType": "Patient", "birthDate": "1981"}
days = ("@1981-06-01", "@2026-06-01 - 45 years")
seen = {day: evaluate(patient, f"Patient.birthDate <= {day}") for day in days}
for day, found in seen.items():
    print(f"birthDate <= {day}: {found}")
assert evaluate({}, days[1]) == ["1981-06-01"], "the behaviour has changed"
assert [*seen.values()] == [[], [True]], "the behaviour has changed"
END
