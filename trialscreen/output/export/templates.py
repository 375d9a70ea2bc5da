"""Blank files to fill in: one patient's answers as YAML, a table of patients as CSV or .xlsx."""

from collections.abc import Sequence
from pathlib import Path

from trialscreen.model.trial import Element, Trial
from trialscreen.output.report.trial_page import answer_form
from trialscreen.screening.samples import day_column, with_sample_days
from trialscreen.text import csvtext
from trialscreen.text.characters import printable

ID, FIRST = "patient_id", "S-001"
"""The id column, and a first id, so that a blank table has a row."""

_HEAD = """\
# Answers for {nct_id}: one patient, a pseudonymous code at most, no name.
# What is left empty is not answered, and so unknown. Write "unknown" for what was asked and is
# not known, "pending" for what is awaited; "3.1 on 2026-05-20" for a value of that day.
# Screen it with: trialscreen screen FILE
"""


def yaml_template(trial: Trial, elements: Sequence[Element]) -> str:
    """A key without a value for each element, below its question and the accepted form."""
    lines = [_HEAD.format(nct_id=trial.registration.nct_id)]
    for section, asked in trial.by_section(elements):
        lines.append(f"\n# {printable(section.title)}\n")
        for one in asked:
            lines.append(printable(f"# {one.ask or one.label} ({'; '.join(answer_form(one))})"))
            lines.append(f"{one.name}:")
    return "\n".join(lines) + "\n"


def with_days(trial: Trial, elements: Sequence[Element]) -> list[Element]:
    """The elements, each measured one followed by the element for its sample date."""
    days = with_sample_days(trial).elements
    columns = ((one, days[day_column(one.name)]) if one.valid_for else (one,) for one in elements)
    return [one for several in columns for one in several]


def csv_template(elements: Sequence[Element]) -> str:
    """A column for each element, and a first row that holds nothing but its id."""
    return csvtext.render(_titles(elements), [(FIRST, *("" for _ in elements))])


def write_xlsx_template(path: Path, trial: Trial, elements: Sequence[Element]) -> None:
    """As `csv_template`, on a first sheet; a second one says what each column takes.

    Cells are text, or Excel would make a day of `2026-03`, and a date of `1-2`.
    """
    from openpyxl import Workbook  # noqa: PLC0415 - an extra, for this form only
    from openpyxl.styles import Font  # noqa: PLC0415
    from openpyxl.utils import get_column_letter  # noqa: PLC0415

    book = Workbook()
    patients, guide = book.active, book.create_sheet("Columns")
    assert patients is not None
    patients.title = "Patients"
    patients.append(_titles(elements))
    patients.append((FIRST,))
    patients.freeze_panes = "B2"
    for number, title in enumerate(_titles(elements), start=1):
        letter = get_column_letter(number)
        patients.column_dimensions[letter].number_format = "@"
        patients.column_dimensions[letter].width = max(len(title) + 2, 12)
    guide.append(("Column", "Question", "Answer", "From"))
    for one in elements:
        answer, sources = "; ".join(answer_form(one)), ", ".join(one.sources)
        row = (one.name, one.ask or one.label, answer, sources)
        guide.append([csvtext.cell_text(text) for text in row])
    for letter, width in zip("ABCD", (44, 80, 44, 14), strict=True):
        guide.column_dimensions[letter].width = width
    for sheet in (patients, guide):
        for cell in sheet[1]:
            cell.font = Font(bold=True)
    book.properties.creator = "trialscreen"
    book.properties.title = trial.registration.nct_id
    book.save(path)


def _titles(elements: Sequence[Element]) -> list[str]:
    return [ID, *(one.name for one in elements)]
