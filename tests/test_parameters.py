"""A parameter that takes its value as it is given takes what Typer would have made of it."""

from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import Any

import pytest
import typer

from tests.tools.docs_build import commands
from trialscreen.cli.app import app

COMMANDS: dict[str, Any] = {"": typer.main.get_command(app), **commands()}
TEXTS = ("", "7", "json", "JSON", "spark", "-", "no/such.yaml", "女.csv", "\udcff.csv", "kept.csv")
GIVEN = (None, [], (), *TEXTS, "x" * 300, *map(list, product(TEXTS[2:5], repeat=2)), ["\udcff"])


def made(of: Callable[[Any, Any], object], context: Any, value: object) -> object:
    """What is made of a value, with its type; or why nothing."""
    try:
        found = of(context, value)
    except typer.BadParameter.__base__ as error:  # type: ignore[misc]  # Typer's `UsageError`
        return type(error), str(error)
    if isinstance(found, list | tuple):  # Typer makes one of the other for the function
        return [(type(one), one) for one in found]
    return type(found), found


@pytest.mark.parametrize("name", COMMANDS)
def test_a_value_is_what_typer_makes_of_it(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("kept.csv").touch()
    # Root may read what is closed, so it is said to be closed.
    monkeypatch.setattr("os.access", lambda path, _how: str(path) != "kept.csv")
    command = COMMANDS[name]
    context = typer.Context(command, info_name=name)
    command.make_parser(context)
    params = command.get_params(context)
    assert params
    for param, given in product(params, (..., *GIVEN)):
        value = param.default if given is ... else given
        several = param.multiple or param.nargs == -1
        if param.is_eager or isinstance(value, str if several else list | tuple):
            continue  # it ends the program; or Typer's parser makes no such value
        typers = made(lambda *given: type(param).process_value(param, *given), context, value)  # noqa: B023 - called here
        assert made(param.process_value, context, value) == typers, (param.opts, value)
