"""Base classes of all commands: fast parsing of options and element flags, examples in help.

Typer converts every value with pydantic, whose import took two fifths of the start-up time. So
simple values are converted here; Typer handles numbers and whatever is invalid.

There is one flag for each data element of the criteria file in use. Creating a hundred Typer
options would take a fifth of the start-up time (0.3 ms each), so element flags are parsed here, and
created for Typer only for shell completion.
"""

import os
from collections.abc import Callable, Mapping, Set
from enum import StrEnum
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from typer.core import TyperCommand

from trialscreen.answers.values import UNKNOWN_WORD
from trialscreen.cli.output import Format
from trialscreen.criteria_file.load import load_trial
from trialscreen.model.errors import Problem, raise_any
from trialscreen.model.trial import SCREENING_DATE, Element, Trial
from trialscreen.screening.samples import with_sample_days
from trialscreen.text.characters import flag, short, shown

TWICE = "given twice; give it once"

Make = Callable[[str], object]
"""Converts a text; raises ValueError if Typer should handle it instead."""


def _text(text: str) -> str:
    text.encode()  # raises an error for bytes that are not valid text
    return text


def _path(text: str) -> Path:
    # Path.exists would raise an error for too long a name, or an inaccessible folder.
    if os.path.exists(_text(text)) and not os.access(text, os.R_OK):  # noqa: PTH110
        raise ValueError(text)
    return Path(text)


_OF_TYPE: Mapping[Any, Make] = {
    **dict.fromkeys((str, str | None, list[str], list[str] | None), _text),
    **dict.fromkeys((Path, Path | None), _path),
}


def as_given(command: Any) -> Any:
    """Makes a command or group take each value unconverted, and each option only once."""
    stated, parser_of = getattr(command.callback, "__annotations__", {}), command.make_parser

    def make_parser(context: Any) -> Any:
        for param in command.get_params(context):
            kind = stated.get(param.name)
            is_choice = isinstance(kind, type) and issubclass(kind, StrEnum)
            param.process_value = partial(_taken, param, kind if is_choice else _OF_TYPE.get(kind))
        parser = parser_of(context)
        parser.parse_args = partial(_each_once, parser.parse_args, context)
        return parser

    command.make_parser = make_parser
    return command


def _each_once(parse: Callable[..., Any], context: Any, args: list[str]) -> Any:
    """Parses `args`, refusing repeated options, of which Typer would use the last."""
    parsed = parse(args=args)
    options = [one for one in parsed[2] if one.param_type_name == "option"]
    single = [one for one in options if not (one.multiple or one.is_flag)]
    if not context.resilient_parsing:
        again = (one for at, one in enumerate(single) if one in single[:at])
        raise_any([Problem(max(one.opts, key=len), TWICE) for one in again])
    return parsed


def _taken(param: Any, make: Make | None, context: Any, value: Any) -> Any:
    """A parameter's value, converted by Typer unless it is simple."""
    try:
        made = _made(param, make, value)
    except ValueError:
        return type(param).process_value(param, context, value)
    return made if param.callback is None else param.callback(context, param, made)


def _made(param: Any, make: Make | None, value: Any) -> Any:
    several = param.multiple or param.nargs == -1
    if value is None and not param.required:
        return () if several else None
    if isinstance(value, StrEnum | float):
        return value  # a default
    if make is None or value in (None, (), []):
        raise ValueError
    return tuple(map(make, value)) if several else make(value)


# Help.

