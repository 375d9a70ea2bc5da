-- NCT06949137 as someone would write it by hand in Spark SQL: the baseline of a benchmark.
-- One table `patients` of exact columns; everyone is screened on 2026-06-01.
WITH day AS (SELECT *, DATE '2026-06-01' AS d FROM patients),
years AS (
  SELECT *,
    year(d) - year(birth_date) - CAST((month(d), day(d)) < (month(birth_date), day(birth_date)) AS INT) AS age_now,
    year(d) - year(last_menstrual_period_date) - CAST((month(d), day(d)) < (month(last_menstrual_period_date), day(last_menstrual_period_date)) AS INT) AS since_menopause,
    year(d) - year(malignancy_cure_date) - CAST((month(d), day(d)) < (month(malignancy_cure_date), day(malignancy_cure_date)) AS INT) AS since_cure
  FROM day
),
derived AS (
  SELECT * EXCEPT (
      fragility_fracture_last_2_years, multiple_site_fracture_history, hypercalcemia, hypocalcemia,
      t4_outside_normal, other_trial_last_6_months, pth_analog_use, rankl_inhibitor_use, oral_bisphosphonate_use, iv_bisphosphonate_use
    ),
    coalesce(fragility_fracture_last_2_years, last_fragility_fracture_date >= DATE '2024-06-01') AS fragility_fracture_last_2_years,
    coalesce(multiple_site_fracture_history, fracture_site_count >= 2) AS multiple_site_fracture_history,
    coalesce(hypercalcemia, CASE WHEN NOT calcium_supplement_last_24h THEN serum_calcium > serum_calcium_uln END) AS hypercalcemia,
    coalesce(hypocalcemia, CASE WHEN NOT calcium_supplement_last_24h THEN serum_calcium < serum_calcium_lln END) AS hypocalcemia,
    coalesce(t4_outside_normal, t4 < t4_lln OR t4 > t4_uln) AS t4_outside_normal,
    coalesce(other_trial_last_6_months, other_trial_last_participation_date >= DATE '2025-12-01') AS other_trial_last_6_months,
    coalesce(pth_analog_use, CASE WHEN pth_analog_last_dose_date IS NOT NULL THEN TRUE END) AS pth_analog_use,
    coalesce(rankl_inhibitor_use, CASE WHEN rankl_inhibitor_last_dose_date IS NOT NULL THEN TRUE END) AS rankl_inhibitor_use,
    coalesce(oral_bisphosphonate_use, CASE WHEN oral_bisphosphonate_last_dose_date IS NOT NULL THEN TRUE END) AS oral_bisphosphonate_use,
    coalesce(iv_bisphosphonate_use, CASE WHEN iv_bisphosphonate_last_dose_date IS NOT NULL THEN TRUE END) AS iv_bisphosphonate_use,
    round(weight / pow(height / 100, 2), 9) AS mass_index,
    round(alt / alt_uln, 9) AS alt_x,
    round(ast / ast_uln, 9) AS ast_x,
    round(alp / alp_uln, 9) AS alp_x,
    round(total_bilirubin / total_bilirubin_uln, 9) AS bilirubin_x,
    CASE
      WHEN sex = 'female' THEN round(142 * pow(CASE WHEN serum_creatinine / 88.42 / 0.7 < 1 THEN serum_creatinine / 88.42 / 0.7 ELSE 1 END, -0.241) * pow(CASE WHEN serum_creatinine / 88.42 / 0.7 > 1 THEN serum_creatinine / 88.42 / 0.7 ELSE 1 END, -1.2) * pow(0.9938, age_now) * 1.012 + 0 * serum_creatinine, 9)
      WHEN sex = 'male' THEN round(142 * pow(CASE WHEN serum_creatinine / 88.42 / 0.9 < 1 THEN serum_creatinine / 88.42 / 0.9 ELSE 1 END, -0.302) * pow(CASE WHEN serum_creatinine / 88.42 / 0.9 > 1 THEN serum_creatinine / 88.42 / 0.9 ELSE 1 END, -1.2) * pow(0.9938, age_now) + 0 * serum_creatinine, 9)
    END AS egfr_now
  FROM years
),
parts AS (
  SELECT *,
    lumbar_spine_t_score <= -2.5 OR total_hip_t_score <= -2.5 OR femoral_neck_t_score <= -2.5 OR osteoporosis_diagnosis AS stem,
    fragility_fracture_last_2_years OR fracture_on_osteoporosis_therapy OR multiple_site_fracture_history
      OR lumbar_spine_t_score < -3 OR total_hip_t_score < -3 OR femoral_neck_t_score < -3
      OR frax_major_osteoporotic > 30 OR frax_hip > 4.5
      OR (current_systemic_glucocorticoid AND prednisolone_equivalent_dose >= 7.5 AND glucocorticoid_duration > 3) AS risk_data,
    metabolic_bone_disease OR paget_disease_of_bone OR hypercalcemia OR hypocalcemia OR cushing_syndrome
      OR hyperprolactinemia OR hypopituitarism OR acromegaly OR hyperparathyroidism OR hypoparathyroidism
      OR menopause_type IN ('surgical', 'drug_or_radiation_induced', 'other_secondary') AS bone_data,
    (tsh < tsh_lln) OR (tsh > 5.5 AND tsh <= 10 AND t4_outside_normal) OR tsh > 10 AS thyroid_data,
    alt_x >= 2 OR ast_x >= 2 OR alp_x >= 1.5 OR cirrhosis OR ckd_moderate_to_severe OR egfr_now < 60 AS liver_data,
    bilirubin_x >= 1.5 AND NOT (gilbert_syndrome AND bilirubin_accepted_as_gilbert) AS bilirubin
  FROM derived
),
criteria AS (
  SELECT *,
    willing_to_participate AND (informed_consent_signed OR NULL) AS I1,
    sex = 'female' AND age_now >= 45 AND age_now <= 85
      AND (menopause_type = 'natural' OR (menopause_type = 'premature_ovarian_insufficiency' AND ovarian_insufficiency_is_primary))
      AND since_menopause >= 2 AS I2,
    weight >= 40 AND mass_index >= 18 AND mass_index <= 30 AS I3,
    stem AND (risk_data OR high_fall_risk OR other_skeletal_harm_medication) AS I4,
    bone_data OR other_bone_metabolism_disease
      OR (menopause_type = 'premature_ovarian_insufficiency' AND NOT ovarian_insufficiency_is_primary) AS E1,
    bone_tumor OR hematologic_malignancy OR secondary_osteoporosis OR drug_induced_osteoporosis OR other_significant_disease AS E2,
    current_malignancy OR (malignancy_history AND NOT since_cure >= 5) OR unable_to_ambulate AS E3,
    autoimmune_disease OR diabetes_severe_complications OR severe_infection OR uncontrolled_severe_hypertension
      OR unstable_blood_glucose OR severe_cardiovascular_or_cerebrovascular_disease OR other_significant_disease AS E4,
    cell_product_allergy AS E5,
    organ_or_marrow_transplant OR radiotherapy_or_radioactive_implant AS E6,
    prior_cell_therapy AS E7,
    (pth_analog_use AND pth_analog_last_dose_date >= DATE '2025-12-01')
      OR (rankl_inhibitor_use AND rankl_inhibitor_last_dose_date >= DATE '2025-06-01')
      OR (oral_bisphosphonate_use AND oral_bisphosphonate_cumulative_duration >= 36)
      OR (oral_bisphosphonate_use AND oral_bisphosphonate_cumulative_duration > 3 AND oral_bisphosphonate_cumulative_duration < 36
        AND oral_bisphosphonate_last_dose_date >= DATE '2025-12-01')
      OR (iv_bisphosphonate_use AND iv_bisphosphonate_last_dose_date >= DATE '2024-06-01') AS E8,
    evaluable_lumbar_vertebrae < 2 OR body_size_impedes_dxa AS E9,
    hbv_dna >= 1000 OR hbv_dna_above_uln OR (hcv_antibody = 'positive' AND hcv_rna_above_uln)
      OR syphilis_antibody = 'positive' OR hiv_antibody = 'positive' AS E10,
    malabsorption_syndrome OR impaired_calcium_vitamin_d_absorption AS E11,
    neurological_disorder_history OR psychiatric_disorder_history AS E12,
    thyroid_data OR uncontrolled_thyroid_disease AS E13,
    liver_data OR bilirubin OR unstable_liver_disease OR significant_biliary_anomaly AS E14,
    substance_abuse_last_12_months AND substance_abuse_may_interfere AS E15,
    other_trial_last_6_months AS E16,
    investigator_deems_unsuitable AS E17
  FROM parts
),
verdicts AS (
  SELECT *,
    I1 AND I2 AND I3 AND I4 AND NOT E1 AND NOT E2 AND NOT E3 AND NOT E4 AND NOT E5 AND NOT E6 AND NOT E7 AND NOT E8
      AND NOT E9 AND NOT E10 AND NOT E11 AND NOT E12 AND NOT E13 AND NOT E14 AND NOT E15 AND NOT E16 AND NOT E17 AS ok
  FROM criteria
)
SELECT
  patient_id,
  CASE WHEN ok THEN 'eligible' WHEN NOT ok THEN 'ineligible' ELSE 'undetermined' END AS verdict,
  CASE
    WHEN ok IS NOT NULL THEN NULL
    WHEN (I2 IS NULL AND (sex IS NULL OR age_now IS NULL OR menopause_type IS NULL OR since_menopause IS NULL))
      OR I3 IS NULL
      OR (I4 IS NULL AND ((stem IS NULL AND (lumbar_spine_t_score IS NULL OR total_hip_t_score IS NULL OR femoral_neck_t_score IS NULL))
        OR ((risk_data OR high_fall_risk OR other_skeletal_harm_medication) IS NULL AND risk_data IS NULL)))
      OR (E1 IS NULL AND bone_data IS NULL)
      OR (E2 IS NULL AND (bone_tumor OR hematologic_malignancy) IS NULL)
      OR E3 IS NULL
      OR (E4 IS NULL AND (autoimmune_disease OR diabetes_severe_complications) IS NULL)
      OR E5 IS NULL OR E6 IS NULL OR E7 IS NULL OR E8 IS NULL
      OR (E9 IS NULL AND evaluable_lumbar_vertebrae IS NULL)
      OR E10 IS NULL OR E11 IS NULL OR E12 IS NULL
      OR (E13 IS NULL AND thyroid_data IS NULL)
      OR (E14 IS NULL AND (liver_data IS NULL OR (bilirubin IS NULL AND (bilirubin_x IS NULL OR gilbert_syndrome IS NULL))))
      OR (E15 IS NULL AND substance_abuse_last_12_months IS NULL)
      OR E16 IS NULL THEN 'data'
    WHEN I1 IS NULL THEN 'consent'
    ELSE 'judgement'
  END AS open,
  I1, I2, I3, I4, E1, E2, E3, E4, E5, E6, E7, E8, E9, E10, E11, E12, E13, E14, E15, E16, E17
FROM verdicts
