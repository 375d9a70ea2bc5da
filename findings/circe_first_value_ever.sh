#!/usr/bin/env bash
# ohdsi-circepy 0.3.0 (OHDSI's cohort definitions, as Atlas writes them, in Python; DuckDB by Ibis 12.0.0): who is at
# least 45, and when was her first TSH above 10?
#
# Expected: the first value above 10; her age on that day; "<20" is not above 10.
# Seen: "first" is settled before the value is looked at: whose first TSH ever was normal is not found, however
# high it is now. Her age is the year less the year of birth: born on 31 December 1981, she is 45 on 5 January
# 2026, which is two weeks after she became 44. A "<20", with its sign in operator_concept_id, is 20 and
# so above 10, unless the definition asks for operators. The SQL that it writes for other databases says the same.
# trialscreen takes the newest result before the screening date with its sign, and completed years.
set -euo pipefail
place=$(mktemp -d) && trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv" && . "$place/venv/bin/activate"
pip install --quiet 'ohdsi-circepy==0.3.0' 'ibis-framework[duckdb]==12.0.0' 'duckdb==1.5.5'
cd "$place" && python - <<'END'
import json

import ibis
from circe.api import build_cohort, build_cohort_query, cohort_expression_from_json

TSH, LESS = 3009201, 4171756  # OMOP's concepts of the test and of the sign <
PATIENTS = {1: "born 1981-12-31, 12 in 2026", 2: "born 1960, 5 in 2020, 12 in 2026", 3: "born 1960, <20 in 2026"}
database = ibis.duckdb.connect()
for statement in (
    "CREATE TABLE person AS SELECT * FROM (VALUES (1, 8532, 1981, 12, 31), (2, 8532, 1960, 1, 1),"
    " (3, 8532, 1960, 1, 1)) AS t(person_id, gender_concept_id, year_of_birth, month_of_birth, day_of_birth)",
    "CREATE TABLE observation_period AS SELECT person_id AS observation_period_id, person_id,"
    " DATE '2000-01-01' AS observation_period_start_date, DATE '2026-12-31' AS observation_period_end_date,"
    " 0 AS period_type_concept_id FROM person",
    f"CREATE TABLE measurement AS SELECT *, {TSH} AS measurement_concept_id, 0 AS unit_concept_id,"
    " 0.4 AS range_low, 4.2 AS range_high, NULL::BIGINT AS visit_occurrence_id FROM (VALUES"
    " (1, 1, DATE '2026-01-05', 0, 12.0), (2, 2, DATE '2020-01-05', 0, 5.0), (3, 2, DATE '2026-01-05', 0, 12.0),"
    f" (4, 3, DATE '2026-01-05', {LESS}, 20.0))"
    " AS t(measurement_id, person_id, measurement_date, operator_concept_id, value_as_number)",
    f"CREATE TABLE concept AS SELECT {TSH} AS concept_id, 'TSH' AS concept_name, NULL::TEXT AS invalid_reason",
    "CREATE TABLE concept_ancestor (ancestor_concept_id BIGINT, descendant_concept_id BIGINT)",
    "CREATE TABLE concept_relationship (concept_id_1 BIGINT, concept_id_2 BIGINT, relationship_id TEXT,"
    " invalid_reason TEXT)",
):
    database.raw_sql(statement)


def definition(**asked: object) -> object:
    """A cohort of those with such a TSH."""
    concept = {"CONCEPT_ID": TSH, "CONCEPT_NAME": "TSH", "DOMAIN_ID": "Measurement", "VOCABULARY_ID": "LOINC",
               "CONCEPT_CODE": "3016-3", "STANDARD_CONCEPT": "S"}  # fmt: skip
    event = {"Measurement": {"CodesetId": 0, "ValueAsNumber": {"Value": 10, "Op": "gt"}, **asked}}
    text = {
        "ConceptSets": [{"id": 0, "name": "TSH", "expression": {"items": [{"concept": concept}]}}],
        "PrimaryCriteria": {"CriteriaList": [event], "PrimaryCriteriaLimit": {"Type": "First"},
                            "ObservationWindow": {"PriorDays": 0, "PostDays": 0}},
        "QualifiedLimit": {"Type": "First"}, "ExpressionLimit": {"Type": "First"}, "InclusionRules": [],
        "CensoringCriteria": [], "CollapseSettings": {"CollapseType": "ERA", "EraPad": 0}, "CensorWindow": {},
    }  # fmt: skip
    return cohort_expression_from_json(json.dumps(text))


def cohort(asked: object) -> list[int]:
    found = build_cohort(asked, backend=database, cdm_schema="main").execute()
    return sorted(found["person_id"].tolist())


of_45 = {"Age": {"Value": 45, "Op": "gte"}}
seen = {"above 10, at least 45": cohort(definition(**of_45))}
seen["first, above 10, at least 45"] = cohort(definition(First=True, **of_45))
for asked, found in seen.items():
    print(f"{asked}:", *(f"{PATIENTS[one]};" for one in found))
assert list(seen.values()) == [[1, 2, 3], [1, 3]], "the behaviour has changed"
written = build_cohort_query(definition(First=True, **of_45))
assert "YEAR(C.start_date) - P.year_of_birth >= 45 AND C.ordinal = 1" in written, "the behaviour has changed"
assert "operator" not in written, "the behaviour has changed"
END
