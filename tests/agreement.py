"""An independent reading of numbers that are entered beside what they follow from.

Exact fractions, and a look at every corner of the box of what the inputs may be: nothing here
is computed as `trialscreen` computes it. Covers I3 and the liver tests of E14, by conventions
4, 6, 8 and 14 of the study team's notes: a bound stays strict, and is held as it stands;
numbers agree where their written digits do; an exact derivation decides.
"""

import re
from collections.abc import Iterator, Mapping
from fractions import Fraction
from itertools import product
from random import Random
from typing import Any, NamedTuple

Texts = Mapping[str, str]

RANGES = {
    "weight": (20, 300),
    "height": (100, 220),
    "bmi": (8, 80),
    "alt": (0, 10_000),
    "alt_uln": (10, 100),
    "alt_x_uln": (0, 300),
    "alp": (0, 5000),
    "alp_uln": (40, 500),
    "alp_x_uln": (0, 100),
    "total_bilirubin": (0, 1000),
    "total_bilirubin_uln": (10, 40),
    "total_bilirubin_x_uln": (0, 100),
}
FACTORS = {
    ("weight", "lb"): Fraction("0.45359237"),
    ("height", "m"): Fraction(100),
    ("height", "in"): Fraction("2.54"),
    ("alt", "ukat/L"): Fraction(60),
    ("total_bilirubin", "mg/dL"): Fraction("17.1"),
    ("total_bilirubin_uln", "mg/dL"): Fraction("17.1"),
}
DERIVED = {
    "bmi": ("weight", "height"),
    "alt_x_uln": ("alt", "alt_uln"),
    "alp_x_uln": ("alp", "alp_uln"),
    "total_bilirubin_x_uln": ("total_bilirubin", "total_bilirubin_uln"),
}
OTHERS = {
    "ast": "10",
    "ast_uln": "40",
    "gilbert_syndrome": "no",
    "cirrhosis": "no",
    "unstable_liver_disease": "no",
    "significant_biliary_anomaly": "no",
    "ckd_moderate_to_severe": "no",
    "egfr": "90",
}
"""What E14 asks for besides."""


class Stated(NamedTuple):
    """From `low` to `high`; whether each end belongs to it; `half`: of the last digit, if exact."""

    low: Fraction
    high: Fraction
    has_low: bool = True
    has_high: bool = True
    half: Fraction | None = None

    @property
    def exact(self) -> bool:
        return self.low == self.high

    @property
    def allowed(self) -> "Stated":
        if not self.exact or self.half is None:
            return self
        return Stated(max(self.low - self.half, Fraction(0)), self.high + self.half)

    def points(self) -> Iterator[Fraction]:
        """Some that belong to it."""
        if self.has_low:
            yield self.low
        if self.has_high:
            yield self.high
        yield (self.low + self.high) / 2


def stated(name: str, text: str) -> Stated | None:
    """None where the accepted range leaves nothing of it, or not all of what is not a bound."""
    least, most = map(Fraction, RANGES[name])
    sign, rest = re.fullmatch(r"(<=|>=|<|>)?(.*)", text).groups()  # type: ignore[union-attr]
    if " to " in rest:
        first, last = rest.split(" to ")
        unit = last.partition(" ")[2]  # stands for both
        ends = [_number(name, f"{first} {unit}".strip()), _number(name, last)]
        one = Stated(ends[0].low, ends[1].high)
        return one if least <= one.low and one.high <= most else None
    number = _number(name, rest)
    value = number.low
    match sign:
        case "<":
            one = Stated(least, value, has_high=False)
        case "<=":
            one = Stated(least, value)
        case ">":
            one = Stated(value, most, has_low=False)
        case ">=":
            one = Stated(value, most)
        case _:
            return number if least <= value <= most else None
    return one if meet(one, Stated(least, most)) is not None else None


