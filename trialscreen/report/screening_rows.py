"""A screening as rows, one per criterion, for CSV."""

from trialscreen.clearing import clears_on
from trialscreen.report.statuses import status_of, why
from trialscreen.screening import Screening


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
