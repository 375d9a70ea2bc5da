"""A CSV file that is not plain, written anew as one that is: what Python's csv reads of it.

Refused is what has two readings, is cut, or has other cells than titles, each with its line.
"""

import csv
import io
import re
from collections.abc import Iterator
from typing import IO, NamedTuple

from trialscreen.model.errors import InputError, Problem
from trialscreen.tables.cohort.readers.csv_layout import Layout, fault, has_two_readings, records_of
from trialscreen.tables.cohort.readers.csv_plain import CONTROLS, Plain
from trialscreen.tables.cohort.readers.utf8_copies import ADVICE
from trialscreen.text.characters import BLANKS, count_of

LONGEST_LINE = 10_000_000
_MOST = 50
_CONTROL = re.compile(f"[{re.escape(CONTROLS.decode())}]")


class Rewritten(NamedTuple):
    """What stands in the new file, and how many rows above each blank one, which is left out."""

    plain: Plain
    blank: list[int]


class _Lines:
    """The lines of a file as text, and those of the record that is being read.

    Raises InputError for a line that is no text.
    """

    def __init__(self, file: IO[str], origin: str, line: int) -> None:
        self._file, self._origin = file, origin
        self.number = line - 1
        self.taken: list[str] = []

    def __iter__(self) -> Iterator[str]:
        while line := self._file.readline(LONGEST_LINE):
            self.number += 1
            self._check(line)
            self.taken.append(line)
            yield line

    def _check(self, line: str) -> None:
        where = f"{self._origin}:{self.number}"
        if len(line) == LONGEST_LINE:
            raise InputError([Problem(where, f"a line has more than {LONGEST_LINE:,} characters")])
        if (found := re.search("[\udc80-\udcff]", line)) is not None:
            byte = f"byte {ord(found[0]) - 0xDC00:02X} in column {found.start() + 1}"
            raise InputError([Problem(where, f"is not UTF-8 text ({byte}): {ADVICE}")])
        if (found := _CONTROL.search(line)) is not None:
            message = f"control character U+{ord(found[0]):04X}; a text file is expected"
            raise InputError([Problem(f"{where}:{found.start() + 1}", message)])


def rewrite(file: IO[bytes], layout: Layout, origin: str, target: IO[bytes]) -> Rewritten:
    """Writes the rows of `file`, which stands at the first of them. Raises InputError."""
    text = io.TextIOWrapper(file, "utf-8", "surrogateescape", newline="")
    out = io.TextIOWrapper(target, "utf-8", newline="")
    try:
        return _rewrite(_Lines(text, origin, layout.line), layout, origin, out)
    finally:
        text.detach()  # both are closed by those who opened them
        out.detach()


def _rewrite(lines: _Lines, layout: Layout, origin: str, out: IO[str]) -> Rewritten:
    # With this end of a line, cells with one half of it come in quotes.
    writer = csv.writer(out, delimiter=layout.separator, lineterminator="\r\n")
    widths = _Widths(len(layout.names), origin)
    blank: list[int] = []
    for cells in _records(lines, layout, origin):
        if not any(cell.strip(BLANKS) for cell in cells):
            blank.append(widths.rows)
            continue
        widths.add(len(cells), lines)
        writer.writerow(cells)
    return Rewritten(widths.plain(), blank)


def _records(lines: _Lines, layout: Layout, origin: str) -> Iterator[list[str]]:
    reader = records_of(lines, layout.separator)
    while True:
        lines.taken.clear()
        first = lines.number + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            text = "".join(lines.taken)
            raise InputError([fault(text, layout.separator, origin, first)]) from None
        if has_two_readings(lines.taken, layout.separator, len(cells)):
            text = "".join(lines.taken)
            raise InputError([fault(text, layout.separator, origin, first)])
        yield cells


class _Widths:
    """How many cells the rows have: as many as there are titles, or all of them fewer."""

    def __init__(self, titles: int, origin: str) -> None:
        self._titles, self._origin = titles, origin
        self.rows = 0
        self._seen: set[int] = set()
        self._problems: list[Problem] = []
        self._ended = True

    def add(self, cells: int, lines: _Lines) -> None:
        self.rows += 1
        self._seen.add(cells)
        self._ended = lines.taken[-1].endswith(("\n", "\r"))
        if cells != self._titles and len(self._problems) < _MOST:
            first = lines.number - len(lines.taken) + 1
            message = f"{count_of(cells, 'cell')}, and the header has {self._titles}"
            cut = "" if self._ended else ", and no line end: is the file cut?"
            self._problems.append(Problem(f"{self._origin}:{first}", message + cut))

    def plain(self) -> Plain:
        cells = self._seen.pop() if len(self._seen) == 1 else self._titles
        is_cut = self.rows == 1 and not self._ended
        if self._seen or cells > self._titles or (cells < self._titles and is_cut):
            raise InputError(self._problems)
        return Plain(self.rows, cells)
