"""`trial`, `criteria`, `elements`, `check` and `diff`: show, check and compare criteria files."""

import sys
from collections.abc import Iterator
from enum import StrEnum
from functools import partial
from pathlib import Path

import typer

from trialscreen.cli import options
from trialscreen.cli.completion import criterion_ids, section_ids
from trialscreen.cli.output import STDOUT, Exit, Format, needing, print_result, write_text
from trialscreen.cli.parameters import argument, option
from trialscreen.criteria_file.load import criteria_bytes, load_trial
from trialscreen.model.errors import Problem, collected, raise_any, refuse
from trialscreen.model.trial import Criterion, Element, Section, Trial
from trialscreen.text.characters import count_of, nearest, plain_name, shown
from trialscreen.text.text_files import decode


def trial(loaded: Trial, form: Format = options.FORMAT) -> None:
    """Show the trial: status, phase, design, dates, dose cohorts, sites, contacts."""
    from trialscreen.output.report import trial_page as report

    page, data = partial(report.trial_page, loaded), partial(report.trial_data, loaded)
    print_result(form, page, data, partial(report.trial_listing, loaded))


def criteria(
    loaded: Trial,
    criterion_id: str | None = argument(
        "ID", "One criterion by its id; all if none.", autocompletion=criterion_ids
    ),
    form: Format = options.FORMAT,
) -> None:
    """Show the criteria word for word, with rule, readings and data elements."""
    from trialscreen.output.report.trial_page import criteria_listing, criteria_page

    chosen = _choose(loaded, criterion_id)
    listing = criteria_listing(loaded, chosen)
    print_result(form, lambda: criteria_page(loaded, chosen), listing.data, lambda: listing)


def _choose(loaded: Trial, wanted: str | None) -> tuple[Criterion, ...]:
    if wanted is None:
        return loaded.criteria
    chosen = tuple(one for one in loaded.criteria if one.id.casefold() == wanted.casefold())
    if not chosen:
        ids = [one.id for one in loaded.criteria]
        message = f"no criterion is named {shown(wanted)}.{nearest(wanted, ids)}"
        refuse("criteria", f"{message} Known: {', '.join(ids)}")
    return chosen


def check(
    context: typer.Context,
    file: str | None = argument("FILE", "The criteria file to check."),
) -> None:
    """Check a criteria file: its form, and what a reviewer would ask about."""
    from trialscreen.criteria_file.lint import lint, place_of
    from trialscreen.criteria_file.yaml_nodes import parse_yaml
    from trialscreen.criteria_file.yaml_trial import parse_trial

    data, origin = criteria_bytes(file or context.obj)
    loaded, root = parse_trial(data, origin), parse_yaml(decode(data, origin), origin)
    found = lint(loaded)
    for one in found:
        line, column = place_of(root, one.where)
        sys.stderr.write(f"{one.level}: {origin}:{line}:{column} {one}\n")
    errors = sum(one.level == "error" for one in found)
    counts = (
        count_of(len(loaded.elements), "element"),
        count_of(len(loaded.criteria), "criterion", "criteria"),
        count_of(errors, "error"),
        count_of(len(found) - errors, "warning"),
    )
    sys.stdout.write(f"{loaded.origin}: {', '.join(counts)}\n")
    if errors:
        raise typer.Exit(Exit.BAD_INPUT)