def _number(name: str, text: str) -> Stated:
    digits, _, unit = text.partition(" ")
    decimals = len(digits.partition(".")[2])
    factor = FACTORS.get((name, unit), Fraction(1))
    value = Fraction(digits) * factor
    if unit:
        value = Fraction(round(value * 10**9), 10**9)
    half = Fraction(1, 2) / 10 ** min(decimals, 4) * factor
    return Stated(value, value, half=half)


def _computed(name: str, above: Fraction, below: Fraction) -> Fraction:
    return above / (below / 100) ** 2 if name == "bmi" else above / below


def image(name: str, one: Stated, other: Stated) -> Stated:
    """All that a formula can give of a box: its ends, and whether any point of the box has them."""
    corners = [_computed(name, a, b) for a, b in product(one[:2], other[:2])]
    inside = {_computed(name, a, b) for a, b in product(one.points(), other.points())}
    low, high = min(corners), max(corners)
    return Stated(low, high, low in inside, high in inside)


def meet(one: Stated, other: Stated) -> Stated | None:
    low, high = max(one.low, other.low), min(one.high, other.high)
    has_low = all(each.has_low for each in (one, other) if each.low == low)
    has_high = all(each.has_high for each in (one, other) if each.high == high)
    if low > high or (low == high and not (has_low and has_high)):
        return None
    return Stated(low, high, has_low, has_high)


def _entered_as_bound(name: str, entered: Stated) -> Stated:
    """The accepted range binds what is entered, not what it is held against."""
    least, most = map(Fraction, RANGES[name])
    wide = entered
    if entered.low == least and entered.has_low:
        wide = wide._replace(low=Fraction(-(10**9)))
    if entered.high == most and entered.has_high:
        wide = wide._replace(high=Fraction(10**9))
    return wide


class Seen(NamedTuple):
    """What rules see of an element, if anything; `agrees` is false for a contradiction."""

    fact: Stated | None
    agrees: bool = True


def seen(name: str, entered: Stated | None, inputs: tuple[Stated | None, Stated | None]) -> Seen:
    one, other = inputs
    if one is None or other is None:
        return Seen(entered)
    derived = image(name, one, other)
    if entered is None:
        return Seen(derived)
    if entered.half is not None:
        allowed = _looser(image(name, one.allowed, other.allowed)) if derived.exact else derived
        agrees = meet(entered.allowed, allowed) is not None
        if derived.exact:
            return Seen(derived, agrees)
        fact = entered if meet(entered, derived) else meet(entered.allowed, derived)
        return Seen(fact, agrees)
    wide = _entered_as_bound(name, entered)
    both = meet(wide, derived)
    return Seen(derived if derived.exact else both, both is not None)


def _looser(one: Stated) -> Stated:
    """By the last of 9 decimals, to which what is derived is rounded."""
    least = Fraction(1, 10**9)
    return one._replace(low=one.low - least, high=one.high + least)


def patient(texts: Texts) -> tuple[dict[str, Stated | None], set[str]]:
    """What is known of each element, without what contradicts itself; and these elements."""
    given = {name: stated(name, text) for name, text in texts.items() if name in RANGES}
    struck: set[str] = set()
    for name, inputs in DERIVED.items():
        one, other = (given.get(i) for i in inputs)
        if not seen(name, given.get(name), (one, other)).agrees:
            struck |= {name, *inputs}
    kept = {name: one for name, one in given.items() if name not in struck}
    facts: dict[str, Stated | None] = dict(kept)
    for name, (a, b) in DERIVED.items():
        facts[name] = seen(name, kept.get(name), (kept.get(a), kept.get(b))).fact
    return facts, struck


def at_least(fact: Stated | None, bound: Fraction) -> bool | None:
    if fact is None:
        return None
    if fact.low >= bound:
        return True
    return False if fact.high < bound or (fact.high == bound and not fact.has_high) else None


