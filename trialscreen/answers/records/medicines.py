"""Derives answers from medicines: ever used, in use now, last use, total duration."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from trialscreen.answers.records.codes import Binding, Medicine, MedicineCode
from trialscreen.answers.records.entries import (
    Amount,
    Coding,
    Entry,
    When,
    day_text,
    when,
    written,
)
from trialscreen.answers.records.gathered import LAST_SHOWN, NOT_MAPPED, Gathered, Hit
from trialscreen.answers.records.units import times
from trialscreen.model.dates import add_months
from trialscreen.model.errors import ValueProblem
from trialscreen.text.characters import count_of

_AT_LEAST = "what the record shows; there may be more"
_NOT_NOW = "nothing says that it is taken on the screening date"
_NAME = "by its name; its code is not in the mapping of codes"
_ROUTE = "by which route is not said"
_OTHER_ROUTE = "its route is not in the mapping of codes"
_DIFFER = "not all that is taken, or may be, says the same dose"
_NO_EQUIVALENT = "no daily dose that is certain"
_MOST_DAYS = 36_525
_DAYS_A_MONTH, _DAYS_A_YEAR = 31, 366
"""So many days are a month, and a year, of any calendar."""
_DAY = timedelta(1)


class Exposure(NamedTuple):
    """A medicine of a group in a record, and the days on which it is known to be taken."""

    hit: Hit
    first: date | None
    last: date | None
    is_sure: bool
    equivalent: Fraction | None = None


def take_medicine(
    found: Gathered, medicine: Medicine, hits: Sequence[tuple[Entry, Coding, MedicineCode]]
) -> None:
    """The answers that the entries of one group of medicines give."""
    exposures = [
        one for entry, coding, code in hits if (one := _exposure(found, entry, coding, code))
    ]
    sure = [one for one in exposures if one.is_sure]
    covering = [one for one in exposures if one.last is not None and one.last >= found.on]
    endless = [one for one in exposures if one.last is None and one.hit.entry.standing != "past"]
    begun = [one for one in covering if one.first is not None and one.first <= found.on]
    now = [one for one in begun if one.is_sure and one.hit.entry.standing == "counts"]
    denied = _denied(now, [(entry, code) for entry, _, code in hits], found.on)
    now = [one for one in now if one not in denied]
    others = {"": [one for one in covering if one not in denied], _NOT_NOW: endless}
    for one, why in denied.items():
        others.setdefault(why, []).append(one)
    if medicine.ever:
        _take_yes(found, medicine.ever, sure, {"": exposures})
    if medicine.now:
        _take_yes(found, medicine.now, now, others)
    runs = _runs(sure, found.on) if medicine.course or medicine.months else []
    if medicine.course and now:
        _take_months(found, medicine.course, now[0], runs[-1:], " without a gap")
    if medicine.dose:
        _take_dose(found, medicine.dose, now, [*covering, *endless], denied)
    if medicine.last and sure:
        _take_last(found, medicine.last, sure)
    if medicine.months and runs:
        last_one = max((one for one in sure if one.first and one.last), key=_days_of)
        _take_months(found, medicine.months, last_one, runs)


def _denied(
    exposures: Sequence[Exposure], entries: Sequence[tuple[Entry, MedicineCode]], on: date
) -> dict[Exposure, str]:
    """Those against which another entry says that it is not taken, or was ended since.

    Codes alone do not tell whether two are of one medicine, but other equivalents that they differ.
    """
    found: dict[Exposure, str] = {}
    for entry, code in entries:
        if (told := _denial(entry, on)) is not None:
            first, last, why = told
            for one in exposures:
                assert one.first is not None
                are_known = code.equivalent is not None and one.equivalent is not None
                if are_known and code.equivalent != one.equivalent:
                    continue
                if first <= on and last >= one.first:
                    found.setdefault(one, f"{entry.source} says that {why}")
    return found


def _denial(entry: Entry, on: date) -> tuple[date, date, str] | None:
    """When a medicine was, or may have been, not taken, or ended; None if it is not said to be."""
    try:
        if entry.standing == "refuted":
            at = when(entry.start, entry.end) or when(entry.recorded)
            first, last = (at.first, at.last) if at is not None else (date.min, date.max)
            return first, last, "it is not taken"
        if entry.standing == "past" and entry.end and entry.end != entry.start:
            at = written(entry.end)
            # On the day on which one ends, the next may begin.
            return (at.first, at.last - _DAY, f"it ended {entry.end}") if at.last < on else None
    except ValueProblem:  # which is told of where it is read as an exposure
        return date.min, date.max, "it is not taken, and not on which day"
    return None


def _exposure(found: Gathered, entry: Entry, coding: Coding, code: MedicineCode) -> Exposure | None:
    """An entry as an exposure; None if it says nothing, or is by a route that is not meant."""
    counts, at = found.when_counted(entry)
    if not counts:
        return None
    medicine = code.medicine
    routes = found.codes.routes_of(entry.route)
    if routes and medicine.routes and routes.isdisjoint(medicine.routes):
        return None
    is_other = bool(entry.route and medicine.routes)
    is_said = bool(routes) or not (code.needs_route or is_other)
    route = "" if is_said else _OTHER_ROUTE if is_other else _ROUTE
    note = _NAME if code.by_name else route if entry.is_mapped else NOT_MAPPED
    binding = Binding("", medicine.role, "yes", "; ".join(filter(None, (medicine.note, note))))
    hit = Hit(entry, coding, binding, at)
    first, last = _days(entry, at)
    is_certain = is_said and entry.is_mapped and not code.by_name and not hit.is_provisional
    is_sure = medicine.role == "sets" and is_certain
    return Exposure(hit, first, last, is_sure, code.equivalent)


def _days(entry: Entry, at: When | None) -> tuple[date | None, date | None]:
    """First and last day known; the supply of what was stopped need not have lasted."""
    if at is None or not entry.start:
        return None, None
    start, last = written(entry.start), None
    if entry.days and entry.days <= _MOST_DAYS and entry.standing != "past":
        last = start.first + timedelta(entry.days - 1)
    elif entry.end and entry.end != entry.start:
        last = written(entry.end).first
    return start.last, last


def _take_yes(
    found: Gathered, name: str, sure: Sequence[Exposure], others: Mapping[str, Sequence[Exposure]]
) -> None:
    """Yes, if some exposures are sure to say it; else others, by what is noted, are candidates."""
    if sure:
        found.answer(found.trial.elements[name], sure[0].hit, "yes")
    for note, exposures in {"": sure}.items() if sure else others.items():
        for one in _last_of_each(exposures):
            found.show("fact" if sure else "candidate", one.hit.about(name), note, value="yes")


def _take_dose(
    found: Gathered,
    name: str,
    now: Sequence[Exposure],
    every: Sequence[Exposure],
    denied: Mapping[Exposure, str],
) -> None:
    """At least the daily dose now, where all that is taken, or may be, has the same."""
    for one in every:
        if _is_no_dose(one.hit.entry.dose):
            found.problem(one.hit.entry, f"{name}: a dose has to be more than 0 mg/d")
    doses = {_equivalent(one) for one in every}
    (dose,) = doses if len(doses) == 1 else (None,)
    if now and dose is not None:
        _answer(found, name, now[0], f">={dose}", _AT_LEAST)
        return
    for one in _last_of_each([one for one in every if one.hit.entry.dose]):
        note = _DIFFER if len(doses) > 1 else _NO_EQUIVALENT
        if one not in now:
            note = denied.get(one, _NOT_NOW)
        dose_of = one.hit.entry.dose
        value, unit = (dose_of, "") if isinstance(dose_of, str) else (dose_of.number, dose_of.ucum)
        found.show("candidate", one.hit.about(name), note, value=value, unit=unit)


def _equivalent(one: Exposure) -> str | None:
    """A daily dose as that of the medicine in which the element states it; None if not known."""
    dose = one.hit.entry.dose
    if not isinstance(dose, Amount) or one.equivalent is None or _is_no_dose(dose):
        return None
    return times(dose.number, one.equivalent)


def _is_no_dose(dose: Amount | str) -> bool:
    return isinstance(dose, Amount) and Decimal(dose.number) <= 0


def _last_of_each(exposures: Sequence[Exposure]) -> list[Exposure]:
    ordered = sorted(exposures, key=lambda one: one.hit.place)
    return list({(one.hit.coding[:2], one.hit.binding): one for one in ordered}.values())


def _take_last(found: Gathered, name: str, exposures: Sequence[Exposure]) -> None:
    """The last exposure that is recorded: there may be later ones, so it is a bound."""
    days = [(_last_day(one.hit.entry, found.on), one) for one in exposures if one.first is not None]
    if days:
        text, last = max(days, key=lambda at: (written(at[0]).first, at[1].hit.entry.source))
        _answer(found, name, last, f">={day_text(text)}", LAST_SHOWN)


def _last_day(entry: Entry, on: date) -> str:
    """The text that says the last day on which it was taken by the screening date."""
    return entry.end if entry.end and written(entry.end).last <= on else entry.start


def _take_months(
    found: Gathered, name: str, one: Exposure, runs: Sequence[tuple[date, date]], how: str = ""
) -> None:
    """The days on which it is known to be taken, those that overlap once, as months at least."""
    told = count_of(sum((last - first).days + 1 for first, last in runs), "day")
    _answer(found, name, one, f">={_months_at_least(runs)}", f"{told}{how}: {_AT_LEAST}")


def _days_of(one: Exposure) -> tuple[date, date]:
    return one.first or date.min, one.last or date.min


def _runs(exposures: Sequence[Exposure], on: date) -> list[tuple[date, date]]:
    """The days up to the screening date on which it is known to be taken, without gaps."""
    runs: list[tuple[date, date]] = []
    for first, last in sorted(_days_of(one) for one in exposures if one.first and one.last):
        ends = min(last, on)
        if runs and first <= runs[-1][1] + _DAY:
            runs[-1] = (runs[-1][0], max(runs[-1][1], ends))
        elif first <= ends:
            runs.append((first, ends))
    return runs


def _months_at_least(runs: Sequence[tuple[date, date]]) -> str:
    """Months of the calendar in each run of days; the days that are left over as long ones."""
    whole, days = 0, 0
    for first, last in runs:
        after = last + _DAY
        months = 12 * (after.year - first.year) + after.month - first.month
        months -= after.day < first.day
        begins = add_months(first, months)
        whole += months
        days += (after - begins).days - (begins.day < first.day)
    years, rest = divmod(days, _DAYS_A_YEAR)
    whole += 12 * years + rest // _DAYS_A_MONTH
    return f"{whole}.{rest % _DAYS_A_MONTH * 10 // _DAYS_A_MONTH}"


def _answer(found: Gathered, name: str, one: Exposure, text: str, note: str) -> None:
    element, hit = found.trial.elements[name], one.hit.about(name)
    unit = element.unit or ""
    if found.usable(element, hit, text, value=text, unit=unit):
        found.answer(element, hit, text)
        found.show("fact", hit, note, value=text, unit=unit)
