"""The clinical tables of the OMOP common data model, and their mapping to a common form.

A row of a domain table becomes an event, with the same text columns for all domains.
"""

from collections.abc import Mapping
from typing import NamedTuple

from trialscreen.answers.records.entries import EntryKind


class Domain(NamedTuple):
    """A table of events: which of its columns is which column of an event.

    `systems`: those of codes that the column `source_code` may hold where no concept is mapped.
    """

    table: str
    kind: EntryKind
    columns: Mapping[str, str]
    systems: tuple[str, ...]

    @property
    def has_wider(self) -> bool:
        """Whether a row says what concepts above do: a T-score of a forearm is none of a hip."""
        return self.table != "measurement"


EVENT = (
    *("id", "concept", "source_concept", "source_code", "day", "moment", "time", "end", "last"),
    *("number", "operator", "value_concept", "value_text", "value_source"),
    *("unit_concept", "unit_source", "low", "high"),
    *("days", "route", "route_source", "status", "stopped", "type"),
)
"""The columns of an event, beside `person_id`."""

CONCEPTS = ("concept", "source_concept", "operator", "value_concept", "unit_concept", "route")
"""Those that hold the id of a concept that is looked up."""

IDS_OF_CONCEPTS = frozenset({*CONCEPTS, "status", "type"})


def _of(table: str, about: str, day: str) -> dict[str, str]:
    """What all have; `about`, `day`: how names of the columns of concept and day begin."""
    return {
        "id": f"{table}_id",
        "concept": f"{about}_concept_id",
        "source_concept": f"{about}_source_concept_id",
        "source_code": f"{about}_source_value",
        "day": f"{day}_date",
        "moment": f"{day}_datetime",
    }


_RESULT = {
    "number": "value_as_number",
    "value_concept": "value_as_concept_id",
    "value_source": "value_source_value",
    "unit_concept": "unit_concept_id",
    "unit_source": "unit_source_value",
}
_MEASUREMENT = {
    **_of("measurement", "measurement", "measurement"),
    **_RESULT,
    "time": "measurement_time",
    "operator": "operator_concept_id",
    "low": "range_low",
    "high": "range_high",
}
_OBSERVATION = {
    **_of("observation", "observation", "observation"),
    **_RESULT,
    "value_text": "value_as_string",
    "status": "qualifier_concept_id",
}
_CONDITION = {
    **_of("condition_occurrence", "condition", "condition_start"),
    "end": "condition_end_date",
    "status": "condition_status_concept_id",
    "stopped": "stop_reason",
}
_PROCEDURE = _of("procedure_occurrence", "procedure", "procedure")
_DRUG = {
    **_of("drug_exposure", "drug", "drug_exposure_start"),
    "end": "drug_exposure_end_date",
    "last": "verbatim_end_date",
    "days": "days_supply",
    "route": "route_concept_id",
    "route_source": "route_source_value",
    "stopped": "stop_reason",
    "type": "drug_type_concept_id",
}

DOMAINS = (
    Domain("measurement", "measurement", _MEASUREMENT, ("loinc", "snomed")),
    Domain("observation", "measurement", _OBSERVATION, ("loinc", "snomed", "icd10")),
    Domain("condition_occurrence", "condition", _CONDITION, ("snomed", "icd10")),
    Domain("procedure_occurrence", "procedure", _PROCEDURE, ("snomed", "icd10")),
    Domain("drug_exposure", "medication", _DRUG, ("rxnorm", "atc")),
)

PERSON = (
    *("person_id", "gender_concept_id", "gender_source_value"),
    *("year_of_birth", "month_of_birth", "day_of_birth", "birth_datetime"),
)
DEATH = ("person_id", "death_date")
CONCEPT = ("concept_id", "concept_name", "vocabulary_id", "concept_code")
ANCESTOR = ("ancestor_concept_id", "descendant_concept_id")

BY_TABLE = {domain.table: domain for domain in DOMAINS}

NEEDED: Mapping[str, tuple[str, ...]] = {
    "person": ("person_id", "gender_concept_id", "year_of_birth"),
    "death": DEATH,
    "concept": CONCEPT,
    "concept_ancestor": ANCESTOR,
    **{
        domain.table: ("person_id", *(domain.columns[name] for name in ("id", "concept", "day")))
        for domain in DOMAINS
    },
}
"""Every table that is looked for, and the columns without which it cannot be read."""

OPERATORS = {4171756: "<", 4171754: "<=", 4172703: "", 4171755: ">=", 4172704: ">"}
"""The concepts of the domain Meas Value Operator."""

SEXES = {8532: "female", 8507: "male"}

DIAGNOSED = frozenset({32893, 32896, 32902, 32903, 32908})
"""Condition statuses that say no less than a diagnosis does: confirmed, discharge, primary,
primary discharge and secondary diagnosis. Any other (preliminary, admission, history of)
only proposes."""

ORDERS = frozenset({38000177, 32833, 32837, 32838, 32839})
"""Types of drug exposures that were only written: Prescription written; EHR order, planned
dispensing record, prescription and prescription issue record."""

SYSTEMS = {
    "LOINC": "loinc",
    "SNOMED": "snomed",
    "ICD10": "icd10",
    "ICD10CN": "icd10",
    "ICD10CM": "icd10cm",
    "RxNorm": "rxnorm",
    "RxNorm Extension": "rxnorm extension",
    "ATC": "atc",
}
"""The names of code systems in entries, by vocabulary."""

UNITS = {
    8554: "%",
    8582: "cm",
    8636: "g/L",
    8713: "g/dL",
    8723: "mg/g",
    8748: "ug/L",
    8753: "mmol/L",
    8837: "ug/dL",
    8840: "mg/dL",
    8845: "pg/mL",
    8876: "mm[Hg]",
    9529: "kg",
    9531: "kg/m2",
}
"""UCUM codes of units by concept, for sources without the table `concept`; each was seen in
the vocabulary of Synthea27Nj 5.4."""
