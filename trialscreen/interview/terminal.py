"""Where the conversation takes place: a line in, text out; plain input, no redraw."""

import io
import os
import shutil
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import NamedTuple

from trialscreen.text import wrapped

PROMPT = "> "
PLAIN_PROMPT = "Answer: "
"""A screen reader reads this out."""


class Terminal(NamedTuple):
    """A line in, without its prompt and end; text out, with an end of line."""

    read: Callable[[], str]
    write: Callable[[str], None]


def terminal(*, plain: bool = False) -> Terminal:
    """Standard input and standard error.

    `plain` is for screen readers: no line editing, and a prompt that can be read out. What
    is not text in the terminal's encoding is replaced, and so no answer to anything.
    """
    if isinstance(sys.stdin, io.TextIOWrapper):
        sys.stdin.reconfigure(errors="replace")
    if plain:
        return Terminal(lambda: _read_quietly(PLAIN_PROMPT), _write)
    edited = sys.stdout.isatty() and os.environ.get("TERM") != "dumb" and _line_editing()
    read = (lambda: input(PROMPT)) if edited else (lambda: _read_quietly(PROMPT))
    return Terminal(read, _write)


def _line_editing() -> bool:
    """Gives input() line editing where there is one.

    Pasted lines are answers, as if they were typed, and not one text with line breaks.
    """
    with suppress(ImportError):
        import readline  # noqa: PLC0415 - not on Windows, whose console edits lines itself

        readline.parse_and_bind("set enable-bracketed-paste off")
    return True


def _read_quietly(prompt: str) -> str:
    """A line, with its prompt on standard error: standard output may be a file or a pipe."""
    sys.stderr.write(prompt)
    sys.stderr.flush()
    line = sys.stdin.readline()
    if not line:
        raise EOFError
    return line.rstrip("\n")


def _write(text: str) -> None:
    sys.stderr.write(wrapped(text, width()) + "\n")
    sys.stderr.flush()


def width() -> int:
    """The columns of the terminal as it is now, for it can be resized."""
    with suppress(OSError, ValueError):
        return os.get_terminal_size(sys.stderr.fileno()).columns
    return shutil.get_terminal_size().columns
