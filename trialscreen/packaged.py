"""The criteria files a user can name: the packaged trial, or a path."""

import os
import pickle
import sys
from pathlib import Path

from trialscreen.text import printable, read_bytes
from trialscreen.trial import Trial

FILE_NAME = "criteria.yaml"


def load_trial(path: str | Path | None = None) -> Trial:
    """The trial in a criteria file; the packaged NCT06949137 if no path is given.

    Raises InputError with every problem in the file, or if it cannot be read.
    """
    if path is not None:
        origin = printable(str(path))
        return _parse(read_bytes(Path(path), origin), origin)
    data = read_bytes(packaged_path(), FILE_NAME)
    return _remembered(data) or _remember(data, _parse(data, FILE_NAME))


def packaged_path() -> Path:
    """Inside an installed package; beside it in a source tree or an editable install."""
    package = Path(__file__).parent
    inside = package / FILE_NAME
    return inside if inside.exists() else package.parent / FILE_NAME


def _parse(data: bytes, origin: str) -> Trial:
    from trialscreen.parse import parse_trial  # noqa: PLC0415 - not needed for a remembered trial

    return parse_trial(data, origin)


# The packaged trial is remembered as Python remembers its own compiled modules: beside
# them, so with the trust that they have, and used only while nothing it was made from has
# changed. It saves a third of the start-up time (docs/explanation/start-up.md).


def _cache_path() -> Path:
    return Path(__file__).parent / "__pycache__" / f"criteria.{sys.implementation.cache_tag}.trial"


def _made_from(data: bytes) -> tuple[bytes, tuple[tuple[str, int, int], ...]]:
    """The criteria file itself, and name, size and time of the code that understands it."""
    package = Path(__file__).parent
    files = [*os.scandir(package), *os.scandir(package / "parse")]
    code = ((f.name, f.stat().st_size, f.stat().st_mtime_ns) for f in files if f.is_file())
    return data, tuple(sorted(code))


def _remembered(data: bytes) -> Trial | None:
    try:
        made_from, trial = pickle.loads(_cache_path().read_bytes())  # noqa: S301 - see above
    except Exception:  # noqa: BLE001 - absent, damaged or of another version: parse anew
        return None
    return trial if made_from == _made_from(data) and isinstance(trial, Trial) else None


def _remember(data: bytes, trial: Trial) -> Trial:
    """Keeps the trial if it can; a folder that cannot be written is no reason to fail."""
    if not sys.dont_write_bytecode:
        path = _cache_path()
        beside = path.with_suffix(f".{os.getpid()}")
        try:
            path.parent.mkdir(exist_ok=True)
            beside.write_bytes(pickle.dumps((_made_from(data), trial)))
            beside.replace(path)
        except OSError:
            beside.unlink(missing_ok=True)
    return trial
