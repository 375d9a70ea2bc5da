"""Which entries of a record are facts, and which a person has to look at."""

from collections.abc import Collection
from datetime import date
from typing import NamedTuple

from trialscreen.answers.answer import Answer
from trialscreen.model.errors import Problem
from trialscreen.model.evidence import Evidence
from trialscreen.model.trial import Trial
from trialscreen.records.codes import Codes
from trialscreen.records.entries import Record


class Selected(NamedTuple):
    """What a record gives: answers (by="record"), all evidence, and what could not be used."""

    answers: dict[str, Answer]
    evidence: tuple[Evidence, ...]
    problems: tuple[Problem, ...]


def select(
    trial: Trial, codes: Codes, record: Record, on: date, assume_absent: Collection[str] = ()
) -> Selected:
    """The answers that a record gives on the screening date `on`.

    `assume_absent`: the sections whose yes/no elements are no where nothing codes them.
    """
    raise NotImplementedError
