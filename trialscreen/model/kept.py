"""What is worked out when first asked for, and kept."""

from collections.abc import Callable
from typing import Any, Generic, Self, TypeVar, overload

Made = TypeVar("Made")
Owner = TypeVar("Owner")


class kept(Generic[Made]):  # noqa: N801 - it is written as property is
    """As functools.cached_property from Python 3.12 on: without a lock for each that is asked for.

    A patient has some hundred of them, and the locks of 3.11 took longer than most.
    """

    def __init__(self, make: Callable[[Any], Made]) -> None:
        self._make = make
        self.__doc__ = make.__doc__

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    @overload
    def __get__(self, one: None, owner: type) -> Self: ...
    @overload
    def __get__(self, one: object, owner: type) -> Made: ...
    def __get__(self, one: object | None, owner: type) -> Self | Made:
        if one is None:
            return self
        made = self._make(one)
        one.__dict__[self._name] = made
        return made


class Keeps:
    """What keeps what is made of it."""

    def once(self: Owner, make: Callable[[Owner], Made]) -> Made:
        """What `make` makes of this: made when first asked for, and kept."""
        kept: dict[Any, Any] = self.__dict__
        if make not in kept:
            kept[make] = make(self)
        found: Made = kept[make]
        return found
