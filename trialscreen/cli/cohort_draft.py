"""`cohort --draft-columns`: a first map of a table's columns, for a person to correct."""

from pathlib import Path
from typing import Annotated

import typer

from trialscreen.cli.output import say
from trialscreen.model.trial import Trial
from trialscreen.text.characters import count_of, printable

DraftOption = Annotated[
    Path | None,
    typer.Option(
        "--draft-columns",
        metavar="FILE",
        help="Screens nobody: writes a first file for --columns, made from the table's own"
        " titles, to be corrected.",
    ),
]


def write_columns(
    trial: Trial, inputs: list[str], key: str, sheet: str | None, encoding: str | None, path: Path
) -> None:
    """Writes the draft of a map into a new file, and tells how far it goes. Raises InputError."""
    from trialscreen.tables.cohort.draft_map import draft_of, write_draft  # noqa: PLC0415
    from trialscreen.tables.cohort.readers.inputs import find_files  # noqa: PLC0415

    drafted = draft_of(trial, find_files(inputs), key, sheet, encoding)
    write_draft(path, drafted.text)
    say(
        *drafted.notes,
        f"{drafted.matched:,} of {count_of(drafted.columns, 'column')} recognised:"
        f" {printable(str(path))}; correct it before you give it to --columns",
    )
