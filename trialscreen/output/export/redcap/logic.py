"""Logic as REDCap writes it, and branching logic: a field is shown while its answer is needed.

REDCap Help & FAQ, "Branching Logic": comparisons of [field] with a value, and, or,
brackets; values in quotes, but for numbers beside < and >. There is no "not". A blank field
is compared with ''; how < treats one is not documented, so a number is compared only beside
a test for blank.
"""

from collections.abc import Iterable, Mapping
from typing import assert_never

from trialscreen.model.trial import SCREENING_DATE, Trial
from trialscreen.model.wording import show_number
from trialscreen.output.export import conditions
from trialscreen.output.export.conditions import Joined, flat
from trialscreen.output.export.relevance import Relevance, values_of

YES_NO = {True: "yes", False: "no"}
"""The codes of a yes/no field: the words that trialscreen reads."""


Logic = str | Joined[str]
"""A comparison as it is written, `[age] >= 45` or `[sex] = 'female'`, or several, joined."""
NEVER = Joined[str]("or", ())


def every(parts: Iterable[Logic]) -> Logic:
    """All of `parts`, each once; an alternative to one of them is left out."""
    found = flat("and", parts)
    if NEVER in found:
        return NEVER
    kept = [one for one in found if not (isinstance(one, Joined) and found.keys() & one.parts)]
    return kept[0] if len(kept) == 1 else Joined("and", tuple(kept))


def some(parts: Iterable[Logic]) -> Logic:
    """Any of `parts`, each once."""
    found = tuple(flat("or", parts))
    return found[0] if len(found) == 1 else Joined("or", found)


def equal(field: str, value: str) -> str:
    return f"[{field}] = '{value}'"


def unequal(field: str, value: str) -> str:
    return f"[{field}] <> '{value}'"


def filled(field: str) -> str:
    """Something is entered."""
    return unequal(field, "")


def text(logic: Logic) -> str:
    """As REDCap reads it; `logic` is not NEVER."""
    if isinstance(logic, str):
        return logic
    inner = (one if isinstance(one, str) else f"({text(one)})" for one in logic.parts)
    return f" {logic.word} ".join(inner)


def branching(trial: Trial, calculated: Mapping[str, str]) -> Mapping[str, str]:
    """When the field of each element is shown; empty for always, as the screening date is.

    `calculated` names the fields that compute elements. What holds while the field itself is
    blank decides, so that no answer hides its own field.
    """
    relevance, shown = Relevance(trial, calculated, as_it_stands=True), {SCREENING_DATE: ""}
    sources = {field: {name, *trial.sources_of(name)} for name, field in calculated.items()}
    for name in (one.name for one in trial.answerable() if one.name != SCREENING_DATE):
        blank = {name, *(field for field, names in sources.items() if name in names)}
        irrelevant = conditions.while_blank(relevance.irrelevant(name), blank)
        always = irrelevant == conditions.NEVER
        shown[name] = "" if always else text(_unless(irrelevant, trial))
    return shown


def _unless(condition: conditions.Condition, trial: Trial) -> Logic:
    """What holds where `condition` does not, turned round part by part."""
    match condition:
        case Joined(word, parts):
            combine = every if word == "or" else some
            return combine(_unless(part, trial) for part in parts)
        case conditions.Chosen(field, values):
            return every(unequal(field, code_of(value)) for value in values)
        case conditions.Answered(field):
            unchosen = [unequal(field, code) for code in _codes(field, trial)]
            return every(unchosen or [equal(field, "")])
        case conditions.Unanswered(field):
            chosen = [equal(field, code) for code in _codes(field, trial)]
            return some(chosen or [filled(field)])
        case conditions.Bounded(field, operator, bound):
            beyond = f"[{field}] {operator.opposite.sign} {show_number(bound)}"
            return some((equal(field, ""), beyond))
        case conditions.Compared(field, operator, other):
            beyond = f"[{field}] {operator.opposite.sign} [{other}]"
            return some((equal(field, ""), equal(other, ""), beyond))
        case _:
            assert_never(condition)


def _codes(field: str, trial: Trial) -> tuple[str, ...]:
    """The codes of a field with choices, but for "unknown"; none for a number or date."""
    element = trial.elements.get(field)
    return () if element is None else tuple(map(code_of, values_of(element)))


def code_of(value: bool | str) -> str:
    return YES_NO[value] if isinstance(value, bool) else value
