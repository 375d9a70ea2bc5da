"""What every result says of itself: what it is for, and by which program and criteria file."""

from typing import Any

from trialscreen.model.trial import Trial

AID = (
    "A screening aid for trained study staff. It enrols nobody: the investigator decides,"
    " against the approved protocol."
)

SCHEMA_VERSION = "1.0"


def criteria_file(trial: Trial) -> str:
    """The criteria file, for a page."""
    return f"Criteria {trial.origin}, version {trial.version}, SHA-256 {trial.sha256[:16]}…"


def file_data(trial: Trial) -> dict[str, Any]:
    """The criteria file, for JSON."""
    return {
        "criteria_file": trial.origin,
        "criteria_version": trial.version,
        "criteria_sha256": trial.sha256,
    }


def head(trial: Trial, tool_version: str) -> dict[str, Any]:
    """What a JSON result begins with: its schema, the program, the trial."""
    registered = {"nct_id": trial.registration.nct_id, "title": trial.registration.title}
    return {
        "schema_version": SCHEMA_VERSION,
        "tool": {"name": "trialscreen", "version": tool_version},
        "trial": registered | file_data(trial),
    }
