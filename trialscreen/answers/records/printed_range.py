"""The range of normal that is printed beside a result: limits of its element, and of no other."""

from collections.abc import Sequence
from decimal import Decimal

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
        printed = {one: hit for hit in hits if (one := _printed(hit, role)) is not None}
        texts = {
            one: text
            for one, hit in printed.items()
            if (text := _text(found, limit, one, hit)) is not None
        }
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


def _text(found: Gathered, limit: Element, hit: Hit, result: Hit) -> str | None:
    """The text of a limit; why it cannot be used is a problem.

    Of `<40` the limit lies between the next number, in as many digits as limit or result have,
    and 40.
    """
    amount, measured = hit.entry.value, result.entry.value
    assert isinstance(amount, Amount)
    units = found.codes.units.get(hit.binding.element, {})
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


def _limit(hit: Hit, role: Role) -> Amount | None:
    """The end of a printed range, if it is a number; 0 to 0 stands for none."""
    low, high = hit.entry.limits
    if low is not None and high is not None and _is_zero(low) and _is_zero(high):
        return None
    limit = {"lower": low, "upper": high}.get(role)
    is_end = limit is not None and limit.comparator in ("", {"lower": ">", "upper": "<"}.get(role))
    return limit if is_end else None


def _is_zero(amount: Amount) -> bool:
    return not amount.number.strip("0.-")
