"""How much one UCUM unit is of another, for the units that screening meets.

A small table, to find factors that cannot be right; units that are not in it are not judged.
The Unified Code for Units of Measure, https://ucum.org/ucum
"""

import re
from collections import Counter
from collections.abc import Mapping
from typing import NamedTuple

_PREFIXES = {
    "k": 1e3,
    "h": 1e2,
    "d": 1e-1,
    "c": 1e-2,
    "m": 1e-3,
    "u": 1e-6,
    "n": 1e-9,
    "p": 1e-12,
    "f": 1e-15,
}
_METRIC: Mapping[str, tuple[float, Mapping[str, int]]] = {
    "g": (1, {"g": 1}),
    "m": (1, {"m": 1}),
    "s": (1, {"s": 1}),
    "mol": (1, {"mol": 1}),
    "L": (1e-3, {"m": 3}),
    "l": (1e-3, {"m": 3}),
    "U": (1e-6 / 60, {"mol": 1, "s": -1}),
    "kat": (1, {"mol": 1, "s": -1}),
    "[IU]": (1, {"[IU]": 1}),
    "[iU]": (1, {"[IU]": 1}),
    "eq": (1, {"eq": 1}),
}
_OTHERS: Mapping[str, tuple[float, Mapping[str, int]]] = {
    "[lb_av]": (453.59237, {"g": 1}),
    "[oz_av]": (28.349523125, {"g": 1}),
    "[stone_av]": (6350.29318, {"g": 1}),
    "[in_i]": (0.0254, {"m": 1}),
    "[ft_i]": (0.3048, {"m": 1}),
    "min": (60, {"s": 1}),
    "h": (3600, {"s": 1}),
    "d": (86_400, {"s": 1}),
    "wk": (7 * 86_400, {"s": 1}),
    "mo": (30.4375 * 86_400, {"s": 1}),
    "a": (365.25 * 86_400, {"s": 1}),
    "%": (0.01, {}),
    "1": (1, {}),
}
_POWER_OF_TEN = re.compile(r"10[*^](-?[0-9]+)")
_ATOM = re.compile(r"((?:[A-Za-z]*\[[^\]]+\])|[A-Za-z]+|%|1)(-?[0-9]+)?")


class Scale(NamedTuple):
    """A unit as a number of base units: `dimension` has the power of each."""

    factor: float
    dimension: Mapping[str, int]


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
    if brace:
        return None
    if (power := _POWER_OF_TEN.fullmatch(word)) is not None:
        return Scale(10.0 ** int(power[1]), {})
    atom = _ATOM.fullmatch(word)
    found = None if atom is None else _atom(atom[1])
    if atom is None or found is None:
        return None
    count = int(atom[2] or 1)
    dimension = {base: power * count for base, power in found.dimension.items()}
    return Scale(found.factor**count, dimension)


def _atom(name: str) -> Scale | None:
    if name in _OTHERS:
        return Scale(*_OTHERS[name])
    if name in _METRIC:
        return Scale(*_METRIC[name])
    prefix, rest = name[:1], name[1:]
    if prefix in _PREFIXES and rest in _METRIC:
        factor, dimension = _METRIC[rest]
        return Scale(_PREFIXES[prefix] * factor, dimension)
    return None
