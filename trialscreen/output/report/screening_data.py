"""A screening as one JSON object (`result.schema.json`), and as a row for each criterion."""

import re
from collections.abc import Iterable, Mapping
from functools import partial
from operator import attrgetter
from typing import Any

from trialscreen.model.evidence import Evidence
from trialscreen.model.registration import as_data
from trialscreen.model.trial import Element
from trialscreen.model.wording import show_fact
from trialscreen.output.report.about import AID, head
from trialscreen.output.report.listing import Columns, Listing, listed
from trialscreen.output.report.verdict_words import why
from trialscreen.screening.finding import Finding
from trialscreen.screening.screen import Screening


def result(screening: Screening, tool_version: str) -> dict[str, Any]:
    """The object that `screen --format json` prints."""
    for finding in screening.findings:
        _ = finding.trace  # all are told below; the verdict is then read from them
    elements, settles = screening.trial.elements, screening.settles
    return {
        **head(screening.trial, tool_version),
        **_told(screening, "screening_date", "verdict", "open", "summary", "unconfirmed"),
        "criteria": listed(_COLUMNS, screening.findings).data(),
        "missing": {source: list(names) for source, names in screening.missing.items()},
        "awaited": as_data(screening.awaited),
        "stale": as_data(tuple(one.in_words for one in screening.stale)),
        **_told(screening, "undated", "clears_on", "fails_by_then"),
        "settles": settles and {verdict: as_data(sets) for verdict, sets in settles.items()},
        "notices": as_data(screening.notices),
        "values": {name: show_fact(elements[name], fact) for name, fact in screening.facts.items()},
        "facts": evidence_data(elements, screening.recorded),
        **{name: evidence_data(elements, getattr(screening, name)) for name in _OF_RECORDS},
        **_told(screening, "dose_cohorts", "dose_note", "dose_assignment"),
        "disclaimer": AID,
    }


_OF_RECORDS = ("candidates", "unmapped", "conflicts", "assumed", "overruled")


def evidence_data(
    elements: Mapping[str, Element], evidence: Iterable[Evidence]
) -> list[dict[str, Any]]:
    """Places in a record, with values as JSON has them; what is not stated is None."""
    keys = ("element", "value", "unit", "date", "code", "system", "source", "note")
    return [
        {key: getattr(one, key) or None for key in keys}
        | {"value": _value(elements.get(one.element), one)}
        for one in evidence
    ]


_EXACT = re.compile(r"-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]{1,2})?")


def _value(element: Element | None, one: Evidence) -> bool | float | str | None:
    """Yes or no, an exact number, or else the text: a bound, a date, a choice."""
    text, kind = one.value, None if element is None else element.type
    if kind == "boolean" and text in ("yes", "no"):
        return text == "yes"
    is_number = kind in ("quantity", "integer") or one.unit
    if is_number and (exact := _EXACT.fullmatch(text)) is not None:
        return float(text) if exact[1] or exact[2] else int(text)
    return text or None


def _told(screening: Screening, *names: str) -> dict[str, Any]:
    """The attributes of these names."""
    return {name: as_data(getattr(screening, name)) for name in names}


_COLUMNS: Columns[Finding] = {
    name: attrgetter(name)
    for name in (
        *("id", "kind", "label", "text", "status", "met", "passes", "reasons", "missing"),
        *("clears_on", "readings", "rests_on", "distances"),
    )
}
"""What is told of each finding: its attributes of these names."""


def findings_listing(screening: Screening) -> Listing:
    """A row for each criterion, with the verdict; its reasons name what is missing, too."""
    columns: Columns[Finding] = {
        "nct_id": lambda _: screening.trial.registration.nct_id,
        "screening_date": lambda _: screening.on,
        "verdict": lambda _: screening.verdict,
        **_COLUMNS,
        "reasons": partial(why, screening),
    }
    told = (
        *("nct_id", "screening_date", "verdict", "id", "kind", "label", "status"),
        *("met", "passes", "reasons", "missing", "clears_on", "text"),
    )
    chosen = {name: columns[name] for name in told}
    return listed(chosen, screening.findings, {"missing": ", ".join})
