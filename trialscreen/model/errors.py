"""Input errors: `Problem` describes one, and the exception `InputError` carries all of them."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple, NoReturn


class Problem(NamedTuple):
    """One thing that is wrong with the input.

    `where` is the place as the user knows it (a flag, or a file, line, column and path);
    `message` names the value and says what would be accepted. `elements` are the elements that
    contradict each other, none of them wrong by itself; empty for any other problem.
    """

    where: str
    message: str
    elements: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.where}: {self.message}" if self.where else self.message


class InputError(Exception):
    """Bad input. `problems` lists everything found, so that all of it can be fixed at once.

    >>> try:
    ...     trialscreen.screen(trial, {"weight": "heavy", "hight": 160}, on=date(2026, 6, 1))
    ... except trialscreen.InputError as error:
    ...     for problem in error.problems:
    ...         print(problem)
    weight: 'heavy' is not a number
    hight: no data element is named 'hight'. Did you mean 'height'?

    `str(error)` gives only their number, so that logs and tracebacks show no patient's values.
    """

    def __init__(self, problems: Sequence[Problem]) -> None:
        count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
        super().__init__(f"{count} with what was given; see .problems")
        self.problems = tuple(problems)


class ValueProblem(ValueError):
    """A value that cannot be read; the caller adds where it came from."""


def refuse(where: str, message: str) -> NoReturn:
    """Raises InputError with one problem, without the exception being handled as its cause."""
    raise InputError([Problem(where, message)]) from None


def raise_any(problems: Sequence[Problem]) -> None:
    """Raises InputError with these problems, if there are any."""
    if problems:
        raise InputError(problems)


MOST_TOLD = 20
"""How many problems in records are reported one by one; the rest are only counted."""


@contextmanager
def collected(problems: list[Problem], where: str | None = None) -> Iterator[None]:
    """Collects the problems raised inside into `problems`, so that all are reported at once.

    `where` is the place recorded for a ValueProblem; without it, ValueProblem propagates.
    """
    try:
        yield
    except InputError as error:
        problems.extend(error.problems)
    except ValueProblem as problem:
        if where is None:
            raise
        problems.append(Problem(where, str(problem)))
