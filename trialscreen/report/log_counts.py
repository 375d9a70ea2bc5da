"""A screening log in counts: each subject once."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from trialscreen.log.entry import Entry


class Reason(NamedTuple):
    """One criterion: how many fail it, it alone, and it before any other in protocol order."""

    id: str
    failed: int
    alone: int
    first: int


class Counts(NamedTuple):
    """Subjects by what they came to; `reasons` only of criteria that somebody fails."""

    screened: int
    eligible: int
    ineligible: int
    lacking_data: int
    judgement_only: int
    before_consent: int
    reasons: tuple[Reason, ...]

    @property
    def not_excluded(self) -> int:
        return self.screened - self.ineligible


def counted(entries: Iterable[Entry], protocol_order: Sequence[str]) -> Counts:
    """Counts one entry per subject; criteria that are not in `protocol_order` stand last."""
    screened = [one.screened for one in entries]
    verdicts = Counter(one.outcome.verdict for one in screened)
    opens = Counter(one.outcome.open for one in screened)
    failures = [one.outcome.failed for one in screened]
    failed = Counter(name for names in failures for name in names)
    alone = Counter(names[0] for names in failures if len(names) == 1)
    first = Counter(names[0] for names in failures if names)
    known = [name for name in protocol_order if name in failed]
    ids = [*known, *sorted(failed.keys() - set(known))]
    return Counts(
        len(screened),
        verdicts["eligible"],
        verdicts["ineligible"],
        opens["data"],
        opens["judgement"],
        sum(one.stage == "before consent" for one in screened),
        tuple(Reason(name, failed[name], alone[name], first[name]) for name in ids),
    )
