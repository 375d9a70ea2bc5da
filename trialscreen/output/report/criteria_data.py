"""A trial and its criteria as plain data, for JSON and CSV."""

from typing import Any

from trialscreen.model.registration import as_data
from trialscreen.model.trial import Criterion, Trial
from trialscreen.model.wording import rule_in_words

SCHEMA_VERSION = "1.0"


def trial_data(trial: Trial) -> dict[str, Any]:
    """The registration, and which criteria file it stands in."""
    return {
        "schema_version": SCHEMA_VERSION,
        **file_data(trial),
        **as_data(trial.registration),
    }


def short_trial_data(trial: Trial) -> dict[str, Any]:
    """Which trial a result is for, and by which criteria file."""
    registration = trial.registration
    return {"nct_id": registration.nct_id, "title": registration.title, **file_data(trial)}


def file_data(trial: Trial) -> dict[str, Any]:
    return {
        "criteria_file": trial.origin,
        "criteria_version": trial.version,
        "criteria_sha256": trial.sha256,
    }


def criterion_data(trial: Trial, criterion: Criterion) -> dict[str, Any]:
    return {
        "id": criterion.id,
        "kind": criterion.kind,
        "label": criterion.label,
        "text": criterion.text,
        "rule": rule_in_words(trial, criterion.rule),
        "readings": as_data(criterion.readings),
        "elements": list(trial.elements_behind(criterion.rule)),
    }


def criteria_rows(
    trial: Trial, criteria: tuple[Criterion, ...]
) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Column names and a row per criterion."""
    columns = ("id", "kind", "label", "text", "rule", "readings", "elements")
    rows: list[tuple[str, ...]] = [
        (
            one.id,
            one.kind,
            one.label,
            one.text,
            rule_in_words(trial, one.rule),
            "; ".join(f"{reading.ref}: {reading.chosen}" for reading in one.readings),
            ", ".join(trial.elements_behind(one.rule)),
        )
        for one in criteria
    ]
    return columns, rows
