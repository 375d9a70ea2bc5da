"""Diagnoses and procedures, to answers: a code can make a yes, and nothing makes a no."""

from collections.abc import Sequence

from trialscreen.answers.records.codes import START
from trialscreen.answers.records.gathered import Gathered, Hit
from trialscreen.answers.records.moments import day_text
from trialscreen.model.trial import Element

_LAST = "the last that the record shows; there may be later ones"


def take_coded(found: Gathered, element: Element, hits: Sequence[Hit]) -> None:
    """The answer that the codes of one element set; candidates where they only propose."""
    setting = [hit for hit in hits if not hit.only_proposes]
    for hit in _distinct([hit for hit in hits if hit.only_proposes]):
        found.show("candidate", hit, _standing(hit), value=_said(hit))
    if element.type == "date":
        _take_date(found, element, setting)
    elif setting:
        _take_word(found, element, setting)


def _said(hit: Hit) -> str:
    return day_text(hit.entry.start) if hit.binding.says == START else hit.binding.says


def _standing(hit: Hit) -> str:
    return hit.entry.standing if hit.is_provisional else ""


def _distinct(hits: Sequence[Hit]) -> list[Hit]:
    """The last of those that say the same by the same code."""
    by_code = {(hit.coding[:2], hit.binding, hit.entry.standing): hit for hit in _in_order(hits)}
    return list(by_code.values())


def _in_order(hits: Sequence[Hit]) -> list[Hit]:
    def place(hit: Hit) -> tuple[int, str]:
        return hit.when.last.toordinal() if hit.when else 0, hit.entry.source

    return sorted(hits, key=place)


def _take_word(found: Gathered, element: Element, hits: Sequence[Hit]) -> None:
    """A yes or a choice: the first that says it is shown, for it has been true since then."""
    said = {hit.binding.says for hit in hits}
    other = found.answers.get(element.name)
    if len(said) > 1 or (other is not None and other.text not in said):
        found.set_aside((element.name,), "")
        for hit in _distinct(hits):
            found.show("conflict", hit, value=hit.binding.says)
        return
    first = _in_order(hits)[0]
    found.answer(element, first, said.pop())
    for hit in _distinct(hits):
        found.show("fact", hit, value=hit.binding.says)


def _take_date(found: Gathered, element: Element, hits: Sequence[Hit]) -> None:
    """The last day: a record cannot show that nothing came after it."""
    dated = [hit for hit in _in_order(hits) if hit.when is not None]
    if not dated:
        return
    last = dated[-1]
    text = f">={day_text(last.entry.start)}"
    if found.usable(element, last, text, value=day_text(last.entry.start)):
        found.answer(element, last, text)
        found.show("fact", last, _LAST, value=text)
