"""How much one UCUM unit is of another, for the units that screening meets.

A small table, to find factors that cannot be right; units that are not in it are not judged.
The Unified Code for Units of Measure, https://ucum.org/ucum
"""

import re
from collections import Counter
from collections.abc import Mapping
from typing import NamedTuple


class Scale(NamedTuple):
    """A unit as a number of base units: `dimension` has the power of each."""

    factor: float
    dimension: Mapping[str, int]


_PREFIXES = {"k": 3, "h": 2, "d": -1, "c": -2, "m": -3, "u": -6, "n": -9, "p": -12, "f": -15}
"""As powers of ten."""

_BY_BASE: Mapping[str, Mapping[str, float]] = {
    "g": {"g": 1, "[lb_av]": 453.59237, "[oz_av]": 28.349523125, "[stone_av]": 6350.29318},
    "m": {"m": 1, "[in_i]": 0.0254, "[ft_i]": 0.3048},
    "s": {"s": 1, "min": 60, "h": 3600, "d": 86_400, "wk": 604_800, "mo": 2_629_800},
    "mol": {"mol": 1},
    "[IU]": {"[IU]": 1, "[iU]": 1},
    "eq": {"eq": 1},
}
_UNITS = {
    **{code: Scale(n, {base: 1}) for base, units in _BY_BASE.items() for code, n in units.items()},
    "a": Scale(365.25 * 86_400, {"s": 1}),
    "L": Scale(1e-3, {"m": 3}),
    "l": Scale(1e-3, {"m": 3}),
    "U": Scale(1e-6 / 60, {"mol": 1, "s": -1}),
    "kat": Scale(1, {"mol": 1, "s": -1}),
    "%": Scale(0.01, {}),
    "1": Scale(1, {}),
}
_METRIC = ("g", "m", "s", "mol", "L", "l", "U", "kat", "[IU]", "[iU]", "eq")
_POWER_OF_TEN = re.compile(r"10[*^](-?[0-9]+)")
_ATOM = re.compile(r"((?:[A-Za-z]*\[[^\]]+\])|[A-Za-z]+|%|1)(-?[0-9]+)?")


def ratio(code: str, other: str) -> float | None:
    """How many `other` one `code` is; None where the table cannot tell, or their kinds differ."""
    one, two = scale(code), scale(other)
    if one is None or two is None or one.dimension != two.dimension:
        return None
    return one.factor / two.factor


def grams_per_mole(code: str, other: str, factor: float) -> float | None:
    """The molar mass by which one `code` is `factor` of `other`, one a mass and one an amount."""
    one, two = scale(code), scale(other)
    if one is None or two is None:
        return None
    difference = Counter(one.dimension)
    difference.subtract(two.dimension)
    match {base: count for base, count in difference.items() if count}:
        case {"g": 1, "mol": -1, **rest} if not rest:
            return one.factor / two.factor / factor
        case {"g": -1, "mol": 1, **rest} if not rest:
            return two.factor * factor / one.factor
        case _:
            return None


def scale(code: str) -> Scale | None:
    """What the table says of a unit; None where it lacks a part."""
    factor, dimension = 1.0, Counter[str]()
    for sign, term in re.findall(r"([./]?)([^./{]*(?:\{[^}]*\})?)", code):
        if not term:
            continue
        part = _part(term)
        if part is None:
            return None
        power = -1 if sign == "/" else 1
        factor *= part.factor**power
        for base, count in part.dimension.items():
            dimension[base] += power * count
    return Scale(factor, {base: count for base, count in dimension.items() if count})


def _part(term: str) -> Scale | None:
    """A power of a unit; what is in braces is a unit of its own, and no other is that."""
    word, brace, note = term.partition("{")
    if not word:
        return Scale(1, {brace + note: 1})
    if (power := _POWER_OF_TEN.fullmatch(term)) is not None:
        return Scale(10.0 ** int(power[1]), {})
    if (atom := _ATOM.fullmatch(term)) is None:
        return None
    name, count = atom[1], int(atom[2] or 1)
    prefix = 0
    if name not in _UNITS and name[1:] in _METRIC and name[0] in _PREFIXES:
        prefix, name = _PREFIXES[name[0]], name[1:]
    if name not in _UNITS:
        return None
    factor, dimension = _UNITS[name]
    powers = {base: power * count for base, power in dimension.items()}
    return Scale((10.0**prefix * factor) ** count, powers)
