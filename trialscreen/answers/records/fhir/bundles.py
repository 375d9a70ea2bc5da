"""The resources in a Bundle, each with its line and what its references are resolved with."""

from collections.abc import Callable, Iterator, Sequence
from types import MappingProxyType
from typing import NamedTuple

from msgspec import Raw

from trialscreen.answers.records.fhir import resources as fhir
from trialscreen.answers.records.fhir.documents import JsonDocument, Note
from trialscreen.answers.records.fhir.references import (
    Names,
    Where,
    decode_head,
    full_url_id,
    id_of,
    key_of,
    known_as,
    same_urn,
)
from trialscreen.answers.records.fhir.repeated import repeated
from trialscreen.model.errors import Problem
from trialscreen.text.characters import shown


class InBundle(NamedTuple):
    """A resource, its text, and the line on which it begins in the file."""

    head: fhir.Head | None
    data: bytes
    line: int
    full_url: str | None = None
    names: Names = MappingProxyType({})


def entries_of(
    bundle: InBundle, document: JsonDocument, note: Note, gone: Callable[[str], None]
) -> Iterator[InBundle]:
    """The resources in a bundle; of a history, the newest version of each.

    `gone` is told of those that another bundle deletes.
    """
    line = bundle.line
    try:
        read, damaged = fhir.decode(fhir.Bundle, bundle.data)
    except fhir.UNREADABLE as error:
        note(Problem(document.place(line), f"is not a Bundle: {error}"))
        return
    for name, message in damaged:
        note(Problem(document.place(line), f"Bundle {name}: {message}"))
    if wrong := _given_twice(bundle.data, read.entry or ()):
        note(Problem(document.place(line), f"is not read: the key {shown(wrong)} stands twice"))
        return
    every = [_entry_of(raw) for raw in read.entry or ()]
    for number, one in enumerate(every, 1):
        if one is None:
            note(Problem(document.place(line), f"entry {number} of the Bundle is not read"))
    entries = [one for one in every if one is not None]
    if read.type == "history":
        entries = _newest(entries)
    else:
        for name in _deleted(entries):
            gone(name)
    entries = [one for one in entries if fhir.is_given(one.resource)]
    heads = [fhir.readable(decode_head, one.resource) for one in entries]
    names, at = _names(entries, heads), 0
    for entry, head in zip(entries, heads, strict=True):
        text = bytes(entry.resource)
        begins = bundle.data.find(text, at)
        if begins >= 0:
            line += bundle.data.count(b"\n", at, begins)
            at = begins
        yield InBundle(head, text, line, entry.full_url, names)


def _names(entries: Sequence[fhir.BundleEntry], heads: Sequence[fhir.Head | None]) -> Names:
    """What the resources of a bundle are called by references within it."""
    return {
        same_urn(
            entry.full_url
        ): f"{head.resource_type}/{id_of(head, Where('', full_url=entry.full_url))}"
        for entry, head in zip(entries, heads, strict=True)
        if head is not None and entry.full_url
    }


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


def _deleted(entries: Sequence[fhir.BundleEntry]) -> Iterator[str]:
    """What is to be deleted, as in the `deleted` files of a bulk export."""
    for entry in entries:
        request = entry.request
        if request is not None and request.method == "DELETE":
            yield key_of(request.url or entry.full_url or "", "", {})


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
