"""Finds answers that interviews saved next to a log, by the subject codes in the files."""

from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path
from typing import NamedTuple

from trialscreen.answers.answer import SUBJECT, day_or_text
from trialscreen.answers.answers_file import KEPT, read_answers
from trialscreen.log.entry import Kept, ScreeningEntry
from trialscreen.model.errors import Problem
from trialscreen.model.trial import SCREENING_DATE

_ENDINGS = (".yaml", ".yml")


class Saved(NamedTuple):
    """A subject's saved answers for a screening on a day; `number`: its entry, if logged."""

    subject: str
    on: date | None
    path: Path
    number: int | None = None


def saved_answers(nct_id: str, folders: Iterable[Path], entries: Iterable[Kept]) -> list[Saved]:
    """The answers saved for a trial in these folders that have a subject code, by file name."""
    numbers = {
        (one.subject, one.on): one.number for one in entries if isinstance(one, ScreeningEntry)
    }
    return [
        one._replace(number=numbers.get((one.subject, one.on or date.min)))
        for folder in folders
        for one in _found(KEPT.format(nct_id=nct_id).encode(), folder)
    ]


def _found(head: bytes, folder: Path) -> Iterator[Saved]:
    try:
        paths = sorted(folder.iterdir())
    except OSError:  # a folder may be accessible but not readable
        return
    for path in paths:
        if path.suffix.lower() in _ENDINGS and path.is_file() and _begins_with(path, head):
            problems: list[Problem] = []
            answers = read_answers(str(path), problems)
            if SUBJECT in answers:  # a file that cannot be read has no subject
                day = day_or_text(answers[SCREENING_DATE].text) if SCREENING_DATE in answers else ""
                yield Saved(answers[SUBJECT].text, day if isinstance(day, date) else None, path)


def _begins_with(path: Path, head: bytes) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(len(head)) == head
    except OSError:  # somebody else's
        return False
