"""A log damaged on purpose: every command tells it, none hangs, none repeats what it held."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.logs import filled
from tests.process import run
from trialscreen.log.store import GUARDS
from trialscreen.log.verify import Noted, read_noted, verify
from trialscreen.model.errors import ValueProblem

ENDLESS = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n)"
LATEST_IS_A_VIEW = (
    "DROP TABLE latest",
    f"CREATE VIEW latest AS {ENDLESS} SELECT x AS number, 'a' AS seal FROM n",
)
ENTRY_IS_A_VIEW = (
    "DROP TABLE entry",
    f"CREATE VIEW entry AS {ENDLESS} SELECT x AS number, 'a' AS previous, NULL AS corrects,"
    " '{}' AS head, '' AS detail, 'a' AS seal FROM n",
)
WAYS: dict[str, tuple[str, ...]] = {
    "no JSON": ("UPDATE entry SET head = '{' WHERE number = 2",),
    "no object": ("UPDATE entry SET head = '[]' WHERE number = 2",),
    "too deep": ("UPDATE entry SET head = printf('%.*c', 100000, '[') WHERE number = 2",),
    "no text": ("UPDATE entry SET head = CAST(x'53ff' AS TEXT) WHERE number = 2",),
    "no verdict": ("UPDATE entry SET head = replace(head, 'undeter', 'deter') WHERE number = 2",),
    "no code": ("UPDATE entry SET head = replace(head, '\"S-2\"', '[]') WHERE number = 2",),
    "no trial": ("UPDATE entry SET head = '{}' WHERE number = 0",),
    "no opening": ("DELETE FROM entry WHERE number = 0",),
    "the last is a view": LATEST_IS_A_VIEW,
    "the entries are a view": ENTRY_IS_A_VIEW,
}


def damaged(path: Path, way: str) -> Path:
    return changed(filled(path, 3), *WAYS[way], guarded=not way.endswith("view"))


def changed(path: Path, *statements: str, guarded: bool = True) -> Path:
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        for name in GUARDS:
            db.execute(f"DROP TRIGGER {name}")
        for statement in statements:
            db.execute(statement)
        if guarded:
            for guard in GUARDS.values():
                db.execute(guard)
    return path


@pytest.mark.parametrize("way", WAYS)
def test_a_damaged_log_is_told(tmp_path: Path, way: str) -> None:
    log = damaged(tmp_path / "site.log", way)
    assert verify(log).faults
    page = tmp_path / "page.html"
    reports = ("report", "--log", log, "-o", page)
    again = ("log", "rescreen", log, "--screening-date", "2026-11-03")
    for args in (("log", "list", log), ("log", "show", log, "2"), again, reports):
        ran = run(*args)
        assert (ran.code, ran.out) == (2, ""), ran
        assert ran.err.endswith("is damaged; 'log verify' says where\n")
    assert not page.exists()


@pytest.mark.parametrize("head", [1, 3])
def test_a_rescreening_tells_the_first_damaged_entry(tmp_path: Path, head: int) -> None:
    """Answers are read after what a list needs; they count all the same."""
    log = changed(
        filled(tmp_path / "site.log", 3),
        "UPDATE entry SET detail = '{' WHERE number = 2",
        f"UPDATE entry SET head = '{{' WHERE number = {head}",
    )
    ran = run("log", "rescreen", log, "--screening-date", "2026-11-03")
    assert (ran.code, ran.out) == (2, ""), ran
    assert f"entry {min(head, 2)}: is damaged" in ran.err


MORE = '"said_later":"yes",'


@pytest.mark.parametrize(
    "change",
    [
        ('"text":"', '"text":1,"where":"'),
        ('"reasons":[', '"reasons":[1,'),
        *((key, MORE + key) for key in ('"text":', '"reasons":')),
    ],
)
def test_a_detail_that_nothing_here_writes_is_told(tmp_path: Path, change: tuple[str, str]) -> None:
    replaced = f"UPDATE entry SET detail = replace(detail, '{change[0]}', '{change[1]}')"
    log = changed(filled(tmp_path / "site.log", 3), f"{replaced} WHERE number = 2")
    for args in (("log", "show", log, "2"), ("log", "rescreen", log)):
        ran = run(*args)
        assert (ran.code, ran.out) == (2, ""), ran
        assert ran.err.endswith("is damaged; 'log verify' says where\n")


def test_a_schema_that_is_no_text_is_a_finding(tmp_path: Path) -> None:
    path = filled(tmp_path / "site.log", 1)
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("PRAGMA writable_schema = ON")
        change = "UPDATE sqlite_schema SET sql = CAST(x'435245ff' AS TEXT) WHERE name = 'latest'"
        db.execute(change)
    assert "its guard or table 'latest' was changed" in map(str, verify(path).faults)
    assert run("log", "list", path).code == 2


def test_every_seal_that_was_noted_counts(tmp_path: Path) -> None:
    path = filled(tmp_path / "site.log", 2)
    true = Noted(2, verify(path).seal)
    other = Noted(2, "0" * 16)
    assert verify(path, [true, true]).faults == ()
    for noted in ([other, true], [true, other]):
        assert [str(one) for one in verify(path, noted).faults] == [
            f"entry 2: has another seal than the one noted, {other.seal}"
        ]


@pytest.mark.parametrize("number", ["9" * 5000, "-1", "", "²", "٣"])
def test_what_is_no_number_of_an_entry_is_no_noted_seal(number: str) -> None:
    with pytest.raises(ValueProblem, match="expected an entry's number and seal"):
        read_noted(f"{number}:3f2a9c0d1e2f3a4b")


def test_a_number_too_large_for_the_file_is_no_entry(tmp_path: Path) -> None:
    path, number = filled(tmp_path / "site.log", 1), str(2**63)
    shown = run("log", "show", path, number)
    record = run("report", "--log", path, "--entry", number, "-o", tmp_path / "page.html")
    options = ("--log", path, "--subject", "S-1", "--by", "JW", "--corrects", number)
    corrected = run("screen", "--weight", "35", *options, "--reason", "misread")
    for ran in (shown, record, corrected):
        assert ran.code == 2
        assert f"there is no entry {number}" in ran.err
    blank = run("screen", "--weight", "35", *options[:-1], "1", "--reason", " ")
    assert (blank.code, "--reason: is needed" in blank.err) == (2, True)


def test_a_check_is_no_list(tmp_path: Path) -> None:
    ran = run("log", "verify", filled(tmp_path / "site.log", 1), "--format", "csv")
    assert (ran.code, ran.out) == (2, "")
