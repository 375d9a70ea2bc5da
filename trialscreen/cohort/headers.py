"""The names of a table's columns."""

import re
from collections import Counter
from collections.abc import Sequence

from trialscreen.errors import InputError, Problem
from trialscreen.text import BLANKS, first_control, shown

_LINE_BREAK = re.compile(r"[ \t]*[\r\n][ \t\r\n]*")


def named_columns(names: Sequence[str], origin: str) -> list[str]:
    """`names`, one for each column: one without a name is called by its place.

    A line break in a name is a blank. Raises InputError if a name stands twice, or if there
    is none.
    """
    names = [
        _LINE_BREAK.sub(" ", name.strip(BLANKS)) or f"(column {place})"
        for place, name in enumerate(names, start=1)
    ]
    twice = [name for name, times in Counter(names).items() if times > 1]
    problems = [Problem(origin, f"the column {shown(name)} stands twice") for name in twice]
    if (control := first_control("".join(names))) is not None:
        problems.append(Problem(origin, f"control character {control} in its header"))
    if not names:
        problems.append(Problem(origin, "its first line names no columns"))
    if problems:
        raise InputError(problems)
    return names
