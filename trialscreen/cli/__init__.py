"""The command line: each command parses its options, calls one function and sets the exit code."""

import atexit
import gc
import sys
from typing import NoReturn


def main() -> NoReturn:
    """Runs the command line of this process and exits."""
    # A run is too short for garbage collection, which takes a tenth of the time and more.
    gc.disable()
    atexit.register(gc.freeze)
    try:
        from trialscreen.cli.app import run
    except KeyboardInterrupt:
        sys.exit(130)
    run()
