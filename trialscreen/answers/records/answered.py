"""Answers to the trial's own Questionnaire in a record: what somebody said of an element."""

from collections.abc import Iterator, Sequence
from urllib.parse import quote

from trialscreen.answers.records.codes import VALUE, Binding
from trialscreen.answers.records.entries import Amount, Entry
from trialscreen.answers.records.gathered import Gathered, Hit, latest_of
from trialscreen.model.trial import SCREENING_DATE, Element, Trial
from trialscreen.text.characters import shown

_ENDINGS = ("", "-every-question")


def is_own(trial: Trial, entry: Entry) -> bool:
    """Whether an answer is one to the Questionnaire that is exported for this trial."""
    address = entry.codes[0].display.partition("|")[0]
    name = quote(trial.registration.nct_id, safe="")
    return any(address.endswith(f"/Questionnaire/{name}{ending}") for ending in _ENDINGS)


def answer_hits(found: Gathered, entry: Entry) -> Iterator[Hit]:
    """An answer as what its element is set to; none for what is not asked of the patient."""
    coding = entry.codes[0]
    element = found.trial.elements.get(coding.code)
    if element is None and is_own(found.trial, entry):
        found.problem(
            entry, f"an answer to {shown(coding.code)}, which is no question of this trial"
        )
    if element is None or element.internal or element.name == SCREENING_DATE:
        return
    counts, at = found.when_counted(entry)
    if counts and not is_own(found.trial, entry):
        found.problem(entry, f"an answer to {coding.display or 'no Questionnaire'}, not this one")
    elif counts:
        yield Hit(entry, coding._replace(display=""), Binding(element.name, "sets", VALUE), at)


def is_measured(element: Element) -> bool:
    """Whether an answer is one result among others, of which the latest counts."""
    return element.valid_for is not None or element.unit is not None


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
    match entry.value:
        case None:
            return ""
        case bool() as said:
            return "yes" if said else "no"
        case str() as words:
            return words
        case Amount() as amount:
            return f"{amount.comparator}{amount.number}"
        case codings:
            names = [one.code for one in codings if one.code in element.choices]
            return names[0] if names else "; ".join(one.display or one.code for one in codings)
