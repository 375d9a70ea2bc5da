"""NCT06949137 as someone would write it by hand for one table: the baseline of benchmarks.

`python -m tests.byhand polars INPUT OUTPUT` screens a Parquet file of simulated patients
(tests/tools/simulate.py), or a CSV file that lies beside such a one; `floor` only decodes the
columns of Parquet and writes as many out; a file of DuckDB's SQL instead of these, such as
tests/data/byhand.sql, is run over the table `patients`.
"""

import operator
import sys
from datetime import date
from functools import reduce
from pathlib import Path

import polars as pl

ON = date(2026, 6, 1)
"""As in tests/tools/simulate.py, whose imports would count here."""
c = pl.col
Columns = dict[str, pl.Expr]


def hand_written(frame: pl.LazyFrame, on: date) -> pl.LazyFrame:
    """What `cohort` finds for a table without bounds: id, verdict, open, and each criterion."""
    frame = frame.with_columns(**_values(on)).with_columns(**_entered_or_derived(on))
    criteria, parts = _criteria(on), _data_parts()
    frame = frame.with_columns(**criteria, **parts)
    lacks = [c(name[1:]).is_null() & c(name).is_null() for name in parts]
    lacks += [c(name).is_null() for name in ("I3", "E3", "E5", "E6", "E7", "E8", "E10", "E12")]
    ok = reduce(operator.and_, (c(name) if name[0] == "I" else ~c(name) for name in criteria))
    lacks += [c.E16.is_null()]
    verdict = pl.when(c.ok).then(pl.lit("eligible")).when(~c.ok).then(pl.lit("ineligible"))
    without = pl.when(c.I1.is_null()).then(pl.lit("consent")).otherwise(pl.lit("judgement"))
    is_open = pl.when(pl.any_horizontal(lacks)).then(pl.lit("data")).otherwise(without)
    return frame.with_columns(ok=ok).select(
        "patient_id",
        verdict.otherwise(pl.lit("undetermined")).alias("verdict"),
        pl.when(c.ok.is_null()).then(is_open).alias("open"),
        *criteria,
    )


def floor(frame: pl.LazyFrame) -> pl.LazyFrame:
    """As many columns out as `hand_written`, from a look at every column of the table."""
    names = [name for name in frame.collect_schema() if name != "patient_id"]
    looks = [pl.any_horizontal(c(names[i::21]).is_null()).alias(f"c{i}") for i in range(21)]
    text = pl.when(c.c0).then(pl.lit("undetermined"))
    return frame.select("patient_id", *looks).with_columns(verdict=text, open=text)


def _years(name: str, on: date) -> pl.Expr:
    day = c(name).dt
    before = (day.month() > on.month) | ((day.month() == on.month) & (day.day() > on.day))
    return on.year - day.year() - before.cast(pl.Int32)


def _months_before(on: date, months: int) -> pl.Expr:
    return pl.lit(on).dt.offset_by(f"-{months}mo")


def _values(on: date) -> Columns:
    female = c.sex == "female"
    relative = c.serum_creatinine / 88.42 / pl.when(female).then(0.7).otherwise(0.9)
    low = relative.clip(upper_bound=1) ** pl.when(female).then(-0.241).otherwise(-0.302)
    age = _years("birth_date", on)
    factor = pl.when(female).then(1.012).otherwise(1.0)
    egfr = 142 * low * relative.clip(lower_bound=1) ** -1.2 * 0.9938**age * factor
    ratios = {f"{n}_x": c(n) / c(f"{n}_uln") for n in ("alt", "ast", "alp", "total_bilirubin")}
    return {
        "years": age,
        "since_menopause": _years("last_menstrual_period_date", on),
        "since_cure": _years("malignancy_cure_date", on),
        "mass_index": (c.weight / (c.height / 100) ** 2).round(9),
        "egfr": pl.when(female | (c.sex == "male")).then(egfr.round(9)),
        "calcium": pl.when(~c.calcium_supplement_last_24h).then(c.serum_calcium),
        **{name: ratio.round(9) for name, ratio in ratios.items()},
    }


