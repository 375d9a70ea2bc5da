"""What no form carries of a trial's questions, be it FHIR's or REDCap's, in words."""

from collections.abc import Iterator

from trialscreen.model.rules import Compare, ElementRef, Test, Within
from trialscreen.model.trial import Trial
from trialscreen.text.characters import some


def not_in_forms(trial: Trial) -> Iterator[str]:
    """What a form leaves out of the values, a line each."""
    elements = tuple(trial.answerable())
    if units := [one.name for one in elements if one.accepts]:
        yield f"other units than the first: {some(units)}"
    if dated := [one.name for one in elements if one.valid_for is not None]:
        yield f"the days of samples, and how long a value is valid: {some(dated)}"
    if any(one.typical is not None for one in elements) or trial.checks:
        yield "usual ranges, and checks of one answer against another"


def comparisons(trial: Trial) -> Iterator[Test]:
    """The tests behind the criteria that need a window of time, or two answers."""
    for criterion in trial.criteria:
        for test in trial.reached(criterion.rule):
            of_two = isinstance(test, Compare) and isinstance(test.bound, ElementRef)
            if of_two or isinstance(test, Within):
                yield test
