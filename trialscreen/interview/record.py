"""The answers file of an interview: written whole after every answer, by one process at a time."""

import os
import tempfile
from datetime import date
from pathlib import Path

import yaml
from filelock import FileLock, Timeout

from trialscreen.errors import InputError, Problem
from trialscreen.interview.book import Book
from trialscreen.text import printable
from trialscreen.trial import SCREENING_DATE

HEAD = "# Answers for {nct_id}, kept by trialscreen. Values may be edited by hand.\n"


class Record:
    """An answers file that this process alone writes to until it ends."""

    def __init__(self, path: Path, today: date) -> None:
        """Claims the file. Raises InputError if it is a link, or another process has it."""
        self.path, self.today = path, today
        if path.is_symlink():
            raise InputError([Problem(printable(str(path)), "is a link; name the file itself")])
        self._lock = FileLock(path.with_name(path.name + ".lock"), mode=0o600)
        try:
            self._lock.acquire(timeout=0)
        except Timeout:
            message = "is in use by another interview; finish that one first"
            raise InputError([Problem(printable(str(path)), message)]) from None
        except OSError as error:
            raise InputError([Problem(printable(str(path)), f"{error.strerror}")]) from None

    def save(self, book: Book) -> None:
        """Writes every answer with its date and criteria version; the file is old or new, whole.

        Raises InputError if it cannot be written; the old file stays as it was.
        """
        text = HEAD.format(nct_id=book.trial.registration.nct_id) + yaml.safe_dump(
            self._data(book),
            sort_keys=False,
            allow_unicode=True,
            default_flow_style=None,
            width=200,
        )
        try:
            handle, beside = tempfile.mkstemp(prefix=f".{self.path.name}.", dir=self.path.parent)
            try:
                with os.fdopen(handle, "w", encoding="utf-8") as file:
                    file.write(text)
                    file.flush()
                    os.fsync(file.fileno())
                Path(beside).replace(self.path)
            except BaseException:
                Path(beside).unlink(missing_ok=True)
                raise
        except OSError as error:
            message = f"cannot be written: {error.strerror}"
            raise InputError([Problem(printable(str(self.path)), message)]) from None

    def _data(self, book: Book) -> dict[str, object]:
        version = {"answered": self.today.isoformat(), "criteria": book.trial.sha256[:12]}
        answers: dict[str, object] = {SCREENING_DATE: book.on.isoformat()}
        for name, entry in book.entries.items():
            answers[name] = {"value": entry.text, **(entry.notes or version)}
        return answers

    def close(self) -> None:
        """Lets others have the file."""
        self._lock.release()
        Path(self._lock.lock_file).unlink(missing_ok=True)
