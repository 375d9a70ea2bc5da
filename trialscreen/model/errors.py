"""Problems with what was given: values first, one exception to carry them all."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple, NoReturn


class Problem(NamedTuple):
    """One thing that is wrong with an input.

    `where` names the place as its author knows it (a flag, or file, line, column and
    path); `message` names the value and says what would be accepted. `elements` are those of
    a contradiction: none of them is wrong by itself.
    """

    where: str
    message: str
    elements: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.where}: {self.message}" if self.where else self.message


class InputError(Exception):
    """Bad input. `problems` are all that were found, so that all can be mended at once.

    >>> try:
    ...     trialscreen.screen(trial, {"weight": "heavy", "hight": 160}, on=date(2026, 6, 1))
    ... except trialscreen.InputError as error:
    ...     for problem in error.problems:
    ...         print(problem)
    weight: 'heavy' is not a number
    hight: no data element is named 'hight'. Did you mean 'height'?

    Its own text names no value: what a log or a traceback shows is how many problems there are.
    """

    def __init__(self, problems: Sequence[Problem]) -> None:
        # The messages name values: a traceback must not show them.
        said = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
        super().__init__(f"{said} with what was given; see .problems")
        self.problems = tuple(problems)


class ValueProblem(ValueError):
    """One value that cannot be read; the caller knows where it stood."""


def refuse(where: str, message: str) -> NoReturn:
    """Raises InputError with one problem; what was caught before it is not shown."""
    raise InputError([Problem(where, message)]) from None


def raise_any(problems: Sequence[Problem]) -> None:
    """Raises InputError with these problems, if there are any."""
    if problems:
        raise InputError(problems)


MOST_TOLD = 20
"""Problems in records that are told one by one: what cannot be used may be much."""


@contextmanager
def collected(problems: list[Problem], where: str | None = None) -> Iterator[None]:
    """Adds what is raised to `problems`, so that all can be told at once, and goes on.

    `where`: the place of a value that cannot be read. Without one, ValueProblem is raised.
    """
    try:
        yield
    except InputError as error:
        problems.extend(error.problems)
    except ValueProblem as problem:
        if where is None:
            raise
        problems.append(Problem(where, str(problem)))
