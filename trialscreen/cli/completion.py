"""Shell completion: criteria, sections, dose cohorts, and the flags and answers of elements."""

import inspect
from collections.abc import Callable, Iterable
from typing import Any

import typer

from trialscreen.answers.values import PENDING_WORD, UNKNOWN_WORD
from trialscreen.cli.parameters import command_of, option
from trialscreen.criteria_file.load import load_trial
from trialscreen.model.errors import InputError
from trialscreen.model.trial import Element, Trial

Offers = list[tuple[str, str]]
"""Words with their descriptions; Typer filters them by what was typed."""


def trial_behind(context: Any) -> Trial:
    """The trial named by the incomplete command line; the packaged one if it cannot be read."""
    path = context.find_root().params.get("criteria")
    try:
        return load_trial(path or None)
    except InputError:
        return load_trial()


def criterion_ids(context: typer.Context) -> Offers:
    return [(one.id, one.label) for one in trial_behind(context).criteria]


def section_ids(context: typer.Context) -> Offers:
    return [(one.id, one.title) for one in trial_behind(context).sections]


def dose_cohorts(context: typer.Context) -> Offers:
    return [(one.name, one.dose) for one in trial_behind(context).registration.dose_cohorts]


def answers_of(element: Element) -> Offers:
    """The words that answer an element; for numbers and dates, those for missing values only."""
    words = {"yes": "", "no": element.no_text} if element.type == "boolean" else element.choices
    return [*words.items(), (UNKNOWN_WORD, "not known"), (PENDING_WORD, "awaited")]


def _offering(element: Element) -> Callable[[], Offers]:
    return lambda: answers_of(element)


def element_options(elements: Iterable[Element]) -> list[Any]:
    """The elements' flags as Typer options, created from a synthetic signature."""

    def command(**_values: Any) -> None:
        """Never called."""

    parameters = [
        inspect.Parameter(
            one.name,
            inspect.Parameter.KEYWORD_ONLY,
            default=option(one.ask, autocompletion=_offering(one)),
            annotation=str | None,
        )
        for one in elements
    ]
    command.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    return list(command_of(command).params)