EXAMPLES: Mapping[str, tuple[tuple[str, str], ...]] = {
    "screen": (
        ("screen", "The interview."),
        ("screen patient.yaml", "The answers in a file."),
        ('screen --weight "121 lb" --age 61', "Values as flags."),
        ("screen --quick --ask participant", "On the phone."),
        ("screen --save s014.yaml", "Stop it, keep it."),
        ("screen --resume s014.yaml", "Go on with it later."),
        ("screen --rescreen s014.yaml", "The answers, today."),
        ("screen patient.yaml --format json", "For scripts."),
    ),
    "report": (
        ("report patient.yaml -o record.html", "A page to sign."),
        ("report --log site.log -o log.html", "A log, to print."),
        ("report --log site.log --entry 7 -o 7.html", "One entry of it."),
        ("report --blank -o paper.html", "Questions on paper."),
    ),
    "elements": (
        ("elements", "Every flag, by section."),
        ("elements Fractures", "Those of a section."),
        ("elements --template yaml -o patient.yaml", "To fill: one patient."),
        ("elements --template xlsx -o site.xlsx", "To fill: many."),
    ),
}

_COMMAND, _DESCRIPTION = 52, 22
"""The most columns for an example's command, and the least for its description."""


class Command(TyperCommand):
    """A command whose help begins with examples."""

    def format_help_text(self, ctx: Any, formatter: Any) -> None:
        if rows := EXAMPLES.get(str(ctx.info_name)):
            with formatter.section("Examples"):
                told = [(f"trialscreen {line}", what) for line, what in rows]
                # On a narrow page, the description goes below the command.
                formatter.write_dl(told, max(min(_COMMAND, formatter.width - _DESCRIPTION - 4), 4))
        super().format_help_text(ctx, formatter)


class Flags(NamedTuple):
    """The values of element flags, as texts by element; `rest` are the arguments for Typer."""

    trial: Trial
    texts: dict[str, list[str]]
    rest: list[str]
    problems: list[Problem]


class ElementFlagsCommand(Command):
    """A command with a flag for each data element, in addition to its function's options.

    The flags' values become the `obj` of its context.
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


def labelled_flag(trial: Trial, name: str) -> str:
    """An element's flag for messages, with its label unless that is the same words."""
    element = trial.elements.get(name)  # the screening date need not be one
    if element is None or element.label.casefold() == name.replace("_", " "):
        return flag(name)
    return f"{flag(name)} ({element.label})"


def _take(
    args: list[str], trial: Trial, elements: Mapping[str, Element], own: Mapping[str, Any]
) -> Flags:
    """Separates element flags from a command's other arguments; `own` are its other options.

    The word after an option that takes a value is its value. Any other word, and every word after
    `--`, is a file of answers.
    """
    taken = Flags(trial, {}, [], [])
    seen: set[str] = set()
    strange = False  # whether the previous word was an unknown option, which may take a value
    ahead = iter(args)
    for arg in ahead:
        name, equals, value = arg.partition("=")
        if name in elements and (name in own or name == "--help"):
            message = "is an option and a data element; give the element in a file"
            taken.problems.append(Problem(name, message))
            strange = not equals
            continue
        if name in elements:
            values = [value] if equals else list(islice(ahead, 1))
            taken.texts.setdefault(elements[name].name, []).extend(values)
            if not values:
                where = labelled_flag(trial, elements[name].name)
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
        elif arg.startswith("-") and arg.strip("-") and not (strange and arg[1:2].isdigit()):
            from trialscreen.cli.usage import option_hint

            hint = option_hint(name, (*elements, *own), Format if "--format" in own else ())
            taken.problems.append(Problem(short(name), f"no such option.{hint}"))
            strange = not equals
            continue
        elif arg == "--" or not strange:
            for word in ahead if arg == "--" else (arg,):
                _take_file(word, taken, seen)
        strange = False
    return taken


def _take_file(word: str, taken: Flags, seen: set[str]) -> None:
    """Takes a word as the file of answers, if there can be one."""
    if message := _no_file(word, seen):
        taken.problems.append(Problem(shown(word), message))
    else:
        seen.add("--from")
        taken.rest.extend(("--from", word))


def _no_file(word: str, seen: Set[str]) -> str:
    """Why a word cannot be the file of answers; empty if it can."""
    if word != "-" and not os.path.lexists(word):
        if word.endswith((".yaml", ".yml", ".json")):
            return "there is no such file"
        return "stands alone, and there is no such file; a value needs its option"
    return "a second file of answers; give one" if "--from" in seen else ""
