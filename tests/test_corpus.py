"""The recorded runs use every command and every option of the command line."""

from enum import Enum
from typing import Any

import pytest
import typer

from tests.tools.docs_build import commands
from tests.tools.recipes import runs
from trialscreen.cli.app import app

STEPS = [step for run in runs() for step in run.steps]
COMMANDS = {"": typer.main.get_command(app), **commands()}


def command_of(args: tuple[str, ...]) -> str:
    """The command that a command line calls; empty if there is none."""
    words = [word for word in args if not word.startswith("-") and not word.endswith(".yaml")]
    found = [" ".join(words[:count]) for count in (2, 1)]
    return next((name for name in found if name in COMMANDS), "")


USED: dict[str, set[str]] = {name: set() for name in COMMANDS}
for _step in STEPS:
    USED[command_of(_step.args)].update(word.split("=")[0] for word in _step.args)
    USED[""].update(_step.args)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_is_used(name: str) -> None:
    command: Any = COMMANDS[name]
    options = {tuple(one.opts) for one in command.params if one.opts[0].startswith("-")}
    assert "--help" in {*USED[name], *USED[""]}
    assert [one for one in options if USED[name].isdisjoint(one)] == []


def test_every_value_of_a_choice_is_used() -> None:
    words = {word for step in STEPS for word in step.args}
    kinds = {one.type_descriptor.annotation for name in COMMANDS for one in COMMANDS[name].params}
    choices = [kind for kind in kinds if isinstance(kind, type) and issubclass(kind, Enum)]
    assert len(choices) > 2
    assert [one for kind in choices for one in kind if one.value not in words] == []
