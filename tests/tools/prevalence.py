"""Reads `tests/data/prevalence.yaml`: per element, how its values are distributed.

The file says in its head what it may hold. It is read strictly: what is unknown or does
not add up raises ValueError with the name of the element.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from tests.spec import flow
from trialscreen.criteria_file.reader import Cursor, Document
from trialscreen.criteria_file.yaml_elements import read_rule
from trialscreen.criteria_file.yaml_nodes import parse_yaml
from trialscreen.model.rules import Rule
from trialscreen.model.trial import Element, Trial

PATH = Path(__file__).parents[1] / "data" / "prevalence.yaml"


class Yes(NamedTuple):
    share: float


class Choices(NamedTuple):
    """Shares by name; 1 together."""

    shares: Mapping[str, float]


class Normal(NamedTuple):
    mean: float
    sd: float


class Lognormal(NamedTuple):
    """`spread` is the standard deviation of the natural logarithm."""

    median: float
    spread: float


class Uniform(NamedTuple):
    low: float
    high: float


class Always(NamedTuple):
    value: float


class Nothing(NamedTuple):
    """No value: it does not apply to these patients."""

    why: str


class Derived(NamedTuple):
    """The value that the criteria file's own rule gives."""

    how: str


Distribution = Yes | Choices | Normal | Lognormal | Uniform | Always | Nothing | Derived


@dataclass(frozen=True)
class Part:
    """Some patients, and the distribution among them.

    They are those for whom `when` holds, or a `share` of all that no earlier part took.
    Numbers end at `least` and `most`, and are then multiplied with the element `times`. Dates
    are in years: before the screening date, or after the date `years_after`.
    """

    distribution: Distribution
    when: Rule | None
    share: float
    least: float
    most: float
    years_after: str | None
    times: str | None


@dataclass(frozen=True)
class Entry:
    """One element: its parts in order, and how it loads on shared factors."""

    element: Element
    parts: tuple[Part, ...]
    loadings: Mapping[str, float]
    decimals: int
    source: str


def read_prevalence(trial: Trial) -> tuple[Entry, ...]:
    """The entries in the order of the file, which is the order to draw in."""
    # Every scalar stays text: `yes` is the name of a distribution here.
    data = yaml.load(PATH.read_text(encoding="utf-8"), Loader=yaml.CBaseLoader)  # noqa: S506
    return tuple(_entry(trial, name, dict(given)) for name, given in data["elements"].items())


def _entry(trial: Trial, name: str, given: dict[str, Any]) -> Entry:
    try:
        source = given.pop("source")
        loadings = {factor: float(text) for factor, text in given.pop("with", {}).items()}
        decimals = int(given.pop("decimals", 6))
        parts = given.pop("parts", [{}])
        made = tuple(_part(trial, {**given, **part}) for part in parts)
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"prevalence of {name}: {error}") from error
    return Entry(trial.elements[name], made, loadings, decimals, source)


def _part(trial: Trial, given: dict[str, Any]) -> Part:
    when = given.pop("when", None)
    part = {
        "when": None if when is None else _rule(trial, when),
        "share": float(given.pop("share", 1)),
        "least": float(given.pop("least", "-inf")),
        "most": float(given.pop("most", "inf")),
        "years_after": given.pop("years_after", None),
        "times": given.pop("times", None),
    }
    ((kind, value),) = given.items()
    return Part(_distribution(kind, value), **part)


def _rule(trial: Trial, given: Any) -> Rule:
    document = Document(PATH.name, elements=trial.elements)
    rule = read_rule(Cursor(parse_yaml(flow(given), PATH.name), "", document))
    document.raise_any()
    return rule


def _distribution(kind: str, value: Any) -> Distribution:
    match kind:
        case "yes":
            return Yes(float(value))
        case "choices":
            shares = {name: float(share) for name, share in value.items()}
            if abs(sum(shares.values()) - 1) > 1e-9:
                raise ValueError(f"the shares are {sum(shares.values())} together, not 1")
            return Choices(shares)
        case "normal":
            return Normal(*map(float, value))
        case "lognormal":
            return Lognormal(*map(float, value))
        case "uniform":
            return Uniform(*map(float, value))
        case "value":
            return Always(float(value))
        case "nothing":
            return Nothing(value)
        case "derived":
            return Derived(value)
        case _:
            raise ValueError(f"no distribution is named {kind}")
