"""A trial and its criteria as plain data, for JSON and CSV."""

from dataclasses import asdict
from datetime import date
from typing import Any

from trialscreen.trial import Criterion, Trial
from trialscreen.words import rule_in_words

SCHEMA_VERSION = "1.0"


def trial_data(trial: Trial) -> dict[str, Any]:
    """The registration, and which criteria file it stands in."""
    fields = {
        key.rstrip("_"): _plain(value) for key, value in asdict(trial.registration).items()
    }
    return {
        "schema_version": SCHEMA_VERSION,
        "criteria_file": trial.origin,
        "criteria_version": trial.version,
        "criteria_sha256": trial.sha256,
        **fields,
    }


def _plain(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {key.rstrip("_"): _plain(item) for key, item in value.items()}
    return value


def criterion_data(trial: Trial, criterion: Criterion) -> dict[str, Any]:
    return {
        "id": criterion.id,
        "kind": criterion.kind,
        "label": criterion.label,
        "text": criterion.text,
        "rule": rule_in_words(trial, criterion.rule),
        "readings": [asdict(reading) for reading in criterion.readings],
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
