"""`elements`: what can be given of a patient; and blank files for it."""

from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path

import typer

from trialscreen.cli import options
from trialscreen.cli.commands import argument, option
from trialscreen.cli.completion import section_ids
from trialscreen.cli.output import STDOUT, Format, needing, print_result, write_text
from trialscreen.criteria_file.load import load_trial
from trialscreen.model.errors import refuse
from trialscreen.model.trial import Element, Section, Trial
from trialscreen.text.characters import nearest, plain_name, shown


class Template(StrEnum):
    """A kind of file to fill."""

    YAML = "yaml"
    CSV = "csv"
    XLSX = "xlsx"


def elements(
    context: typer.Context,
    section: str | None = argument(
        "SECTION", "A section, by its id or title.", default=None, autocompletion=section_ids
    ),
    form: Format = options.FORMAT,
    template: Template | None = option("--template", "A blank file to fill, instead of the list."),
    output: str | None = options.output_option("With --template: the file to write; - for stdout."),
) -> None:
    """List the data elements: flag, unit, type, choices, range, and who can give each.

    A filled YAML template is one patient for screen, a CSV or Excel one a table for cohort.
    What stays blank is unknown; a row without any value is left out, and told.
    """
    trial = load_trial(context.obj)
    chosen = [one for one in trial.answerable() if one.section in _sections(trial, section)]
    if template is not None:
        _write(trial, chosen, template, STDOUT if output is None else output)
        return
    if output is not None:
        refuse("--output", "is for --template, which says what to write")
    from trialscreen.output.report.elements_page import elements_listing, elements_page

    listing = elements_listing(chosen)
    print_result(form, lambda: elements_page(trial, chosen), listing.data, lambda: listing)


def _sections(trial: Trial, wanted: str | None) -> set[str]:
    """The ids of the sections that are meant; of an element's name or flag, that it stands in.

    Raises InputError if there is none.
    """
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
    """Its id and title; `laboratory` is every section with a title like `Laboratory: calcium`."""
    title = section.title.casefold()
    yield from (section.id.casefold(), title, title.partition(":")[0])


def _write(trial: Trial, chosen: list[Element], template: Template, place: str) -> None:
    """Writes a blank file. Raises InputError if it cannot be written, or is there already."""
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
            with (
                needing("--template", "xlsx needs one more package", "excel", "openpyxl"),
                whole_file(Path(place)) as part,
            ):
                columns = templates.with_days(trial, chosen)
                templates.write_xlsx_template(part, trial, columns)


_ENDINGS = {Template.YAML: (".yaml", ".yml"), Template.CSV: (".csv",), Template.XLSX: (".xlsx",)}
