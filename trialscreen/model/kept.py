"""Caching of values computed on first use: `kept` for properties, `Keeps` for any function."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

Made = TypeVar("Made")

if TYPE_CHECKING:
    from functools import cached_property

    kept = cached_property
else:

    class kept:  # noqa: N801 - lower case, like `property`
        """`functools.cached_property` without a lock, as it is from Python 3.12 on.

        A screening reads about a hundred of them; the locks of 3.11 cost more than most values.
        """

        def __init__(self, make):
            self._make = make
            self.__doc__ = make.__doc__

        def __set_name__(self, owner, name):
            self._name = name

        def __get__(self, one, owner):
            if one is None:
                return self
            made = one.__dict__[self._name] = self._make(one)
            return made


class Keeps:
    """An object that caches what functions compute from it."""

    def once(self, make: Callable[..., Made], *arguments: object) -> Made:
        """`make(self, *arguments)`, cached by `make` alone: the arguments must not matter."""
        kept: dict[Any, Made] = self.__dict__
        try:
            return kept[make]
        except KeyError:
            pass  # not called here: a KeyError of its own would be chained to this one
        kept[make] = made = make(self, *arguments)
        return made
