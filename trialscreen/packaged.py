"""The criteria files a user can name: the packaged trial, or a path."""

from pathlib import Path

from trialscreen.errors import InputError, Problem
from trialscreen.parse import parse_trial
from trialscreen.parse.yamltree import MAX_BYTES
from trialscreen.text import printable
from trialscreen.trial import Trial

FILE_NAME = "criteria.yaml"


def load_trial(path: str | Path | None = None) -> Trial:
    """The trial in a criteria file; the packaged NCT06949137 if no path is given.

    Raises InputError with every problem in the file, or if it cannot be read.
    """
    place = packaged_path() if path is None else Path(path)
    origin = FILE_NAME if path is None else printable(str(path))
    try:
        with place.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise InputError([Problem(origin, f"cannot be read: {error.strerror}")]) from None
    return parse_trial(data, origin)


def packaged_path() -> Path:
    """Inside an installed package; beside it in a source tree or an editable install."""
    package = Path(__file__).parent
    inside = package / FILE_NAME
    return inside if inside.exists() else package.parent / FILE_NAME
