"""`screen --log`: what of a screening goes into the log, and whether it can."""

import re
import shlex
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from trialscreen import __version__
from trialscreen.answers.answer import Answer, Answers
from trialscreen.model.errors import Problem, ValueProblem, raise_any
from trialscreen.model.trial import Trial
from trialscreen.screening.screen import Screening
from trialscreen.text.characters import printable, shown
from trialscreen.text.spelling import flag

if TYPE_CHECKING:
    from trialscreen.log.entry import Correction


class LogOptions(NamedTuple):
    """The options that concern the log, as given."""

    log: str | None
    subject: str | None
    by: str | None
    note: str | None
    corrects: int | None
    reason: str | None

    @property
    def words(self) -> tuple[str, ...]:
        """The options as they were given, for a command that goes on."""
        options = zip(map(flag, self._fields), self, strict=True)
        return tuple(str(word) for one in options if one[1] is not None for word in one)

    def checked(
        self, subject_pattern: re.Pattern[str] | None, of_file: Answer | None, *, keeps: bool
    ) -> "LogOptions":
        """The options, with the subject's code of a file of answers where none was given.

        `keeps`: a file keeps the answers, and so the code. Raises InputError with everything
        that is wrong with the options.
        """
        known = self if of_file is None else self._replace(subject=self.subject or of_file.text)
        problems = list(self._out_of_place(keeps=keeps) if self.log is None else known._problems())
        if of_file is not None and self.subject not in (None, of_file.text):
            message = f"{shown(self.subject or '')}, and {of_file.where} is {shown(of_file.text)}"
            problems.append(Problem("--subject", message))
        if self.log is not None or keeps:
            codes = (known.subject, self.by, (self.note, self.reason))
            problems += code_problems(*codes, subject_pattern)
        raise_any(problems)
        return known

    def reach(self, trial: Trial) -> None:
        """Sees that an entry can be added, before anybody is asked anything. Raises InputError."""
        if self.log is not None:
            from trialscreen.log.store import open_or_begin

            with open_or_begin(Path(self.log), trial.registration.nct_id, __version__) as log:
                log.check(trial.registration.nct_id, self.subject or "", self._correction())

    def _out_of_place(self, *, keeps: bool) -> Iterator[Problem]:
        """Options that were given without a log."""
        for name, value in zip(self._fields[1:], self[1:], strict=True):
            if value is not None and not (keeps and name == "subject"):
                yield Problem(flag(name), "is for --log, which names the screening log")

    def _problems(self) -> Iterator[Problem]:
        if self.log == "":
            yield Problem("--log", "'' names no file; expected a name such as screening.log.sqlite")
        for name in ("subject", "by"):
            if getattr(self, name) is None:
                yield Problem(flag(name), "is needed with --log")
        if self.corrects is not None and not (self.reason or "").strip():
            yield Problem("--reason", "is needed with --corrects: why is the entry corrected?")
        if self.corrects is None and self.reason is not None:
            yield Problem("--reason", "is for --corrects, which names the entry that was wrong")

    def add(self, screening: Screening, answers: Answers) -> tuple[str, ...]:
        """Adds the entry, if there is a log; what to say of it. Raises InputError if it cannot."""
        if self.log is None:
            return ()
        from trialscreen.log.recording import recorded
        from trialscreen.log.store import open_or_begin
        from trialscreen.log.verify import noted_as

        subject = self.subject or ""
        entry = recorded(screening, answers, subject, self.note or "", self._correction())
        with open_or_begin(Path(self.log), entry.criteria.nct_id, __version__) as log:
            entry = log.append(entry, self.by or "", __version__)
        place = printable(self.log)
        report = ("trialscreen", "report", "--log", place, "--entry", str(entry.number))
        how = f"Its record: {shlex.join((*report, '-o', f'{subject}.html'))}"
        seal = noted_as(entry.number, entry.seal)
        return (
            f"log: entry {entry.number} for {subject} added to {place}, seal {seal}.",
            how if entry.stage == "full" else "No answers are kept before consent.",
        )

    def _correction(self) -> "Correction | None":
        from trialscreen.log.entry import Correction

        return None if self.corrects is None else Correction(self.corrects, self.reason or "")


def code_problems(
    subject: str | None,
    by: str | None,
    remarks: tuple[str | None, str | None],
    subject_pattern: re.Pattern[str] | None,
) -> Iterator[Problem]:
    """What of a subject's code, of who enters it, of a note and a reason could lead to a person."""
    from trialscreen.log.pseudonyms import check_remark, check_staff, check_subject

    checks: tuple[tuple[str, str | None, Callable[[str], str]], ...] = (
        ("--subject", subject, partial(check_subject, pattern=subject_pattern)),
        ("--by", by, check_staff),
        ("--note", remarks[0], check_remark),
        ("--reason", remarks[1], check_remark),
    )
    for where, text, check in checks:
        try:
            if text is not None:
                check(text)
        except ValueProblem as problem:
            yield Problem(where, str(problem))
