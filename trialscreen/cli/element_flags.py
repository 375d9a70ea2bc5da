"""One flag per data element, from the criteria file that the command line names.

A Typer option costs 0.3 ms to make, and a hundred of them a fifth of the start-up time; so they
are taken from the arguments here, and made for Typer only where it completes them.
"""

import os
from collections.abc import Mapping, Set
from itertools import islice
from typing import Any, NamedTuple

from trialscreen.answers.values import UNKNOWN_WORD
from trialscreen.cli.commands import TWICE, Command
from trialscreen.cli.output import Format
from trialscreen.criteria_file.load import load_trial
from trialscreen.model.errors import Problem
from trialscreen.model.trial import SCREENING_DATE, Element, Trial
from trialscreen.screening.samples import with_sample_days
from trialscreen.text.characters import flag, short, shown


class Flags(NamedTuple):
    """What was given by flags, as texts by element; the `rest` of the arguments is for Typer."""

    trial: Trial
    texts: dict[str, list[str]]
    rest: list[str]
    problems: list[Problem]


class ElementFlagsCommand(Command):
    """A command that takes a flag per data element, beside the options of its function.

    What was given by them is the object of its context.
    """

    def make_context(
        self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any
    ) -> Any:
        completing = bool(extra.get("resilient_parsing"))
        if completing:
            from trialscreen.cli.completion import element_options, trial_behind

        trial = trial_behind(parent) if completing else load_trial(parent.obj if parent else None)
        named = with_sample_days(trial).answerable()
        elements = {flag(e.name): e for e in named if e.name != SCREENING_DATE}
        own = {name: option for option in self.params for name in option.opts}
        flags = _take(args, trial, elements, own)
        if completing:
            asked = (one for one in elements.values() if one.name in trial.elements)
            self.params = [*self.params, *element_options(asked)]
        context = super().make_context(info_name, flags.rest, parent=parent, **extra)
        context.params = {option.name: context.params[option.name] for option in own.values()}
        context.obj = flags
        return context

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        return [*super().collect_usage_pieces(ctx), "[FILE]"]


def told_flag(trial: Trial, name: str) -> str:
    """An element's flag for messages: with its label, where that says something else."""
    element = trial.elements.get(name)  # the screening date need not be one
    if element is None or element.label.casefold() == name.replace("_", " "):
        return flag(name)
    return f"{flag(name)} ({element.label})"


def _take(
    args: list[str], trial: Trial, elements: Mapping[str, Element], own: Mapping[str, Any]
) -> Flags:
    """Sorts the arguments of a command whose other options are `own`.

    The word after an option that takes a value is its value; one alone is a file of answers.
    """
    taken = Flags(trial, {}, [], [])
    seen: set[str] = set()
    strange = False  # whether the word before was an unknown option, which may have a value
    ahead = iter(args)
    for arg in ahead:
        name, equals, value = arg.partition("=")
        if name in elements:
            values = [value] if equals else list(islice(ahead, 1))
            taken.texts.setdefault(elements[name].name, []).extend(values)
            if not values:
                where = told_flag(trial, elements[name].name)
                message = f"needs a value; write {UNKNOWN_WORD} for none"
                taken.problems.append(Problem(where, message))
        elif name in own or arg in ("--help", "-h"):
            valued = name in own and not own[name].is_flag and not equals
            words = (arg, *islice(ahead, 1 if valued else 0))
            if name in seen and arg.startswith("--") and name in own and not own[name].multiple:
                taken.problems.append(Problem(name, TWICE))
            else:
                taken.rest.extend(words)
            seen.add(name)
        elif arg.startswith("-") and arg != "-" and not (strange and arg[1:2].isdigit()):
            from trialscreen.cli.usage import option_hint

            hint = option_hint(name, (*elements, *own), Format if "--format" in own else ())
            taken.problems.append(Problem(short(name), f"no such option.{hint}"))
            strange = not equals
            continue
        elif not strange and (message := _no_file(arg, seen)):
            taken.problems.append(Problem(shown(arg), message))
        elif not strange:
            seen.add("--from")
            taken.rest.extend(("--from", arg))
        strange = False
    return taken


def _no_file(word: str, seen: Set[str]) -> str:
    """Why a word that stands alone is not a file of answers; empty if it is one."""
    if word != "-" and not os.path.lexists(word):
        if word.endswith((".yaml", ".yml", ".json")):
            return "there is no such file"
        return "stands alone, and there is no such file; a value needs its option"
    return "a second file of answers; give one" if "--from" in seen else ""
