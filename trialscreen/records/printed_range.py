"""The range of normal that is printed beside a result: limits of its element, and of no other."""

from collections.abc import Sequence

from trialscreen.model.errors import ValueProblem
from trialscreen.model.limits import Role
from trialscreen.model.trial import Element
from trialscreen.records.entries import Amount
from trialscreen.records.gathered import Gathered, Hit
from trialscreen.records.units import amount_text


def take_range(found: Gathered, element: Element, hits: Sequence[Hit]) -> None:
    """The limits of an element, as they stand beside its result; none where they differ."""
    for name, role in found.codes.limits.get(element.name, {}).items():
        stated = {limit for hit in hits if (limit := _limit(hit, role)) is not None}
        if len(stated) > 1:
            for hit in hits:
                found.show("conflict", hit, "its printed limit", element=name)
        elif stated:
            _take_limit(found, found.trial.elements[name], hits, role)


def _limit(hit: Hit, role: Role) -> Amount | None:
    """The end of a printed range, if it is a number; 0 to 0 stands for none."""
    low, high = hit.entry.limits
    if low is not None and high is not None and _is_zero(low) and _is_zero(high):
        return None
    limit = {"lower": low, "upper": high}.get(role)
    return None if limit is None or limit.comparator else limit


def _is_zero(amount: Amount) -> bool:
    return not amount.number.strip("0.-")


def _take_limit(found: Gathered, limit: Element, hits: Sequence[Hit], role: Role) -> None:
    hit, amount = next((one, at) for one in hits if (at := _limit(one, role)) is not None)
    value = hit.entry.value
    if not amount.unit and not amount.ucum and isinstance(value, Amount):
        amount = amount._replace(unit=value.unit, ucum=value.ucum)
    try:
        text = amount_text(limit, found.codes.units.get(hit.binding.element, {}), amount)
        found.read(limit, text)
    except ValueProblem as problem:
        found.problem(hit.entry, f"{limit.name}: {problem}")
        return
    found.answer(limit, hit, text)
    shown = hit._replace(entry=hit.entry._replace(value=amount))
    found.show("fact", shown, "printed beside the result", element=limit.name)
