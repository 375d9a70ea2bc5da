"""Results that a later one of the same code outdoes: they can decide nothing, and are many.

Of results the latest that has a value counts, and of older ones the latest is shown beside one
that cannot be used. So of plain results with one code, whose moments can be compared as texts,
those of the last moment up to the screening date say all, or else those of the one before.
"""

import re
from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime
from functools import lru_cache
from itertools import count
from operator import attrgetter
from typing import NamedTuple

import msgspec
from msgspec import Raw

from trialscreen.answers.records.fhir import resources as fhir
from trialscreen.answers.records.fhir.resources import NOTHING
from trialscreen.answers.records.fhir.spool import Kept

_MOMENT = re.compile(
    rb'"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:T[0-9:]{8}(?:\.[0-9]{1,6})?(Z|[+-][0-9]{2}:[0-9]{2}))?"'
)
_COUNT = frozenset((b'"final"', b'"amended"', b'"corrected"'))
_MOST_KNOWN = 100_000


Dated = tuple[int, str]
"""The group of those that a result can be compared with, by a number, and its moment.

Group 0 is nobody's: what is in it outdoes nothing, and is not outdone.
"""

UNDATED: Dated = (0, "")


class Left(NamedTuple):
    """Of a patient's resources those that may decide something, and those that stand behind them.

    `older` are to be looked at where some of `now` cannot be used.
    """

    now: list[Kept]
    older: list[Kept]


def left(kept: list[Kept], on: date) -> Left:
    """What is left of one patient's resources on that day, each in the order in which they came."""
    if len({one.source for one in kept}) < len(kept):
        return Left(kept, [])  # of one that comes twice, another version may count
    groups: dict[int, list[Kept]] = {}
    for one in kept:
        groups.setdefault(one.group, []).append(one)
    found, day = Left(groups.pop(0, []), []), on.isoformat()
    for of in groups.values():
        now, older = _last(of, day) if len(of) > 1 else (of, ())
        found.now.extend(now)
        found.older.extend(older)
    for some in found:
        some.sort(key=attrgetter("number"))
    return found


def _last(some: Sequence[Kept], on: str) -> tuple[Sequence[Kept], Sequence[Kept]]:
    """Those of the last moment up to the day `on`, and those of the moment before."""
    moments = {one.moment for one in some}
    try:
        for moment in moments:
            datetime.fromisoformat(moment)
    except ValueError:  # as 2026-02-30, which is no day, and may be any: then none is the last
        return some, ()
    last, before, *_ = *sorted((one for one in moments if one[:10] <= on), reverse=True), "", ""
    now = [one for one in some if one.moment == last]
    return now, [one for one in some if one.moment == before]


class _Number(fhir.Part):
    value: float | None = None


_number = msgspec.json.Decoder(_Number).decode
_parts = msgspec.json.Decoder(list[fhir.PartOfPanel]).decode
_all = msgspec.json.Decoder(dict[str, Raw]).decode


@lru_cache(_MOST_KNOWN)
def _moment_of(text: bytes) -> tuple[str, bytes] | None:
    """A moment in JSON, and how it is written: those that are written alike compare as texts."""
    read = _MOMENT.fullmatch(text)
    return None if read is None else (text[1:-1].decode(), b"%d%b" % (len(text), read[1] or b""))


class Comparing:
    """Tells which results can be compared."""

    def __init__(self) -> None:
        self._groups: defaultdict[tuple[bytes, bytes], int] = defaultdict(count(1).__next__)

    def dated(self, head: fhir.Head, data: bytes) -> Dated:
        """Group and moment of a result that counts, has a number, and is of the whole body."""
        if head.resource_type != "Observation":
            return UNDATED
        if head.body_site is not NOTHING or head.modifier_extension is not NOTHING:
            return UNDATED
        moment = _moment_of(bytes(head.effective_date_time))
        if moment is None or bytes(head.status) not in _COUNT:
            return UNDATED
        if data.count(b'"effectiveDateTime"') > 1:  # the other may be the day that is meant
            return UNDATED
        code = bytes(head.code)
        if head.component is not NOTHING:
            codes = _codes_of_panel(bytes(head.component), data)
            if codes is None:
                return UNDATED
            code += codes
        elif not _has_number(head):
            return UNDATED
        if len(self._groups) > _MOST_KNOWN:
            self._groups.clear()
        return self._groups[code, moment[1]], moment[0]


def _has_number(part: fhir.Head | fhir.PartOfPanel) -> bool:
    """Whether a result, or a part of one, has a number."""
    if part.data_absent_reason is not NOTHING or part.value_quantity is NOTHING:
        return False
    read = fhir.readable(_number, part.value_quantity)
    return read is not None and read.value is not None


def _codes_of_panel(component: bytes, data: bytes) -> bytes | None:
    """The codes in a panel, as of blood pressure; None if a part has no number."""
    parts = fhir.readable(_parts, component) or ()
    is_more = data.count(b'"value') > component.count(b'"value')
    own = fhir.readable(_all, data) if is_more else {}
    if own is None or any(key.startswith("value") for key in own):
        return None
    are_numbers = all(_has_number(part) for part in parts)
    return b"".join(bytes(part.code) for part in parts) or None if are_numbers else None
