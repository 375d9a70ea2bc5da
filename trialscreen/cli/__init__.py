"""The command line: parse, call one function, map what happened to an exit code."""

import gc
import sys
from typing import NoReturn


def main() -> NoReturn:
    """Runs the command line of this process and exits."""
    # Hardly anything made while starting is garbage: looking for it costs a tenth of the time.
    gc.disable()
    try:
        from trialscreen.cli.app import run  # noqa: PLC0415
    except KeyboardInterrupt:
        sys.exit(130)
    run()


__all__ = ["main"]
