"""Results that a later one of the same code outdoes: they can decide nothing, and are many.

Of results the latest that has a value counts, and of older ones the latest is shown beside one
that cannot be used. So of plain results with one code, whose moments can be compared as texts,
those of the last two moments up to the screening date say all.
"""

import re
from collections.abc import Sequence
from datetime import date, datetime

import msgspec
from msgspec import Raw

from trialscreen.records.fhir import resources as fhir
from trialscreen.records.fhir.resources import NOTHING
from trialscreen.records.fhir.standings import OBSERVATION
from trialscreen.records.fhir.store import Kept

_MOMENT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:T[0-9:]{8}(?:\.[0-9]{1,6})?(Z|[+-][0-9]{2}:[0-9]{2}))?"
)
_MOMENTS = 2


class _Number(fhir.Part):
    value: Raw = NOTHING


class _Valued(fhir.Part):
    code: Raw = NOTHING
    value_quantity: _Number | None = None
    data_absent_reason: Raw = NOTHING

    @property
    def has_number(self) -> bool:
        quantity = self.value_quantity
        begins = b"" if quantity is None else bytes(quantity.value)[:1]
        return begins in _DIGITS and self.data_absent_reason is NOTHING


class _Result(_Valued):
    status: str = ""
    effective_date_time: str = ""
    component: list[_Valued] | None = None
    body_site: Raw = NOTHING
    modifier_extension: Raw = NOTHING
    value_codeable_concept: Raw = NOTHING
    value_string: Raw = NOTHING
    value_boolean: Raw = NOTHING
    value_integer: Raw = NOTHING
    value_range: Raw = NOTHING
    value_ratio: Raw = NOTHING

    @property
    def other_values(self) -> tuple[Raw, ...]:
        words = (self.value_codeable_concept, self.value_string, self.value_boolean)
        return (*words, self.value_integer, self.value_range, self.value_ratio)


_read = msgspec.json.Decoder(_Result).decode

_DIGITS = frozenset(b"%d" % digit for digit in range(10)) | {b"-"}

_Group = tuple[bytes, int, str]


def without_outdone(kept: Sequence[Kept], on: date) -> Sequence[Kept]:
    """One patient's resources without results that decide nothing on the screening date."""
    if len({one.source for one in kept}) < len(kept):
        return kept  # of one that comes twice, another version may count
    groups: dict[_Group, list[tuple[str, int]]] = {}
    for number, one in enumerate(kept):
        if one.kind == "Observation" and (found := _plain(one.data)) is not None:
            group, moment = found
            groups.setdefault(group, []).append((moment, number))
    passed: set[int] = set()
    for dated in groups.values():
        if len(dated) > _MOMENTS:
            passed.update(_outdone(dated, on.isoformat()))
    return [one for number, one in enumerate(kept) if number not in passed]


def _outdone(dated: list[tuple[str, int]], on: str) -> list[int]:
    """The numbers of those before the last two moments, and of those after the day `on`."""
    last = sorted({moment for moment, _ in dated if moment[:10] <= on})[-_MOMENTS:]
    try:
        for moment in last:
            datetime.fromisoformat(moment)
    except ValueError:  # as 2026-02-30, which is no day: then none is the last
        return []
    return [number for moment, number in dated if moment not in last]


def _plain(data: bytes) -> tuple[_Group, str] | None:
    """Code and moment of a result that counts, has a number, and is of the whole body."""
    try:
        result = _read(data)
    except msgspec.DecodeError:
        return None
    parts = result.component
    valued = result.has_number if not parts else _only_parts(result, parts)
    modified = result.body_site is not NOTHING or result.modifier_extension is not NOTHING
    text = result.effective_date_time
    moment = _MOMENT.fullmatch(text)
    if not valued or modified or moment is None or OBSERVATION.get(result.status) != "counts":
        return None
    codes = b"".join(bytes(one.code) for one in (result, *(parts or ())))
    return (codes, len(text), moment[1] or ""), text


def _only_parts(result: _Result, parts: Sequence[_Valued]) -> bool:
    """Whether a panel, such as that of blood pressure, has all of its numbers in its parts."""
    own = result.value_quantity is None and all(one is NOTHING for one in result.other_values)
    return own and all(one.has_number for one in parts)
