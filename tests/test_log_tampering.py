"""Whatever is done to a log, a check finds it and names an entry that was touched."""

import shutil
from pathlib import Path

import pytest

from tests.tampering import ENTRIES, NEEDS_A_SEAL, WAYS, tampered, varied
from trialscreen.log.verify import Noted, verify


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return varied(tmp_path_factory.mktemp("log") / "site.log", ENTRIES)


def test_there_are_a_hundred_cases() -> None:
    assert len(WAYS) * 3 >= 100


def test_an_untouched_log_verifies(original: Path) -> None:
    checked = verify(original)
    assert (checked.entries, checked.faults) == (ENTRIES, ())


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_tampering_is_found(original: Path, tmp_path: Path, way, seed) -> None:  # type: ignore[no-untyped-def]
    before = verify(original)
    path = tmp_path / "site.log"
    shutil.copyfile(original, path)
    touched = tampered(path, way, seed)
    noted = [Noted(before.entries, before.seal)] if way in NEEDS_A_SEAL else []
    if noted:
        assert verify(path).faults == ()  # so it is the seal that tells
    faults = verify(path, noted).faults
    assert {fault.entry for fault in faults} & touched, [str(fault) for fault in faults]


def test_an_older_copy_is_told_by_a_seal(original: Path, tmp_path: Path) -> None:
    older = varied(tmp_path / "site.log", ENTRIES - 1)
    before = verify(original)
    faults = verify(older, [Noted(before.entries, before.seal)]).faults
    assert [fault.entry for fault in faults] == [ENTRIES]
