"""What a REDCap data dictionary cannot carry of a trial's questions, in words."""

from collections.abc import Iterator

from trialscreen.model.rules import AtLeastN, Rule, parts_of
from trialscreen.model.trial import Formula, Trial
from trialscreen.output.export.lost_in_forms import comparisons, not_in_forms
from trialscreen.output.export.redcap.calc import calculation
from trialscreen.text.characters import some

RECOMMENDED_LENGTH = 26


def not_in_dictionary(trial: Trial) -> list[str]:
    """What the dictionary leaves out, a line each."""
    return [*_of_answers(trial), *_of_logic(trial), *_of_names(trial)]


def _of_answers(trial: Trial) -> Iterator[str]:
    elements = tuple(trial.answerable())
    types = {one.type for one in elements}
    yield "the criteria and the verdict: screen a raw export of the form with 'cohort'"
    if types - {"boolean", "choice"}:
        yield "values known in part, as <20 or 2026-03: a number or date is exact, or left blank"
        yield "accepted ranges as limits: REDCap warns of a value outside, and keeps it"
    if "date" in types:
        yield "that no date lies after the screening date"
    yield from not_in_forms(trial)
    if valid := [one.name for one in elements if one.valid_if is not None]:
        yield f"that a value may not count, in the value itself: {some(valid)}"
    left = [
        one.name
        for one in trial.elements.values()
        if isinstance(one.derive, Formula) and calculation(trial, one.name) is None
    ]
    if left:
        yield f"how values are worked out, so they are only entered: {some(left)}"


def _of_logic(trial: Trial) -> Iterator[str]:
    if any(trial.elements[test.element].type == "date" for test in comparisons(trial)):
        yield "relevance that hangs on a window of time or on two dates: the question is shown"
    if any(_counts(criterion.rule) for criterion in trial.criteria):
        yield "relevance that hangs on 'at least n of': the question is shown"
    yield "answers to a question that others hide later: REDCap asks whether to erase them"


def _counts(rule: Rule) -> bool:
    if isinstance(rule, AtLeastN) and not (rule.is_all or rule.is_any):
        return True
    return any(map(_counts, parts_of(rule)))


def _of_names(trial: Trial) -> Iterator[str]:
    long = [one.name for one in trial.answerable() if len(one.name) > RECOMMENDED_LENGTH]
    if long:
        count = f"{len(long)} of {sum(1 for _ in trial.answerable())}"
        yield (
            f"short names: {count} have more than the {RECOMMENDED_LENGTH} characters that REDCap"
            f" recommends: {some(long)}"
        )