def _entered_or_derived(on: date) -> Columns:
    """A yes or no that was entered, else what follows from other columns."""
    half_year = _months_before(on, 6)
    derived = {
        "fragility_fracture_last_2_years": c.last_fragility_fracture_date >= _months_before(on, 24),
        "multiple_site_fracture_history": c.fracture_site_count >= 2,
        "hypercalcemia": c.calcium > c.serum_calcium_uln,
        "hypocalcemia": c.calcium < c.serum_calcium_lln,
        "t4_outside_normal": (c.t4 < c.t4_lln) | (c.t4 > c.t4_uln),
        "other_trial_last_6_months": c.other_trial_last_participation_date >= half_year,
    }
    for drug in ("pth_analog", "rankl_inhibitor", "oral_bisphosphonate", "iv_bisphosphonate"):
        given = pl.when(c(f"{drug}_last_dose_date").is_not_null()).then(pl.lit(True))
        derived[f"{drug}_use"] = given
    return {name: pl.coalesce(c(name), value) for name, value in derived.items()}


def _criteria(on: date) -> Columns:
    def since(drug: str, months: int) -> pl.Expr:
        return c(f"{drug}_use") & (c(f"{drug}_last_dose_date") >= _months_before(on, months))

    t_scores = [c.lumbar_spine_t_score, c.total_hip_t_score, c.femoral_neck_t_score]
    oral, duration = c.oral_bisphosphonate_use, c.oral_bisphosphonate_cumulative_duration
    poi = c.menopause_type == "premature_ovarian_insufficiency"
    return {
        "I1": c.willing_to_participate & (c.informed_consent_signed | pl.lit(None)),
        "I2": (c.sex == "female") & (c.years >= 45) & (c.years <= 85)
        & ((c.menopause_type == "natural") | (poi & c.ovarian_insufficiency_is_primary))
        & (c.since_menopause >= 2),
        "I3": (c.weight >= 40) & (c.mass_index >= 18) & (c.mass_index <= 30),
        "I4": (_any(*(t <= -2.5 for t in t_scores)) | c.osteoporosis_diagnosis)
        & (_high_risk() | c.high_fall_risk | c.other_skeletal_harm_medication),
        "E1": _bone_disease() | c.other_bone_metabolism_disease
        | (poi & ~c.ovarian_insufficiency_is_primary),
        "E2": c.bone_tumor | c.hematologic_malignancy | c.secondary_osteoporosis
        | c.drug_induced_osteoporosis | c.other_significant_disease,
        "E3": c.current_malignancy | (c.malignancy_history & ~(c.since_cure >= 5))
        | c.unable_to_ambulate,
        "E4": c.autoimmune_disease | c.diabetes_severe_complications | c.severe_infection
        | c.uncontrolled_severe_hypertension | c.unstable_blood_glucose
        | c.severe_cardiovascular_or_cerebrovascular_disease | c.other_significant_disease,
        "E5": c.cell_product_allergy,
        "E6": c.organ_or_marrow_transplant | c.radiotherapy_or_radioactive_implant,
        "E7": c.prior_cell_therapy,
        "E8": since("pth_analog", 6) | since("rankl_inhibitor", 12) | (oral & (duration >= 36))
        | (since("oral_bisphosphonate", 6) & (duration > 3) & (duration < 36))
        | since("iv_bisphosphonate", 24),
        "E9": (c.evaluable_lumbar_vertebrae < 2) | c.body_size_impedes_dxa,
        "E10": (c.hbv_dna >= 1000) | c.hbv_dna_above_uln | (c.syphilis_antibody == "positive")
        | ((c.hcv_antibody == "positive") & c.hcv_rna_above_uln) | (c.hiv_antibody == "positive"),
        "E11": c.malabsorption_syndrome | c.impaired_calcium_vitamin_d_absorption,
        "E12": c.neurological_disorder_history | c.psychiatric_disorder_history,
        "E13": _thyroid() | c.uncontrolled_thyroid_disease,
        "E14": _liver_and_kidney() | _bilirubin() | c.unstable_liver_disease
        | c.significant_biliary_anomaly,
        "E15": c.substance_abuse_last_12_months & c.substance_abuse_may_interfere,
        "E16": c.other_trial_last_6_months,
        "E17": c.investigator_deems_unsuitable,
    }  # fmt: skip


def _any(*parts: pl.Expr) -> pl.Expr:
    return reduce(operator.or_, parts)


def _high_risk() -> pl.Expr:
    steroid = c.current_systemic_glucocorticoid & (c.prednisolone_equivalent_dose >= 7.5)
    return _any(
        c.fragility_fracture_last_2_years,
        c.fracture_on_osteoporosis_therapy,
        c.multiple_site_fracture_history,
        c.lumbar_spine_t_score < -3,
        c.total_hip_t_score < -3,
        c.femoral_neck_t_score < -3,
        c.frax_major_osteoporotic > 30,
        c.frax_hip > 4.5,
        steroid & (c.glucocorticoid_duration > 3),
    )


