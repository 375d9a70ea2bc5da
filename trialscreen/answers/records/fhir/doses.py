"""How much of a medicine is taken a day, where a resource leaves no doubt of it."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction

import msgspec

from trialscreen.answers.records.entries import Amount
from trialscreen.answers.records.fhir import resources as fhir
from trialscreen.answers.records.fhir.quantities import amount, number_of
from trialscreen.answers.records.units import times

_MILLIGRAMS: Mapping[str, Fraction] = {
    "mg": Fraction(1),
    "g": Fraction(1000),
    "ug": Fraction(1, 1000),
}
_TIMES_A_DAY: Mapping[str, int] = {"QD": 1, "BID": 2, "TID": 3, "QID": 4}
"""https://terminology.hl7.org/CodeSystem-v3-GTSAbbreviation.html."""

_SAID = {"frequency", "period", "periodUnit"}
_HOURS_A_DAY = 24

_one_dose = msgspec.json.Decoder(list[fhir.DoseAndRate] | None).decode
_timing = msgspec.json.Decoder(fhir.DoseTiming | None).decode
_text = msgspec.json.Decoder(str | None).decode


def daily_dose(dosages: Sequence[fhir.Dosage]) -> Amount | str:
    """The milligrams a day; else what is written of a dose, if anything.

    Several instructions may follow one another; what is taken as needed, on some days, or with a
    further instruction, may be less.
    """
    try:
        if len(dosages) == 1 and not _has_conditions(dosages[0]):
            dose, often = _milligrams(dosages[0]), _times_a_day(dosages[0])
            if dose is not None and often is not None:
                return Amount(times(dose, Fraction(often)), ucum="mg/d")
        return "; ".join(filter(None, map(_written, dosages)))
    except fhir.UNREADABLE:
        return "a dose that cannot be read"


def _has_conditions(one: fhir.Dosage) -> bool:
    asked = (one.as_needed_boolean, one.as_needed)
    further = (one.as_needed_codeable_concept, one.as_needed_for)
    told = (one.additional_instruction, one.patient_instruction)
    may_be_asked = any(fhir.is_given(raw) and bytes(raw) != b"false" for raw in asked)
    return may_be_asked or any(map(fhir.is_given, (*further, *told)))


def _quantity(one: fhir.Dosage) -> Amount | str | None:
    doses = _one_dose(one.dose_and_rate) if fhir.is_given(one.dose_and_rate) else None
    if not doses or len(doses) > 1 or doses[0].dose_quantity is None:
        return None
    return amount(doses[0].dose_quantity)


def _milligrams(one: fhir.Dosage) -> str | None:
    dose = _quantity(one)
    if not isinstance(dose, Amount) or dose.comparator:
        return None
    factor = _MILLIGRAMS.get(dose.ucum or dose.unit)
    return None if factor is None else times(dose.number, factor)


def _times_a_day(one: fhir.Dosage) -> int | None:
    timing = _timing(one.timing) if fhir.is_given(one.timing) else None
    if timing is None or fhir.is_given(timing.event):
        return None
    repeat = {name: raw for name, raw in (timing.repeat or {}).items() if fhir.is_given(raw)}
    if not repeat and timing.code is not None:
        codes = {code.code for code in timing.code.coding or () if code is not None and code.code}
        return _TIMES_A_DAY.get(codes.pop()) if len(codes) == 1 else None
    if repeat.keys() - _SAID or not {"period", "periodUnit"} <= repeat.keys():
        return None
    often = number_of(repeat["frequency"]) if "frequency" in repeat else Amount("1")
    period, unit = number_of(repeat["period"]), _text(repeat["periodUnit"])
    a_day = {"d": 1, "h": _HOURS_A_DAY}.get(unit or "")
    if a_day is None or not isinstance(often, Amount) or not isinstance(period, Amount):
        return None
    if not 0 < Decimal(period.number) <= a_day:  # of every other day nobody says what is meant
        return None
    found = Decimal(often.number) * a_day / Decimal(period.number)
    return int(found) if found >= 1 and found == int(found) else None


def _written(one: fhir.Dosage) -> str:
    """What an instruction says of a dose: its text, or the amount."""
    if fhir.is_given(one.text):
        return _text(one.text) or ""
    dose = _quantity(one)
    if isinstance(dose, Amount):
        return f"{dose.comparator}{dose.number} {dose.unit or dose.ucum}".strip()
    return dose or ""
