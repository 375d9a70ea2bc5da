"""The command line: parse, call one function, map what happened to an exit code."""

import atexit
import gc
import sys
from typing import NoReturn


def main() -> NoReturn:
    """Runs the command line of this process and exits."""
    # A run is too short to have garbage: looking for it, also at the very end, costs a tenth
    # of the time and more.
    gc.disable()
    atexit.register(gc.freeze)
    try:
        from trialscreen.cli.app import run
    except KeyboardInterrupt:
        sys.exit(130)
    run()
