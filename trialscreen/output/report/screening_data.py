"""A screening as a JSON object (`result.schema.json`), or as rows, one per criterion."""

import re
from collections.abc import Iterable, Mapping
from functools import partial
from operator import attrgetter
from typing import Any

from trialscreen.model.evidence import Evidence
from trialscreen.model.registration import as_data
from trialscreen.model.trial import Element
from trialscreen.model.wording import show_fact
from trialscreen.output.report.listing import Columns, Listing, listed
from trialscreen.output.report.verdict_words import AID, head, why
from trialscreen.screening.finding import Finding
from trialscreen.screening.screen import Screening


def result(screening: Screening, tool_version: str) -> dict[str, Any]:
    """The object that `screen --format json` prints."""
    for finding in screening.findings:
        _ = finding.trace  # needed below anyway, and makes the verdict cheap
    elements, settles = screening.trial.elements, screening.settles
    return {
        **head(screening.trial, tool_version),
        **_told(screening, "screening_date", "verdict", "open", "summary", "unconfirmed"),
        "criteria": [_found(one) for one in screening.findings],
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
    """Evidence as JSON data; None for what is not recorded."""
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


def _found(one: Finding) -> dict[str, Any]:
    """A finding as JSON data, written out because that is three times as fast as `as_data`."""
    criterion, clears_on = one.criterion, one.clears_on
    return {
        "id": criterion.id,
        "kind": criterion.kind,
        "label": criterion.label,
        "text": criterion.text,
        "status": one.status,
        "met": one.met,
        "passes": one.passes,
        "reasons": list(one.reasons),
        "missing": list(one.missing),
        "clears_on": clears_on and clears_on.isoformat(),
        "readings": [
            {"id": id_, "confirmed": confirmed, "decides": decides}
            for id_, confirmed, decides in one.readings
        ],
        "rests_on": list(one.rests_on),
        "distances": list(one.distances),
    }


def findings_listing(screening: Screening) -> Listing:
    """A row for each criterion, with the verdict; its reasons name what is missing, too."""
    columns: Columns[Finding] = {
        "nct_id": lambda _: screening.trial.registration.nct_id,
        "screening_date": lambda _: screening.on,
        "verdict": lambda _: screening.verdict,
        **{name: attrgetter(name) for name in ("id", "kind", "label", "status", "met", "passes")},
        "reasons": partial(why, screening),
        **{name: attrgetter(name) for name in ("missing", "clears_on", "text")},
    }
    return listed(columns, screening.findings, {"missing": ", ".join})
