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


class _Result(fhir.Part):
    status: str = ""
    code: Raw = NOTHING
    effective_date_time: str = ""
    value_quantity: _Number | None = None
    component: Raw = NOTHING
    body_site: Raw = NOTHING
    data_absent_reason: Raw = NOTHING
    modifier_extension: Raw = NOTHING


_read = msgspec.json.Decoder(_Result).decode

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
    quantity, text = result.value_quantity, result.effective_date_time
    if (
        quantity is None
        or quantity.value is NOTHING
        or not bytes(quantity.value)[:1].strip(b"-0123456789") == b""
    ):
        return None
    beside = (result.component, result.body_site, result.data_absent_reason)
    if result.modifier_extension is not NOTHING or any(one is not NOTHING for one in beside):
        return None
    moment = _MOMENT.fullmatch(text)
    if moment is None or OBSERVATION.get(result.status) != "counts":
        return None
    return (bytes(result.code), len(text), moment[1] or ""), text
