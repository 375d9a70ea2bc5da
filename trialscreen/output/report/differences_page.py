"""What differs between two criteria files: as a page, as data, as rows."""

from collections.abc import Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from itertools import groupby
from typing import Any

from trialscreen.criteria_file.differences import Difference
from trialscreen.model.trial import Trial
from trialscreen.output.report.listing import Listing
from trialscreen.output.report.render import blocks
from trialscreen.output.report.verdict_words import criteria_file, file_data
from trialscreen.text.characters import count_of

AROUND = 4
"""Words that are shown before and after what differs."""


def differences_page(old: Trial, new: Trial, found: Sequence[Difference]) -> blocks.Page:
    """A heading for each thing that differs, and its fields as they were and as they are."""
    yield blocks.Paragraph(f"Old: {criteria_file(old)}")
    yield blocks.Paragraph(f"New: {criteria_file(new)}")
    for key, some in groupby(found, lambda one: (one.part, one.id)):
        yield from _thing(old, new, key, list(some))
    count = count_of(len(found), "difference") if found else "No difference"
    yield blocks.Paragraph(f"{count}.")
    if found and old.version == new.version:
        said = (
            f"Both are version {old.version}: raise it in the new file, so that people see which."
        )
        yield blocks.Paragraph(said, "open")


def _thing(
    old: Trial, new: Trial, key: tuple[str, str], found: list[Difference]
) -> Iterator[blocks.Block]:
    part, name = key
    before, after = _label(old, part, name), _label(new, part, name)
    named = f"{part.capitalize()} {name} {after or before or ''}".rstrip()
    if before is None or after is None:
        yield blocks.Heading(f"{named}: {'new' if before is None else 'removed'}")
        rows = ((one.field, one.new or one.old or "") for one in found)
        yield blocks.table(("Field", "New" if before is None else "Old"), rows, (0, 1))
    else:
        yield blocks.Heading(named)
        by_rule = any(one.field == "rule" for one in found)
        follow = [one.field for one in found if by_rule and one.field.startswith("alternative ")]
        shown = [one for one in found if one.field not in follow]
        changed = ((one.field, *_changed(one.old or "", one.new or "")) for one in shown)
        yield blocks.table(("Field", "Old", "New"), changed, (0, 1, 1))
        if follow:
            refs = ", ".join(field.removeprefix("alternative ") for field in follow)
            said = (
                f"So does what the alternatives of {refs} would make of it; --format json has all."
            )
            yield blocks.Paragraph(said, "muted")


def _label(trial: Trial, part: str, name: str) -> str | None:
    """What a thing is called beside its id; None if the trial has none of that name."""
    labels: Mapping[str, Mapping[str, str]] = {
        "criterion": {one.id: one.label for one in trial.criteria},
        "element": {name: one.label for name, one in trial.elements.items()},
        "check": {one.id: "" for one in trial.checks},
    }
    return labels[part].get(name) if part in labels else ""


def _changed(old: str, new: str) -> tuple[str, str]:
    """Both texts, without the words far from what differs; each `…` stands for some of them."""
    was, now = old.split(), new.split()
    matched = SequenceMatcher(None, was, now, autojunk=False)
    groups = [(some[0], some[-1]) for some in matched.get_grouped_opcodes(AROUND)]
    if not groups:  # but for blanks
        return old, new
    return (
        _excerpt(was, [(first[1], last[2]) for first, last in groups]),
        _excerpt(now, [(first[3], last[4]) for first, last in groups]),
    )


def _excerpt(words: Sequence[str], spans: Sequence[tuple[int, int]]) -> str:
    told: list[str] = []
    at = 0
    for start, end in spans:
        told += (["…"] if start > at else []) + [*words[start:end]]
        at = end
    return " ".join([*told, "…"] if at < len(words) else told)


def differences_listing(found: Sequence[Difference]) -> Listing:
    return Listing(Difference._fields, list(found))


def differences_data(old: Trial, new: Trial, found: Sequence[Difference]) -> dict[str, Any]:
    return {
        "old": file_data(old),
        "new": file_data(new),
        "differs": bool(found),
        "differences": differences_listing(found).data(),
    }
