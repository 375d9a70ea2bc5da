"""The command line: parse, call one function, map what happened to an exit code."""

import gc
from typing import NoReturn


def main() -> NoReturn:
    """Runs the command line of this process and exits."""
    # Hardly anything made while starting is garbage: looking for it costs a tenth of the time.
    gc.disable()
    from trialscreen.cli.app import run  # noqa: PLC0415

    run()


__all__ = ["main"]
