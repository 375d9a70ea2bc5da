"""Commands that take an option's value as it is given, where it needs no conversion.

Typer converts every value by pydantic, also those that nobody gave, and importing that took
two fifths of the start. So Typer is asked for what is not in order, and for numbers.
"""

import os
from collections.abc import Callable, Mapping
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Any

from typer.core import TyperCommand, TyperGroup

from trialscreen.model.errors import Problem, raise_any

Make = Callable[[str], object]
"""What is made of a text; raises ValueError where Typer is to look at it."""


def _path(text: str) -> Path:
    # Path.exists would raise an error for a name that is too long, or in a closed folder.
    if os.path.exists(text) and not os.access(text, os.R_OK):  # noqa: PTH110
        raise ValueError(text)
    return Path(text)


_OF_TYPE: Mapping[Any, Make] = {
    **dict.fromkeys((str, str | None, list[str], list[str] | None), str),
    **dict.fromkeys((Path, Path | None), _path),
}


class CommandAsGiven(TyperCommand):
    """A command of such options."""

    def get_params(self, ctx: Any) -> list[Any]:
        return _taking(super().get_params(ctx), self.callback)

    def make_parser(self, ctx: Any) -> Any:
        return _each_once(super().make_parser(ctx), ctx)


class GroupAsGiven(TyperGroup):
    """A group of commands with such options."""

    def get_params(self, ctx: Any) -> list[Any]:
        return _taking(super().get_params(ctx), self.callback)

    def make_parser(self, ctx: Any) -> Any:
        return _each_once(super().make_parser(ctx), ctx)


def _each_once(parser: Any, context: Any) -> Any:
    """The same parser, which refuses an option with a second value: the last one would count."""
    parse = parser.parse_args

    def parse_args(args: list[str]) -> Any:
        parsed = parse(args=args)
        if not context.resilient_parsing:
            raise_any([Problem(name, TWICE) for name in _repeated(parsed[2])])
        return parsed

    parser.parse_args = parse_args
    return parser


TWICE = "given twice; give it once"


def _repeated(params: list[Any]) -> list[str]:
    """The options in the order of a command line that have one value, and stand there again."""
    seen: set[str] = set()
    repeated = []
    for one in params:
        is_single = one.param_type_name == "option" and not (one.multiple or one.is_flag)
        if is_single and one.name in seen:
            repeated.append(max(one.opts, key=len))
        seen.add(one.name)
    return repeated


def _taking(params: list[Any], callback: Any) -> list[Any]:
    """The same parameters; `callback` states their types."""
    stated = getattr(callback, "__annotations__", {})
    for param in params:
        kind = getattr(stated.get(param.name), "__origin__", None)  # of Annotated[kind, ...]
        is_choice = isinstance(kind, type) and issubclass(kind, StrEnum)
        param.process_value = partial(_taken, param, kind if is_choice else _OF_TYPE.get(kind))
    return params


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
    if make is not None and isinstance(value, str) and not several:
        return make(_whole(value))
    if make is not None and isinstance(value, list | tuple) and value:
        return tuple(make(_whole(one)) for one in value)
    raise ValueError


def _whole(text: str) -> str:
    """A text; raises ValueError for an argument's bytes that are none."""
    text.encode()
    return text
