"""Saves an interview's answers: atomically after every answer, by one process at a time."""

from contextlib import suppress
from pathlib import Path

import yaml
from filelock import FileLock, Timeout

from trialscreen.answers.answer import SUBJECT, Key
from trialscreen.answers.answers_file import KEPT
from trialscreen.answers.interview.state import State
from trialscreen.model.errors import InputError, refuse
from trialscreen.model.trial import SCREENING_DATE
from trialscreen.text.characters import printable, shown
from trialscreen.text.text_files import MAX_BYTES, part_prefix, whole_file, writing

HEAD = f"{KEPT} Values may be edited by hand.\n"

_DUMPER = getattr(yaml, "CSafeDumper", yaml.SafeDumper)  # libyaml where there is one: faster


class AnswersFile:
    """An answers file that this process alone writes to until it ends."""

    def __init__(self, path: Path) -> None:
        """Claims the file. Raises InputError if it is a link, or another process has it."""
        self.path, self._name = path, printable(str(path))
        if path.is_symlink():
            refuse(self._name, "is a link; name the file itself")
        if path.exists() and not path.is_file():
            refuse(self._name, "is not a file")
        self._lock = FileLock(path.with_name(f".{path.name}.trialscreen-lock"), mode=0o600)
        try:
            self._lock.acquire(timeout=0)
            for one in path.parent.iterdir():
                if one.name.startswith(part_prefix(path)):  # a process that was killed left it
                    one.unlink()
            self._content = self._read()
        except Timeout:
            refuse(self._name, "is in use by another interview; finish that one first")
        except OSError as error:
            refuse(self._name, f"{error.strerror}")

    def _read(self) -> bytes | None:
        """What the file holds; None if it does not exist."""
        try:
            with self.path.open("rb") as file:
                return file.read(MAX_BYTES + 1)
        except FileNotFoundError:
            return None

    @property
    def is_new(self) -> bool:
        """Whether there is no file yet."""
        return self._content is None

    def save(self, state: State, subject: str | None = None) -> None:
        """Writes every answer; the file is old or new, whole, and for its owner alone.

        Raises InputError if that cannot be, or another hand wrote to it; it stays as it was.
        """
        head = HEAD.format(nct_id=state.trial.registration.nct_id)
        text = yaml.dump(
            _data(state, subject),
            Dumper=_DUMPER,
            sort_keys=False,
            allow_unicode=True,
            default_flow_style=None,
            width=200,
        )
        data = f"{head}{text}".encode()
        with writing(str(self.path)):
            if self._read() not in (None, self._content):
                message = "was changed by another hand, and is left so; move it away to save anew"
                refuse(self._name, message)
            with whole_file(self.path) as part:
                part.write_bytes(data)
        self._content = data

    def close(self) -> None:
        """Lets others have the file."""
        # Before it is released: another process might have it by then. (Windows removes it itself.)
        lock = Path(self._lock.lock_file)
        with suppress(OSError):
            if lock.stat().st_size == 0:  # a lock holds nothing; anything else is not ours
                lock.unlink()
        self._lock.release()


def _data(state: State, subject: str | None) -> dict[str, object]:
    """Every answer with its notes; of what is set aside, the answer stands before the others."""
    answers: dict[str, object] = {} if subject is None else {SUBJECT: subject}
    answers[SCREENING_DATE] = state.on.isoformat()
    for name, one in {**state.answers, **state.set_aside}.items():
        origin = {"site": {Key.NOTE: "a limit of the site"}, "record": {Key.RECORD: one.in_record}}
        aside = {Key.SET_ASIDE: one.notes[Key.SET_ASIDE]} if one.is_set_aside else {}
        answers[name] = {Key.VALUE: one.text, **origin.get(one.by, {}), **aside, **one.notes}
    return answers


def claim(name: str, where: str, *, new: bool) -> AnswersFile:
    """The answers file of that name; it must be `new`, or not. Raises InputError at `where`."""
    path, said = Path(name), shown(name)
    if name in ("", "-"):
        what = "is not a file" if name else "names no file"
        refuse(where, f"{said} {what}; expected a name such as answers.yaml")
    if path.suffix.lower() == ".json":
        message = f"answers are kept as YAML; expected a name such as {path.stem}.yaml"
        refuse(where, f"{said}: {message}")
    try:
        if not path.parent.is_dir():
            refuse(where, f"{said}: there is no folder {shown(str(path.parent))}")
        if new and path.exists():
            refuse(where, f"{said} exists; go on with it by --resume, or name a new file")
        return AnswersFile(path)
    except OSError as error:
        refuse(where, f"{said}: {error.strerror}")


class Keeper:
    """Keeps the answers: in a file, once there is one."""

    def __init__(self, file: AnswersFile | None = None) -> None:
        self.file = file
        self.subject: str | None = None
        """The code of whose answers these are, if it is known."""
        self.problem = ""
        """Why the answers could not be saved the last time; empty if they are."""

    @property
    def kept_in(self) -> Path | None:
        """The file that holds all answers; None if none does."""
        return self.file.path if self.file is not None and not self.problem else None

    def save(self, state: State) -> None:
        """Saves if there is a file; says in `problem` what went wrong."""
        if self.file is not None:
            self.problem = ""
            try:
                self.file.save(state, self.subject)
            except InputError as error:
                self.problem = str(error.problems[0])

    def into(self, name: str, state: State) -> None:
        """Saves in a new file from now on. Raises InputError if that cannot be."""
        file = claim(name, "", new=True)
        try:
            file.save(state, self.subject)
        except InputError:
            file.close()
            raise
        self.close()
        self.file, self.problem = file, ""

    def close(self) -> None:
        if self.file is not None:
            self.file.close()
