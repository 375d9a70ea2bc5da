"""A screening as one JSON object (`result.schema.json`), and as a row for each criterion."""

from typing import Any

from trialscreen.model.registration import as_data
from trialscreen.model.wording import show_fact
from trialscreen.output.report.about import AID, head
from trialscreen.output.report.listing import Columns, Listing, listed
from trialscreen.output.report.statuses import status_of
from trialscreen.output.report.verdict_words import distances, verdict_detail, why
from trialscreen.screening.clearing import all_clear_on, clears_on, fails_by
from trialscreen.screening.screen import Finding, Screening

MOST_SETS = 10
"""Alternatives listed under `settles`; the smallest stand first."""


def result(screening: Screening, tool_version: str) -> dict[str, Any]:
    """The object that `screen --format json` prints."""
    trial, day = screening.trial, all_clear_on(screening)
    return {
        **head(trial, tool_version),
        "screening_date": screening.on.isoformat(),
        "verdict": screening.verdict,
        "open": screening.open,
        "summary": verdict_detail(screening),
        "unconfirmed": list(screening.unconfirmed),
        "criteria": listed(_columns(screening), screening.findings).data(),
        "missing": {source: list(names) for source, names in screening.missing.items()},
        "awaited": as_data(screening.awaited),
        "stale": as_data(tuple(one.in_words for one in screening.stale)),
        "undated": list(screening.undated),
        "clears_on": as_data(day),
        "fails_by_then": [one.id for one in fails_by(screening, day)] if day else [],
        "settles": _settles(screening),
        "notices": [
            {"level": one.level, "elements": list(one.elements), "message": one.message}
            for one in screening.notices
        ],
        "facts": {
            name: show_fact(trial.elements[name], fact) for name, fact in screening.facts.items()
        },
        "dose_cohorts": as_data(trial.registration.dose_cohorts),
        "dose_note": trial.registration.dose_note,
        "dose_assignment": trial.registration.dose_assignment,
        "disclaimer": AID,
    }


def _columns(screening: Screening) -> Columns[Finding]:
    """What is told of each finding."""
    return {
        "id": lambda one: one.criterion.id,
        "kind": lambda one: one.criterion.kind,
        "label": lambda one: one.criterion.label,
        "text": lambda one: one.criterion.text,
        "status": lambda one: status_of(one).words,
        "met": lambda one: one.met.to_optional(),
        "passes": lambda one: one.passes.to_optional(),
        "reasons": lambda one: one.reasons,
        "missing": lambda one: one.missing,
        "clears_on": lambda one: clears_on(screening, one),
        "readings": lambda one: one.readings,
        "rests_on": lambda one: one.rests_on,
        "distances": distances,
    }


def findings_listing(screening: Screening) -> Listing:
    """A row for each criterion, with the verdict; its reasons name what is missing, too."""
    columns: Columns[Finding] = {
        "nct_id": lambda _: screening.trial.registration.nct_id,
        "screening_date": lambda _: screening.on,
        "verdict": lambda _: screening.verdict,
        **_columns(screening),
        "reasons": why,
    }
    told = (
        *("nct_id", "screening_date", "verdict", "id", "kind", "label", "status"),
        *("met", "passes", "reasons", "missing", "clears_on", "text"),
    )
    chosen = {name: columns[name] for name in told}
    return listed(chosen, screening.findings, {"missing": ", ".join})


def _settles(screening: Screening) -> dict[str, list[list[str]]] | None:
    """For an undetermined patient: the smallest sets of open elements that settle it."""
    if screening.verdict != "undetermined":
        return None
    order = list(screening.trial.elements)
    return {
        verdict: [
            sorted(names, key=order.index) for names in screening.ways_to(verdict)[:MOST_SETS]
        ]
        for verdict in ("ineligible", "eligible")
    }
