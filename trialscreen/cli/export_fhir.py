"""`export questionnaire` and `export response`: for FHIR."""

import re
from datetime import UTC, datetime
from typing import Annotated

import typer

from trialscreen.cli.answers import need_answers, screen_answers, stored_answers
from trialscreen.cli.element_flags import FROM
from trialscreen.cli.export_output import Output, tell_left_out, write_json
from trialscreen.cli.formats import load
from trialscreen.cli.outcome import refuse, refuse_one
from trialscreen.cli.screening_day import FLAG
from trialscreen.errors import InputError, Problem, ValueProblem
from trialscreen.text import shown
from trialscreen.trial import SCREENING_DATE

_ADDRESS = re.compile(r"(https?://|urn:)[^\s|#?<>\"{}\\^`]*[^\s|#?<>\"{}\\^`/]")

Base = Annotated[
    str | None,
    typer.Option(
        "--base",
        metavar="URL",
        help="Where you publish: the canonical addresses begin with it. If none is given, they"
        " begin with one that leads nowhere.",
    ),
]
EveryQuestion = Annotated[
    bool,
    typer.Option(
        "--every-question",
        help="Without conditions: every question is always enabled, and a response holds every"
        " answer. A Questionnaire of its own, with its own address.",
    ),
]


def questionnaire(
    context: typer.Context, output: Output, base: Base = None, every: EveryQuestion = False
) -> None:
    """The questions as a FHIR R4 Questionnaire.

    A group for each section, a question for each data element; a question is enabled while
    its answer can still matter. What FHIR cannot carry is told on stderr.
    """
    from trialscreen.export.fhir import limits  # noqa: PLC0415 - each format, where it is asked for
    from trialscreen.export.fhir import questionnaire as fhir  # noqa: PLC0415

    trial = load(context)
    form = fhir.Form(_address(base, fhir.BASE), every)
    try:
        made = fhir.questionnaire(trial, form)
        write_json(output, made)
    except InputError as error:
        refuse(error)
    tell_left_out(limits.questionnaire_limits(trial, form))


def response(
    context: typer.Context,
    output: Output,
    file: Annotated[str | None, typer.Argument(metavar="FILE", help="As --from FILE.")] = None,
    given_file: Annotated[
        str | None,
        typer.Option(
            FROM,
            metavar="FILE",
            help="Answers from a YAML or JSON file, one key per element; - for standard input.",
        ),
    ] = None,
    on: Annotated[
        str | None,
        typer.Option(
            FLAG,
            metavar="YYYY-MM-DD",
            help="The day that every window is counted from; today if none is given.",
        ),
    ] = None,
    subject: Annotated[
        str | None,
        typer.Option(
            "--subject", metavar="CODE", help="The participant's code in the trial; never a name."
        ),
    ] = None,
    base: Base = None,
    every: EveryQuestion = False,
) -> None:
    """One patient's answers as a FHIR R4 QuestionnaireResponse.

    It belongs to the Questionnaire that export questionnaire writes with the same --base
    and --every-question. It is completed once every criterion is decided, else in
    progress. What it cannot carry is told on stderr.
    """
    from trialscreen.export.fhir import limits  # noqa: PLC0415
    from trialscreen.export.fhir import response as fhir  # noqa: PLC0415
    from trialscreen.export.fhir.questionnaire import BASE, Form  # noqa: PLC0415
    from trialscreen.log.codes import check_subject  # noqa: PLC0415

    trial = load(context)
    problems: list[Problem] = []
    form = Form(_address(base, BASE), every)
    try:
        if subject is not None:
            check_subject(subject)
        flags = {} if on is None else {SCREENING_DATE: [on]}
        if file is not None and given_file is not None:
            problems.append(Problem(shown(file), "a second file of answers; give one"))
        given_file = given_file or file
        need_answers(given=given_file is not None)
        stored = stored_answers(given_file, problems)
        answers, screening = screen_answers(trial, flags, stored, problems)
        made = fhir.response(screening, datetime.now(UTC), subject, form)
        write_json(output, made.resource)
    except ValueProblem as problem:
        refuse_one("--subject", str(problem))
    except InputError as error:
        refuse(error)
    tell_left_out(limits.response_limits(trial, made, answers))


def _address(base: str | None, otherwise: str) -> str:
    """`base` as canonical addresses can begin with it."""
    if base is None:
        return otherwise
    if not _ADDRESS.fullmatch(base) or not base.isascii():
        refuse_one("--base", f"{shown(base)}; expected an address such as https://example.org/fhir")
    return base
