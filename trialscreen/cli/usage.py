"""Wrong usage, as Typer finds it, told like every other problem."""

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import typer

from trialscreen.cli.output import Format, refuse
from trialscreen.text.characters import nearest, printable, short, shown

_USAGE_ERROR: Any = typer.BadParameter.__base__
"""Typer's `UsageError`, which each of its versions keeps in another module."""


@contextmanager
def usage_told_alike() -> Iterator[None]:
    """Turns Typer's errors of usage into InputError; help for want of arguments stays help."""
    try:
        yield
    except _USAGE_ERROR as error:
        if type(error).__name__ == "NoArgsIsHelpError":
            raise
        where, message = _told(error)
        refuse(where, message)


def option_hint(name: str, options: Iterable[str]) -> str:
    """What may be meant by an option that a command with these `options` does not have."""
    known = tuple(options)
    if name == "--criteria":
        return " It stands before the command: trialscreen --criteria FILE …"
    formats = [f"--{form}" for form in Format]
    if "--format" not in known and name in formats:
        return ""
    hint = nearest(name, (*known, *formats) if "--format" in known else known)
    for one in formats:
        if one not in known:
            hint = hint.replace(f"'{one}'", f"'--format {one[2:]}'")
    return hint


def _told(error: Any) -> tuple[str, str]:
    """Where something is wrong, and what."""
    context = error.ctx
    command = _command(context) if context is not None else ""
    if (param := getattr(error, "param", None)) is not None:
        name = param.opts[0] if param.opts[0].startswith("-") else param.metavar or param.name
        missing = type(error).__name__ == "MissingParameter"
        return (command, _missing(command, name, error)) if missing else (name, _bad_value(error))
    if (option := getattr(error, "option_name", None)) is not None:
        if type(error).__name__ == "NoSuchOption":
            options = (name for one in context.command.get_params(context) for name in one.opts)
            return short(option), f"no such option.{option_hint(option, options)}"
        return option, error.message.removeprefix(f"Option {option!r} ").rstrip(".")
    message = printable(error.message)
    known: Sequence[str] = tuple(getattr(context and context.command, "commands", ()))
    more = f" Known: {', '.join(known)}" if known else ""
    return command, message[:1].lower() + message[1:] + more


def _command(context: Any) -> str:
    """Its words after the program's own name, which may be `python -m trialscreen`."""
    return str(context.command_path.removeprefix(context.find_root().info_name).strip())


def _missing(command: str, name: str, error: Any) -> str:
    choices = (error.param.get_missing_message(ctx=error.ctx) or "").partition(":")[2].split()
    if choices:
        return f"{name} is missing; expected {' '.join(choices)}"
    return f"{name} is missing; see trialscreen {command} --help"


_EXPECTED = {
    "a valid integer": "a whole number",
    "a valid number": "a number",
    "greater than": "a number greater than",
    "less than": "a number less than",
}


def _bad_value(error: Any) -> str:
    """The value, and what would be accepted."""
    problems: Any = getattr(error.__cause__, "errors", list)()
    given = str(problems[0]["input"]) if problems else ""
    message = printable(error.message).removeprefix("Value error, ").rstrip(".")
    found, one_of, choices = message.partition(" is not one of ")
    if one_of:
        words = re.findall("'([^']*)'", choices)
        given = given or found.strip("'")
        return f"{shown(given)}; expected {', '.join(words)}.{nearest(given, words)}".rstrip(".")
    expected, _, _ = message.removeprefix("Input should be ").partition(",")
    for theirs, ours in _EXPECTED.items():
        expected = re.sub(f"^{theirs}", ours, expected)
    return f"{shown(given)}; expected {expected}" if given else message
