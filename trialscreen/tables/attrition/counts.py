"""The attrition counts that a site reports, computed from the totals of `counting`."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from operator import attrgetter
from typing import NamedTuple

from trialscreen.model.trial import Criterion, Trial


class Hidden(NamedTuple):
    """A count that is not published; the text says what may be known of it."""

    text: str


Count = int | Hidden
"""How many patients."""


class CriterionCounts(NamedTuple):
    """What one criterion does to a cohort.

    `met`, `not_met` and `unknown` are about its own statement; the rest about eligibility.
    `failed_alone`: it certainly fails, and no other does. `stopped`: it certainly fails, and
    none before it in protocol order does. `passed_so_far`: it and all before it certainly
    pass. `gained`: how many more would be eligible without it.
    """

    criterion: Criterion
    met: Count
    not_met: Count
    unknown: Count
    failed_alone: Count
    stopped: Count
    passed_so_far: Count
    gained: Count

    @property
    def passed(self) -> Count:
        return self.met if self.criterion.kind == "inclusion" else self.not_met

    @property
    def failed(self) -> Count:
        return self.not_met if self.criterion.kind == "inclusion" else self.met


class Order(NamedTuple):
    """Sections of the data elements that, all known, settle the data of so many more patients.

    `settled` counts those who are done with it, and were not with the orders before alone.
    """

    sections: tuple[str, ...]
    settled: Count


class MissingElement(NamedTuple):
    """How many who lack data lack this element, and how many of them lack no other."""

    name: str
    section: str
    patients: Count
    alone: Count

    @property
    def place(self) -> tuple[int, str]:
        """The most patients first; the redacted last, by their names."""
        return 0 if isinstance(self.patients, Hidden) else -self.patients, self.name


class Attrition(NamedTuple):
    """The counts of one cohort.

    `assessed` = `ineligible` + `remaining`; `remaining` = `eligible` + `lacking_data` +
    `consent_pending` + `judgement_only`. The last three are the undetermined; the last two
    lack no data but consent, or only the investigator's judgement: the recruitment list.
    """

    assessed: Count
    ineligible: Count
    remaining: Count
    lacking_data: Count
    consent_pending: Count
    judgement_only: Count
    eligible: Count
    criteria: tuple[CriterionCounts, ...]
    orders: tuple[Order, ...]
    missing: tuple[MissingElement, ...]


@dataclass
class Tally:
    """What is counted of rows, before it is put together.

    `verdicts`: by verdict and what is open. `criteria`: by what `CriterionCounts` tells of each,
    and its id. Of the rows that lack data, `sections` counts each set of sections in which they
    do, as `bits_of` has it, and `missing` and `missing_alone` the elements.
    """

    verdicts: Counter[tuple[str, str | None]] = field(default_factory=Counter)
    criteria: Counter[tuple[str, str]] = field(default_factory=Counter)
    sections: Counter[int] = field(default_factory=Counter)
    missing: Counter[str] = field(default_factory=Counter)
    missing_alone: Counter[str] = field(default_factory=Counter)

    def attrition(self, trial: Trial) -> Attrition:
        """The counts of a cohort, put together."""
        verdicts, elements = self.verdicts, trial.elements
        assessed, ineligible = verdicts.total(), verdicts["ineligible", None]
        _, *counted = CriterionCounts._fields
        criteria = (
            CriterionCounts(one, *(self.criteria[what, one.id] for what in counted))
            for one in trial.criteria
        )
        missing = (
            MissingElement(name, elements[name].section, patients, self.missing_alone[name])
            for name, patients in self.missing.items()
            if patients
        )
        return Attrition(
            assessed,
            ineligible,
            assessed - ineligible,
            verdicts["undetermined", "data"],
            verdicts["undetermined", "consent"],
            verdicts["undetermined", "judgement"],
            verdicts["eligible", None],
            tuple(criteria),
            orders(trial, self.sections),
            tuple(sorted(missing, key=attrgetter("place"))),
        )


MOST_ORDERS = 10
"""More than these are not worth listing."""


def bits_of(trial: Trial, sections: Iterable[str]) -> int:
    """A set of sections as a number: a bit for each, the lowest for the first of the trial."""
    place = {section.id: n for n, section in enumerate(trial.sections)}
    return sum(1 << place[name] for name in {*sections})


def orders(trial: Trial, sections: Mapping[int, int]) -> tuple[Order, ...]:
    """What to find out first: at each step, what settles most patients for each new section.

    `sections`: how many patients lack data in just these sections, by `bits_of`. In none: those
    for whom a judgement is asked that data could replace; they are in no order.
    """
    names = [section.id for section in trial.sections]
    left = Counter({bits: n for bits, n in sections.items() if bits and n})
    found: list[Order] = []
    while left and len(found) < MOST_ORDERS:
        gains = {bits: n / bits.bit_count() for bits, n in left.items()}
        most = max(gains.values())
        best = min((bits for bits, gain in gains.items() if gain == most), key=_places)
        rest: Counter[int] = Counter()
        for bits, n in left.items():
            rest[bits & ~best] += n
        found.append(Order(tuple(names[place] for place in _places(best)), rest.pop(0)))
        left = rest
    return tuple(found)


def _places(bits: int) -> list[int]:
    return [place for place in range(bits.bit_length()) if bits >> place & 1]
