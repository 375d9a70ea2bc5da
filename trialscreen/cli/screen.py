"""`screen`: screens one patient, from flags, a file, a record, standard input or an interview."""

import shlex
import sys
from functools import partial
from typing import TYPE_CHECKING

import typer

from trialscreen import __version__
from trialscreen.answers.answer import Answers, differing, of_another_version
from trialscreen.cli import options
from trialscreen.cli.answers import need_answers, rescreened_answers, screen_stored, stored_answers
from trialscreen.cli.commands import Flags
from trialscreen.cli.output import Exit, Format, print_result, say, say_note
from trialscreen.cli.screen_options import ScreenOptions, answers_file
from trialscreen.model.errors import InputError
from trialscreen.model.trial import Trial
from trialscreen.screening.screen import Screening
from trialscreen.text.characters import count_of, shown

if TYPE_CHECKING:
    from trialscreen.output.report.listing import Listing
    from trialscreen.output.report.render.blocks import Page


def screen(context: typer.Context, asked: ScreenOptions = ScreenOptions()) -> None:
    """Screen one patient, from flags, a file, a record, or an interview in a terminal.

    Each data element has a flag, such as --weight: 'trialscreen elements' lists them. A value
    may be unknown, carry a unit or a bound, or be a date known in part (2026-03). Exit code:
    0 eligible, 3 ineligible, 4 undetermined, 2 bad input.
    """
    flags: Flags = context.obj
    asked.record.check()
    path = context.find_root().obj
    before = ("trialscreen", *(() if path is None else ("--criteria", path)))
    closing, unlogged = "", None
    logged: list[str] = []
    its_record = ""
    with answers_file(asked) as keeper:
        stored, of_file = (
            stored_answers(flags, asked.file)
            if asked.rescreen is None
            else rescreened_answers(flags, asked.on, asked.file)
        )
        site = options.site_settings(flags.trial, asked.site)
        answers, screening = screen_stored(flags, asked.on, stored, site, asked.record)
        given = bool(flags.texts or asked.given_file or asked.rescreen or asked.record.fhir)
        asking = asked.wanted(given=given)
        need_answers(answers, given=given, asking=asking)
        keeps = keeper is not None or asking
        is_new = asked.log.subject is not None and of_file is None
        asked = asked._replace(log=asked.log.checked(site.subject_pattern, of_file, keeps=keeps))
        _say_before(flags.trial, answers, stored if asked.resume else {}, asking=asking)
        if asking:
            asked.log.reach(flags.trial)
            from trialscreen.cli.interview import interview

            screening, answers, closing = interview(
                screening, answers, asked, keeper, before, is_new=is_new
            )
    try:
        logged, its_record = asked.log.add(screening, answers)
    except InputError as error:
        if not closing:
            raise
        unlogged = error  # show the interview's result first, or it would have been in vain
    form = Format.PLAIN if asked.plain and asked.form is Format.TABLE else asked.form
    file = None if flags.texts else asked.rescreen or asked.resume or asked.given_file or asked.save
    named = "FILE" if file in (None, "-") else file
    again = shlex.join((*before, "screen", "--rescreen", named, *asked.record.words))
    closes = not (closing and sys.stdout.isatty())  # else the verdict would be printed twice
    try:
        page = partial(_page, screening, asked, again, closes=closes)
        print_result(form, page, partial(_data, screening), partial(_listing, screening))
        if closing or logged:
            sys.stdout.flush()
    finally:  # the entry exists, even if nobody reads the result
        say(*logged, whole=its_record)
    sys.stderr.write(closing)
    if unlogged is not None:
        raise unlogged
    if not asked.exit_zero:
        raise typer.Exit(Exit[screening.verdict.upper()])


def _say_before(trial: Trial, answers: Answers, resumed: Answers, *, asking: bool) -> None:
    """Reports which resumed answers were replaced, and which belong to another version."""
    for name in differing(answers, resumed) if resumed else ():
        if name in resumed:
            new, old = shown(answers[name].text), shown(resumed[name].text)
            say_note(f"{answers[name].where} {new} replaces {old} in {resumed[name].where}")
    others = [name for name, one in answers.items() if of_another_version(trial, one.notes)]
    if others and not asking:  # an interview reports this itself
        was = count_of(len(others), "answer was", "answers were")
        taken = "taken under another version of the criteria file, and used as given"
        say_note(f"{was} {taken}: {', '.join(others)}")


def _page(screening: Screening, asked: ScreenOptions, again: str, *, closes: bool) -> "Page":
    from trialscreen.output.report.screening_page import screening_page, summary_page

    if asked.full or asked.explain or asked.verbatim:
        return screening_page(screening, again, explain=asked.explain, verbatim=asked.verbatim)
    return summary_page(screening, again, closes=closes)


def _data(screening: Screening) -> object:
    from trialscreen.output.report.screening_data import result

    return result(screening, __version__)


def _listing(screening: Screening) -> "Listing":
    from trialscreen.output.report.screening_data import findings_listing

    return findings_listing(screening)
