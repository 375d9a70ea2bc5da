"""Computes a medicine's daily dose, if the resource states it unambiguously."""

import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction

import msgspec

from trialscreen.answers.records.entries import Amount
from trialscreen.answers.records.fhir import resources as fhir
from trialscreen.answers.records.fhir.datatypes import amount, number_of
from trialscreen.answers.records.units import times

_MILLIGRAMS = {"mg": Fraction(1), "g": Fraction(1000), "ug": Fraction(1, 1000)}
_A_DAY = r"(?:daily|every day|each day|a day|per day)"
_OFTEN: Mapping[int, str] = {
    1: rf"(?:(?:once|one time|1 time) )?{_A_DAY}(?: in the morning| at night| at bedtime)?"
    r"|(?:every|each) morning|every 24 hours|q24h|qd",
    2: rf"(?:twice|two times|2 times) {_A_DAY}|every 12 hours|q12h|bid",
    3: rf"(?:three|3) times {_A_DAY}|every 8 hours|q8h|tid",
    4: rf"(?:four|4) times {_A_DAY}|every 6 hours|q6h|qid",
}
"""How it is said, in words or a code; never a part of a longer text.

https://terminology.hl7.org/CodeSystem-v3-GTSAbbreviation.html.
"""

_NUMBER = r"([0-9]+(?:\.[0-9]+)?)"
_PILL = r"(?:tablet|capsule)"
_TOLD = (
    rf"{_NUMBER} ?(?:mg|milligrams?)",
    rf"(?:1|one) {_PILL} \({_NUMBER} ?mg(?: total)?\)",
    rf"(?:[0-9]+(?:\.[0-9]+)?|one|two|three|four) {_PILL}s \({_NUMBER} ?mg total\)",
)
_INSTRUCTIONS = tuple(re.compile(rf"(?:take |give )?{told} (.+)") for told in _TOLD)
_ORAL = re.compile(r"(?<!\S)(?:by mouth|orally|oral|po|with food)(?!\S)")
"""What of a text changes neither how much, nor how often."""

_SAID = {"frequency", "period", "periodUnit"}
_HOURS_A_DAY = 24
_MOST_READ = 200
"""Characters of an instruction."""

_doses = msgspec.json.Decoder(list[fhir.DoseAndRate] | None).decode
_range = msgspec.json.Decoder(fhir.Range).decode
_timing = msgspec.json.Decoder(fhir.DoseTiming | None).decode
_text = msgspec.json.Decoder(str | None).decode


def daily_dose(dosages: Sequence[fhir.Dosage]) -> Amount | str:
    """The milligrams a day; else what is written of a dose, if anything.

    Several instructions may follow one another; what is taken as needed, on some days, up to some
    dose, or with a further instruction, may be less. Every part that says how much, or how often,
    has to say the same; where they do not, what each says is given.
    """
    try:
        is_plain = len(dosages) == 1 and not _has_conditions(dosages[0])
        if is_plain and (said := _said(dosages[0])):
            return said
        return "; ".join(filter(None, map(_written, dosages)))
    except fhir.UNREADABLE:
        return "a dose that cannot be read"


def _has_conditions(one: fhir.Dosage) -> bool:
    """Whether anything is said beside how, how much and how often, but for `asNeeded: false`."""
    further = {
        name: bytes(raw)
        for name, raw in msgspec.structs.asdict(one).items()
        if name not in _SAYS_HOW and fhir.is_given(raw)
    }
    return any(text != b"false" or name not in _AS_NEEDED for name, text in further.items())


_SAYS_HOW = ("route", "text", "timing", "dose_and_rate")
_AS_NEEDED = ("as_needed_boolean", "as_needed")


def _said(one: fhir.Dosage) -> Amount | str:
    """The dose a day; what each part says where they do not say the same; empty if nothing does."""
    milligrams = _milligrams(one)
    timing = (_timing(one.timing) if fhir.is_given(one.timing) else None) or fhir.DoseTiming()
    text = (_text(one.text) if fhir.is_given(one.text) else None) or ""
    repeat = {name: raw for name, raw in (timing.repeat or {}).items() if fhir.is_given(raw)}
    repeated, words = _times_repeated(repeat), list(_words(timing.code))
    if milligrams is None:
        return ""
    often = {*map(_times_in_words, words), *((repeated,) if repeat else ())}
    if len(often) == 1 and not fhir.is_given(timing.event):
        (a_day,) = often
        if a_day is not None and _agrees(text, milligrams, a_day):
            return Amount(times(milligrams, Fraction(a_day)), ucum="mg/d")
    each = [f"{repeated} a day"] if repeated is not None else []
    each += dict.fromkeys(words)
    parts = ", ".join((f"{milligrams} mg", *each))
    if text:
        return f"{text} (in its parts {parts})" if each else ""
    return parts if len(each) > 1 else ""


def _agrees(text: str, milligrams: str, often: int) -> bool:
    """Whether the text, if there is one, says just that dose, so often a day."""
    text = _plain(text)
    if not text or len(text) > _MOST_READ:
        return not text
    plain = _plain(_ORAL.sub(" ", text))
    read = next(filter(None, (told.fullmatch(plain) for told in _INSTRUCTIONS)), None)
    return (
        read is not None
        and Decimal(read[1]) == Decimal(milligrams)
        and _times_in_words(read[2]) == often
    )


def _plain(text: str) -> str:
    return " ".join(text.lower().replace(", ", " ").split()).removesuffix(".")


def _times_in_words(words: str) -> int | None:
    plain = _plain(words)
    return next((often for often, said in _OFTEN.items() if re.fullmatch(said, plain)), None)


def _words(code: fhir.Concept | None) -> Iterator[str]:
    """All that a code says, in its codes, their names and its text."""
    if code is not None:
        for coding in filter(None, code.coding or ()):
            yield from filter(None, (coding.code, coding.display))
        yield from filter(None, (code.text,))


def _times_repeated(repeat: Mapping[str, msgspec.Raw]) -> int | None:
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


def _one_dose_of(one: fhir.Dosage) -> fhir.DoseAndRate:
    doses = _doses(one.dose_and_rate) if fhir.is_given(one.dose_and_rate) else None
    return doses[0] if doses and len(doses) == 1 else fhir.DoseAndRate()


def _milligrams(one: fhir.Dosage) -> str | None:
    given = _one_dose_of(one)
    dose = amount(given.dose_quantity)
    if not isinstance(dose, Amount) or dose.comparator:
        return None
    rates = (given.rate_ratio, given.rate_range, given.rate_quantity)
    if any(map(fhir.is_given, (given.dose_range, *rates))):
        return None
    factor = _MILLIGRAMS.get(dose.ucum or dose.unit)
    return None if factor is None else times(dose.number, factor)


def _written(one: fhir.Dosage) -> str:
    """What an instruction says of a dose: its text, or the amount."""
    if fhir.is_given(one.text):
        return _text(one.text) or ""
    given = _one_dose_of(one)
    if given.dose_quantity is None and fhir.is_given(given.dose_range):
        span = _range(given.dose_range)
        return " to ".join(filter(None, map(_amount_written, (span.low, span.high))))
    return _amount_written(given.dose_quantity)


def _amount_written(quantity: fhir.Quantity | None) -> str:
    dose = amount(quantity)
    if isinstance(dose, Amount):
        return f"{dose.comparator}{dose.number} {dose.unit or dose.ucum}".strip()
    return dose or ""
