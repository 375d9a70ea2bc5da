"""One entry of the screening log: who was screened, when, by which criteria, what came of it."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Literal, NamedTuple

from trialscreen.answers.answer import Answer
from trialscreen.model.trial import Kind
from trialscreen.screening.screen import Open, Verdict

Stage = Literal["full", "before consent"]
"""How much an entry holds; before consent is recorded, no more than the minimum."""


class Criteria(NamedTuple):
    """The criteria file that was applied."""

    nct_id: str
    version: str
    sha256: str


class Found(NamedTuple):
    """What was found of one criterion; as `Finding`, in words that outlast the program."""

    id: str
    kind: Kind
    label: str
    met: bool | None
    passes: bool | None
    reasons: tuple[str, ...]
    missing: tuple[str, ...]
    clears_on: date | None


class Outcome(NamedTuple):
    """What one screening came to. `failed` are ids of criteria in protocol order.

    `clears_on`: the first day on which all of these have cleared; None if none is sure.
    """

    verdict: Verdict
    open: Open | None
    failed: tuple[str, ...]
    clears_on: date | None = None


class Correction(NamedTuple):
    """The number of the entry that this one stands in for, and why."""

    of: int
    reason: str


class Screened(NamedTuple):
    """One screening, for the log. `answers` and `found` are empty before consent."""

    subject: str
    on: date
    criteria: Criteria
    outcome: Outcome
    stage: Stage
    note: str = ""
    corrects: Correction | None = None
    answers: Mapping[str, Answer] = {}
    found: tuple[Found, ...] = ()


class Entry(NamedTuple):
    """A screening as it stands in the log. `at` is UTC; `seal` is 64 hexadecimal digits."""

    number: int
    at: datetime
    by: str
    tool: str
    screened: Screened
    seal: str