def at_most(fact: Stated | None, bound: Fraction) -> bool | None:
    if fact is None:
        return None
    if fact.high <= bound:
        return True
    return False if fact.low > bound or (fact.low == bound and not fact.has_low) else None


def _all(*parts: bool | None) -> bool | None:
    return False if False in parts else None if None in parts else True


def criteria(facts: Mapping[str, Stated | None]) -> dict[str, bool | None]:
    """I3 and E14 as they stand in the registry, all else in E14 being denied (OTHERS)."""
    get = facts.get
    i3 = _all(
        at_least(get("weight"), Fraction(40)),
        at_least(get("bmi"), Fraction(18)),
        at_most(get("bmi"), Fraction(30)),
    )
    raised = [
        at_least(get("alt_x_uln"), Fraction(2)),
        at_least(get("alp_x_uln"), Fraction(3, 2)),
        at_least(get("total_bilirubin_x_uln"), Fraction(3, 2)),
    ]
    e14 = True if True in raised else None if None in raised else False
    return {"I3": i3, "E14": e14}


# Patients.


def patients(seed: int, count: int) -> list[dict[str, str]]:
    """Made-up measurements as people write them: rounded, in bounds, in other units, beside others.

    An entry may follow from the measurements, lie near, or be of somebody else.
    """
    rng = Random(seed)
    return [dict(_patient(rng)) for _ in range(count)]


def _patient(rng: Random) -> Iterator[tuple[str, str]]:
    healthy = rng.random() < 0.6  # but for one, so that it is this one that decides
    odd = rng.choice(list(DERIVED)[1:])
    for name, (above, below) in DERIVED.items():
        if healthy and name not in ("bmi", odd):
            yield name, "0.5"
            continue
        limits = {"bmi": (18, 30), "alt_x_uln": (2,)}.get(name, (1.5,))
        divisor = _plain(rng, below)
        target = rng.choice((*limits, *limits, rng.uniform(0.1, 3) * limits[0]))
        dividend = target * (divisor / 100) ** 2 if name == "bmi" else target * divisor
        if not RANGES[above][0] < dividend < RANGES[above][1]:
            continue
        values = {above: dividend, below: divisor}
        for one, value in values.items():
            if rng.random() < 0.9:
                yield one, _written(rng, one, value)
        if rng.random() < 0.7:
            off = rng.choice((0, 0, 0, 0.004, 0.02, 0.1, 0.6)) * rng.choice((-1, 1))
            entry = rng.choice(
                (max(target + off * limits[0], RANGES[name][0] + 0.01),) * 40 + (RANGES[name][1],)
            )
            yield name, _written(rng, name, entry)


def _plain(rng: Random, name: str) -> float:
    if name == "height":
        return rng.choice((160, 150, 158, round(rng.uniform(135, 190), 1)))
    least, most = RANGES[name]
    usual = {"alp_uln": (104, 120, 45), "total_bilirubin_uln": (20, 21, 24)}.get(name, (40, 35))
    return float(rng.choice((*usual, rng.randint(max(20, least + 1), min(60, most - 1)))))


def _written(rng: Random, name: str, value: float) -> str:
    unit = ""
    units = [unit for element, unit in FACTORS if element == name]
    if units and rng.random() < 0.2:
        unit = rng.choice(units)
        value /= float(FACTORS[name, unit])
    digits = f"{value:.{rng.choice((0, 0, 1, 1, 2, 2, 3, 4, 5, 6))}f}"
    suffix = f" {unit}" if unit else ""
    kind = rng.random()
    if kind < 0.01 and not unit:
        return rng.choice(("<", "<=", ">", ">=")) + str(rng.choice(RANGES[name]))
    if kind < 0.25:
        return rng.choice(("<", "<=", ">", ">=")) + digits + suffix
    if kind < 0.3:
        return f"{digits} to {value + 1:.2f}{suffix}"
    return digits + suffix


def answers(texts: Texts) -> dict[str, Any]:
    return {**OTHERS, **texts}
