"""Turns functions into Typer commands: each parameter becomes an option or an argument."""

import inspect
from collections.abc import Callable, Iterator, Mapping
from functools import cache, wraps
from typing import Any, get_args

import typer

from trialscreen.criteria_file.load import load_trial
from trialscreen.model.trial import Trial
from trialscreen.text.characters import flag


def option(
    help: str, metavar: str | None = None, *names: str, default: Any = ..., **more: Any
) -> Any:
    """An option, used as its parameter's default; named after the parameter unless `names` are.

    A `bool` becomes a flag. An option is required unless its type allows None or it has a
    `default`.
    """

    def typers(name: str, kind: Any) -> Any:
        value = _otherwise(kind) if default is ... else default
        return typer.Option(value, *(names or (flag(name),)), help=help, metavar=metavar, **more)

    return typers


def argument(metavar: str, help: str, **more: Any) -> Any:
    """An argument, used as its parameter's default; required unless its type allows None."""

    def typers(_: str, kind: Any) -> Any:
        return typer.Argument(_otherwise(kind), metavar=metavar, help=help, **more)

    return typers


def _otherwise(kind: Any) -> Any:
    """The default for a parameter of this type; `...` if it is required."""
    if kind is bool:
        return False
    return None if type(None) in get_args(kind) else ...


def command_of(function: Callable[..., None], **settings: Any) -> Any:
    """The command for a function, each of whose parameters is an option or an argument.

    A parameter without a default receives the `Trial` in use, or the `Context`; one whose default
    is a NamedTuple stands for a group of options.
    """

    @wraps(function)
    def called(context: typer.Context, **given: Any) -> None:
        _filled(function, context, given)

    context = inspect.Parameter("context", inspect.Parameter.KEYWORD_ONLY, annotation=typer.Context)
    parameters = [context, *_options_of(function)]
    called.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    called.__annotations__ = {one.name: one.annotation for one in parameters}
    maker = typer.Typer(rich_markup_mode=None, add_completion=False)
    maker.command(**settings)(called)
    return typer.main.get_command(maker)


_parameters_of = cache(lambda function: inspect.signature(function).parameters)


def _options_of(function: Callable[..., object]) -> Iterator[inspect.Parameter]:
    """The options of a function or NamedTuple, as parameters for Typer."""
    for one in _parameters_of(function).values():
        if isinstance(one.default, tuple):
            yield from _options_of(type(one.default))
        elif one.default is not one.empty:
            told = one.default(one.name, one.annotation)
            yield inspect.Parameter(
                one.name, one.KEYWORD_ONLY, default=told, annotation=one.annotation
            )


def _filled(function: Callable[..., Any], context: typer.Context, given: Mapping[str, Any]) -> Any:
    """Calls a function, or creates a NamedTuple, with the given values of its options.

    A parameter without a default is not an option: it receives the trial in use, or the context.
    """
    values = {}
    for name, one in _parameters_of(function).items():
        if isinstance(one.default, tuple):
            values[name] = _filled(type(one.default), context, given)
        elif one.default is not one.empty:
            values[name] = given[name]
        else:
            values[name] = load_trial(context.obj) if one.annotation is Trial else context
    return function(**values)
