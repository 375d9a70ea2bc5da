"""Of ranges that are printed for some people each, the one that is for this patient."""

from collections.abc import Mapping
from decimal import Decimal

from trialscreen.answers.records.entries import Amount, Coding, Entry, RangeFor
from trialscreen.answers.records.gathered import Gathered
from trialscreen.answers.records.moments import when
from trialscreen.model.dates import completed_years
from trialscreen.model.errors import ValueProblem
from trialscreen.model.facts import Dates, Exactly

_SEXES: Mapping[str, str] = {
    **dict.fromkeys(("248152002", "female", "f"), "female"),
    **dict.fromkeys(("248153007", "male", "m"), "male"),
}
"""SNOMED CT's codes in FHIR's value set referencerange-appliesto; AdministrativeGender's."""

_YEARS: Mapping[str, Decimal] = {
    **dict.fromkeys(("a", "y", "yr", "yrs", "year", "years"), Decimal(1)),
    **dict.fromkeys(("mo", "month", "months"), Decimal(1) / 12),
    **dict.fromkeys(("wk", "week", "weeks"), Decimal(7) / 365),
    **dict.fromkeys(("d", "day", "days"), Decimal(1) / 365),
}

Age = tuple[int, int]
"""Completed years, at least and at most."""


def with_own_range(found: Gathered, entry: Entry) -> Entry:
    """An entry with the one range that is certainly for this patient, on the day of the sample.

    None where another may be, too.
    """
    if not entry.ranges:
        return entry
    sex, age = _sex(found), _age(found, entry)
    possible = [(one, fits) for one in entry.ranges if (fits := _fits(one, sex, age)) is not False]
    if len(possible) == 1 and possible[0][1]:
        own = possible[0][0]
        note = f"the reference range for {_people(own)}" if _people(own) else ""
        return entry._replace(limits=own.limits, notes=(*entry.notes, *filter(None, (note,))))
    listed = "; ".join(_people(one) or "everybody" for one in entry.ranges)
    told = f"of the reference ranges ({listed}) none is certainly the patient's: none is taken"
    return entry._replace(notes=(*entry.notes, told))


def _sex(found: Gathered) -> str:
    fact = found.facts().get(found.codes.persons.get("sex", ""))
    return fact.value if isinstance(fact, Exactly) and isinstance(fact.value, str) else ""


def _age(found: Gathered, entry: Entry) -> Age | None:
    born = found.facts().get(found.codes.persons.get("birth_date", ""))
    try:
        at = when(entry.start, entry.end)
    except ValueProblem:
        return None
    if at is None or not isinstance(born, Dates):
        return None
    return completed_years(born.high, at.first), completed_years(born.low, at.last)


def _fits(one: RangeFor, sex: str, age: Age | None) -> bool | None:
    """Whether a range is for a patient; None if that is not known."""
    tests = [_is_of(who, sex) for who in one.people]
    tests += [_is_old(one, age)] if one.youngest or one.oldest else []
    if False in tests:
        return False
    return None if None in tests else True


def _is_of(who: Coding, sex: str) -> bool | None:
    """By its code; by its text, if it has none."""
    meant = _SEXES.get((who.code or who.display).strip().lower())
    return None if meant is None or sex not in _SEXES.values() else meant == sex


def _is_old(one: RangeFor, age: Age | None) -> bool | None:
    """Whether an age lies between the two; in the last year of a range it may, or may not."""
    youngest, oldest = _in_years(one.youngest), _in_years(one.oldest)
    if age is None or (one.youngest and youngest is None) or (one.oldest and oldest is None):
        return None
    least, most = age
    if (youngest is not None and most + 1 <= youngest) or (oldest is not None and least > oldest):
        return False
    is_old = youngest is None or least >= youngest
    return True if is_old and (oldest is None or most + 1 <= oldest) else None


def _in_years(age: Amount | None) -> Decimal | None:
    factor = None if age is None else _YEARS.get((age.ucum or age.unit).strip().lower())
    return None if age is None or factor is None else Decimal(age.number) * factor


def _people(one: RangeFor) -> str:
    """Those for whom a range is, in words."""
    named = [who.display or who.code for who in one.people]
    ends = [
        f"{age.number} {age.unit or age.ucum}".strip() for age in (one.youngest, one.oldest) if age
    ]
    if len(ends) == 2:
        named.append(f"age {ends[0]} to {ends[1]}")
    elif ends:
        named.append(f"age {'from' if one.youngest else 'to'} {ends[0]}")
    return ", ".join(named)