def diff(
    context: typer.Context,
    files: list[str] = argument(
        "OLD NEW", "Two criteria files; of one alone, what differs from the trial in use."
    ),
    form: Format = options.FORMAT,
    exit_code: bool = option("Exit with 5 if they differ."),
) -> None:
    """Show what differs between two criteria files, as a person reads it.

    Of criteria the text, the rule in words and the readings; of elements range, units, source
    and what else is asked; the trial's facts. Exit code: 0, or 2 for a bad file.
    """
    from trialscreen.criteria_file.differences import differences
    from trialscreen.output.report import trial_page as report

    if len(files) > 2:
        refuse("diff", f"{len(files)} files; expected two, OLD and NEW")
    loaded: list[Trial] = []
    problems: list[Problem] = []
    for file in files if len(files) == 2 else (context.obj, *files):
        with collected(problems):
            loaded.append(load_trial(file))
    raise_any(problems)
    old, new = loaded
    found = differences(old, new)
    page = partial(report.differences_page, old, new, found)
    data = partial(report.differences_data, old, new, found)
    print_result(form, page, data, partial(report.differences_listing, found))
    if exit_code and found:
        raise typer.Exit(Exit.NOT_VERIFIED)


class Template(StrEnum):
    """The kinds of blank file to fill in."""

    YAML = "yaml"
    CSV = "csv"
    XLSX = "xlsx"


_ENDINGS = {Template.YAML: (".yaml", ".yml"), Template.CSV: (".csv",), Template.XLSX: (".xlsx",)}


def elements(
    trial: Trial,
    section: str | None = argument(
        "SECTION", "A section, by its id or title.", autocompletion=section_ids
    ),
    form: Format = options.FORMAT,
    template: Template | None = option("A blank file to fill, instead of the list."),
    output: str | None = options.output_option("With --template: the file to write; - for stdout."),
) -> None:
    """List the data elements: flag, unit, type, choices, range, and who can give each.

    A filled YAML template is one patient for screen, a CSV or Excel one a table for cohort.
    What stays blank is unknown; a row without any value is left out and reported.
    """
    chosen = [one for one in trial.answerable() if one.section in _sections(trial, section)]
    if template is not None:
        _write(trial, chosen, template, STDOUT if output is None else output)
        return
    if output is not None:
        refuse("--output", "is for --template, which says what to write")
    from trialscreen.output.report.trial_page import elements_listing, elements_page

    listing = elements_listing(chosen)
    print_result(form, lambda: elements_page(trial, chosen), listing.data, lambda: listing)


def _sections(trial: Trial, wanted: str | None) -> set[str]:
    """The ids of sections that match an id, title or element. Raises InputError if none does."""
    if wanted is None:
        return {one.id for one in trial.sections}
    found = {one.id for one in trial.sections if wanted.casefold() in _names(one)}
    if not found and (element := trial.elements.get(plain_name(wanted))) is not None:
        found = {element.section}
    if not found:
        ids = [one.id for one in trial.sections]
        message = f"no section is named {shown(wanted)}.{nearest(wanted, ids)}"
        refuse("elements", f"{message} Known: {', '.join(ids)}")
    return found


def _names(section: Section) -> Iterator[str]:
    """A section's names: its id, title and the title's part before a colon (`Laboratory: …`)."""
    title = section.title.casefold()
    yield from (section.id.casefold(), title, title.partition(":")[0])


def _write(trial: Trial, chosen: list[Element], template: Template, place: str) -> None:
    """Writes a blank file. Raises InputError if that fails, or if the file exists already."""
    from trialscreen.output.export import templates
    from trialscreen.text.text_files import whole_file

    if place != STDOUT and Path(place).exists():
        refuse("--output", f"{shown(place)} exists, and may be filled; name a new file")
    if place != STDOUT and Path(place).suffix.lower() not in _ENDINGS[template]:
        expected = " or ".join(_ENDINGS[template])
        refuse("--output", f"{shown(place)}; expected a name that ends in {expected}")
    match template:
        case Template.YAML:
            write_text(place, templates.yaml_template(trial, chosen))
        case Template.CSV:
            write_text(place, templates.csv_template(templates.with_days(trial, chosen)))
        case Template.XLSX:
            if place == STDOUT:
                refuse("--output", "is needed for xlsx, as -o patients.xlsx")
            needs = needing("--template", "xlsx needs one more package", "excel", "openpyxl")
            with needs, whole_file(Path(place)) as part:
                templates.write_xlsx_template(part, trial, templates.with_days(trial, chosen))
