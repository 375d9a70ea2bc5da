"""Reference ranges: selects the one for the patient, and takes its limits as answers."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from trialscreen.answers.records.entries import Amount, Entry, RangeFor, when
from trialscreen.answers.records.gathered import Gathered, Hit
from trialscreen.answers.records.units import amount_text, are_swapped, is_none
from trialscreen.model import truth
from trialscreen.model.dates import completed_years
from trialscreen.model.errors import ValueProblem
from trialscreen.model.facts import Dates, Exactly, Numbers, number, same
from trialscreen.model.limits import Role
from trialscreen.model.rules import Operator
from trialscreen.model.trial import Element
from trialscreen.model.truth import Truth
from trialscreen.screening.compare import comparing

_PRINTED = "printed with the result"

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


def with_own_range(found: Gathered, entry: Entry) -> Entry:
    """An entry with the range that is certainly for this patient then; none if another may be."""
    if not entry.ranges:
        return entry
    fact, age = found.facts().get(found.codes.persons.get("sex", "")), _age(found, entry)
    sex = fact.value if isinstance(fact, Exactly) and isinstance(fact.value, str) else ""
    fits = {one: _fits(one, sex, age) for one in entry.ranges}
    possible = [one for one, is_for in fits.items() if is_for is not truth.FALSE]
    if len(possible) == 1 and fits[possible[0]] is truth.TRUE:
        own = possible[0]
        notes = [f"the reference range for {_people(own)}"] if _people(own) else []
        return entry._replace(limits=own.limits, notes=(*entry.notes, *notes))
    listed = "; ".join(_people(one) or "everybody" for one in entry.ranges)
    told = f"of the reference ranges ({listed}) none is certainly the patient's: none is taken"
    return entry._replace(notes=(*entry.notes, told))


def _age(found: Gathered, entry: Entry) -> Numbers | None:
    """In years, of which the last is not over."""
    born = found.facts().get(found.codes.persons.get("birth_date", ""))
    try:
        at = when(entry.start, entry.end)
    except ValueProblem:
        return None
    if at is None or not isinstance(born, Dates):
        return None
    youngest, oldest = completed_years(born.high, at.first), completed_years(born.low, at.last)
    return Numbers(youngest, oldest + 1, high_open=True)


def _fits(one: RangeFor, sex: str, age: Numbers | None) -> Truth:
    """Whether a range is for a patient."""
    # By its code; by its text, if it has none.
    people = [_SEXES.get((who.code or who.display).strip().lower()) for who in one.people]
    is_known = sex in _SEXES.values()
    tests = [truth.of(meant == sex if meant and is_known else None) for meant in people]
    tests.append(_is_old(one, age))
    return truth.at_least(len(tests), tests)


def _is_old(one: RangeFor, age: Numbers | None) -> Truth:
    """Whether an age lies between the two; in the last year of a range it may, or may not."""
    both = ((one.youngest, Operator.AT_LEAST), (one.oldest, Operator.AT_MOST))
    ends = [(_in_years(end), operator) for end, operator in both if end is not None]
    tests = []
    for end, operator in ends:
        if age is None or end is None:
            return truth.UNKNOWN
        tests.append(comparing(operator)(age, number(end)))
    return truth.at_least(len(tests), tests)


def _in_years(age: Amount) -> float | None:
    factor = _YEARS.get((age.ucum or age.unit).strip().lower())
    return None if factor is None else float(Decimal(age.number) * factor)


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
    if is_none(hit.entry.limits):
        return None
    low, high = hit.entry.limits
    end, outside = {"lower": (low, ">"), "upper": (high, "<")}.get(role, (None, ""))
    if end is None or end.comparator not in ("", outside):
        return None
    value = hit.entry.value
    if not (end.unit or end.ucum) and isinstance(value, Amount):
        end = end._replace(unit=value.unit, ucum=value.ucum)
    return hit._replace(entry=hit.entry._replace(value=end, also=()))  # which is of the result


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
