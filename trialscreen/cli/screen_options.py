"""The option groups of `screen`: answers and interview, and the log."""

import re
import shlex
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from trialscreen import __version__
from trialscreen.answers.answer import Answer, Answers
from trialscreen.cli import options
from trialscreen.cli.answers import RecordOptions
from trialscreen.cli.output import Format
from trialscreen.cli.parameters import option
from trialscreen.model.errors import Problem, raise_any, refuse
from trialscreen.model.trial import SOURCES, Source, Trial
from trialscreen.screening.screen import Screening
from trialscreen.text.characters import flag, nearest, printable, shown

if TYPE_CHECKING:
    from trialscreen.answers.interview.autosave import Keeper
    from trialscreen.log.entry import Correction, ScreeningEntry


def sources_to_come(incomplete: str) -> list[tuple[str, str]]:
    """Completions of `--ask`: the sources not named yet, appended to those that are."""
    named, comma, _ = incomplete.rpartition(",")
    left = [one for one in SOURCES if one != "derived" and one not in named.split(",")]
    return [(f"{named}{comma}{one}", one) for one in left]


class LogOptions(NamedTuple):
    """The options that concern the log, as given."""

    log: str | None = option("Add the result to this log, or begin it.", "FILE")
    subject: str | None = option("With --log or --save: a code, such as S-014.", "CODE")
    by: str | None = option("With --log: who screens, as initials.", "CODE")
    note: str | None = option("With --log: a note on the screening.", "TEXT")
    corrects: int | None = option("With --log: the entry it replaces.", "ENTRY", min=1)
    reason: str | None = option("With --corrects: what was wrong.", "TEXT")

    @property
    def words(self) -> tuple[str, ...]:
        """The options as given, to be repeated in a suggested command."""
        options = zip(map(flag, self._fields), self, strict=True)
        return tuple(str(word) for one in options if one[1] is not None for word in one)

    def checked(
        self, subject_pattern: re.Pattern[str] | None, of_file: Answer | None, *, keeps: bool
    ) -> "LogOptions":
        """The options, with the subject's code from the answers file if none was given.

        `keeps`: answers, and so the code, are saved. Raises InputError with all problems.
        """
        known = self if of_file is None else self._replace(subject=self.subject or of_file.text)
        problems = known._problems()
        if self.log is None:
            given = (name for name, value in self._asdict().items() if value is not None)
            allowed = ("subject",) if keeps else ()
            message = "is for --log, which names the screening log"
            problems = [Problem(flag(name), message) for name in given if name not in allowed]
        if of_file is not None and self.subject not in (None, of_file.text):
            message = f"{shown(self.subject or '')}, and {of_file.where} is {shown(of_file.text)}"
            problems.append(Problem("--subject", message))
        if self.log is not None or keeps:
            names = ("subject", "by", "note", "reason")
            codes = {flag(name): getattr(known, name) for name in names}
            problems += options.code_problems(codes, subject_pattern)
        raise_any(problems)
        return known

    def reach(self, trial: Trial) -> None:
        """Raises InputError if no entry could be added, before any question is asked."""
        if self.log is not None:
            from trialscreen.log.store import open_or_begin

            with open_or_begin(Path(self.log), trial.registration.nct_id, __version__) as log:
                log.check(trial.registration.nct_id, self.subject or "", self._correction)
                log.check_spelling(self.subject or "")

    @property
    def _correction(self) -> "Correction | None":
        return options.correction(self.corrects, self.reason, [])

    def _problems(self) -> list[Problem]:
        problems = []
        if self.log == "":
            message = "'' names no file; expected a name such as screening.log.sqlite"
            problems.append(Problem("--log", message))
        lacking = [name for name in ("subject", "by") if getattr(self, name) is None]
        problems += [Problem(flag(name), "is needed with --log") for name in lacking]
        corrected = options.correction(self.corrects, self.reason, problems)
        if corrected is None and self.reason is not None:
            message = "is for --corrects, which names the entry that was wrong"
            problems.append(Problem("--reason", message))
        return problems

    def add(self, screening: Screening, answers: Answers) -> tuple[list[str], str]:
        """Adds the entry, if there is a log. Raises InputError if that fails.

        Returns the messages to print, and the command for its record, if there can be one.
        """
        if self.log is None:
            return [], ""
        from trialscreen.log.entry import ScreeningEntry, recorded
        from trialscreen.log.store import open_or_begin
        from trialscreen.log.verify import noted_as

        subject = self.subject or ""
        entry = recorded(screening, answers, subject, self.note or "", self._correction)
        with open_or_begin(Path(self.log), entry.criteria.nct_id, __version__) as log:
            log.check_spelling(subject)
            entry = log.append(entry, self.by or "", __version__)
            corrected = None if entry.corrects is None else log.entry(entry.corrects.of)
        place = printable(self.log)
        report = ("trialscreen", "report", "--log", place, "--entry", str(entry.number))
        page = f"{subject.replace('/', '-')}.html"
        how = f"Its record: {shlex.join((*report, '-o', page))}"
        seal = noted_as(entry.number, entry.seal)
        told = [f"log: entry {entry.number} for {subject} added to {place}, seal {seal}."]
        if isinstance(corrected, ScreeningEntry):
            told += _other_than(corrected, entry)
        return (told, how) if entry.stage == "full" else ([*told, self._kept_before_consent], "")

    @property
    def _kept_before_consent(self) -> str:
        left_out = " and the ".join(name for name in ("note", "reason") if getattr(self, name))
        return f"No answers are kept before consent{left_out and f', nor the {left_out}'}."


