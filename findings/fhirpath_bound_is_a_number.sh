#!/usr/bin/env bash
# fhirpathpy 2.2.4: a FHIR Quantity of "<20 mg".
#
# Expected: whether it equals 20 mg is not known; it does not, for it is less.
# Seen: `Observation.value = 20 'mg'` is true, as of an Observation of 20 mg. The comparator is not
# looked at.
# So: number and comparator are read together, as an interval, and no path reads the number alone.
set -euo pipefail
place=$(mktemp -d) && trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv" && . "$place/venv/bin/activate"
pip install --quiet 'fhirpathpy==2.2.4'
cd "$place" && python - <<'END'
from fhirpathpy import evaluate
from fhirpathpy.models import models

amount = {"value": 20, "unit": "mg", "system": "http://unitsofmeasure.org", "code": "mg"}
seen = {}
for comparator in ("", "<"):
    value = {**amount, "comparator": comparator} if comparator else amount
    result = {"resourceType": "Observation", "valueQuantity": value}
    seen[comparator] = evaluate(result, "Observation.value = 20 'mg'", {}, models["r4"])
    print(f"is {comparator}20 mg equal to 20 mg?", seen[comparator])
assert seen == {"": [True], "<": [True]}, "the behaviour has changed"
END
