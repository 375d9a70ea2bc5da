"""Conditions, allergies, procedures and medicines to entries; patients to persons."""

from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

import msgspec

from trialscreen.answers.records.entries import Amount, Entry, Person, Standing
from trialscreen.answers.records.fhir import resources as fhir
from trialscreen.answers.records.fhir.codings import Origin
from trialscreen.answers.records.fhir.doses import daily_dose
from trialscreen.answers.records.fhir.quantities import amount
from trialscreen.answers.records.fhir.standings import (
    ACTIVE,
    ADMINISTRATION,
    CLINICAL,
    DISPENSE,
    INTENTS,
    MEDICATION_STATEMENT,
    PRESCRIPTION,
    PROCEDURE,
    REQUEST,
    VERIFICATION,
    Statuses,
    standing,
    weakest,
)


class Span(NamedTuple):
    """From when to when, as written; empty where it is not said."""

    start: str = ""
    end: str = ""


def span(moment: str | None, period: fhir.Period | None) -> Span:
    """A time that is given as a moment or as a period."""
    if moment or period is None:
        return Span(moment or "")
    return Span(period.start or "", period.end or "")


def person(patient: fhir.Patient, origin: Origin, damaged: Sequence[fhir.Damage]) -> Person:
    """What a Patient says of the person; deceased also where that cannot be read."""
    is_said = patient.deceased_boolean or any(one.name.startswith("deceased") for one in damaged)
    deceased = patient.deceased_date_time or ("yes" if is_said else "")
    return Person(
        patient.gender or "", patient.birth_date or "", deceased, origin.source, origin.place
    )


def condition(one: fhir.Condition, origin: Origin) -> Entry:
    """A Condition; over, if it says so, or when it ended."""
    verified, notes = _by_code(VERIFICATION, one.verification_status, origin)
    course, more = _by_code(CLINICAL, one.clinical_status, origin)
    over: Standing = "resolved" if _is_over(one) else "counts"
    start = span(one.onset_date_time, one.onset_period).start
    end = span(one.abatement_date_time, one.abatement_period)
    said = (f"onset: {one.onset_string}",) if one.onset_string else ()
    return Entry(
        "condition",
        origin.words.coded(one.code).codes,
        origin.source,
        start=start,
        end=end.end or end.start,
        recorded=one.recorded_date or "",
        standing=weakest(verified, course, over),
        active=any(code.code in ACTIVE for code in origin.words.named(one.clinical_status)),
        site=origin.words.all_named(one.body_site),
        place=origin.place,
        notes=(*notes, *more, *said),
    )


def allergy(one: fhir.Condition, origin: Origin) -> Entry:
    """An AllergyIntolerance, which is written as a Condition is."""
    return condition(one, origin)._replace(kind="allergy")


def _by_code(
    statuses: Statuses, concept: fhir.Concept | None, origin: Origin
) -> tuple[Standing, tuple[str, ...]]:
    """As `standing`; a status that is not there says nothing against the statement."""
    codes = origin.words.named(concept)
    if not codes:
        return "counts", ()
    known = [statuses[code.code] for code in codes if code.code in statuses]
    if known:
        return weakest(*known), ()
    return standing(statuses, codes[0].code or codes[0].display)


def _is_over(one: fhir.Condition) -> bool:
    told = one.abatement_date_time or one.abatement_string or one.abatement_boolean
    ended = one.abatement_period is not None and bool(one.abatement_period.end)
    return (
        bool(told)
        or ended
        or fhir.is_given(one.abatement_age)
        or fhir.is_given(one.abatement_range)
    )


def procedure(one: fhir.Procedure, origin: Origin) -> Entry:
    """A Procedure, with when it was performed."""
    counts, notes = standing(PROCEDURE, one.status)
    when = span(
        one.performed_date_time or one.occurrence_date_time,
        one.performed_period or one.occurrence_period,
    )
    return Entry(
        "procedure",
        origin.words.coded(one.code).codes,
        origin.source,
        start=when.start,
        end=when.end,
        standing=counts,
        site=origin.words.all_named(one.body_site),
        place=origin.place,
        notes=notes,
    )


def request(one: fhir.Procedure, origin: Origin) -> Entry:
    """A ServiceRequest: that something was asked for, never that it was done."""
    counts = weakest("planned", standing(REQUEST, one.status)[0])
    made = procedure(one, origin)
    return made._replace(standing=counts, recorded=one.authored_on or "", notes=("a request",))


# Medicines.


def prescription(one: fhir.Medication, origin: Origin) -> Entry:
    """A MedicationRequest: when it was written is not when the medicine was taken."""
    counts, notes = standing(PRESCRIPTION, one.status)
    meant, more = standing(INTENTS, one.intent)
    if one.do_not_perform:
        meant, more = "refuted", ("not to be given",)
    return _medicine(one, origin)._replace(
        standing=weakest(counts, meant),
        recorded=one.authored_on or "",
        notes=(*notes, *more),
    )


def statement(one: fhir.Medication, origin: Origin) -> Entry:
    """A MedicationStatement: what is said to be taken, from when to when."""
    counts, notes = standing(MEDICATION_STATEMENT, one.status)
    when = span(one.effective_date_time, one.effective_period)
    return _medicine(one, origin)._replace(
        standing=counts,
        start=when.start,
        end=when.end,
        recorded=one.date_asserted or "",
        notes=notes,
    )


def administration(one: fhir.Medication, origin: Origin) -> Entry:
    """A MedicationAdministration: a dose that was given; its last day is known."""
    counts, notes = standing(ADMINISTRATION, one.status)
    when = span(
        one.effective_date_time or one.occurence_date_time,
        one.effective_period or one.occurence_period,
    )
    return _medicine(one, origin)._replace(
        standing=counts, start=when.start, end=when.end or when.start, notes=notes
    )


def dispense(one: fhir.Medication, origin: Origin) -> Entry:
    """A MedicationDispense: handed over on a day, for some days."""
    counts, notes = standing(DISPENSE, one.status)
    return _medicine(one, origin)._replace(
        standing=counts,
        start=one.when_handed_over or "",
        recorded=one.when_prepared or one.recorded or "",
        days=_days(one.days_supply),
        notes=notes,
    )


def _medicine(one: fhir.Medication, origin: Origin) -> Entry:
    concept = one.medication_codeable_concept
    if one.medication is not None and not fhir.is_given(concept):
        concept = one.medication.concept
    dosages = _dosages(one)
    return Entry(
        "medication",
        origin.words.coded(concept).codes,
        origin.source,
        route=origin.words.all_named(one.route for one in dosages if one.route is not None),
        dose=daily_dose(dosages),
        place=origin.place,
    )


def _dosages(one: fhir.Medication) -> list[fhir.Dosage]:
    dosages = [*(one.dosage_instruction or ())]
    if fhir.is_given(one.dosage):  # of a statement a list, of an administration one
        try:
            given = msgspec.json.decode(one.dosage, type=list[fhir.Dosage] | fhir.Dosage)
        except fhir.UNREADABLE:
            given = []
        dosages.extend(given if isinstance(given, list) else (given,))
    return dosages


_DAYS = {"d": 1, "day": 1, "days": 1, "wk": 7, "week": 7, "weeks": 7}


def _days(supply: fhir.Quantity | None) -> int | None:
    """The days supplied; None if they are not whole days, or none."""
    stated = None if supply is None else amount(supply)
    if not isinstance(stated, Amount) or stated.comparator:
        return None
    unit = (stated.ucum or stated.unit or "d").lower()
    days = Decimal(stated.number) * _DAYS.get(unit, 0)
    return int(days) if days > 0 and days == int(days) else None
