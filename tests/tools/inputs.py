"""The files that a run of the corpus finds in its folder."""

import gzip
import hashlib
import json
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from tests.tools.recipes import ROOT, read

Make = Callable[[Path, Any], None]


def write(folder: Path, files: Mapping[str, Any], kept: Path) -> None:
    """Writes the files by their names in `folder`.

    What this build's own code makes is made once and kept in `kept`: another build is given
    the same. Raises ValueError for a kind of file that does not exist.
    """
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, dict):
            _write_kind(path, content, kept)
        else:
            path.write_bytes(content if isinstance(content, bytes) else content.encode())


def _write_kind(path: Path, content: Mapping[str, Any], kept: Path) -> None:
    ((kind, given),) = content.items()
    if kind in _KINDS:
        _KINDS[kind](path, given)
    elif kind == "tampered":
        _write_kind(path, given["log"], kept)
        _tamper(path, given["sql"])
    elif kind in _KEPT_KINDS:
        key = hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:12]
        one = kept / f"{key}{path.suffix}"
        if not one.exists():
            kept.mkdir(parents=True, exist_ok=True)
            _KEPT_KINDS[kind](one, given)
        shutil.copyfile(one, path)
    else:
        raise ValueError(f"{path.name}: no kind of file is named {kind!r}")


def _copy(path: Path, given: str) -> None:
    shutil.copyfile(ROOT / given, path)


def _undated(path: Path, given: str) -> None:
    """A file of answers without its screening date."""
    lines = (ROOT / given).read_text("utf-8").splitlines(keepends=True)
    path.write_text("".join(one for one in lines if not one.startswith("screening_date")), "utf-8")


def _encoded(path: Path, given: Mapping[str, str]) -> None:
    path.write_bytes(given["text"].encode(given["as"]))


def _gzipped(path: Path, given: str) -> None:
    path.write_bytes(gzip.compress(given.encode(), mtime=0))


def _queried(path: Path, query: str) -> None:
    """The rows of a query, in Parquet."""
    import duckdb

    with duckdb.connect() as connection:
        connection.execute(f"COPY ({query}) TO '{path}' (FORMAT parquet)")


def _queries(path: Path, queries: Mapping[str, str]) -> None:
    """A folder, with Parquet files of queries."""
    path.mkdir(exist_ok=True)
    for name, query in queries.items():
        one = path.parent / name
        one.parent.mkdir(parents=True, exist_ok=True)
        _queried(one, query)


def _tamper(path: Path, sql: str) -> None:
    """Changes a log as no command would: with its guards off."""
    import sqlite3
    from contextlib import closing, suppress

    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        kept = "SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'"
        guards = connection.execute(kept).fetchall()
        for name, _ in guards:
            connection.execute(f"DROP TRIGGER {name}")
        connection.execute(sql)
        for _, guard in guards:
            with suppress(sqlite3.OperationalError):  # its table is gone
                connection.execute(guard)


def _sheets(path: Path, sheets: Mapping[str, list[list[str]]]) -> None:
    """A workbook; a cell that is a number is written as one, and a day as a day."""
    import xlsxwriter

    with xlsxwriter.Workbook(path, {"default_date_format": "yyyy-mm-dd"}) as book:
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for row, cells in enumerate(rows):
                for column, text in enumerate(cells):
                    sheet.write(row, column, _cell(text))


def _cell(text: str) -> object:
    from datetime import date

    for kind in (int, float, date.fromisoformat):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def _formatted(path: Path, given: str) -> None:
    """Weights in every number format of a file of them, a row each."""
    import xlsxwriter

    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ("patient_id", "weight"))
        row = 0
        formats = [one for group in read(ROOT / given).values() for one in group.items()]
        for form, cells in formats:
            kind = book.add_format({"num_format": form})
            for shown in cells:
                row += 1
                sheet.write(row, 0, f"P{row}")
                sheet.write(row, 1, _cell(shown), kind)


def _cases(path: Path, given: str) -> None:
    """The patients of a file of cases, a row each, with their own screening dates."""
    data = read(ROOT / given)
    with path.open("w", encoding="utf-8") as file:
        for number, case in enumerate(data["cases"], 1):
            base = {} if case.get("alone") == "yes" else data.get("base", {})
            on = case.get("on", data.get("on", "2026-06-30"))
            said = {**base, **case.get("given", {})}
            said = {name: text for name, text in said.items() if text != "absent"}
            row = {"patient_id": f"{number:04}", "screening_date": on, **said}
            file.write(json.dumps(row, ensure_ascii=False) + "\n")


def _rules(path: Path, given: str) -> None:
    """The small trial of the rule language, with a criterion of each rule in a file of cases."""
    from tests.spec import flow

    head = (ROOT / "tests" / "data" / "spec" / "trial.yaml").read_text("utf-8")
    head = head[: head.index("\ninclusion:")]
    rules = dict.fromkeys(flow(case["rule"]) for case in read(ROOT / given)["cases"])
    criteria = [
        f"  - {{id: R{n}, label: Rule {n}, text: A rule, rule: {one}}}"
        for n, one in enumerate(rules, 1)
    ]
    path.write_text("\n".join([head, "inclusion:", *criteria, "exclusion: []", ""]), "utf-8")


def _simulated(path: Path, given: Mapping[str, str]) -> None:
    """Patients of the packaged trial, of stated prevalences."""
    from tests.tools.simulate import main

    more = [word for name in given if name != "rows" for word in (f"--{name}", given[name])]
    main([given["rows"], str(path), *more])


def _logged(path: Path, lines: list[str]) -> None:
    """A screening log to which these options of `screen` added an entry each."""
    import shlex

    from tests.in_process import called
    from tests.process import environment
    from tests.tools.clock import stopped

    for second, line in enumerate(lines):
        args = ["screen", "--exit-zero", "--log", str(path), *shlex.split(line)]
        with stopped(second):
            code, _, err = called(args, b"", ROOT, environment())
        if code:
            raise ValueError(f"{line}: {err.decode()}")


_KINDS: dict[str, Make] = {
    "copy": _copy,
    "undated": _undated,
    "encoded": _encoded,
    "gzipped": _gzipped,
    "parquet": _queried,
    "queries": _queries,
    "sheets": _sheets,
    "number_formats": _formatted,
    "cases": _cases,
    "rules": _rules,
}
_KEPT_KINDS: dict[str, Make] = {"simulated": _simulated, "log": _logged}
