"""Elements that stand in a table within bounds."""

from trialscreen.model.trial import SCREENING_DATE, Trial


def bounded_columns(trial: Trial) -> dict[str, tuple[str, str]]:
    """For each number and date, the columns of its two ends."""
    return {
        one.name: (f"{one.name}_low", f"{one.name}_high")
        for one in trial.answerable()
        if one.type in ("integer", "quantity", "date") and one.name != SCREENING_DATE
    }
