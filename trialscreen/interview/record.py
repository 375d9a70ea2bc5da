"""The answers file of an interview: written whole after every answer, by one process at a time."""

import os
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from datetime import date
from pathlib import Path

import yaml
from filelock import FileLock, Timeout

from trialscreen.errors import InputError, Problem
from trialscreen.interview.book import VERSION_DIGITS, Book, Entry
from trialscreen.notes import VALUE_KEY
from trialscreen.text import printable
from trialscreen.trial import SCREENING_DATE
from trialscreen.values import UNKNOWN

HEAD = "# Answers for {nct_id}, kept by trialscreen. Values may be edited by hand.\n"

_DUMPER = getattr(yaml, "CSafeDumper", yaml.SafeDumper)  # libyaml where there is one: faster

SET_ASIDE = "set_aside"
"""The note that holds an answer which is kept and not used; its value is unknown."""


def is_set_aside(text: str, notes: Mapping[str, str]) -> bool:
    """Whether an answer in a file, with the notes beside it, is kept and not used."""
    return text == UNKNOWN and SET_ASIDE in notes


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
        text = HEAD.format(nct_id=book.trial.registration.nct_id) + yaml.dump(
            self._data(book),
            Dumper=_DUMPER,
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
        sha256 = book.trial.sha256[:VERSION_DIGITS]
        version = {"answered": self.today.isoformat(), "criteria": sha256}

        def notes(entry: Entry) -> Mapping[str, str]:
            return {k: v for k, v in entry.notes.items() if k != SET_ASIDE} or version

        answers: dict[str, object] = {SCREENING_DATE: book.on.isoformat()}
        for name, entry in book.entries.items():
            answers[name] = {VALUE_KEY: entry.text, **notes(entry)}
        for name, entry in book.aside.items():
            answers[name] = {VALUE_KEY: UNKNOWN, SET_ASIDE: entry.text, **notes(entry)}
        return answers

    def close(self) -> None:
        """Lets others have the file."""
        # Before it is released: another process might have it by then. (Windows removes it itself.)
        with suppress(OSError):
            Path(self._lock.lock_file).unlink()
        self._lock.release()
