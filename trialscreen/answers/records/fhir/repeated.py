"""Finds duplicate keys in JSON objects, of which decoders silently take the last."""

import json
import re
from collections.abc import Iterator
from typing import Any

import msgspec

from trialscreen.text.characters import has_spaced_colon

_decode, _encode = msgspec.json.Decoder().decode, msgspec.json.Encoder().encode


class _Pairs(tuple[tuple[str, Any], ...]):
    """The keys and values of an object, also those that stand twice."""

    __slots__ = ()


def repeated(data: bytes) -> dict[str, str]:
    """The parts of a resource in which a key stands twice, each with such a key.

    Of a key of the resource itself, that part. None for what is not JSON.
    """
    if _is_plain(data):
        return {}
    try:
        whole = json.loads(data, object_pairs_hook=_Pairs, parse_int=str, parse_float=str)
    except (ValueError, RecursionError):
        return {}
    if not isinstance(whole, _Pairs):
        return {}
    found = {key: key for key in _twice(whole)}
    for key, value in whole:
        for inner in _inside(value):
            found.setdefault(key, inner)
    return found


def _is_plain(data: bytes) -> bool:
    """Whether as many keys are left of JSON, once it is decoded, as were written."""
    try:
        left = _encode(_decode(data))
    except (msgspec.DecodeError, RecursionError, UnicodeError):
        return False
    if left == data:
        return True
    # In a text a quote has a mark before it: what it ends there is no key, and is left as it is.
    return not has_spaced_colon(data) and left.count(b'":') == data.count(b'":')


def _twice(pairs: _Pairs) -> Iterator[str]:
    seen: set[str] = set()
    for key, _ in pairs:
        if key in seen:
            yield key
        seen.add(key)


def _inside(value: Any) -> Iterator[str]:
    """The keys that stand twice in any object of a value."""
    if isinstance(value, _Pairs):
        yield from _twice(value)
        value = [one for _, one in value]
    for one in value if isinstance(value, list) else ():
        yield from _inside(one)


# A resource that is passed over for its code may have another one before that.


def concepts_in(data: bytes, *, is_code: bool) -> int:
    """How often a concept stands under the key of the code, or of the medicine, at any depth."""
    close, apart, anyhow = _CODE if is_code else _MEDICATION
    return data.count(close) or data.count(apart) or len(re.findall(anyhow, data))


_CODE = (b'"code":{', b'"code": {', rb'"code"\s*:\s*{')
_MEDICATION = tuple(one.replace(b"code", b"medicationCodeableConcept") for one in _CODE)


def code_repeated(data: bytes) -> str:
    """The key of the code, of the medicine, or of the parts that stands twice; empty if none."""
    found = repeated(data)
    keys = ("code", "medicationCodeableConcept", "component")
    return next((key for key in keys if key in found), "")
