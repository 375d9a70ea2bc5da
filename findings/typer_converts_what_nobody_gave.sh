#!/usr/bin/env bash
# Typer 0.29.2: a command with one option, which nobody gives.
#
# Expected: nothing is converted, and what converts is not loaded. Typer itself imports pydantic
# only where it is used, so that a program starts sooner.
# Seen: the None of an option that is not given is converted as well, by an adapter that is made for
# it; so is that of `--help`, which every command has. Whatever is run, help but for itself, imports
# all of pydantic: some hundred modules, and more time than all else that a small program does.
# So: our commands take a value that needs no conversion themselves, and leave the rest to Typer.
set -euo pipefail
place=$(mktemp -d) && trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv" && . "$place/venv/bin/activate"
pip install --quiet 'typer==0.29.2' 'pydantic==2.14.3'
cd "$place" && python - <<'END'
import sys

import typer

app = typer.Typer(add_completion=False)


@app.command()
def screen(full: bool = False) -> None:
    """Every option is a flag, which is true or false as it stands."""


at_import, before = "pydantic" in sys.modules, len(sys.modules)
app([], standalone_mode=False)
seen = at_import, "pydantic" in sys.modules
print("pydantic when Typer is imported:", seen[0], "- when nothing is given:", seen[1])
print("modules more:", len(sys.modules) - before)
assert seen == (False, True), "the behaviour has changed"
END
