-- What `extract omop` finds in the tables of cdm, grown from the fixture, written by hand for DuckDB:
-- the newest of each measurement, its range, what is older beside one that cannot be used,
-- results of one day that differ, diagnoses, medicines, persons. ON, OUT: replaced by the caller.
CREATE TEMP TABLE map AS FROM (VALUES
  (3025315, 'weight', 'fact', '29463-7', 20, 300), (3036277, 'height', 'fact', '8302-2', 100, 220),
  (3038553, 'bmi', 'fact', '39156-5', 8, 80), (3016723, 'serum_creatinine', 'fact', '2160-0', 0.1, 20),
  (3006923, 'alt', 'fact', '1742-6', 0, 20000), (3013721, 'ast', 'fact', '1920-8', 0, 20000),
  (3035995, 'alp', 'fact', '6768-6', 0, 20000), (3024128, 'total_bilirubin', 'fact', '1975-2', 0, 100),
  (3006906, 'serum_calcium', 'fact', '17861-6', 1, 30), (3009201, 'tsh', 'fact', '3016-3', 0, 1000),
  (3049654, 'lumbar_spine_t_score', 'fact', '38267-1', -10, 10),
  (3049273, 'lumbar_spine_t_score', 'unmapped', '38265-5', -1e9, 1e9),
  (3051825, 'serum_creatinine', 'unmapped', '38483-4', -1e9, 1e9),
  (3032503, 'serum_calcium', 'unmapped', '49765-1', -1e9, 1e9),
  (3024561, 'serum_calcium', 'candidate', '1751-7', -1e9, 1e9),
  (3004410, 'unstable_blood_glucose', 'candidate', '4548-4', -1e9, 1e9),
  (3012888, 'uncontrolled_severe_hypertension', 'candidate', '8462-4', -1e9, 1e9),
  (3004249, 'uncontrolled_severe_hypertension', 'candidate', '8480-6', -1e9, 1e9)
) t(concept, element, kind, code, low, high);

CREATE TEMP TABLE newest AS
WITH ranked AS (
  SELECT person_id, map.*, measurement_id, measurement_date,
    coalesce(value_as_number, TRY_CAST(value_source_value AS DOUBLE)) AS value, unit_source_value,
    dense_rank() OVER (PARTITION BY person_id, element, kind, code ORDER BY measurement_date DESC) AS back
  FROM cdm.measurement JOIN map ON measurement_concept_id = concept
  WHERE measurement_date <= DATE '{ON}'
    AND (value_as_number IS NOT NULL OR value_source_value IS NOT NULL)
  QUALIFY back <= 2
), judged AS (
  SELECT *, bool_and(value BETWEEN low AND high) FILTER (back = 1) OVER of AS usable,
    count(DISTINCT value) FILTER (back = 1) OVER of AS values
  FROM ranked WINDOW of AS (PARTITION BY person_id, element, kind, code)
)
SELECT person_id, element,
  CASE WHEN kind <> 'fact' THEN kind WHEN NOT usable THEN 'candidate' WHEN values > 1 THEN 'conflict'
    ELSE 'fact' END AS kind,
  value::VARCHAR AS value, unit_source_value AS unit, measurement_date AS date, code,
  'measurement/' || measurement_id AS source,
  CASE WHEN kind = 'fact' AND NOT usable AND back = 1 THEN 'cannot be used: out of range'
    WHEN kind = 'fact' AND NOT usable THEN 'older than a result that cannot be used' ELSE '' END AS note
FROM judged WHERE back = 1 OR (kind = 'fact' AND NOT usable);

-- BMI, weight and height have to agree as far as their digits go.
CREATE TEMP TABLE apart AS
SELECT person_id FROM (
  PIVOT (SELECT person_id, element, value::DOUBLE AS value FROM newest WHERE kind = 'fact')
  ON element IN ('bmi', 'weight', 'height') USING first(value))
WHERE bmi + 0.05 < (weight - 0.05) / (((height + 0.05) / 100) ** 2)
  OR bmi - 0.05 > (weight + 0.05) / (((height - 0.05) / 100) ** 2);

CREATE TEMP TABLE evidence AS
SELECT person_id, element,
  CASE WHEN kind = 'fact' AND element IN ('bmi', 'weight', 'height') AND person_id IN (FROM apart)
    THEN 'conflict' ELSE kind END AS kind, value, unit, date, code, source, note FROM newest
UNION ALL
SELECT person_id, CASE condition_concept_id
    WHEN 80502 THEN 'osteoporosis_diagnosis' WHEN 4230399 THEN 'last_fragility_fracture_date'
    WHEN 381316 THEN 'neurological_disorder_history'
    ELSE 'severe_cardiovascular_or_cerebrovascular_disease' END,
  'candidate', 'yes', '', max(condition_start_date), condition_source_value,
  'condition_occurrence/' || max_by(condition_occurrence_id, condition_start_date), ''
FROM cdm.condition_occurrence
WHERE condition_concept_id IN (80502, 4230399, 381316, 317576, 321042, 4229440, 378419, 4029498,
    4226121, 192279, 201826, 4214746, 4251306) AND condition_start_date <= DATE '{ON}'
GROUP BY ALL
UNION ALL
SELECT person_id, 'oral_bisphosphonate_use', 'fact', 'yes', '', drug_exposure_start_date,
  drug_source_value, 'drug_exposure/' || drug_exposure_id, ''
FROM cdm.drug_exposure WHERE drug_concept_id = 40173590 AND drug_exposure_start_date <= DATE '{ON}'
UNION ALL
SELECT person_id, 'current_systemic_glucocorticoid', 'unmapped', '', '',
  max(drug_exposure_start_date), drug_source_value,
  'drug_exposure/' || max_by(drug_exposure_id, drug_exposure_start_date), 'not systemic'
FROM cdm.drug_exposure
WHERE drug_concept_id IN (40169216, 19008572) AND drug_exposure_start_date <= DATE '{ON}'
GROUP BY ALL
UNION ALL
SELECT person_id, 'sex', 'fact', CASE gender_concept_id WHEN 8532 THEN 'female' WHEN 8507 THEN 'male' END,
  '', NULL, '', 'person/' || person_id, '' FROM cdm.person
UNION ALL
SELECT person_id, 'birth_date', 'fact', make_date(year_of_birth, month_of_birth, day_of_birth)::VARCHAR,
  '', NULL, '', 'person/' || person_id, '' FROM cdm.person;

COPY (FROM evidence ANTI JOIN cdm.death USING (person_id) ORDER BY person_id, element)
TO '{OUT}/evidence.parquet';
COPY (
  FROM (PIVOT (SELECT person_id, element, value FROM evidence WHERE kind = 'fact') ON element USING first(value))
  ANTI JOIN cdm.death USING (person_id) ORDER BY person_id
) TO '{OUT}/facts.parquet';
