"""Draws the columns of simulated patients, vectorised, from the prevalences of the file."""

from collections.abc import Mapping
from datetime import date
from statistics import NormalDist
from typing import Any
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from tests.masks import EPOCH, Column, Mask, Patients
from tests.tools.prevalence import (
    Always,
    Choices,
    Derived,
    Entry,
    Lognormal,
    Normal,
    Nothing,
    Part,
    Uniform,
    Yes,
)
from trialscreen.model.rules import Rule
from trialscreen.model.trial import Element, Trial

DAYS_PER_YEAR = 365.25

_STORED = {"quantity": np.float64, "integer": np.int64, "boolean": np.bool_, "date": np.int32}
Floats = NDArray[np.floating[Any]]


class Chance:
    """Random numbers of one block of patients.

    A name always gives the same numbers, whatever else is drawn, and fewer rows give the
    first of them.
    """

    def __init__(self, seed: int, block: int, rows: int) -> None:
        self.seed, self.block, self.rows = seed, block, rows

    def uniform(self, name: str) -> Floats:
        return self._generator(name).random(self.rows, dtype=np.float32)

    def normal(self, name: str) -> Floats:
        return self._generator(name).standard_normal(self.rows)

    def _generator(self, name: str) -> np.random.Generator:
        return np.random.Generator(np.random.SFC64([self.seed, self.block, crc32(name.encode())]))


class Drawing:
    """Draws the columns of one block, one element after the other."""

    def __init__(self, trial: Trial, chance: Chance, on: date) -> None:
        self.chance, self.on = chance, on
        self.columns: dict[str, Column] = {}
        self.patients = Patients(self.columns, trial.elements, on)
        self.factors: dict[str, Floats] = {}

    def draw(self, entry: Entry) -> None:
        """Adds the column of `entry`, part by part."""
        element, rows = entry.element, self.chance.rows
        values: NDArray[Any] = np.zeros(rows, _STORED.get(element.type, np.int8))
        known = np.ones(rows, np.bool_)
        left = np.ones(rows, np.bool_)
        for index, part in enumerate(entry.parts):
            who = left & self._who(entry, part, index)
            left &= ~who
            if isinstance(part.distribution, Nothing):
                known &= ~who
            else:
                np.copyto(values, self._values(entry, part), where=who, casting="unsafe")
        if left.any():
            raise ValueError(f"prevalence of {element.name}: no part is left for some patients")
        self.columns[element.name] = Column(values, known)

    def _who(self, entry: Entry, part: Part, index: int) -> Mask:
        if part.when is not None:
            return self.patients.holds(part.when)
        if part.share < 1:
            return self._happens(entry, part.share, f"{entry.element.name} part {index}")
        return np.ones(self.chance.rows, np.bool_)

    def _happens(self, entry: Entry, share: float, name: str) -> Mask:
        """A share of patients; with loadings, those whose correlated normal is highest."""
        if not entry.loadings or share in (0, 1):
            return np.asarray(self.chance.uniform(name) < share)
        return np.asarray(self._normal(entry.loadings, name) > NormalDist().inv_cdf(1 - share))

    def _normal(self, loadings: Mapping[str, float], name: str) -> Floats:
        """Standard normal, correlated by the shared factors."""
        own = 1 - sum(loading**2 for loading in loadings.values())
        result = self.chance.normal(name) * np.sqrt(own) if own > 0 else np.zeros(self.chance.rows)
        for factor, loading in loadings.items():
            if factor not in self.factors:
                self.factors[factor] = self.chance.normal(f"factor {factor}")
            result = result + loading * self.factors[factor]
        return result

    def _values(self, entry: Entry, part: Part) -> NDArray[Any]:
        element = entry.element
        match part.distribution:
            case Yes(share):
                return self._happens(entry, share, element.name)
            case Choices(shares):
                return self._choices(element, shares)
            case Derived():
                assert isinstance(element.derive, Rule)
                return self.patients.holds(element.derive)
            case _:
                numbers = self._numbers(entry, part)
                if element.type == "date":
                    return self._days(numbers, part)
                return np.round(numbers, 0 if element.type == "integer" else entry.decimals)

    def _choices(self, element: Element, shares: Mapping[str, float]) -> NDArray[Any]:
        names = list(shares)
        ends = np.cumsum(list(shares.values()))[:-1]
        drawn = np.searchsorted(ends, self.chance.uniform(element.name), side="right")
        if element.type == "choice":
            return np.array([list(element.choices).index(name) for name in names], np.int8)[drawn]
        return np.array([float(name) for name in names])[drawn]

    def _numbers(self, entry: Entry, part: Part) -> Floats:
        name = entry.element.name
        # A factor that decides who has a value would shift the value's median as well.
        loadings = entry.loadings if part.share == 1 else {}
        match part.distribution:
            case Normal(mean, sd):
                numbers = mean + sd * self._normal(loadings, name)
            case Lognormal(median, spread):
                numbers = median * np.exp(spread * self._normal(loadings, name))
            case Uniform(low, high):
                numbers = low + (high - low) * self.chance.uniform(name)
            case Always(value):
                numbers = np.full(self.chance.rows, value)
            case _:
                raise TypeError(f"{part.distribution} has no numbers")
        clipped: Floats = np.clip(numbers, part.least, part.most)
        return clipped if part.times is None else clipped * self.columns[part.times].values

    def _days(self, years: Floats, part: Part) -> NDArray[Any]:
        """Days since 1970-01-01, none after the screening date."""
        today = self.on.toordinal() - EPOCH
        days = np.rint(years * DAYS_PER_YEAR).astype(np.int32)
        if part.years_after is None:
            return np.asarray(today - days)
        return np.asarray(np.minimum(self.columns[part.years_after].values + days, today))
