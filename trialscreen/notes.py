"""What may stand beside the value of an answer in a file."""

import re
from collections.abc import Iterator, Mapping

from trialscreen.errors import Problem
from trialscreen.text import first_control, nearest, shown
from trialscreen.trial import Trial

VALUE_KEY = "value"
"""An answer may be a mapping that holds its value here, beside notes on it."""

ANSWERED = "answered"
"""The note of the day on which an answer was given."""

CRITERIA = "criteria"
"""The note of the version that the criteria file then had."""

SET_ASIDE = "set_aside"
"""The note that holds an answer which is kept and not used; the value is then unknown."""

ANSWER_KEYS = (VALUE_KEY, ANSWERED, CRITERIA, SET_ASIDE, "note")

VERSION_DIGITS = 12
"""Of the criteria file's SHA-256, as `criteria` notes it."""

_VERSION = re.compile(f"[0-9a-f]{{{VERSION_DIGITS}}}")


def criteria_version(trial: Trial) -> str:
    """The version of a criteria file, as answers note it."""
    return trial.sha256[:VERSION_DIGITS]


def of_another_version(trial: Trial, notes: Mapping[str, str]) -> bool:
    """Whether an answer was taken under another version of the criteria file."""
    now = criteria_version(trial)
    return notes.get(CRITERIA, now) != now


PART_OF_A_NUMBER = " If it is part of a number, write a decimal point (5.5): a comma ends it."
"""What to look at where a key begins with a digit: `{weight: 5,5}` has two keys."""


def strange_keys(places: Mapping[str, str]) -> Iterator[Problem]:
    """The keys, each with its place, that an answer does not have."""
    for key, where in places.items():
        if key not in ANSWER_KEYS:
            message = f"{shown(key)} is not a key of an answer; expected {', '.join(ANSWER_KEYS)}"
            hint = nearest(key, ANSWER_KEYS)
            if key[:1].isdigit():
                hint = PART_OF_A_NUMBER
            yield Problem(where, f"{message}{'.' if hint else ''}{hint}")


def not_single(
    where: str, values: Mapping[str, object], texts: Mapping[str, str]
) -> Iterator[Problem]:
    """The values of an answer that are no `texts`."""
    for key in (VALUE_KEY, *(key for key in ANSWER_KEYS[1:] if key in values)):
        if key not in texts:
            part = "" if key == VALUE_KEY else f" for {key!r}"
            yield Problem(where, f"expected a single value{part}")


def wrong_notes(where: str, notes: Mapping[str, str]) -> Iterator[Problem]:
    """Notes that cannot be shown, and a version that no criteria file can have."""
    for key, text in notes.items():
        if (control := first_control(text)) is not None:
            yield Problem(f"{where} {key}", f"control character {control}")
    version = notes.get(CRITERIA)
    if version is not None and _VERSION.fullmatch(version) is None:
        message = f"{shown(version)}; expected {VERSION_DIGITS} digits 0-9 and a-f, or no note"
        yield Problem(f"{where} {CRITERIA}", message)
