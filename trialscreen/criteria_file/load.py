"""Loads a trial from the packaged criteria file, or from one named by the user.

A wheel contains the packaged trial twice: as the criteria file, and parsed (`PARSED_NAME`, made by
`hatch_build.py`), which saves a fifth of the start-up time. The parsed form is used only if the
criteria file is, byte for byte, the one it was made from; a source tree has none.
"""

import pickle
from functools import lru_cache
from pathlib import Path

from trialscreen.model.trial import Trial
from trialscreen.text.characters import printable
from trialscreen.text.text_files import packaged, read_bytes

FILE_NAME = "criteria.yaml"
PARSED_NAME = "criteria.trial"


def load_trial(path: str | Path | None = None) -> Trial:
    """The trial in a criteria file; the packaged NCT06949137 if no path is given.

    Raises InputError with every problem in the file, or if it cannot be read.
    """
    return _loaded(*criteria_bytes(path), packaged=path is None)


@lru_cache(maxsize=4)
def _loaded(data: bytes, origin: str, *, packaged: bool) -> Trial:
    """Cached by the file's contents, which is safe because a trial is immutable."""
    return (_unpack(data) if packaged else None) or _parse(data, origin)


def criteria_bytes(path: str | Path | None = None) -> tuple[bytes, str]:
    """A criteria file's bytes and its name for messages; the packaged one if no path is given."""
    origin = FILE_NAME if path is None else printable(str(path))
    return read_bytes(packaged_path() if path is None else Path(path), origin), origin


def packaged_path() -> Path:
    return packaged(__file__, FILE_NAME)


def pack(data: bytes) -> bytes:
    """The parsed form of the packaged criteria file, for inclusion in a wheel."""
    return pickle.dumps((data, _parse(data, FILE_NAME)), protocol=5)


def _unpack(data: bytes) -> Trial | None:
    """The parsed form, if it was made from exactly `data`; trusted like the code it lies beside."""
    try:
        made_from, trial = pickle.loads(Path(__file__).with_name(PARSED_NAME).read_bytes())  # noqa: S301
    except FileNotFoundError:
        return None
    return trial if made_from == data and isinstance(trial, Trial) else None


def _parse(data: bytes, origin: str) -> Trial:
    from trialscreen.criteria_file.yaml_trial import parse_trial  # noqa: PLC0415 - one parsed needs none

    return parse_trial(data, origin)
