"""A log under kills, concurrency, a full disk, a folder that cannot be written, a lock."""

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.deciding import ELIGIBLE, add, enrolled, state
from tests.logs import ON, TOOL, TRIAL, begun, filled, screened
from tests.sizes import size
from trialscreen.log import store
from trialscreen.log.entry import KINDS, Decision
from trialscreen.log.store import Log, open_log
from trialscreen.log.verify import verify
from trialscreen.model.errors import InputError

KILLS = size(200, part=25)
LOW = TRIAL.registration.dose_cohorts[0].name


@pytest.mark.skipif(not hasattr(os, "fork"), reason="writers are forked")
def test_what_was_acknowledged_survives_kills(tmp_path: Path) -> None:
    path = tmp_path / "site.log"
    arguments = (sys.executable, "-m", "tests.log_writers", str(path), str(KILLS), "1")
    run = subprocess.run(arguments, capture_output=True, text=True, check=True)
    acknowledged = dict(line.split() for line in run.stdout.splitlines())
    assert len(acknowledged) > KILLS // 2  # some die before their first, most do not
    assert verify(path).faults == ()
    with open_log(path) as log:
        every = list(log.every())
    found = {str(one.number): one.seal for one in every}
    assert acknowledged.items() <= found.items()
    assert {type(one) for one in every} == KINDS.keys()
    with begun(path) as log:
        assert log.append(screened("S-1"), "JW", TOOL).number == len(found) + 1


@pytest.mark.skipif(not hasattr(os, "fork"), reason="those who enrol are forked")
def test_of_many_who_enrol_at_once_one_gets_the_last_place(tmp_path: Path) -> None:
    path = tmp_path / "site.log"
    subjects = [f"S-{number}" for number in range(6)]
    with begun(path) as log:
        add(log, state(LOW, ON, places=1))
        for subject in subjects:
            add(log, screened(subject, ELIGIBLE, ON))
    ready, go = os.pipe()
    children = [_enrolling(path, subject, ready, go) for subject in subjects]
    os.close(go)  # all begin when it is closed
    codes = sorted(os.waitstatus_to_exitcode(os.waitpid(one, 0)[1]) for one in children)
    os.close(ready)
    assert codes == [0, 2, 2, 2, 2, 2]
    with open_log(path) as log:
        decisions = [one for one in log.every() if isinstance(one, Decision)]
    assert [(one.decision, one.despite) for one in decisions] == [("enrolled", ())]
    assert verify(path).faults == ()


def _enrolling(path: Path, subject: str, ready: int, go: int) -> int:
    """A process that enrols: 0 if it could, 2 if it was refused."""
    if child := os.fork():
        return child
    code = 1
    try:
        os.close(go)
        os.read(ready, 1)
        with begun(path) as log:
            add(log, enrolled(subject, LOW, ON))
        code = 0
    except InputError:
        code = 2
    finally:
        os._exit(code)


