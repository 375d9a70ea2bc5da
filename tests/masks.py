"""For which simulated patients a rule holds: arrays in, an array of booleans out.

Here nothing is unknown. A column without a value for a patient does not apply to this
patient, and no test of it holds.
"""

import operator
from collections.abc import Mapping
from datetime import date
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from trialscreen.model.rules import (
    AtLeastN,
    Clause,
    Compare,
    ElementRef,
    Given,
    Is,
    Not,
    OneOf,
    Operator,
    Rule,
    Within,
)
from trialscreen.model.trial import Element

EPOCH = date(1970, 1, 1).toordinal()
Mask = NDArray[np.bool_]

_COMPARE = {
    Operator.AT_LEAST: operator.ge,
    Operator.AT_MOST: operator.le,
    Operator.ABOVE: operator.gt,
    Operator.BELOW: operator.lt,
}


class Column(NamedTuple):
    """One element of n patients: values of shape (n,), and where there is one.

    Booleans; codes of choices, in the order of the element; numbers in the element's
    unit; dates in days since 1970-01-01.
    """

    values: NDArray[Any]
    known: Mask


class Patients(NamedTuple):
    """What is drawn so far, and what is needed to judge it."""

    columns: Mapping[str, Column]
    elements: Mapping[str, Element]
    on: date

    def holds(self, rule: Rule) -> Mask:
        """Where `rule` holds, shape (n,)."""
        match rule:
            case AtLeastN(count, parts):
                return np.asarray(sum(self.holds(part).astype(int) for part in parts) >= count)
            case Not(part):
                return ~self.holds(part)
            case Clause(_, _, part):
                return self.holds(part)
            case _:
                column = self.columns[rule.element]
                return self._test(rule, column.values) & column.known

    def _test(self, test: Rule, values: NDArray[Any]) -> Mask:
        match test:
            case Is(name, value):
                return np.asarray(values == self._code(name, value))
            case OneOf(name, choices):
                return np.isin(values, [self._code(name, choice) for choice in choices])
            case Compare(_, compare, ElementRef(name)):
                bound = self.columns[name]
                return np.asarray(_COMPARE[compare](values, bound.values)) & bound.known
            case Compare(_, compare, (int() | float()) as bound):
                return np.asarray(_COMPARE[compare](values, bound))
            case Within(_, period):
                return np.asarray(values >= period.before(self.on).toordinal() - EPOCH)
            case Given():
                return np.ones(len(values), np.bool_)
            case _:
                raise TypeError(f"{test} is not a test")

    def _code(self, name: str, value: bool | str) -> int:
        """A yes/no, or the code of a choice."""
        return (
            int(value)
            if isinstance(value, bool)
            else list(self.elements[name].choices).index(value)
        )
