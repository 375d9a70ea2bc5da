"""What all commands have in common: values are taken as they are given, help begins with examples.

Typer converts every value by pydantic, also those that nobody gave, and importing that took
two fifths of the start. So Typer is asked for what is not in order, and for numbers.
"""

import os
from collections.abc import Callable, Mapping
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Any

from typer.core import TyperCommand

from trialscreen.model.errors import Problem, raise_any

TWICE = "given twice; give it once"


Make = Callable[[str], object]
"""What is made of a text; raises ValueError where Typer is to look at it."""


def _text(text: str) -> str:
    text.encode()  # an argument's bytes may be no text
    return text


def _path(text: str) -> Path:
    # Path.exists would raise an error for a name that is too long, or in a closed folder.
    if os.path.exists(_text(text)) and not os.access(text, os.R_OK):  # noqa: PTH110
        raise ValueError(text)
    return Path(text)


_OF_TYPE: Mapping[Any, Make] = {
    **dict.fromkeys((str, str | None, list[str], list[str] | None), _text),
    **dict.fromkeys((Path, Path | None), _path),
}


def as_given(command: Any) -> Any:
    """The same command or group, which takes each value as it is given, and each option once."""
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
    """What is parsed; an option with a second value is refused, for the last one would count."""
    parsed = parse(args=args)
    options = [one for one in parsed[2] if one.param_type_name == "option"]
    single = [one for one in options if not (one.multiple or one.is_flag)]
    if not context.resilient_parsing:
        again = (one for at, one in enumerate(single) if one in single[:at])
        raise_any([Problem(max(one.opts, key=len), TWICE) for one in again])
    return parsed


def _taken(param: Any, make: Make | None, context: Any, value: Any) -> Any:
    """A parameter's value, by Typer's own way if it is not this simple."""
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

_COMMAND, _TOLD = 52, 22
"""Columns that a command may take, and that what it does needs beside it."""


class Command(TyperCommand):
    """A command whose help begins with examples."""

    def format_help_text(self, ctx: Any, formatter: Any) -> None:
        if rows := EXAMPLES.get(str(ctx.info_name)):
            with formatter.section("Examples"):
                told = [(f"trialscreen {line}", what) for line, what in rows]
                # On a narrow page, what a command does stands below it.
                formatter.write_dl(told, max(min(_COMMAND, formatter.width - _TOLD - 4), 4))
        super().format_help_text(ctx, formatter)
