"""Columns that stand beside another, whose title they repeat, and change what it means."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from trialscreen.model.errors import Problem
from trialscreen.model.trial import Element
from trialscreen.text.characters import plain_name, shown

_ENDINGS: Mapping[str, tuple[str, ...]] = {
    "unit_column": ("unit", "units", "uom", "einheit", "单位"),
    "comparator_column": ("comparator", "operator", "qualifier", "sign"),
}
"""How the titles of such columns end, by the word for each in the file of --columns."""

_ALONE = re.compile(r"(unit|units|uom|einheit|单位|comparator)[_0-9]*")
"""Titles that say it without repeating another's: the second `unit` is `unit.1` to many."""


class Beside(NamedTuple):
    """A column that nothing is said of: its name, what it seems to be, and beside which."""

    name: str
    what: str
    of: str

    def problem(self, advice: str) -> Problem:
        """To pass over it would make 2.5 mg/dL 2.5 of another unit, and `<1000` 1000."""
        message = f"looks as if it said more of {shown(self.of)}; if so, {advice}, else rename it"
        return Problem(f"the column {shown(self.name)}", message)


def kinds_beside(element: Element) -> tuple[str, ...]:
    """What may stand beside the values of an element, in the words of the file of --columns."""
    has_unit = ("unit_column",) if element.unit is not None else ()
    is_ordered = element.type in ("integer", "quantity", "date")
    return (*has_unit, *(("comparator_column",) if is_ordered else ()))


def beside(
    title: str, kinds: Collection[str], others: Iterable[str], titles: Sequence[str]
) -> Iterator[Beside]:
    """Those of the columns `others` that seem to stand beside the one of this title.

    `titles` are all of the table, in their order: its own others, such as that of the days, may
    stand between.
    """
    others = [*others]
    if not others:
        return
    known, plain = {plain_name(name): name for name in others}, plain_name(title)
    behind = titles[titles.index(title) + 1 :] if title in titles else ()
    after = next((name for name in behind if not plain_name(name).startswith(f"{plain}_")), "")
    alone = _ALONE.fullmatch(plain_name(after)) if after in others else None
    for kind in kinds:
        for ending in _ENDINGS[kind]:
            if (name := known.get(f"{plain}_{ending}")) is not None:
                yield Beside(name, kind, title)
            elif alone is not None and alone[1] == ending:
                yield Beside(after, kind, title)
