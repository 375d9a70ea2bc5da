"""When a question is still needed, as a condition on the other fields of the form.

The same as `questions.missing` finds for one patient, turned into a condition once for all:
an element is open in a criterion while every part of the rule on the way down to it is
undecided. A part is decided by its other parts (a false part of an "and", a true part of an
"or"), and by what is entered in place of what it is derived from. Where REDCap cannot tell
that a part is decided, the question stays: a needed question is never hidden.
"""

from collections.abc import Callable, Iterator
from typing import assert_never

from trialscreen.model import rules
from trialscreen.model.trial import Formula, Trial
from trialscreen.output.export.redcap.certain import Form
from trialscreen.output.export.redcap.logic import ALWAYS, NEVER, Logic, every, negation, some


def shown_if(trial: Trial, name: str) -> Logic:
    """When the question for element `name` is shown. Always, if no criterion rests on it."""
    form = Form(trial, name)
    needed = some(_open_in(form, criterion.rule) for criterion in trial.criteria)
    return ALWAYS if needed == NEVER else needed


def _open_in(form: Form, rule: rules.Rule) -> Logic:
    """When the element asked for can still decide `rule`, undecided as far as this goes."""
    if isinstance(rule, rules.Test):
        return some(_open_element(form, name) for name in rules.elements_of_test(rule))
    match rule:
        case rules.AtLeastN(_, parts) if rule.is_all or rule.is_any:
            decides = form.fails if rule.is_all else form.holds
            return some(_part(form, parts, n, decides) for n in range(len(parts)))
        case rules.AtLeastN() | rules.Not() | rules.Clause():
            return some(_open_in(form, part) for part in rules.parts_of(rule))
        case _:
            assert_never(rule)


def _part(
    form: Form, parts: tuple[rules.Rule, ...], at: int, decides: Callable[[rules.Rule], Logic]
) -> Logic:
    """When part `at` is open and no other part decides the whole."""
    own = _open_in(form, parts[at])
    if own == NEVER:
        return NEVER
    others = (part for n, part in enumerate(parts) if n != at)
    return every([own, *(negation(decides(part)) for part in others)])


def _open_element(form: Form, name: str) -> Logic:
    """When the element asked for is element `name`, or can still settle its value."""
    if name == form.asking:
        return ALWAYS
    return some(_ways(form, name))


def _ways(form: Form, name: str) -> Iterator[Logic]:
    element = form.trial.elements[name]
    if element.valid_if is not None:
        yield _open_in(form, element.valid_if)
    missing = negation(form.entered(name))
    if isinstance(element.derive, Formula):
        inputs = some(_open_element(form, one) for one in element.derive.inputs)
        yield every([missing, inputs])
    elif element.derive is not None:
        yield every([missing, _open_in(form, element.derive)])
