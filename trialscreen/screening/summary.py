"""What many findings come to, in a sentence."""

from collections.abc import Iterable

from trialscreen.model.trial import Kind
from trialscreen.screening.finding import Finding
from trialscreen.screening.readings import on_readings
from trialscreen.text.characters import count_of

Findings = tuple[Finding, ...]

_FAILS: dict[Kind, str] = {"inclusion": "fails", "exclusion": "excluded by"}


def ids(findings: Iterable[Finding]) -> str:
    return ", ".join(finding.id for finding in findings)


def turning(findings: Findings) -> str:
    """The criteria that turn on a reading which is not confirmed."""
    return "; ".join(
        f"{one.id}: {one.status}, {words}"
        for one in findings
        for words in on_readings(one.unconfirmed)
    )


def excluded(failing: Findings) -> str:
    """What certainly fails."""
    kinds = {kind: [one for one in failing if one.kind == kind] for kind in _FAILS}
    said = [f"{_FAILS[kind]} {ids(some)}" for kind, some in kinds.items() if some]
    return f"Certain, whatever is still open: {', '.join(said)}."


def prescreened(findings: Findings) -> str:
    """Before consent: what is open, and for how many of the criteria that is data."""
    open_, lacking = _open_and_lacking(findings)
    count = count_of(open_, "criterion", "criteria")
    data = f" Data are missing for {lacking}." if lacking else ""
    return f"Prescreen: nothing excludes so far; consent pending; {count} open.{data}"


def undetermined(findings: Findings) -> str:
    """For how many criteria data are missing, and how many more wait for people."""
    open_, lacking = _open_and_lacking(findings)
    count = count_of(lacking, "criterion", "criteria")
    judged = open_ - lacking
    waits = "waits" if judged == 1 else "wait"
    waiting = f"; {judged} more {waits} only for consent or judgement" if judged else ""
    return f"Nothing excludes so far. Data are missing for {count}{waiting}."


def _open_and_lacking(findings: Findings) -> tuple[int, int]:
    """How many criteria are open, and how many of these for want of data."""
    still_open = [one for one in findings if one.passes is None]
    judged = sum(
        all(one.trial.elements[name].is_judgement for name in one.missing) for one in still_open
    )
    return len(still_open), len(still_open) - judged
