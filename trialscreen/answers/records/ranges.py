"""Ranges of normal: which of those printed is the patient's, and the limits beside a result."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from trialscreen.answers.records.entries import Amount, Entry, RangeFor
from trialscreen.answers.records.gathered import Gathered, Hit
from trialscreen.answers.records.moments import when
from trialscreen.answers.records.units import amount_text, are_swapped
from trialscreen.model.dates import completed_years
from trialscreen.model.errors import ValueProblem
from trialscreen.model.facts import Dates, Exactly, same
from trialscreen.model.limits import Role
from trialscreen.model.trial import Element

_PRINTED = "printed beside the result"

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
    """An entry with the range that is certainly for this patient then; none if another may be."""
    if not entry.ranges:
        return entry
    fact, age = found.facts().get(found.codes.persons.get("sex", "")), _age(found, entry)
    sex = fact.value if isinstance(fact, Exactly) and isinstance(fact.value, str) else ""
    possible = [(one, fits) for one in entry.ranges if (fits := _fits(one, sex, age)) is not False]
    if len(possible) == 1 and possible[0][1]:
        own = possible[0][0]
        notes = [f"the reference range for {_people(own)}"] if _people(own) else []
        return entry._replace(limits=own.limits, notes=(*entry.notes, *notes))
    listed = "; ".join(_people(one) or "everybody" for one in entry.ranges)
    told = f"of the reference ranges ({listed}) none is certainly the patient's: none is taken"
    return entry._replace(notes=(*entry.notes, told))


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
    # By its code; by its text, if it has none.
    people = [_SEXES.get((who.code or who.display).strip().lower()) for who in one.people]
    tests = [meant == sex if meant and sex in _SEXES.values() else None for meant in people]
    tests += [_is_old(one, age)] if one.youngest or one.oldest else []
    if False in tests:
        return False
    return None if None in tests else True


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


# Its limits.


def take_range(found: Gathered, element: Element, hits: Sequence[Hit]) -> None:
    """The limits that stand beside an element's result; none where they differ, or are swapped."""
    for name, role in found.codes.limits.get(element.name, {}).items():
        limit = found.trial.elements[name]
        printed = {one: hit for hit in hits if (one := _printed(hit.about(name), role)) is not None}
        read = {one: _text(found, limit, one, hit) for one, hit in printed.items()}
        texts = {one: text for one, text in read.items() if text is not None}
        facts = [found.read(limit, text) for text in texts.values()]
        is_swapped = any(are_swapped(hit.entry.limits) for hit in hits)
        if is_swapped or not all(same(facts[0], fact) for fact in facts):
            for one in texts:
                found.show("conflict", one, _PRINTED)
        elif texts:
            one, text = next(iter(texts.items()))
            found.answer(limit, one, text)
            found.show("fact", one, _PRINTED)


def _printed(hit: Hit, role: Role) -> Hit | None:
    """An end of the range as if it were the result, if it is a number; 0 to 0 stands for none.

    It is in the result's unit, if it names none.
    """
    low, high = hit.entry.limits
    if low is not None and high is not None and not (low.number + high.number).strip("0.-"):
        return None
    end, outside = {"lower": (low, ">"), "upper": (high, "<")}.get(role, (None, ""))
    if end is None or end.comparator not in ("", outside):
        return None
    value = hit.entry.value
    if not (end.unit or end.ucum) and isinstance(value, Amount):
        end = end._replace(unit=value.unit, ucum=value.ucum)
    return hit._replace(entry=hit.entry._replace(value=end))


def _text(found: Gathered, limit: Element, hit: Hit, result: Hit) -> str | None:
    """The text of a limit; why it cannot be used is a problem.

    Of `<40` the limit lies between the next number, in as many digits as limit or result have,
    and 40.
    """
    amount, measured = hit.entry.value, result.entry.value
    assert isinstance(amount, Amount)
    units = found.codes.units.get(result.binding.element, {})
    ends = [amount]
    if amount.comparator:
        digits = [amount.number, measured.number if isinstance(measured, Amount) else ""]
        ends = _around(amount, max(len(one.partition(".")[2]) for one in digits))
    try:
        texts = [amount_text(limit, units, end) for end in ends]
        text = " to ".join((*(one.partition(" ")[0] for one in texts[:-1]), texts[-1]))
        found.read(limit, text)
    except ValueProblem as problem:
        found.problem(hit.entry, f"{limit.name}: {problem}")
        return None
    return text


def _around(amount: Amount, digits: int) -> list[Amount]:
    """The end of a range that is outside of it, and the number next to it inside, in order."""
    end, step = Decimal(amount.number), Decimal(1).scaleb(-digits)
    inside = end - step if amount.comparator == "<" else end + step
    return [amount._replace(number=f"{one:f}", comparator="") for one in sorted((inside, end))]
