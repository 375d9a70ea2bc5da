"""The resources in a Bundle, each with its line and what its references are resolved with."""

from collections.abc import Callable, Iterator, Sequence

from msgspec import Raw

from trialscreen.answers.records.fhir import resources as fhir
from trialscreen.answers.records.fhir.documents import Note
from trialscreen.answers.records.fhir.references import (
    Where,
    decode_head,
    full_url_id,
    id_of,
    key_of,
    known_as,
    same_urn,
)
from trialscreen.answers.records.fhir.repeated import repeated
from trialscreen.text.characters import shown

Found = tuple[fhir.Head | None, bytes, Where]
"""A resource: its head, unless it is none, its text, and where it begins."""


def entries_of(
    bundle: bytes, where: Where, note: Note, gone: Callable[[str], None]
) -> Iterator[Found]:
    """The resources in a bundle that begins there; of a history, the newest of each.

    `gone` is told of those that another bundle deletes.
    """
    place = where.place
    try:
        read, damaged = fhir.decode(fhir.Bundle, bundle)
    except fhir.UNREADABLE as error:
        note(place, f"is not a Bundle: {error}")
        return
    for name, message in damaged:
        note(place, f"Bundle {name}: {message}")
    if wrong := _given_twice(bundle, read.entry or ()):
        note(place, f"is not read: the key {shown(wrong)} stands twice")
        return
    entries = []
    for number, raw in enumerate(read.entry or (), 1):
        if (one := _entry_of(raw)) is not None:
            entries.append(one)
        else:
            note(place, f"entry {number} of the Bundle is not read")
    if read.type == "history":
        entries = _newest(entries)
    else:
        for one in entries:  # as the `deleted` files of a bulk export have it
            if one.request is not None and one.request.method == "DELETE":
                gone(key_of(one.request.url or one.full_url or "", "", {}))
    entries = [one for one in entries if fhir.is_given(one.resource)]
    yield from _placed(entries, bundle, where)


def _placed(entries: Sequence[fhir.BundleEntry], bundle: bytes, where: Where) -> Iterator[Found]:
    """Each with its line, and what its references are resolved with."""
    heads = [fhir.readable(decode_head, one.resource) for one in entries]
    names = {
        same_urn(one.full_url): f"{head.resource_type}/{id_of(head, one.full_url)}"
        for one, head in zip(entries, heads, strict=True)
        if head is not None and one.full_url
    }
    at, line = 0, where.line
    for one, head in zip(entries, heads, strict=True):
        text = bytes(one.resource)
        begins = bundle.find(text, at)
        if begins >= 0:
            line += bundle.count(b"\n", at, begins)
            at = begins
        yield head, text, Where(where.file, line, names, one.full_url, deep=where.deep + 1)


def _newest(entries: Sequence[fhir.BundleEntry]) -> list[fhir.BundleEntry]:
    """Of a history, which has the newest version first, the first of each; or that it is gone."""
    found: dict[str, fhir.BundleEntry] = {}
    for entry in entries:
        url = entry.request.url if entry.request is not None else None
        if fhir.is_given(entry.resource):
            kind, given = known_as(entry.resource)
            name = f"{kind}/{given or full_url_id(entry.full_url)}"
        else:
            name = key_of(url or entry.full_url or "", "", {})
        found.setdefault(name, entry)
    return list(found.values())


def _entry_of(raw: Raw) -> fhir.BundleEntry | None:
    """An entry of a bundle; None if that is not one, or more than one in one."""
    try:
        entry, _ = fhir.decode(fhir.BundleEntry, raw)
    except fhir.UNREADABLE:
        return None
    before, _, after = bytes(raw).rpartition(bytes(entry.resource) or b"}")
    rest = before + after
    return None if any(rest.count(key) > 1 for key in _KEYS_OF_ENTRY) else entry


_KEYS_OF_ENTRY = (b'"resource"', b'"fullUrl"', b'"request"')


def _given_twice(bundle: bytes, entries: Sequence[Raw]) -> str:
    """A key of a Bundle itself that stands twice, so that entries would be lost."""
    begins, ends = 0, 0
    if entries:
        last = bytes(entries[-1])
        begins, ends = bundle.find(bytes(entries[0])), bundle.rfind(last) + len(last)
    keys = repeated(bundle[:begins] + bundle[ends:])
    return next((key for key in ("resourceType", "type", "entry") if keys.get(key) == key), "")
