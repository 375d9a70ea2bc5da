"""What is worked out when first asked for, and kept."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

Made = TypeVar("Made")

if TYPE_CHECKING:
    from functools import cached_property

    kept = cached_property
else:

    class kept:  # noqa: N801 - it is written as property is
        """As functools.cached_property from Python 3.12 on: without a lock for each asked for.

        A patient has some hundred of them, and the locks of 3.11 took longer than most.
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
    """What keeps what is made of it."""

    def once(self, make: Callable[..., Made], *given: object) -> Made:
        """What `make` makes of this, once: what is `given` as well must not make a difference."""
        kept: dict[Any, Made] = self.__dict__
        try:
            return kept[make]
        except KeyError:
            pass  # what is made may raise another
        kept[make] = made = make(self, *given)
        return made
