"""Converts conditions, allergies, procedures and medicines to entries, and patients to persons."""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import NamedTuple

import msgspec

from trialscreen.answers.records.entries import Amount, Entry, Person, Standing
from trialscreen.answers.records.fhir import resources as fhir
from trialscreen.answers.records.fhir.datatypes import ConceptReader, Origin, amount
from trialscreen.answers.records.fhir.doses import daily_dose
from trialscreen.answers.records.fhir.standings import (
    ACTIVE,
    ADHERENCE,
    ADMINISTRATION,
    CLINICAL,
    DISPENSE,
    INTENTS,
    MEDICATION_STATEMENT,
    PRESCRIPTION,
    PROCEDURE,
    TAKEN,
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


def persons(
    patient: fhir.Patient, origin: Origin, damaged: Sequence[fhir.Damage]
) -> Iterator[Person]:
    """What a Patient says of the person; deceased also where that cannot be read.

    Twice where the sex at birth is the other one: which of them a rule means, a person decides.
    """
    is_said = patient.deceased_boolean or any(one.name.startswith("deceased") for one in damaged)
    deceased = patient.deceased_date_time or ("yes" if is_said else "")
    gender, born = patient.gender or "", patient.birth_date or ""
    yield (one := Person(gender, born, deceased, origin.source, origin.place))
    for extension in patient.extension or ():
        sex = _SEXES.get(bytes(extension.value_code)) if extension.url in _SEX_AT_BIRTH else None
        if sex is not None and gender in _SEXES.values() and sex != gender:
            yield one._replace(sex=sex, source=f"{origin.source} (sex at birth)")


_SEX_AT_BIRTH = (
    "http://hl7.org/fhir/us/core/StructureDefinition/us-core-birthsex",
    "http://hl7.org/fhir/us/core/StructureDefinition/us-core-sex",
)
_SEXES = {b'"F"': "female", b'"248152002"': "female", b'"M"': "male", b'"248153007"': "male"}


def condition(one: fhir.Condition, origin: Origin) -> Entry:
    """A Condition; over, if it says so, or when it ended."""
    words = origin.words
    verified, notes = _by_code(VERIFICATION, one.verification_status, words)
    course, more = _by_code(CLINICAL, one.clinical_status, words)
    end = span(one.abatement_date_time, one.abatement_period)
    is_over = end.end or any(
        (
            one.abatement_date_time,
            one.abatement_string,
            one.abatement_boolean,
            fhir.is_given(one.abatement_age),
            fhir.is_given(one.abatement_range),
        )
    )
    return Entry(
        "condition",
        words.coded(one.code).codes,
        origin.source,
        start=span(one.onset_date_time, one.onset_period).start,
        end=end.end or end.start,
        recorded=one.recorded_date or "",
        standing=weakest(verified, course, "resolved" if is_over else "counts"),
        active=any(code.code in ACTIVE for code in words.named(one.clinical_status)),
        site=words.all_named(one.body_site),
        place=origin.place,
        notes=(*notes, *more, *((f"onset: {one.onset_string}",) if one.onset_string else ())),
    )


def allergy(one: fhir.Condition, origin: Origin) -> Entry:
    """An AllergyIntolerance, which is written as a Condition is."""
    return condition(one, origin)._replace(kind="allergy")


def _by_code(
    statuses: Statuses, concept: fhir.Concept | None, words: ConceptReader
) -> tuple[Standing, tuple[str, ...]]:
    """As `standing`; a status that is not there says nothing against the statement."""
    codes = words.named(concept)
    if known := [statuses[code.code] for code in codes if code.code in statuses]:
        return weakest(*known), ()
    return standing(statuses, codes[0].code or codes[0].display) if codes else ("counts", ())


def procedure(one: fhir.Procedure, origin: Origin) -> Entry:
    """A Procedure, with when it was performed."""
    counts, notes = standing(PROCEDURE, one.status)
    if one.not_done or one.not_performed:
        counts, notes = weakest(counts, "refuted"), ("not done",)
    moment = one.performed_date_time or one.occurrence_date_time
    when = span(moment, one.performed_period or one.occurrence_period)
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
    counts: Standing = "error" if one.status == "entered-in-error" else "planned"
    made = procedure(one, origin)
    return made._replace(standing=counts, recorded=one.authored_on or "", notes=("a request",))


# Medicines.


def prescription(one: fhir.Medication, origin: Origin) -> Entry:
    """A MedicationRequest: when it was written is not when the medicine was taken."""
    meant, notes = standing(INTENTS, one.intent)
    if one.do_not_perform:
        meant, notes = "refuted", ("not to be given",)
    made = _medicine(one, origin, PRESCRIPTION, Span(), one.authored_on)
    return made._replace(standing=weakest(made.standing, meant), notes=(*made.notes, *notes))


def statement(one: fhir.Medication, origin: Origin) -> Entry:
    """A MedicationStatement: what is said to be taken, from when to when."""
    when = span(one.effective_date_time, one.effective_period)
    return _medicine(one, origin, MEDICATION_STATEMENT, when, one.date_asserted)


def administration(one: fhir.Medication, origin: Origin) -> Entry:
    """A MedicationAdministration: a dose that was given; its last day is known."""
    moment = one.effective_date_time or one.occurence_date_time
    when = span(moment, one.effective_period or one.occurence_period)
    return _medicine(one, origin, ADMINISTRATION, Span(when.start, when.end or when.start), None)


def dispense(one: fhir.Medication, origin: Origin) -> Entry:
    """A MedicationDispense: handed over on a day, for some days."""
    when = span(one.when_handed_over, None)
    made = _medicine(one, origin, DISPENSE, when, one.when_prepared or one.recorded)
    return made._replace(days=_days(one.days_supply))


def _medicine(
    one: fhir.Medication, origin: Origin, statuses: Statuses, when: Span, recorded: str | None
) -> Entry:
    concept = one.medication_codeable_concept
    if one.medication is not None and not fhir.is_given(concept):
        concept = one.medication.concept
    dosages, (counts, notes) = _dosages(one), _taken(one, statuses, origin.words)
    return Entry(
        "medication",
        origin.words.coded(concept).codes,
        origin.source,
        start=when.start,
        end=when.end,
        recorded=recorded or "",
        standing=counts,
        route=origin.words.all_named(one.route for one in dosages if one.route is not None),
        dose=daily_dose(dosages),
        place=origin.place,
        notes=notes,
    )


def _taken(
    one: fhir.Medication, statuses: Statuses, words: ConceptReader
) -> tuple[Standing, tuple[str, ...]]:
    """As `standing`, of whichever element says whether a medicine was taken."""
    each = [standing(statuses, one.status)]
    if one.not_given or one.was_not_given:
        each.append(("planned", ("not given",)))
    if one.was_not_taken:
        each.append(("refuted", ("not taken",)))
    each += [standing(TAKEN, one.taken)] if one.taken is not None else []
    if one.adherence is not None:
        counts, notes = _by_code(ADHERENCE, one.adherence.code, words)
        said = [code.display or code.code for code in words.named(one.adherence.code)]
        each.append((counts, notes if counts == "counts" or notes else tuple(said)))
    return weakest(*(counts for counts, _ in each)), tuple(n for _, notes in each for n in notes)


_dosage = msgspec.json.Decoder(list[fhir.Dosage] | fhir.Dosage).decode


def _dosages(one: fhir.Medication) -> list[fhir.Dosage]:
    """As a request has them; as a statement has a list of them, an administration one."""
    given = fhir.readable(_dosage, one.dosage) or []
    return [*(one.dosage_instruction or ()), *(given if isinstance(given, list) else (given,))]


_DAYS = {"d": 1, "day": 1, "days": 1, "wk": 7, "week": 7, "weeks": 7}


def _days(supply: fhir.Quantity | None) -> int | None:
    """The days supplied; None if they are not whole days, or none."""
    stated = amount(supply)
    if not isinstance(stated, Amount) or stated.comparator:
        return None
    unit = (stated.ucum or stated.unit or "d").lower()
    days = Decimal(stated.number) * _DAYS.get(unit, 0)
    return int(days) if days > 0 and days == int(days) else None
