"""Serializes log entries to two JSON texts, and seals them in a hash chain.

The `head` is what a list needs, the `detail` what a report needs. The seal is the SHA-256
(FIPS 180-4) of the entry's number, the previous seal, the number of the entry it corrects, and
both texts, one per line; the JSON contains no line breaks. So no entry can be changed, moved,
removed or inserted without breaking the seals that follow.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from datetime import date, datetime
from functools import cache
from operator import call, itemgetter
from sys import intern
from types import NoneType
from typing import Any, Literal, NamedTuple, get_args, get_origin, get_type_hints

from trialscreen.log.entry import KINDS, Kept, Outcome, ScreeningEntry
from trialscreen.model.dates import in_utc
from trialscreen.model.registration import as_data

NO_SEAL = "0" * 64
"""The previous seal of the first row."""


class Row(NamedTuple):
    """One row of the log. Row 0 opens the log: its head names the trial, its detail is empty."""

    number: int
    previous: str
    corrects: int | None
    head: str
    detail: str
    seal: str


def sealed(number: int, previous: str, corrects: int | None, head: str, detail: str) -> Row:
    seal = seal_of(number, previous, corrects, head.encode(), detail.encode())
    return Row(number, previous, corrects, head, detail, seal)


def seal_of(number: int, previous: str, corrects: int | None, head: bytes, detail: bytes) -> str:
    """64 hexadecimal digits."""
    start = f"{number}\n{previous}\n{'' if corrects is None else corrects}\n"
    return hashlib.sha256(b"".join((start.encode(), head, b"\n", detail))).hexdigest()


def texts(entry: Kept) -> tuple[str, str]:
    """The head and the detail of an entry, without the fields that have columns of their own.

    A decision is all head.
    """
    told = as_data(entry) | {"at": in_utc(entry.at)}
    if entry.corrects is not None:
        told["reason"] = entry.corrects.reason
    if not isinstance(entry, ScreeningEntry):
        kept = {name: one for name, one in told.items() if name not in _OF_ROW}
        return text_of({"kind": KINDS[type(entry)], **kept}), "{}"
    told = {"reason": "", **told, **told["outcome"], "screening_date": told["on"]}
    detail = {
        "answers": {
            name: {"text": one.text, "by": one.by, "notes": one.notes}
            for name, one in entry.answers.items()
        },
        "found": told["findings"],
    }
    if entry.evidence:
        detail["evidence"] = told["evidence"]
    return text_of({name: told[name] for name in _HEAD}), text_of(detail)


_HEAD = (
    *("at", "by", "tool", "subject", "screening_date", "criteria", *Outcome._fields),
    *("stage", "note", "reason", "awaited", "stale"),
)
"""The fields of a screening that a list needs, in this order."""
_LATER = ("unconfirmed", "awaited", "stale")
"""Fields added later, which older entries lack."""
_OF_ROW = ("number", "seal", "corrects")
"""Fields that are columns of a row."""


def text_of(data: Mapping[str, Any]) -> str:
    """Deterministic JSON on one line."""
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"))


def entry_of(row: Row) -> Kept:
    """The entry in a row; if its detail is empty, without answers and findings.

    Raises ValueError if the row does not contain an entry.
    """
    try:
        head = json.loads(row.head)
        # A screening has no kind, because the log at first had no other entries.
        kind = _OF_KIND[head.pop("kind", KINDS[ScreeningEntry])]
        corrects = {"of": row.corrects, "reason": intern(head["reason"])}
        fields = _screening(head, row.detail) if kind is ScreeningEntry else head
        of_row = (row.number, row.seal, None if row.corrects is None else corrects)
        kept: Kept = _reader(kind)(fields | dict(zip(_OF_ROW, of_row, strict=True)))
    except (AttributeError, KeyError, RecursionError, TypeError) as error:
        raise ValueError from error
    return kept


def _screening(head: Mapping[str, Any], text: str) -> dict[str, Any]:
    """The fields of a screening, except those of its row; `text` is its detail, or empty."""
    told = {name: head.get(name, ()) if name in _LATER else head[name] for name in _HEAD}
    detail = json.loads(text) if text else {"answers": {}, "found": []}
    return {
        "on": told.pop("screening_date"),
        "outcome": {name: told.pop(name) for name in Outcome._fields},
        "answers": detail["answers"],
        "findings": detail["found"],
        "evidence": detail.get("evidence", ()),
        **{name: one for name, one in told.items() if name != "reason"},
    }


_OF_KIND: Mapping[str, Any] = {words: kind for kind, words in KINDS.items()}


@cache
def _reader(kind: Any) -> Callable[[Any], Any]:
    """A function from decoded JSON to a value of this type, which raises for anything else.

    Fields with a default may be missing, except those of an entry itself. Unknown fields are an
    error: they come from a later version, and may change the meaning.
    """
    of = get_args(kind)
    if get_origin(kind) is Literal:
        return {one: one for one in of}.__getitem__
    if NoneType in of:
        read = _reader(of[0])
        return lambda value: None if value is None else read(value)
    if get_origin(kind) is tuple:
        read = _reader(of[0])
        return lambda values: tuple(map(read, values))
    if get_origin(kind) is Mapping:
        read = _reader(of[1])
        return lambda named: {name: read(one) for name, one in named.items()}
    if kind in _SIMPLE:
        return _SIMPLE[kind]
    types = get_type_hints(kind)
    readers, values_of = [*map(_reader, types.values())], itemgetter(*types)
    others = {} if kind in KINDS else kind._field_defaults

    def read_record(data: Any) -> Any:
        whole = data if len(data) == len(types) else others | data
        if len(whole) > len(types):
            raise ValueError
        return tuple.__new__(kind, map(call, readers, values_of(whole)))

    return read_record


def _number(value: object) -> int:
    if type(value) is not int:
        raise ValueError
    return value


_SIMPLE: Mapping[type, Callable[[Any], Any]] = {
    str: intern,  # one text for all entries that hold it: a list of a long log is half as large
    bool: {True: True, False: False}.__getitem__,
    int: _number,
    date: date.fromisoformat,
    datetime: datetime.fromisoformat,
}
