"""What the statuses of FHIR resources make of a statement.

https://hl7.org/fhir/R4/valueset-observation-status.html, and its like; R5's beside them.
"""

from collections.abc import Mapping

from trialscreen.answers.records.entries import Standing

Statuses = Mapping[str, Standing]

OBSERVATION: Statuses = {
    **dict.fromkeys(("final", "amended", "corrected", "appended"), "counts"),
    **dict.fromkeys(("preliminary", "unknown"), "provisional"),
    "registered": "planned",
    **dict.fromkeys(("cancelled", "entered-in-error"), "error"),
}

VERIFICATION: Statuses = {
    "confirmed": "counts",
    **dict.fromkeys(("unconfirmed", "presumed", "provisional", "differential"), "provisional"),
    "refuted": "refuted",
    "entered-in-error": "error",
}

ACTIVE = ("active", "recurrence", "relapse")

CLINICAL: Statuses = {
    **dict.fromkeys(ACTIVE, "counts"),
    **dict.fromkeys(("inactive", "remission", "resolved"), "resolved"),
    "unknown": "provisional",
}

PROCEDURE: Statuses = {
    "completed": "counts",
    **dict.fromkeys(("in-progress", "on-hold", "stopped", "unknown"), "provisional"),
    "preparation": "planned",
    "not-done": "refuted",
    "entered-in-error": "error",
}

PRESCRIPTION: Statuses = {
    "active": "counts",
    **dict.fromkeys(("completed", "stopped", "on-hold", "ended"), "past"),
    **dict.fromkeys(("draft", "cancelled"), "planned"),
    "unknown": "provisional",
    "entered-in-error": "error",
}

INTENTS: Statuses = {
    **dict.fromkeys(
        ("order", "original-order", "reflex-order", "filler-order", "instance-order"), "counts"
    ),
    **dict.fromkeys(("proposal", "plan", "directive", "option"), "planned"),
}

MEDICATION_STATEMENT: Statuses = {
    **dict.fromkeys(("active", "recorded"), "counts"),
    **dict.fromkeys(("completed", "stopped", "on-hold"), "past"),
    "intended": "planned",
    "not-taken": "refuted",
    **dict.fromkeys(("unknown", "draft"), "provisional"),
    "entered-in-error": "error",
}

ADMINISTRATION: Statuses = {
    **dict.fromkeys(("completed", "in-progress"), "counts"),
    **dict.fromkeys(("on-hold", "stopped"), "past"),
    "not-done": "refuted",
    "unknown": "provisional",
    "entered-in-error": "error",
}

DISPENSE: Statuses = {
    "completed": "counts",
    **dict.fromkeys(("preparation", "in-progress", "on-hold"), "planned"),
    **dict.fromkeys(("cancelled", "declined"), "refuted"),
    "stopped": "past",
    "unknown": "provisional",
    "entered-in-error": "error",
}

RESPONSE: Statuses = {
    **dict.fromkeys(("completed", "in-progress", "amended", "stopped"), "counts"),
    "entered-in-error": "error",
}

_WEAKEST: tuple[Standing, ...] = (
    *("error", "refuted", "planned", "provisional", "resolved", "past", "counts"),
)


def standing(statuses: Statuses, status: str | None) -> tuple[Standing, tuple[str, ...]]:
    """What a status makes of a statement, and a note where it is none of FHIR's."""
    if status is not None and status in statuses:
        return statuses[status], ()
    return "provisional", (f"status {status}" if status else "no status",)


def weakest(*standings: Standing) -> Standing:
    """What is left of a statement of which all these hold."""
    return min(standings, key=_WEAKEST.index)
