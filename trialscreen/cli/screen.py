"""`screen`: one patient, from flags, a file or standard input."""

import shlex
import sys
from typing import TYPE_CHECKING

import typer

from trialscreen import __version__
from trialscreen.answers.answer import Answer, Answers, differing, of_another_version
from trialscreen.cli import options
from trialscreen.cli.answers import (
    RecordOptions,
    need_answers,
    rescreened_answers,
    screen_stored,
    stored_answers,
    taken_subject,
)
from trialscreen.cli.commands import option
from trialscreen.cli.element_flags import Flags
from trialscreen.cli.output import Exit, Format, print_result, say, say_note
from trialscreen.cli.screen_options import AnswerOptions, LogOptions, answers_file, sources_to_come
from trialscreen.model.errors import InputError, refuse
from trialscreen.model.trial import Trial
from trialscreen.screening.screen import Screening
from trialscreen.text.characters import shown

if TYPE_CHECKING:
    from trialscreen.output.report.listing import Listing
    from trialscreen.output.report.render.blocks import Page


def screen(
    context: typer.Context,
    given_file: str | None = options.FROM,
    on: str | None = options.DAY,
    form: Format = options.FORMAT,
    full: bool = option(
        "--full", "Show the whole page: every value, in 150 lines and more.", default=False
    ),
    explain: bool = option(
        "--explain", "Show the whole page, with the clauses inside each criterion.", default=False
    ),
    verbatim: bool = option(
        "--verbatim", "Show the whole page, with each criterion word for word.", default=False
    ),
    exit_zero: bool = option("--exit-zero", "Exit with 0 whatever the verdict is.", default=False),
    interactive: bool = option(
        "--interactive", "Ask for what flags and file left open.", default=False
    ),
    save: str | None = option("--save", "Keep the interview's answers in FILE.", "FILE"),
    resume: str | None = option("--resume", "Go on with the interview kept in FILE.", "FILE"),
    rescreen: str | None = option(
        "--rescreen", "The answers in FILE, on another day: today.", "FILE"
    ),
    ask: str | None = option(
        "--ask",
        "Ask only for these, such as participant,chart.",
        "SOURCES",
        autocompletion=sources_to_come,
    ),
    quick: bool = option("--quick", "Ask first what is most likely to exclude.", default=False),
    site: str | None = options.SITE,
    fhir: list[str] | None = options.FHIR,
    codes: list[str] | None = options.CODES,
    assume_absent: list[str] | None = options.ASSUME_ABSENT,
    plain: bool = option("--plain", "For screen readers: plain lines, one by one.", default=False),
    log: str | None = option("--log", "Add the result to this log, or begin it.", "FILE"),
    subject: str | None = option(
        "--subject", "With --log or --save: a code, such as S-014.", "CODE"
    ),
    by: str | None = option("--by", "With --log: who screens, as initials.", "CODE"),
    note: str | None = option("--note", "With --log: a note on the screening.", "TEXT"),
    corrects: int | None = option(
        "--corrects", "With --log: the entry it replaces.", "ENTRY", min=1
    ),
    reason: str | None = option("--reason", "With --corrects: what was wrong.", "TEXT"),
) -> None:
    """Screen one patient, from flags, a file, a record, or an interview in a terminal.

    Each data element has a flag, such as --weight: 'trialscreen elements' lists them. A value
    may be unknown, carry a unit or a bound, or be a date known in part (2026-03). Exit code:
    0 eligible, 3 ineligible, 4 undetermined, 2 bad input.
    """
    flags = Flags.of(context)
    record = RecordOptions.of(fhir, codes, assume_absent)
    asked = AnswerOptions(given_file, rescreen, interactive, save, resume, ask, quick, plain)
    logging = LogOptions(log, subject, by, note, corrects, reason)
    before = ("trialscreen", *(() if context.obj is None else ("--criteria", context.obj)))
    closing, unlogged = "", None
    logged: tuple[str, ...] = ()
    with answers_file(asked) as keeper:
        stored = _stored(flags, on, asked)
        of_file = taken_subject(flags.trial, stored)
        at = options.site_settings(flags.trial, site)
        answers, screening = screen_stored(flags, on, stored, at, record)
        given = bool(flags.texts or given_file or rescreen or record.fhir)
        asking = asked.wanted(given=given)
        need_answers(given=given or asking)
        logging = logging.checked(at.subject_pattern, of_file, keeps=keeper is not None or asking)
        _say_before(flags.trial, answers, stored if resume else {}, asking=asking)
        if asking:
            logging.reach(flags.trial)
            from trialscreen.cli.interview import interview

            screening, answers, closing = interview(
                *(screening, answers, asked, keeper, before, record.words, logging),
                is_new=subject is not None and of_file is None,
            )
    try:
        logged = logging.add(screening, answers)
    except InputError as error:
        if not closing:
            raise
        unlogged = error  # an interview is not held in vain: its result is shown first
    if plain and form is Format.TABLE:
        form = Format.PLAIN
    sure = None if flags.texts else rescreen or resume or given_file or save
    file = "FILE" if sure in (None, "-") else sure
    again = shlex.join((*before, "screen", "--rescreen", file, *record.words))
    whole = {"full": full, "explain": explain, "verbatim": verbatim}
    closes = not (closing and sys.stdout.isatty())  # else the verdict would stand there twice
    try:
        print_result(
            form,
            lambda: _page(screening, again, closes=closes, **whole),
            lambda: _data(screening),
            lambda: _listing(screening),
        )
        if closing or logged:
            sys.stdout.flush()
    finally:  # the entry is there, also where nobody reads the result
        say(*logged)
    sys.stderr.write(closing)
    if unlogged is not None:
        raise unlogged
    if not exit_zero:
        raise typer.Exit(Exit[screening.verdict.upper()])


def _stored(flags: Flags, on: str | None, asked: AnswerOptions) -> dict[str, Answer]:
    """The answers in the file that is named, by one option or by another."""
    if asked.rescreen is None:
        return stored_answers(flags, asked.file)
    if asked.given is not None or asked.resume is not None:
        refuse("--rescreen", "names a file of answers, and so does another option; give one")
    return rescreened_answers(flags, on, asked.file)


def _say_before(trial: Trial, answers: Answers, resumed: Answers, *, asking: bool) -> None:
    """Which answers of the file that is resumed were replaced; which are of another version."""
    for name in differing(answers, resumed) if resumed else ():
        if name in resumed:
            new, old = shown(answers[name].text), shown(resumed[name].text)
            say_note(f"{answers[name].where} {new} replaces {old} in {resumed[name].where}")
    others = [name for name, one in answers.items() if of_another_version(trial, one.notes)]
    if others and not asking:  # an interview tells it itself
        was = "1 answer was" if len(others) == 1 else f"{len(others)} answers were"
        taken = "taken under another version of the criteria file, and used as given"
        say_note(f"{was} {taken}: {', '.join(others)}")


def _page(
    screening: Screening, again: str, *, closes: bool, full: bool, explain: bool, verbatim: bool
) -> "Page":
    if not (full or explain or verbatim):
        from trialscreen.output.report.screening_page import summary_page

        return summary_page(screening, again, closes=closes)
    from trialscreen.output.report.screening_page import screening_page

    return screening_page(screening, again, explain=explain, verbatim=verbatim)


def _data(screening: Screening) -> object:
    from trialscreen.output.report.screening_data import result

    return result(screening, __version__)


def _listing(screening: Screening) -> "Listing":
    from trialscreen.output.report.screening_data import findings_listing

    return findings_listing(screening)
