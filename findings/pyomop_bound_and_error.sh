#!/usr/bin/env bash
# pyomop 6.4.0 loads FHIR into a database in OMOP's common data model, by the mapping it comes with.
#
# Expected: a viral load of "<20" has its sign in operator_concept_id, which OMOP has for that. A
# result that was entered in error is left out. Of a woman whose year of birth alone is known, month
# and day of birth stay empty, which OMOP allows.
# Seen: "<20" is a plain 20. The withdrawn TSH is a measurement like others; nothing in the database tells
# it from one. "2026-05" is 1 May. Born in 1958 is born on 1 January 1970, 1958 nanoseconds after midnight,
# as long as no other patient of the load has a full date of birth, and on 1 January 1958 if one has.
# trialscreen reads the FHIR resources themselves, with comparator, status and known parts of days, and
# OMOP's operators where a load has kept them. What a load has dropped, no reader can bring back.
set -euo pipefail
place=$(mktemp -d) && trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv" && . "$place/venv/bin/activate"
pip install --quiet 'pyomop==6.4.0'
mkdir "$place/fhir" && cd "$place" && cat > fhir/bundle.json <<'JSON'
{"resourceType": "Bundle", "type": "collection", "entry": [
  {"fullUrl": "urn:uuid:p1", "resource": {"resourceType": "Patient", "id": "p1", "gender": "female",
    "birthDate": "1958"}},
  {"fullUrl": "urn:uuid:o1", "resource": {"resourceType": "Observation", "id": "o1", "status": "final",
    "subject": {"reference": "Patient/p1"}, "effectiveDateTime": "2026-05",
    "code": {"coding": [{"system": "http://loinc.org", "code": "29615-2"}]},
    "valueQuantity": {"value": 20, "comparator": "<", "unit": "IU/mL"}}},
  {"fullUrl": "urn:uuid:o2", "resource": {"resourceType": "Observation", "id": "o2",
    "status": "entered-in-error", "subject": {"reference": "Patient/p1"},
    "effectiveDateTime": "2026-05-04",
    "code": {"coding": [{"system": "http://loinc.org", "code": "3016-3"}]},
    "valueQuantity": {"value": 12.5, "unit": "mIU/L"}}}
]}
JSON
pyomop --create --dbtype sqlite --name omop.sqlite --input fhir >pyomop.log 2>&1 || { cat pyomop.log; exit 1; }
python - <<'END'
import sqlite3

database = sqlite3.connect("omop.sqlite")
persons = database.execute("SELECT year_of_birth, month_of_birth, day_of_birth FROM person").fetchall()
results = database.execute(
    "SELECT measurement_source_value, measurement_date, operator_concept_id, value_as_number,"
    " unit_source_value FROM measurement ORDER BY measurement_id"
).fetchall()
print("person", *persons)
for result in results:
    print("measurement", *result)
assert persons == [(1970, 1, 1)], "the behaviour has changed"
assert results == [
    ("29615-2", "2026-05-01", None, 20, "IU/mL"),
    ("3016-3", "2026-05-04", None, 12.5, "mIU/L"),
], "the behaviour has changed"
END
