"""Quantities to amounts: the number as it is written, its comparator and its unit."""

import re

from msgspec import Raw

from trialscreen.answers.records.entries import Amount
from trialscreen.answers.records.fhir import resources as fhir

UCUM = ("http://unitsofmeasure.org", "urn:oid:2.16.840.1.113883.6.8")
COMPARATORS = ("", "<", "<=", ">", ">=")

_NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")


def amount(quantity: fhir.Quantity) -> Amount | str | None:
    """A number with its comparator and unit; a text if it is none; None if it is not there."""
    if not fhir.is_given(quantity.value):
        return None
    number, comparator = number_of(quantity.value), quantity.comparator or ""
    is_code = quantity.system in UCUM
    unit = quantity.unit or ("" if is_code else quantity.code) or ""
    if isinstance(number, str) or comparator not in COMPARATORS:
        digits = number if isinstance(number, str) else number.number
        return " ".join(part for part in (comparator, digits, unit) if part)
    return Amount(number.number, comparator, unit, (quantity.code or "") if is_code else "")


def number_of(raw: Raw) -> Amount | str:
    """A JSON number as written; for anything else, a text."""
    text = bytes(raw).decode(errors="replace").strip()
    return Amount(text) if _NUMBER.fullmatch(text) else f"no number: {text}"
