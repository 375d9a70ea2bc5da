"""One flag per data element, made from the criteria file when the command is parsed.

Each flag is declared as repeatable text: values have one parser (`values`), and a flag
that was given twice can be named.
"""

import inspect
from collections.abc import Callable, Iterable
from typing import Annotated, Any

import typer
from typer.core import TyperCommand

from trialscreen.cli.outcome import refuse
from trialscreen.errors import InputError
from trialscreen.packaged import load_trial
from trialscreen.trial import SCREENING_DATE, Element, Trial

TRIAL_KEY = "trialscreen.trial"
"""Where in a context's `meta` the loaded trial is found."""


class ElementFlagsCommand(TyperCommand):
    """A command whose function takes `answers=` from flags that the criteria file defines."""

    def make_context(
        self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any
    ) -> Any:
        try:
            trial = load_trial(parent.obj if parent is not None else None)
        except InputError as error:
            refuse(error)
        command = _with_flags(self, trial, _wanted(trial, args))
        self.params, self.callback = command.params, command.callback
        context = super().make_context(info_name, args, parent=parent, **extra)
        context.meta[TRIAL_KEY] = trial
        return context


def flag(name: str) -> str:
    return "--" + name.replace("_", "-")


def _wanted(trial: Trial, args: list[str]) -> list[Element]:
    """The elements whose flags these arguments can need.

    Making a flag costs about as much as reading its element, so a call that names only
    known flags gets those. Help, completion and misspelt flags need them all.
    """
    elements = [element for element in trial.answerable() if element.name != SCREENING_DATE]
    given = {arg.partition("=")[0] for arg in args if arg.startswith("-")}
    named = [element for element in elements if flag(element.name) in given]
    own = {"--from", "--screening-date", "--format", "--explain", "--verbatim", "--exit-zero"}
    values = {arg for arg in args if arg.startswith("-") and arg[1:2].isdigit()}
    known = own | values | {flag(element.name) for element in named}
    return named if args and given <= known else elements


def _with_flags(command: TyperCommand, trial: Trial, elements: Iterable[Element]) -> Any:
    """The same command with the elements' flags: made by Typer itself from a signature."""
    function = command.callback
    assert function is not None
    original: Callable[..., Any] = inspect.unwrap(function)
    own = [p for p in inspect.signature(original).parameters.values() if p.name != "answers"]
    flags = {element.name: _parameter(trial, element) for element in elements}

    def run(*args: Any, **values: Any) -> Any:
        answers = {name: values.pop(name) for name in flags}
        given = {name: texts for name, texts in answers.items() if texts}
        return original(*args, answers=given, **values)

    signature = inspect.Signature([*own, *flags.values()])
    run.__signature__ = signature  # type: ignore[attr-defined]
    run.__annotations__ = {p.name: p.annotation for p in signature.parameters.values()}
    run.__doc__ = original.__doc__
    maker = typer.Typer(add_completion=False)
    maker.command(name=command.name)(run)
    return typer.main.get_command(maker)


def _parameter(trial: Trial, element: Element) -> inspect.Parameter:
    option = typer.Option(
        flag(element.name),
        metavar=_escape(_metavar(trial, element)),
        help=_escape(element.ask),
        rich_help_panel=element.section,
        show_default=False,
    )
    return inspect.Parameter(
        element.name,
        inspect.Parameter.KEYWORD_ONLY,
        default=None,
        annotation=Annotated[list[str] | None, option],
    )


def _escape(text: str) -> str:
    """Keeps Rich, which prints the help, from taking brackets for markup."""
    if "[" not in text:
        return text
    from rich.markup import escape  # noqa: PLC0415 - seldom needed, and slow to import

    return escape(text)


def _metavar(trial: Trial, element: Element) -> str:
    match element.type:
        case "boolean":
            return "yes|no|unknown"
        case "choice":
            return "|".join((*element.choices, "unknown"))
        case "date":
            return "YYYY[-MM[-DD]]|unknown"
        case _:
            return f"{trial.unit_text(element.unit) or 'number'}|unknown"
