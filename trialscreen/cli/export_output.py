"""What every export does: where it is written, and telling what it cannot carry."""

import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any

import typer

from trialscreen.cli.formats import print_json
from trialscreen.text import printable

STDOUT = "-"

Output = Annotated[
    str,
    typer.Option("-o", "--output", metavar="FILE", help="The file to write; - for stdout."),
]


def write_json(output: str, value: Any) -> None:
    """Writes a file that appears whole or not at all, or standard output. Raises InputError."""
    if output == STDOUT:
        print_json(value)
        return
    from trialscreen.wholefile import write_whole  # noqa: PLC0415 - for files only

    write_whole(Path(output), json.dumps(value, ensure_ascii=False, indent=2) + "\n")


def tell_left_out(lines: Iterable[str]) -> None:
    """What a format cannot carry, a line each on stderr."""
    sys.stdout.flush()
    for line in lines:
        sys.stderr.write(f"not carried: {printable(line)}\n")
