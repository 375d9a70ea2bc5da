#!/usr/bin/env bash
# Rich 15.0.0 and Typer 0.29.2 print values with their units, in UCUM: 62 [in_i], 143 [lb_av].
#
# Expected: as they are written, or an error: no style is called in_i.
# Seen: the unit is gone, without a word: "62". What stands in brackets is markup where it begins with
# a small letter, and a style that nobody knows is passed over. So [in_i], [lb_av], [degF] and [pH]
# vanish from a line, a cell of a table, a prompt, and the help of a Typer command, while m[IU]/L and
# mm[Hg] stay: whoever tries it with those sees nothing amiss. A height of 62 then looks like cm.
# trialscreen: its console interprets no markup, nor do its help pages, and units are shown as people
# write them (in, lb).
set -euo pipefail
place=$(mktemp -d) && trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv" && . "$place/venv/bin/activate"
pip install --quiet 'rich==15.0.0' 'typer==0.29.2'
cd "$place" && python - <<'END'
import io
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from typer.testing import CliRunner

UNITS = ("[in_i]", "[lb_av]", "[degF]", "[pH]", "m[IU]/L", "mm[Hg]")
app = typer.Typer()


@app.command()
def screen(height: Annotated[float, typer.Option(help="Height in cm or [in_i]; TSH in m[IU]/L")] = 160) -> None:
    """Screen a patient."""


def printed(what: object) -> str:
    out = io.StringIO()
    Console(file=out, width=60).print(what)
    return out.getvalue()


table = Table()
table.add_column("value")
for unit in UNITS:
    table.add_row(f"62 {unit}")
line, cells = printed(f"62 {' '.join(UNITS)}"), printed(table)
told = " ".join(CliRunner().invoke(app, ["--help"], env={"COLUMNS": "100"}).output.split())
print(line, cells, told[told.index("Height") :][:40], sep="")
for text in (line, cells):
    assert [unit for unit in UNITS if unit in text] == ["m[IU]/L", "mm[Hg]"], "the behaviour has changed"
assert "Height in cm or ; TSH in m[IU]/L" in told, "the behaviour has changed"
END
