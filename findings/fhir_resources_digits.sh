#!/usr/bin/env bash
# fhir.resources 8.3.0: a result is read from JSON, and written again.
#
# Expected: FHIR says that the precision of a decimal counts, and is kept: 5.40 is not 5.4. The field
# is a Python Decimal, which can do so.
# Seen: 5.40 is Decimal('5.4') and written as 5.4; 1E2, which was rounded to hundreds, is
# Decimal('100.0'), and written with a digit more than whole units. A value that only looks rounded
# can agree with a limit or contradict another value that it would not.
# trialscreen keeps the text of every number in a resource, and rounds by the digits that were written.
set -euo pipefail
place=$(mktemp -d) && trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv" && . "$place/venv/bin/activate"
pip install --quiet 'fhir.resources==8.3.0'
cd "$place" && python - <<'END'
from decimal import Decimal

from fhir.resources.R4B.observation import Observation

text = '{"resourceType":"Observation","status":"final","code":{"text":"K"},"valueQuantity":{"value":%s}}'
seen = {}
for written in ("5.40", "1E2"):
    found = Observation.model_validate_json(text % written)
    value = found.valueQuantity.value
    seen[written] = (str(value), found.model_dump_json().partition('"value":')[2].rstrip("}"))
    print(written, "in Python:", *seen[written][:1], "in JSON again:", *seen[written][1:])
assert isinstance(value, Decimal)
assert seen == {"5.40": ("5.4", "5.4"), "1E2": ("100.0", "100.0")}, "the behaviour has changed"
END