def _other_than(was: "ScreeningEntry", now: "ScreeningEntry") -> Iterator[str]:
    """What a correction may have changed by mistake, as when the wrong file is used."""
    if was.on != now.on:
        yield f"Entry {was.number}, which it corrects, is of {was.on}; it is of {now.on}."
    if was.stage == "full" and now.stage != "full":
        yield f"Entry {was.number}, which it corrects, was recorded with consent; it is without."


class ScreenOptions(NamedTuple):
    """The options of `screen`, as given."""

    given_file: str | None = options.FROM
    on: str | None = options.DAY
    form: Format = options.FORMAT
    full: bool = option("Show the whole page: every value, in 150 lines and more.")
    explain: bool = option("Show the whole page, with the clauses inside each criterion.")
    verbatim: bool = option("Show the whole page, with each criterion word for word.")
    exit_zero: bool = option("Exit with 0 whatever the verdict is.")
    interactive: bool = option("Ask for what flags and file left open.")
    save: str | None = option("Keep the interview's answers in FILE.", "FILE")
    resume: str | None = option("Go on with the interview kept in FILE.", "FILE")
    rescreen: str | None = option("The answers in FILE, on another day: today.", "FILE")
    ask: str | None = option(
        "Ask only for these, such as participant,chart.", "SOURCES", autocompletion=sources_to_come
    )
    quick: bool = option("Ask first what is most likely to exclude.")
    site: str | None = options.SITE
    record: RecordOptions = RecordOptions()
    plain: bool = option("For screen readers: plain lines, one by one.")
    log: LogOptions = LogOptions()

    @property
    def asked_for(self) -> bool:
        return self.interactive or self.quick or (self.save, self.resume, self.ask) != (None,) * 3

    def wanted(self, *, given: bool) -> bool:
        """Whether to hold an interview: on request, or in a terminal if nothing was `given`.

        Raises InputError for a request that cannot be met.
        """
        self.sources()
        if self.asked_for and not _in_a_terminal():
            refuse("the interview", "needs a terminal; give the answers as flags or with --from")
        return self.asked_for or (not given and _in_a_terminal())

    @property
    def file(self) -> str | None:
        """The answers file to start from. Raises InputError."""
        if self.rescreen is not None and (self.given_file, self.resume) != (None, None):
            refuse("--rescreen", "names a file of answers, and so does another option; give one")
        named, message = self.given_file if self.rescreen is None else self.rescreen, ""
        if named is not None and self.resume is not None:
            message = "not with --resume; give one file, and what is new as flags or answers"
        elif named == "":
            message = "'' names no file; expected a file, or - for standard input"
        elif named == "-" and self.asked_for:
            message = "standard input is needed for the interview; put the answers into a file"
        if message:
            refuse("--from", message)
        return named if self.resume is None else self.resume

    def sources(self) -> tuple[Source, ...]:
        """The sources to ask for. Raises InputError for one that does not exist."""
        if self.ask is None:
            return SOURCES
        known = tuple(source for source in SOURCES if source != "derived")
        names = list(filter(None, map(str.strip, self.ask.split(",")))) or [""]
        problems = [
            Problem("--ask", f"{shown(name)}; expected {', '.join(known)}.{nearest(name, known)}")
            for name in names
            if name not in known
        ]
        raise_any(problems)
        return tuple(source for source in known if source in names)


def _in_a_terminal() -> bool:
    return sys.stdin is not None and sys.stdin.isatty() and sys.stderr.isatty()


@contextmanager
def answers_file(options: ScreenOptions) -> Iterator["Keeper | None"]:
    """The keeper of the answers file, if one is named; locks the file before it is read."""
    if options.resume is None and options.save is None:
        yield None
        return
    if options.resume is not None and options.save is not None:
        refuse("--save", "not with --resume, which keeps the answers in the file that it names")
    from trialscreen.answers.interview.autosave import Keeper, claim

    option = "--save" if options.resume is None else "--resume"
    name = options.resume or options.save or ""
    with closing(claim(name, option, new=options.resume is None)) as file:
        yield Keeper(file)
