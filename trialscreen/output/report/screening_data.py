"""A screening as one JSON object (`result.schema.json`), and as rows for CSV."""

from typing import Any

from trialscreen.model.registration import as_data
from trialscreen.model.wording import show_fact
from trialscreen.output.report.criteria_data import short_trial_data
from trialscreen.output.report.statuses import AID, distances, status_of, verdict_detail, why
from trialscreen.screening.explain import minimal_support, reasons_or_doubts
from trialscreen.screening.outlook import all_clear_on, clears_on, fails_by
from trialscreen.screening.screen import Finding, Screening

SCHEMA_VERSION = "1.0"
MOST_SETS = 10
"""Alternatives listed under `settles`; the smallest stand first."""


def result(screening: Screening, tool_version: str) -> dict[str, Any]:
    """The object that `screen --format json` prints."""
    trial, day = screening.trial, all_clear_on(screening)
    return {
        "schema_version": SCHEMA_VERSION,
        "tool": {"name": "trialscreen", "version": tool_version},
        "trial": short_trial_data(trial),
        "screening_date": screening.on.isoformat(),
        "verdict": screening.verdict,
        "open": screening.open,
        "summary": verdict_detail(screening),
        "criteria": [_criterion(screening, finding) for finding in screening.findings],
        "missing": {source: list(names) for source, names in screening.missing.items()},
        "clears_on": day.isoformat() if day else None,
        "fails_by_then": [one.id for one in fails_by(screening, day)] if day else [],
        "settles": _settles(screening),
        "notices": [
            {"level": one.level, "elements": list(one.elements), "message": one.message}
            for one in screening.notices
        ],
        "facts": {
            name: show_fact(trial, trial.elements[name], fact)
            for name, fact in screening.facts.items()
        },
        "dose_cohorts": as_data(trial.registration.dose_cohorts),
        "dose_note": trial.registration.dose_note,
        "dose_assignment": trial.registration.dose_assignment,
        "disclaimer": AID,
    }


def _criterion(screening: Screening, finding: Finding) -> dict[str, Any]:
    criterion, trial, day = finding.criterion, screening.trial, clears_on(screening, finding)
    return {
        "id": criterion.id,
        "kind": criterion.kind,
        "label": criterion.label,
        "text": criterion.text,
        "status": status_of(finding).words,
        "met": finding.met.to_optional(),
        "passes": finding.passes.to_optional(),
        "reasons": list(reasons_or_doubts(trial, finding.trace, screening.on)),
        "missing": list(finding.missing),
        "clears_on": day.isoformat() if day else None,
        "rests_on": list(
            minimal_support(trial.elements, screening.facts, screening.on, finding.trace)
        ),
        "distances": list(distances(screening, finding)),
    }


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


def rows(screening: Screening) -> tuple[tuple[str, ...], list[tuple[object, ...]]]:
    """Column names and a row per criterion, each with the verdict and the screening date."""
    columns = (
        *("nct_id", "screening_date", "verdict", "id", "kind", "label", "status"),
        *("met", "passes", "reasons", "missing", "clears_on", "text"),
    )
    return columns, [
        (
            screening.trial.registration.nct_id,
            screening.on,
            screening.verdict,
            one.criterion.id,
            one.criterion.kind,
            one.criterion.label,
            status_of(one).words,
            _word(one.met.to_optional()),
            _word(one.passes.to_optional()),
            "; ".join(why(screening, one)),
            ", ".join(one.missing),
            clears_on(screening, one),
            one.criterion.text,
        )
        for one in screening.findings
    ]


def _word(value: bool | None) -> str | None:
    return None if value is None else str(value).lower()
