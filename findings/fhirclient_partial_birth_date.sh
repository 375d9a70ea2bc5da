#!/usr/bin/env bash
# fhirclient 4.4.0 (SMART on FHIR's client for Python): a birth date of which the year is known.
#
# Expected: `Patient.birthDate.date` is nothing, or says that it is a year: FHIR allows 1981.
# Seen: it is 1 January 1981, as of a patient who was born on that day. Only `as_json` still has the
# year. By the day, she is 45 on 1 June 2026; by the year, she may be 44.
# So: in trialscreen a date that is known in part is the days that it may be, and her age 44 or 45.
set -euo pipefail
place=$(mktemp -d) && trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv" && . "$place/venv/bin/activate"
pip install --quiet 'fhirclient==4.4.0'
cd "$place" && python - <<'END'
from fhirclient.models.observation import Observation
from fhirclient.models.patient import Patient

birth = Patient({"resourceType": "Patient", "birthDate": "1981"}).birthDate
print("birthDate 1981: the date", birth.date, "in JSON", birth.as_json())
assert (str(birth.date), birth.as_json()) == ("1981-01-01", "1981"), "the behaviour has changed"
scan = {"resourceType": "Observation", "status": "final", "code": {"text": "DXA"}}
day = Observation({**scan, "effectiveDateTime": "2026-03"}).effectiveDateTime
print("effectiveDateTime 2026-03: the moment", day.datetime)
assert str(day.datetime) == "2026-03-01 00:00:00", "the behaviour has changed"
END
