#!/usr/bin/env bash
# fhir.resources 8.3.0 (PyPI; pydantic 2) reads FHIR's JSON.
# Expected: a boolean that is a text is refused: FHIR's JSON has true and false only.
# Happens: "no", "off" and "f" are read as false, "on" and "y" as true, and a value of "5.4" in
#   quotes as a number. A patient whose deceasedBoolean is "no" is alive, without a word; one
#   whose deceasedBoolean is "unknown" is refused, with the whole of the resource.
# trialscreen reads no words as booleans: a part of a wrong type is told with its file and line,
#   the rest is read, and who may have died is not screened as alive.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet 'fhir.resources==8.3.0' 'pydantic==2.14.3'

"$folder/venv/bin/python" - <<'END'
from fhir.resources.R4B.observation import Observation
from fhir.resources.R4B.patient import Patient

said = {}
for word in ("no", "off", "f", "on", "y"):
    said[word] = Patient.model_validate({"deceasedBoolean": word}).deceasedBoolean
print(said)
value = Observation.model_validate(
    {"status": "final", "code": {"text": "TSH"}, "valueQuantity": {"value": "5.4"}}
).valueQuantity.value
print(repr(value))
assert said == {"no": False, "off": False, "f": False, "on": True, "y": True}
assert str(value) == "5.4"
END
