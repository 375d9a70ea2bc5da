"""Maps the statuses of FHIR resources to the standing of an entry.

https://hl7.org/fhir/R4/valueset-observation-status.html, and its like; R5's beside them.
"""

from collections.abc import Mapping, Sequence

from trialscreen.answers.records.entries import Entry, Standing
from trialscreen.answers.records.fhir import resources as fhir

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

TAKEN: Statuses = {"y": "counts", "n": "refuted", **dict.fromkeys(("unk", "na"), "provisional")}
"""R3's element of a MedicationStatement."""

ADHERENCE: Statuses = {
    **dict.fromkeys(("taking", "taking-as-directed", "taking-not-as-directed"), "counts"),
    **dict.fromkeys(("stopped", "stopped-as-directed", "stopped-not-as-directed"), "past"),
    **dict.fromkeys(("on-hold", "on-hold-as-directed", "on-hold-not-as-directed"), "past"),
    "not-taking": "refuted",
    "unknown": "provisional",
}
"""https://hl7.org/fhir/codesystem-medication-statement-adherence.html."""

WITHDRAWN = frozenset(("entered-in-error", "cancelled"))

ADMINISTRATION: Statuses = {
    **dict.fromkeys(("completed", "in-progress"), "counts"),
    **dict.fromkeys(("on-hold", "stopped"), "past"),
    "not-done": "planned",  # a dose that was left out does not say that the medicine is not taken
    "unknown": "provisional",
    "entered-in-error": "error",
}

DISPENSE: Statuses = {
    "completed": "counts",
    **dict.fromkeys(("preparation", "in-progress", "on-hold"), "planned"),
    **dict.fromkeys(("cancelled", "declined"), "planned"),  # this time
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


def modified(one: Entry, extensions: Sequence[fhir.Extension] | None, rules: str | None) -> Entry:
    """What may mean something else is not certain: by extensions or rules that are not known.

    https://hl7.org/fhir/R4/extensibility.html#modifierExtension
    """
    urls = [extension.url or "?" for extension in extensions or ()]
    notes = [f"modified by {', '.join(urls)}"] if urls else []
    notes += [f"made by the rules {rules}, which are not known"] if rules else []
    if not notes:
        return one
    is_undone = any(url.lower().endswith("notdone") for url in urls)
    counts = weakest(one.standing, "refuted" if is_undone else "provisional")
    return one._replace(standing=counts, notes=(*one.notes, *notes))
