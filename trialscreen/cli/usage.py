"""Turns Typer's usage errors into problems like all others, with suggestions."""

import re
from collections.abc import Iterable, Sequence
from typing import Any, NoReturn

from trialscreen.cli.output import Format
from trialscreen.model.errors import refuse
from trialscreen.text.characters import misspelt, nearest, printable, short, shown

_DAYS = ("--on", "--screening-date", "--date", "--day")
"""Names that users try for the date option; a command has at most one of the first two."""


def refuse_usage(error: Any) -> NoReturn:
    """Raises InputError for a usage error, except when help is shown for missing arguments."""
    if type(error).__name__ == "NoArgsIsHelpError":
        raise error
    refuse(*_place_and_message(error))


def option_hint(name: str, options: Iterable[str], formats: Iterable[str]) -> str:
    """A suggestion for an unknown option, in a command with these options and formats."""
    if name == "--criteria":
        return " It stands before the command: trialscreen --criteria FILE …"
    known = tuple(options)
    if name == "--format" and "--output" in known:
        return " The ending of the -o FILE says it."
    if name in _DAYS:  # before looking for the nearest: --on is near --json
        return "".join(f" Did you mean '{one}'?" for one in _DAYS[:2] if one in known)
    asked = [flag for form in formats if (flag := f"--{form}") not in known]
    if name in (f"--{form}" for form in Format) and not asked:
        return ""
    hint = nearest(name, (*known, *asked))
    for flag in asked:
        hint = hint.replace(f"'{flag}'", f"'--format {flag[2:]}'")
    return hint


def _place_and_message(error: Any) -> tuple[str, str]:
    """The place and the message for a usage error."""
    context = error.ctx
    command = ""
    if context is not None:  # after the program's own name, which may be `python -m trialscreen`
        command = context.command_path.removeprefix(context.find_root().info_name).strip()
    if (param := getattr(error, "param", None)) is not None:
        name = param.opts[0] if param.opts[0].startswith("-") else param.metavar or param.name
        if type(error).__name__ == "MissingParameter":
            choices = ", ".join(_choices(param, context))
            what = f"expected {choices}" if choices else f"see trialscreen {command} --help"
            return command, f"{name} is missing; {what}"
        message = _bad_value(error)
        is_page = (command, name) == ("screen", "--format") and message.casefold().startswith(
            "'html'"
        )
        return name, f"{message}. {_PAGE}" if is_page else message
    if (option := getattr(error, "option_name", None)) is not None:
        if type(error).__name__ == "NoSuchOption":
            own = {name: one for one in context.command.get_params(context) for name in one.opts}
            formats = _choices(own["--format"], context) if "--format" in own else ()
            return short(option), f"no such option.{option_hint(option, own, formats)}"
        return option, error.message.removeprefix(f"Option {option!r} ").rstrip(".")
    message = printable(error.message)
    known: Sequence[str] = tuple(getattr(context and context.command, "commands", ()))
    more = f" Known: {', '.join(known)}" if known else ""
    return command, message[:1].lower() + message[1:] + more


def _choices(option: Any, context: Any) -> list[str]:
    """An option's choices, taken from Typer's message for a missing value."""
    said = option.get_missing_message(ctx=context) or ""
    return re.findall(r"[^\s,]+", said.partition(":")[2])


_PAGE = "A page in HTML is made by trialscreen report"
_EXPECTED = {
    "a valid integer": "a whole number",
    "a valid number": "a number",
    "greater than": "a number greater than",
    "less than": "a number less than",
}


def _bad_value(error: Any) -> str:
    """A message with the value and what would be accepted."""
    problems: Any = getattr(error.__cause__, "errors", list)()
    given = str(problems[0]["input"]) if problems else ""
    message = printable(error.message).removeprefix("Value error, ").rstrip(".")
    found, one_of, choices = message.partition(" is not one of ")
    if one_of:
        words = re.findall("'([^']*)'", choices)
        given = given or found.strip("'")
        return f"{shown(given)}; expected {', '.join(words)}.{misspelt(given, words)}".rstrip(".")
    expected, _, _ = message.removeprefix("Input should be ").partition(",")
    for theirs, ours in _EXPECTED.items():
        expected = re.sub(f"^{theirs}", ours, expected)
    return f"{shown(given)}; expected {expected}" if given else message
