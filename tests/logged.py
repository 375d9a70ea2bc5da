"""Made-up entries of a screening log, for tests of what is made from one."""

from datetime import UTC, date, datetime

from trialscreen import load_trial
from trialscreen.log.entry import (
    Correction,
    Criteria,
    LoggedFinding,
    Outcome,
    ScreeningEntry,
    criteria_of,
)

TRIAL = load_trial()
ON = date(2026, 6, 1)


def entry(
    number: int,
    subject: str,
    failed: tuple[str, ...] = (),
    *,
    on: date = ON,
    corrects: int | None = None,
    consent: bool = True,
    note: str = "",
    criteria: Criteria | None = None,
) -> ScreeningEntry:
    """An entry that found `failed`; before consent it keeps the ids only."""
    kinds = {one.id: one for one in TRIAL.criteria}
    found = tuple(
        LoggedFinding(one, kinds[one].kind, kinds[one].label, None, False, ("why",), (), None)
        for one in failed
        if one in kinds and consent
    )
    return ScreeningEntry(
        subject,
        on,
        criteria or criteria_of(TRIAL),
        Outcome("ineligible" if failed else "undetermined", None if failed else "data", failed),
        "full" if consent else "before consent",
        note,
        None if corrects is None else Correction(corrects, "typing error"),
        {},
        found,
        number,
        datetime(2026, 6, 1, 9, 30, number, tzinfo=UTC),
        "jdoe",
        "trialscreen 0.1.0",
        f"{number:064x}",
    )
