"""An entry as the log keeps it: two JSON texts, and the seal over them.

The `head` is what a list needs, the `detail` what a report needs. The seal is the SHA-256
(FIPS 180-4) of the number, the seal before it, the number that is corrected, and both
texts, a line each; JSON has no line breaks of its own here. So no entry can be changed,
moved, taken out or put in without breaking the seals that follow.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from sys import intern
from typing import Any, NamedTuple, get_args

from trialscreen.answers.answer import Answer
from trialscreen.log.entry import (
    KINDS,
    Choice,
    CohortState,
    Correction,
    Criteria,
    Decision,
    Kept,
    LoggedFinding,
    Outcome,
    ScreeningEntry,
    Stage,
    State,
)
from trialscreen.model.dates import in_utc
from trialscreen.model.evidence import Evidence, EvidenceKind
from trialscreen.model.trial import Kind, Open, Verdict
from trialscreen.screening.samples import Awaited, StaleInWords

NO_SEAL = "0" * 64
"""What stands for the seal before the first."""


class Row(NamedTuple):
    """One row of the log. Row 0 opens the log: its head names the trial, its detail is empty."""

    number: int
    previous: str
    corrects: int | None
    head: str
    detail: str
    seal: str


def sealed(number: int, previous: str, corrects: int | None, head: str, detail: str) -> Row:
    seal = seal_of(number, previous, corrects, head.encode(), detail.encode())
    return Row(number, previous, corrects, head, detail, seal)


def seal_of(number: int, previous: str, corrects: int | None, head: bytes, detail: bytes) -> str:
    """64 hexadecimal digits."""
    start = f"{number}\n{previous}\n{'' if corrects is None else corrects}\n"
    return hashlib.sha256(b"".join((start.encode(), head, b"\n", detail))).hexdigest()


def texts(entry: Kept) -> tuple[str, str]:
    """The head and the detail; of a decision the head is all, less what a row holds itself."""
    if not isinstance(entry, ScreeningEntry):
        reason = entry.reason if entry.corrects is None else entry.corrects.reason
        known = {"at": in_utc(entry.at), "criteria": entry.criteria._asdict(), "reason": reason}
        fields = {"kind": KINDS[type(entry)], **entry._asdict(), **known}
        of_row = ("number", "seal", "corrects")
        return text_of({name: one for name, one in fields.items() if name not in of_row}), "{}"
    head = {
        "at": in_utc(entry.at),
        "by": entry.by,
        "tool": entry.tool,
        "subject": entry.subject,
        "screening_date": entry.on,
        "criteria": entry.criteria._asdict(),
        **entry.outcome._asdict(),
        "stage": entry.stage,
        "note": entry.note,
        "reason": "" if entry.corrects is None else entry.corrects.reason,
        "awaited": [one._asdict() for one in entry.awaited],
        "stale": [one._asdict() for one in entry.stale],
    }
    detail: dict[str, object] = {
        "answers": {
            name: {"text": one.text, "by": one.by, "notes": one.notes}
            for name, one in entry.answers.items()
        },
        "found": [one._asdict() for one in entry.findings],
    }
    if entry.evidence:
        detail["evidence"] = [one._asdict() for one in entry.evidence]
    return text_of(head), text_of(detail)


def text_of(data: Mapping[str, Any]) -> str:
    """JSON on one line, the same for the same data; days as YYYY-MM-DD."""
    return json.dumps(
        data, ensure_ascii=False, separators=(",", ":"), default=lambda day: day.isoformat()
    )


def entry_of(row: Row) -> Kept:
    """The entry in a row; without a detail (an empty text) it has no answers and findings.

    Raises ValueError if there is none in it.
    """
    try:
        head = json.loads(row.head)
        # A screening has no kind: it had none before there were decisions.
        return _decision(head, row) if "kind" in head else _screening(head, row)
    except (AttributeError, KeyError, RecursionError, TypeError) as error:
        raise ValueError from error


def _decision(head: Mapping[str, Any], row: Row) -> Decision | CohortState:
    fields = {
        **{key: value for key, value in head.items() if key != "kind"},
        "on": date.fromisoformat(head["on"]),
        "at": datetime.fromisoformat(head["at"]),
        "criteria": Criteria(**head["criteria"]),
        "corrects": _correction(head, row),
        "number": row.number,
        "seal": row.seal,
    }
    kept: Decision | CohortState
    if head["kind"] == KINDS[Decision]:
        kept = Decision(**fields | {"despite": tuple(head["despite"])})
        is_known, words = kept.decision in get_args(Choice), (kept.subject, *kept.despite)
        numbers: tuple[object, ...] = (kept.screening,)
    else:
        kept = CohortState(**fields)
        is_known = kept.state in get_args(State) and head["kind"] == KINDS[CohortState]
        words, numbers = (), (kept.places, kept.sentinel_days, kept.observation_days)
    if not is_known or not all(one is None or type(one) is int for one in numbers):
        raise ValueError
    cohort = "" if kept.dose_cohort is None and isinstance(kept, Decision) else kept.dose_cohort
    _check_texts((*words, cohort, kept.by, kept.tool, kept.reason))
    return kept


def _screening(head: Mapping[str, Any], row: Row) -> ScreeningEntry:
    known = head["verdict"] in get_args(Verdict) and head["stage"] in get_args(Stage)
    if not known or head["open"] not in (None, *get_args(Open)):
        raise ValueError
    words = [head[key] for key in ("by", "tool", "subject", "note", "reason")]
    _check_texts((*words, *head["failed"], *head.get("unconfirmed", ())))
    detail = json.loads(row.detail) if row.detail else {"answers": {}, "found": []}
    return ScreeningEntry(
        subject=head["subject"],
        on=date.fromisoformat(head["screening_date"]),
        criteria=Criteria(**{name: _shared(one) for name, one in head["criteria"].items()}),
        outcome=Outcome(
            _shared(head["verdict"]),
            _shared(head["open"]),
            tuple(map(_shared, head["failed"])),
            _day(head["clears_on"]),
            tuple(head.get("unconfirmed", ())),
        ),
        stage=_shared(head["stage"]),
        note=head["note"],
        corrects=_correction(head, row),
        answers={name: _answer(one) for name, one in detail["answers"].items()},
        findings=tuple(_finding(one) for one in detail["found"]),
        # Entries of before these were kept have none of them.
        awaited=tuple(
            Awaited(**_texts(one) | {"since": date.fromisoformat(one["since"])})
            for one in head.get("awaited", ())
        ),
        stale=tuple(StaleInWords(**_texts(one)) for one in head.get("stale", ())),
        number=row.number,
        at=datetime.fromisoformat(head["at"]),
        by=_shared(head["by"]),
        tool=_shared(head["tool"]),
        seal=row.seal,
        evidence=tuple(_evidence(one) for one in detail.get("evidence", ())),
    )


def _correction(head: Mapping[str, Any], row: Row) -> Correction | None:
    return None if row.corrects is None else Correction(row.corrects, head["reason"])


def _shared(one: Any) -> Any:
    """The same text for all entries that hold it: a list of a long log is half as large."""
    return intern(one) if type(one) is str else one


def _answer(data: Mapping[str, Any]) -> Answer:
    answer = Answer(**data)
    _check_texts((answer.text, answer.by, *answer.notes.values()))
    return answer


def _finding(data: dict[str, Any]) -> LoggedFinding:
    """Of decoded `data`, which is not kept."""
    if data["kind"] not in _KINDS or data["met"] not in (True, False, None):
        raise ValueError
    for name in ("reasons", "missing", "unconfirmed"):
        data[name] = tuple(data.get(name, ()))
        _check_texts(data[name])
    data["clears_on"] = _day(data["clears_on"])
    return LoggedFinding(**data)


_KINDS = get_args(Kind)


def _evidence(data: dict[str, Any]) -> Evidence:
    if data["kind"] not in get_args(EvidenceKind):
        raise ValueError
    return Evidence(**_texts(data))


def _texts(data: dict[str, Any]) -> dict[str, Any]:
    _check_texts(data.values())
    return data


def _check_texts(values: Iterable[object]) -> None:
    """Raises ValueError if one of the values is no text."""
    if not all(isinstance(one, str) for one in values):
        raise ValueError


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)
