"""How a CSV file is laid out: its separator, titles and first row; quotes that cannot be."""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from trialscreen.model.errors import InputError, Problem
from trialscreen.tables.cohort.readers.opened import named_columns
from trialscreen.tables.cohort.readers.utf8_copies import ADVICE, open_bytes
from trialscreen.text.files import MAX_BYTES

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


SEPARATORS = ",;\t|"
LOOKED_AT = 50
"""Records at the beginning that a separator must cut into as many cells each."""

_EXCELS_OWN = re.compile(r'"?sep=(.)"?[\r\n]*', re.IGNORECASE | re.DOTALL)


LONGEST_CELL = 10_000_000
"""Characters; more are a quote without an end."""


class Layout(NamedTuple):
    """Of a CSV file: rows begin after `bytes` bytes, in line `line` (from 1)."""

    names: tuple[str, ...]
    separator: str
    bytes: int
    line: int


def records_of(lines: Iterable[str], separator: str) -> Iterator[list[str]]:
    """What Python's csv reads of the lines; raises csv.Error."""
    csv.field_size_limit(LONGEST_CELL)
    return csv.reader(lines, delimiter=separator, strict=True)


def layout_of(path: Path, origin: str) -> Layout:
    """Reads the beginning of a CSV file. Raises InputError."""
    with open_bytes(path) as file:
        data = file.read(MAX_BYTES)
    is_cut = len(data) == MAX_BYTES
    # What is no UTF-8 counts in the header only, and is told there.
    text = data.decode("utf-8", "surrogateescape")
    mark = "\ufeff" if text.startswith("\ufeff") else ""
    text = text.removeprefix("\ufeff")
    before = _EXCELS_OWN.match(text)
    start = "" if before is None else before[0]
    rest = text[len(start) :]
    if before is not None and before[1] not in '"\r\n':
        separators = before[1]
    else:
        start, rest = "", text
        separators = "\t" if ".tsv" in path.name.lower()[-7:] else SEPARATORS
    separator = _separator(rest, separators)
    names, header = _header(rest, separator, origin, start.count("\n") + 1)
    if is_cut and len(header) == len(rest):
        raise InputError([Problem(origin, "is no CSV file: its first line has no end")])
    above = mark + start + header
    line = len(above.splitlines()) + 1 if "\r" in above else above.count("\n") + 1
    size = len(above.encode("utf-8", "surrogateescape"))
    return Layout(tuple(named_columns(names, origin)), separator, size, line)


def _header(text: str, separator: str, origin: str, line: int) -> tuple[list[str], str]:
    """The titles in the first record of `text`, and that record. Raises InputError."""
    lines = _Kept(text)
    try:
        names = next(records_of(lines, separator), [])
    except csv.Error:
        raise InputError([fault("".join(lines.taken), separator, origin, line)]) from None
    header = "".join(lines.taken)
    if has_two_readings(lines.taken, separator, len(names)):
        raise InputError([fault(header, separator, origin, line)])
    if (bad := re.search("[\udc80-\udcff]", header)) is not None:
        line += header.count("\n", 0, bad.start())
        raise InputError([Problem(f"{origin}:{line}", f"is not UTF-8 text: {ADVICE}")])
    return names, header


class _Kept:
    """The lines of a text, and those that have been taken."""

    def __init__(self, text: str) -> None:
        self._lines = io.StringIO(text, newline="")
        self.taken: list[str] = []

    def __iter__(self) -> Iterator[str]:
        for line in self._lines:
            self.taken.append(line)
            yield line


def _separator(text: str, separators: str) -> str:
    """The one that makes most columns, and of each record as many cells as there are titles."""
    found = {one: _widths(text, one) for one in separators}
    found = {one: widths for one, widths in found.items() if widths and widths[0] > 1}
    if not found:  # one column, or quotes that do not match
        return max(separators, key=text.partition("\n")[0].count)
    return max(found, key=lambda one: (len(set(found[one])) == 1, found[one][0]))


def _widths(text: str, separator: str) -> list[int]:
    """The cells of the first records; of none if already the titles cannot be read so."""
    widths: list[int] = []
    try:
        for cells in records_of(io.StringIO(text, newline=""), separator):
            if any(map(str.strip, cells)):
                widths.append(len(cells))
            if len(widths) == LOOKED_AT:
                break
    except csv.Error:
        pass  # told when the file is read
    return widths
