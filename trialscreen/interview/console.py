"""Lines said and replies read: what every part of the conversation shares."""

from collections.abc import Mapping

from trialscreen.interview.terminal import Terminal
from trialscreen.spelling import folded
from trialscreen.text import first_control, shown

HELP_LINE = "u unknown, ? why, b back, r review, s save and leave, q leave"


class Leave(Exception):
    """The interview was left; `to_save` if it was left in order to go on later."""

    def __init__(self, *, to_save: bool = False) -> None:
        super().__init__()
        self.to_save = to_save


class Console:
    """A terminal in which a reply follows what was said; what cannot be a reply is refused."""

    def __init__(self, at: Terminal) -> None:
        self.at = at

    def say(self, *lines: str) -> None:
        for line in lines:
            self.at.write(line)

    def line(self, *lines: str) -> str:
        """Says `lines`, and reads a line. The end of the input leaves."""
        while True:
            self.say(*lines)
            try:
                reply = self.at.read()
            except (EOFError, OSError):
                raise Leave from None
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
