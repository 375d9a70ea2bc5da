"""Terminal input and output of the interview: plain lines, without redrawing."""

import io
import os
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress

from trialscreen.text.characters import error_columns, first_control, folded, shown, wrapped

PROMPT = "> "
PLAIN_PROMPT = "Answer: "
"""A screen reader reads this out."""


def terminal(*, plain: bool = False) -> "Console":
    """Standard input and standard error.

    `plain` is for screen readers: no line editing, and a prompt that can be read out. What
    is not text in the terminal's encoding is replaced, and so no answer to anything.
    """
    if isinstance(sys.stdin, io.TextIOWrapper):
        sys.stdin.reconfigure(errors="replace")
    if plain:
        return Console(lambda: _read_quietly(PLAIN_PROMPT), _write)
    edited = sys.stdout.isatty() and os.environ.get("TERM") != "dumb" and _line_editing()
    read = (lambda: input(PROMPT)) if edited else (lambda: _read_quietly(PROMPT))
    return Console(read, _write)


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
    sys.stderr.write(wrapped(text, error_columns()) + "\n")
    sys.stderr.flush()


HELP_LINE = "u unknown, p pending, ? why, b back, r review, s save and leave, q leave"


class Leave(Exception):
    """The interview was left: `to_save`, in order to go on later; or as its input has `ended`."""

    def __init__(self, *, to_save: bool = False, ended: bool = False) -> None:
        super().__init__()
        self.to_save, self.ended = to_save, ended


class Console:
    """A terminal in which a reply follows what was said; what cannot be a reply is refused.

    `read` takes a line, without its prompt and end; `write` shows a text, with an end of line.
    """

    def __init__(self, read: Callable[[], str], write: Callable[[str], None]) -> None:
        self._read, self._write = read, write

    def say(self, *lines: str) -> None:
        for line in lines:
            self._write(line)

    def line(self, *lines: str) -> str:
        """Says `lines`, and reads a line. The end of the input leaves."""
        while True:
            self.say(*lines)
            try:
                reply = self._read()
            except (EOFError, OSError):
                raise Leave(ended=True) from None
            control = first_control(reply)
            if control is None:
                return reply.strip()
            key = " (the Backspace key, not understood here)" if control in _BACKSPACE else ""
            self.say(f"{shown(reply)} holds a control character, {control}{key}; type it again")

    def ask(self, *lines: str) -> str:
        """Says `lines`, and reads a reply; a letter small and plain. `s` and `q` leave."""
        reply = self.line(*lines)
        if len(reply) == 1:
            reply = folded(reply)  # ？ too, as Chinese keyboards write it
        if reply in ("s", "q"):
            raise Leave(to_save=reply == "s")
        return reply

    def choose(self, question: str, replies: Mapping[str, str], expected: str, why: str) -> str:
        """What one of `replies` means; asks until it is one. `why` is told for a question mark."""
        while (reply := folded(self.ask(question))) not in replies:
            self.say(why if reply == "?" else f"{shown(reply)}; expected {expected}")
        return replies[reply]

    def yes(self, question: str, why: str) -> bool:
        """Whether a question is affirmed; `b` goes back to what was asked before, as no does."""
        replies = {"y": "y", "yes": "y", "n": "n", "no": "n", "b": "n"}
        return self.choose(f"{question} (y, n)", replies, "y or n", why) == "y"


_BACKSPACE = ("U+0008", "U+007F")
