"""Tables as a reader without tricks sees them: Python's csv or json, one patient at a time.

`cohort` must see the same, or refuse the file.
"""

import csv
import gzip
import io
import json
import re
from collections.abc import Iterator
from pathlib import Path

Row = dict[str, str]
"""The text of each cell that has any, by title."""

BLANKS = "".join(chr(code) for code in range(0x10000) if chr(code).isspace())
BLANKS += "\u180e\u200b\u200c\u200d\u2060\ufeff"


def text_of(path: Path, encoding: str = "utf-8-sig") -> str:
    data = path.read_bytes()
    return (gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data).decode(encoding)


def csv_records(text: str, separator: str) -> tuple[list[str], list[list[str]]]:
    """The titles and the rows, as Python's csv reads them; rows of blanks are none."""
    records = list(csv.reader(io.StringIO(text, newline=""), delimiter=separator))
    titles, *rows = records
    return titles, [row for row in rows if any(cell.strip(BLANKS) for cell in row)]


def named(titles: list[str]) -> list[str]:
    """Titles on one line, and of those that have none their place."""
    plain = (re.sub(r"[ \t]*[\r\n][ \t\r\n]*", " ", title.strip(BLANKS)) for title in titles)
    return [title or f"(column {place})" for place, title in enumerate(plain, start=1)]


def csv_rows(path: Path, encoding: str = "utf-8-sig") -> list[Row]:
    """The rows of a CSV file, with the separator that cuts all of it alike, and most often."""
    text = text_of(path, encoding)
    separators = "\t" if path.name.endswith((".tsv", ".tsv.gz")) else ",;\t|"
    if told := re.match(r'"?sep=(.)"?\r?\n', text, re.IGNORECASE):
        separators, text = told[1], text[told.end() :]
    titles, rows = max((csv_records(text, one) for one in separators), key=_fit)
    return [dict(zip(named(titles), row, strict=False)) for row in rows]


def _fit(table: tuple[list[str], list[list[str]]]) -> tuple[bool, int]:
    titles, rows = table
    return all(len(row) == len(titles) > 1 for row in rows), len(titles)


def ndjson_rows(path: Path) -> Iterator[Row]:
    """The objects of an NDJSON file; what is not a text is as JSON writes it."""
    for line in text_of(path).split("\n"):
        if line.strip():
            entry = json.loads(line, parse_int=str, parse_float=str)
            yield {key: _as_text(value) for key, value in entry.items() if value is not None}


def _as_text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)
