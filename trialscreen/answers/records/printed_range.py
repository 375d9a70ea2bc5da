"""The range of normal that is printed beside a result: limits of its element, and of no other."""

from collections.abc import Sequence

from trialscreen.answers.records.entries import Amount
from trialscreen.answers.records.gathered import Gathered, Hit
from trialscreen.answers.records.units import amount_text, are_swapped
from trialscreen.model.errors import ValueProblem
from trialscreen.model.facts import same
from trialscreen.model.limits import Role
from trialscreen.model.trial import Element

_PRINTED = "printed beside the result"


def take_range(found: Gathered, element: Element, hits: Sequence[Hit]) -> None:
    """The limits of an element, as they stand beside its result; none where they differ.

    Nor where a lower one is above an upper one.
    """
    for name, role in found.codes.limits.get(element.name, {}).items():
        limit = found.trial.elements[name]
        printed = [one for hit in hits if (one := _printed(hit, role)) is not None]
        texts = {one: text for one in printed if (text := _text(found, limit, one)) is not None}
        facts = [found.read(limit, text) for text in texts.values()]
        is_swapped = any(are_swapped(hit.entry.limits) for hit in hits)
        if is_swapped or not all(same(facts[0], fact) for fact in facts):
            for one in texts:
                found.show("conflict", one, _PRINTED, element=name)
        elif texts:
            one, text = next(iter(texts.items()))
            found.answer(limit, one, text)
            found.show("fact", one, _PRINTED, element=name)


def _printed(hit: Hit, role: Role) -> Hit | None:
    """An end of the range as if it were the result; in the result's unit, if it names none."""
    amount, value = _limit(hit, role), hit.entry.value
    if amount is not None and not (amount.unit or amount.ucum) and isinstance(value, Amount):
        amount = amount._replace(unit=value.unit, ucum=value.ucum)
    return None if amount is None else hit._replace(entry=hit.entry._replace(value=amount))


def _text(found: Gathered, limit: Element, hit: Hit) -> str | None:
    """The text of a limit; why it cannot be used is a problem."""
    assert isinstance(hit.entry.value, Amount)
    try:
        text = amount_text(limit, found.codes.units.get(hit.binding.element, {}), hit.entry.value)
        found.read(limit, text)
    except ValueProblem as problem:
        found.problem(hit.entry, f"{limit.name}: {problem}")
        return None
    return text


def _limit(hit: Hit, role: Role) -> Amount | None:
    """The end of a printed range, if it is a number; 0 to 0 stands for none."""
    low, high = hit.entry.limits
    if low is not None and high is not None and _is_zero(low) and _is_zero(high):
        return None
    limit = {"lower": low, "upper": high}.get(role)
    return None if limit is None or limit.comparator else limit


def _is_zero(amount: Amount) -> bool:
    return not amount.number.strip("0.-")
