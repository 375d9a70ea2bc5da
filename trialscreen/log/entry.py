"""One entry of the screening log: who was screened, when, by which criteria, what came of it."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Literal, NamedTuple

from trialscreen.answers.answer import Answer
from trialscreen.model.evidence import Evidence
from trialscreen.model.trial import Kind, Open, Verdict
from trialscreen.screening.samples import Awaited, StaleInWords

Stage = Literal["full", "before consent"]
"""How much an entry holds; before consent is recorded, no more than the minimum."""


class Criteria(NamedTuple):
    """The criteria file that was applied."""

    nct_id: str
    version: str
    sha256: str


class LoggedFinding(NamedTuple):
    """What was found of one criterion; as `Finding`, in words that outlast the program."""

    id: str
    kind: Kind
    label: str
    met: bool | None
    passes: bool | None
    reasons: tuple[str, ...]
    missing: tuple[str, ...]
    clears_on: date | None
    unconfirmed: tuple[str, ...] = ()


class Outcome(NamedTuple):
    """What one screening came to. `failed` are ids of criteria in protocol order.

    `clears_on`: the first day on which all of these have cleared; None if none is sure.
    `unconfirmed`: the readings that it rests on and that were not confirmed.
    """

    verdict: Verdict
    open: Open | None
    failed: tuple[str, ...]
    clears_on: date | None = None
    unconfirmed: tuple[str, ...] = ()


class Correction(NamedTuple):
    """The number of the entry that this one stands in for, and why."""

    of: int
    reason: str


class ScreeningEntry(NamedTuple):
    """One screening for the log.

    Before consent, `answers`, `findings`, `stale` and `evidence` are empty.

    `awaited` then names no element, but only each source that something is awaited from.

    What the log adds: `number`, `at` (UTC), `by` whom, with which version of the `tool`, and
    the `seal`, 64 hexadecimal digits. Until then the number is 0.
    """

    subject: str
    on: date
    criteria: Criteria
    outcome: Outcome
    stage: Stage
    note: str = ""
    corrects: Correction | None = None
    answers: Mapping[str, Answer] = {}
    findings: tuple[LoggedFinding, ...] = ()
    number: int = 0
    at: datetime = datetime.min.replace(tzinfo=UTC)
    by: str = ""
    tool: str = ""
    seal: str = ""
    awaited: tuple[Awaited, ...] = ()
    stale: tuple[StaleInWords, ...] = ()
    evidence: tuple[Evidence, ...] = ()