def _bone_disease() -> pl.Expr:
    not_primary = ["surgical", "drug_or_radiation_induced", "other_secondary"]
    return _any(
        *(c.metabolic_bone_disease, c.paget_disease_of_bone, c.hypercalcemia, c.hypocalcemia),
        *(c.cushing_syndrome, c.hyperprolactinemia, c.hypopituitarism, c.acromegaly),
        *(c.hyperparathyroidism, c.hypoparathyroidism, c.menopause_type.is_in(not_primary)),
    )


def _thyroid() -> pl.Expr:
    raised = (c.tsh > 5.5) & (c.tsh <= 10) & c.t4_outside_normal
    return (c.tsh < c.tsh_lln) | raised | (c.tsh > 10)


def _liver_and_kidney() -> pl.Expr:
    tests = (c.alt_x >= 2) | (c.ast_x >= 2) | (c.alp_x >= 1.5)
    return tests | c.cirrhosis | c.ckd_moderate_to_severe | (c.egfr < 60)


def _bilirubin() -> pl.Expr:
    return (c.total_bilirubin_x >= 1.5) & ~(c.gilbert_syndrome & c.bilirubin_accepted_as_gilbert)


def _data_parts() -> Columns:
    """Of the criteria that rest on judgement too: null where data are missing for them."""
    any_null = pl.any_horizontal
    bilirubin = ~any_null((c.total_bilirubin_x >= 1.5).is_null(), c.gilbert_syndrome.is_null())
    dxa = ~any_null(c.lumbar_spine_t_score.is_null(), c.total_hip_t_score.is_null(),
                    c.femoral_neck_t_score.is_null())  # fmt: skip
    stem = _any(c.osteoporosis_diagnosis, c.lumbar_spine_t_score <= -2.5,
                c.total_hip_t_score <= -2.5, c.femoral_neck_t_score <= -2.5)  # fmt: skip
    risk = _any(_high_risk(), c.high_fall_risk, c.other_skeletal_harm_medication)
    known = pl.lit(True)

    def data(lacking: pl.Expr) -> pl.Expr:
        return pl.when(~lacking).then(known)

    return {
        "_I2": data(any_null(c.sex.is_null(), c.years.is_null(), c.menopause_type.is_null(),
                             c.since_menopause.is_null())),
        "_I4": data((stem.is_null() & ~dxa) | (risk.is_null() & _high_risk().is_null())),
        "_E1": _bone_disease(),
        "_E2": c.bone_tumor | c.hematologic_malignancy,
        "_E4": c.autoimmune_disease | c.diabetes_severe_complications,
        "_E9": c.evaluable_lumbar_vertebrae < 2,
        "_E11": c.malabsorption_syndrome | c.impaired_calcium_vitamin_d_absorption,
        "_E13": _thyroid(),
        "_E14": data(_liver_and_kidney().is_null() | (_bilirubin().is_null() & ~bilirubin)),
        "_E15": c.substance_abuse_last_12_months,
    }  # fmt: skip


SQL = Path(__file__).parent / "data" / "byhand.sql"


def duckdb_copy(query: str, source: Path, output: Path) -> None:
    """Runs a query over the table `patients`, which a Parquet file holds, into another file."""
    import duckdb

    with duckdb.connect() as connection:
        connection.execute(f"CREATE VIEW patients AS FROM read_parquet('{source}')")
        connection.execute(f"COPY ({query}) TO '{output}' (FORMAT parquet)")


def main() -> None:
    kind, source, target = sys.argv[1:]
    match kind:
        case "polars" if source.endswith(".csv"):
            # Who writes by hand knows the types: those of the same patients in Parquet.
            types = pl.read_parquet_schema(Path(source).with_suffix(".parquet"))
            hand_written(pl.scan_csv(source, schema=types), ON).sink_parquet(target)
        case "polars":
            hand_written(pl.scan_parquet(source), ON).sink_parquet(target)
        case "floor":
            floor(pl.scan_parquet(source)).sink_parquet(target)
        case query:
            duckdb_copy(Path(query).read_text("utf-8"), Path(source), Path(target))


if __name__ == "__main__":
    main()
