"""The commands, each imported when it is asked for: a run needs one of them, and starts sooner."""

from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Any, NamedTuple

import typer
from typer.core import TyperGroup

from trialscreen.cli.element_flags import ElementFlagsCommand
from trialscreen.cli.help import help_of


class _Place(NamedTuple):
    """A function or a Typer, by its module in `trialscreen.cli` and its name there."""

    module: str
    name: str
    short_help: str
    kind: type[ElementFlagsCommand] | None = None


_PLACES = {
    "screen": _Place("screen", "screen", "Screen one patient.", ElementFlagsCommand),
    "report": _Place("report", "report", "Write a page to sign.", ElementFlagsCommand),
    "trial": _Place("trial", "trial", "Show the trial and its dose cohorts."),
    "criteria": _Place("trial", "criteria", "Show the criteria word for word."),
    "cohort": _Place("cohort", "cohort", "Screen a table of patients."),
    "sql": _Place("sql", "sql", "Print the query that screens a table."),
    "check": _Place("trial", "check", "Check a criteria file."),
    "log": _Place("log", "log_app", "The screening log."),
    "export": _Place("export", "export", "Write the formats of other systems."),
}


class Commands(TyperGroup):
    """The group of all commands, by name."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.commands = _OnDemand()  # type: ignore[assignment]  # nothing is added to it


class _OnDemand(Mapping[str, Any]):
    """The commands by name, in the order of help; made anew each time."""

    def __getitem__(self, name: str) -> Any:
        return _made(_PLACES[name], name)

    def __iter__(self) -> Iterator[str]:
        return iter(_PLACES)

    def __len__(self) -> int:
        return len(_PLACES)


def _made(place: _Place, name: str) -> Any:
    found = getattr(import_module(f"trialscreen.cli.{place.module}"), place.name)
    maker = typer.Typer(rich_markup_mode=None)
    if isinstance(found, typer.Typer):
        maker.add_typer(found, name=name, short_help=place.short_help)
    else:
        command = maker.command(
            name, cls=place.kind, help=help_of(found), short_help=place.short_help
        )
        command(found)
    return typer.main.get_group(maker).commands[name]
