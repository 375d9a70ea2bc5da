"""Diagnoses, procedures, and answers to the trial's own Questionnaire, to answers.

A code can make a yes, and none makes a no; what somebody said of an element can be either.
"""

from collections.abc import Iterator, Sequence
from urllib.parse import quote

from trialscreen.answers.records.codes import START, VALUE, Binding
from trialscreen.answers.records.entries import Amount, Entry
from trialscreen.answers.records.gathered import LAST_SHOWN, Gathered, Hit, latest_of, plain_text
from trialscreen.answers.records.moments import day_text
from trialscreen.model.trial import SCREENING_DATE, Element, Trial
from trialscreen.text.characters import shown

_ENDINGS = ("", "-every-question")


def take_coded(found: Gathered, element: Element, hits: Sequence[Hit]) -> None:
    """The answer that the codes of one element set; candidates where they only propose."""
    hits = sorted(hits, key=lambda hit: hit.place)
    setting = [hit for hit in hits if not hit.only_proposes]
    for hit in _distinct([hit for hit in hits if hit.only_proposes]):
        said = day_text(hit.entry.start) if hit.binding.says == START else hit.binding.says
        found.show("candidate", hit, hit.entry.standing if hit.is_provisional else "", value=said)
    if element.type == "date":
        _take_date(found, element, setting)
    elif setting:
        _take_word(found, element, setting)


def _distinct(hits: Sequence[Hit]) -> list[Hit]:
    """The last of those that say the same by the same code."""
    return list({(hit.coding[:2], hit.binding, hit.entry.standing): hit for hit in hits}.values())


def _take_word(found: Gathered, element: Element, hits: Sequence[Hit]) -> None:
    """A yes or a choice: the first that says it is shown, for it has been true since then."""
    said = {hit.binding.says for hit in hits}
    other = found.answers.get(element.name)
    in_conflict = len(said) > 1 or (other is not None and other.text not in said)
    if in_conflict:
        found.set_aside((element.name,), "")
    else:
        found.answer(element, hits[0], said.pop())
    for hit in _distinct(hits):
        found.show("conflict" if in_conflict else "fact", hit, value=hit.binding.says)


def _take_date(found: Gathered, element: Element, hits: Sequence[Hit]) -> None:
    """The last day: a record cannot show that nothing came after it."""
    if not (dated := [hit for hit in hits if hit.when is not None]):
        return
    last = dated[-1]
    text = f">={day_text(last.entry.start)}"
    if found.usable(element, last, text, value=day_text(last.entry.start)):
        found.answer(element, last, text)
        found.show("fact", last, LAST_SHOWN, value=text)


# Answers to the Questionnaire.


def _is_own(trial: Trial, entry: Entry) -> bool:
    """Whether an answer is one to the Questionnaire that is exported for this trial."""
    address = entry.codes[0].display.partition("|")[0]
    name = quote(trial.registration.nct_id, safe="")
    return any(address.endswith(f"/Questionnaire/{name}{ending}") for ending in _ENDINGS)


def answer_hits(found: Gathered, entry: Entry) -> Iterator[Hit]:
    """An answer as what its element is set to; none for what is not asked of the patient."""
    coding = entry.codes[0]
    element = found.trial.elements.get(coding.code)
    if element is None and _is_own(found.trial, entry):
        found.problem(
            entry, f"an answer to {shown(coding.code)}, which is no question of this trial"
        )
    if element is None or element.internal or element.name == SCREENING_DATE:
        return
    counts, at = found.when_counted(entry)
    if counts and not _is_own(found.trial, entry):
        found.problem(entry, f"an answer to {coding.display or 'no Questionnaire'}, not this one")
    elif counts:
        yield Hit(entry, coding._replace(display=""), Binding(element.name, "sets", VALUE), at)


def take_said(found: Gathered, element: Element, hits: Sequence[Hit]) -> None:
    """What was said of an element decides over codes; not a no over a code that says yes."""
    texts: dict[str, Hit] = {}
    is_wrong = False
    for hit in latest_of(hits) or hits:
        text = said_text(element, hit.entry)
        if not found.usable(element, hit, text):
            is_wrong = True
        elif found.read(element, text) is not None:
            texts[text] = hit
    if is_wrong or not texts:
        return
    text, hit = next(iter(texts.items()))
    other = found.answers.get(element.name)
    differs = other is not None and other.text != text
    is_person = element.name in found.codes.persons.values()
    if len(texts) > 1 or (differs and (text == "no" or is_person)):
        found.set_aside((element.name,), "")
        for said, one in texts.items():
            found.show("conflict", one, value=said)
        return
    if differs or other is None:
        found.overrule(element.name)
    found.answer(element, hit, text)
    found.show("fact", hit, value=text)


def said_text(element: Element, entry: Entry) -> str:
    """An answer as a text; of a choice, its name."""
    value = entry.value
    if isinstance(value, tuple) and not isinstance(value, Amount):
        for coding in value:
            if coding.code in element.choices:
                return coding.code
    return plain_text(entry)
