#!/usr/bin/env bash
# Typer 0.29.2 beside click 8.3.1: a wrong command line, caught as `click.UsageError`.
#
# Expected: it is caught. Typer is built on click, and its documentation says that a Typer app is
# a click command; so a program that words its own errors catches click's.
# Seen: Typer now carries a copy of click. Its errors are those of the copy, of the same names, and
# `except click.UsageError` catches none of them, whether click is installed or not: no error at
# import, and the message goes out in Typer's own words or as a traceback.
# So: what is caught is the class above `typer.BadParameter`, wherever a version of Typer keeps it.
set -euo pipefail
place=$(mktemp -d) && trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv" && . "$place/venv/bin/activate"
pip install --quiet 'typer==0.29.2' 'click==8.3.1'
cd "$place" && python - <<'END'
import click
import typer

app = typer.Typer(add_completion=False)


@app.command()
def screen(weight: float) -> None:
    print(weight)


def caught_as(kind: type[Exception]) -> bool:
    try:
        app(["--wieght", "58"], standalone_mode=False)
    except kind:
        return True
    except Exception as error:
        print(type(error).__module__, type(error).__mro__[1].__name__)
        return False
    raise AssertionError("it was accepted")


seen = caught_as(click.UsageError), caught_as(typer.BadParameter.__base__)
print("as click.UsageError:", seen[0], "- as the class above typer.BadParameter:", seen[1])
assert seen == (False, True), "the behaviour has changed"
END
