"""Quotes in a CSV file that cannot be what they should: where they stand, and why."""

import re
from collections.abc import Sequence

from trialscreen.errors import Problem

_CELL = r'"(?:[^"]|"")*+"?|[^{0}\r\n]*+'
_ADVICE = 'a cell with a quote (") in it stands in quotes, with that quote twice'


def has_two_readings(lines: Sequence[str], separator: str, cells: int) -> bool:
    """Whether the lines of one record would be a record each if its quotes were text.

    So it is where a quote for inches begins a cell, and another ends one some lines below.
    """
    return len(lines) > 1 and all(line.count(separator) == cells - 1 for line in lines)


def fault(text: str, separator: str, origin: str, line: int) -> Problem:
    """What is wrong with the quotes of a record that begins `text`, which begins in `line`.

    It has text behind a closing quote, or else a quoted cell of several lines, or no end.
    """
    cell = re.compile(_CELL.format(re.escape(separator)))
    message = "the quote that opens this cell has no end, or is a part of its text"
    place = opened = 0
    while (found := cell.match(text, place)) is not None:
        place = found.end()
        if found[0].startswith('"'):
            if "\n" in found[0] or "\r" in found[0] or place == len(text):
                opened = found.start()
            elif text[place] not in f"{separator}\r\n":
                opened, message = place - 1, "there is text behind the quote that closes this cell"
        if text[place : place + 1] != separator:
            break
        place += 1
    before = text[:opened].replace("\r\n", "\n").replace("\r", "\n")
    line, column = line + before.count("\n"), len(before) - before.rfind("\n")
    return Problem(f"{origin}:{line}:{column}", f"{message}; {_ADVICE}")