def test_a_decision_is_checked_while_nobody_else_can_add(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = filled(tmp_path / "site.log", 1)
    monkeypatch.setattr(store, "PATIENCE", 0.1)

    def another_adds(_: Log, decision: Decision) -> Decision:
        with pytest.raises(InputError) as error, begun(path) as other:
            add(other, screened("S-2"))
        assert "in use by another process" in str(error.value.problems[0])
        return decision

    with begun(path) as log:
        log.append(enrolled("S-1", LOW, ON), "JW", TOOL, another_adds)
    assert (verify(path).entries, verify(path).faults) == (2, ())


def test_who_reads_a_long_log_keeps_nobody_from_adding(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = filled(tmp_path / "site.log", 5)
    monkeypatch.setattr(store, "PATIENCE", 0.1)
    monkeypatch.setattr(store, "AT_ONCE", 2)
    read = []
    with open_log(path) as log, begun(path) as other:
        for one in log.every():
            read.append(one.number)
            if one.number == 4:
                add(other, screened("S-9"))
    assert read == [1, 2, 3, 4, 5, 6]


def test_a_locked_log_is_told_and_waits_for_nobody_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = filled(tmp_path / "site.log", 2)
    monkeypatch.setattr(store, "PATIENCE", 0.1)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(InputError) as error, begun(path) as log:
            log.append(screened("S-9"), "JW", TOOL)
    assert "in use by another process" in str(error.value.problems[0])
    assert verify(path).entries == 2


def adding(path: Path, before: str) -> str:
    """What is told to a process that adds fifty entries, after it has done something `before`."""
    code = f"""
import os, resource, signal, sys
from pathlib import Path
from tests.logs import TOOL, begun, screened
from trialscreen.model.errors import InputError
path, entry = Path(sys.argv[1]), screened("S-1")
{before}
try:
    with begun(path) as log:
        for number in range(50):
            log.append(entry, "JW", TOOL)
except InputError as error:
    print(error.problems[0])
"""
    arguments = (sys.executable, "-c", code, str(path))
    return subprocess.run(arguments, capture_output=True, text=True, check=True).stdout


def test_a_full_disk_loses_nothing(tmp_path: Path) -> None:
    """The largest size that a file may have stands for the disk; SQLite is told the same way."""
    path = filled(tmp_path / "site.log", 3)
    limit = path.stat().st_size
    told = adding(
        path,
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        f"resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, {limit}))",
    )
    assert "nothing was added" in told
    checked = verify(path)
    assert checked.faults == ()
    assert checked.entries >= 3


@pytest.mark.parametrize("what", ["file", "folder"])
def test_what_cannot_be_written_is_told(what: str) -> None:
    nobody = 65_534  # root may write anywhere, so its process becomes another user
    with TemporaryDirectory() as name:
        folder = Path(name)
        path = filled(folder / "site.log", 2)
        path.chmod(0o444 if what == "file" else 0o666)
        folder.chmod(0o777 if what == "file" else 0o555)
        told = adding(path, f"if os.geteuid() == 0:\n    os.setuid({nobody})")
        folder.chmod(0o700)
        assert "cannot be" in told
        assert "nothing was added" in told or "read-only" in told or "written" in told
        assert (verify(path).entries, verify(path).faults) == (2, ())


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"not a database, and longer than a header of one" * 10, "is not a screening log"),
        (b"", "is not a screening log"),
        (None, "there is no such file"),
    ],
)
def test_what_is_no_log_is_told(tmp_path: Path, content: bytes | None, told: str) -> None:
    path = tmp_path / "site.log"
    if content is not None:
        path.write_bytes(content)
    for read in (verify, lambda path: open_log(path).__enter__()):
        with pytest.raises(InputError) as error:
            read(path)
        assert told in str(error.value.problems[0])
    if content is not None:
        assert path.read_bytes() == content


def test_another_database_is_not_written_to(tmp_path: Path) -> None:
    path = tmp_path / "other.sqlite"
    with closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE patients (x)")
    before = path.read_bytes()
    with pytest.raises(InputError) as error, begun(path):
        pass
    assert "is not a screening log" in str(error.value.problems[0])
    assert path.read_bytes() == before


def test_a_log_is_for_its_owner_alone(tmp_path: Path) -> None:
    assert filled(tmp_path / "site.log", 1).stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE entry SET note = ''",
        "UPDATE entry SET head = '{}' WHERE number = 1",
        "DELETE FROM entry WHERE number = 2",
        "INSERT OR REPLACE INTO entry SELECT * FROM entry WHERE number = 1",
        "INSERT INTO entry SELECT 9, previous, corrects, head, detail, seal FROM entry",
        "UPDATE latest SET number = 1",
        "UPDATE latest SET number = number + 1",
        "DELETE FROM latest",
        "INSERT INTO latest VALUES (2, 1, '')",
    ],
)
def test_the_database_itself_refuses_every_change(tmp_path: Path, statement: str) -> None:
    path = filled(tmp_path / "site.log", 2)
    with closing(sqlite3.connect(path)) as db, pytest.raises(sqlite3.Error):
        db.execute(statement)
    assert verify(path).faults == ()
