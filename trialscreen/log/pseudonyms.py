"""Checks pseudonymous codes and remarks: refuses what looks as if it could identify a person.

No pattern can know every name. These catch what gets typed by habit: a name, an address, a
telephone number, a hospital record number.
"""

import re
from collections.abc import Iterator

from trialscreen.answers.written_dates import is_like_a_day
from trialscreen.model.errors import ValueProblem
from trialscreen.text.characters import shown

MAX_CODE, MAX_REMARK = 40, 1000
"""The maximum length in characters of a code, and of a note or reason."""

_ALLOWED = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]*")
_DATE = re.compile(r"(?<!\d)(19|20)\d\d[-./]?(0[1-9]|1[0-2])[-./]?(0[1-9]|[12]\d|3[01])(?!\d)")
_PARTS = re.compile("[0-9]+|[a-z]+|.")
_MOST_PARTS = 5
"""The parts of a written date, including its separators."""
_OF_OUR_TIME = re.compile("(?<![0-9])(19|20)[0-9]{2}(?![0-9])")
_REGISTERED = re.compile(r"NCT\d{8}", re.IGNORECASE)
_LETTERS = re.compile(r"[A-Za-z]+")
_E_MAIL = re.compile(r"[^\s@]+@[^\s@]+")
_RECORD = re.compile(
    r"\b(mrn|emr|ehr|hn|pid|nhs|ssn|record|chart|hospital|insurance|passport)"
    r"[\s._/:#-]*(no|nr|number|id)?[\s._/:#-]*\d",
    re.IGNORECASE,
)
_TELEPHONE = re.compile(r"\+?\d(?:[ ()./-]{0,2}\d){8,}")
_MOST_DIGITS = 6
"""In one run, or in a code without letters; more look like a telephone or record number."""
_MOST_JOINED = 9
"""In runs joined only by separators, as in 138-001-38000, even next to letters."""
_MOST_LETTERS = 3
"""The longest word that counts as an abbreviation."""
_JOINED = re.compile(r"\d+(?:[._/-]+\d+)*")
_BIRTH = re.compile(
    r"\b(dob|d\.o\.b|born|birth ?da(?:te|y)|date of birth)\b\W*(?:on|in|is|was)?\W*"
    r"(\d|jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)",
    re.IGNORECASE,
)
_TITLED = re.compile(r"\b(Mr|Mrs|Ms|Miss)\b\.? *[A-Z][^\W\d_]+")
_PRESSURE = re.compile(r"(?<![\d/])([6-9]\d|[12]\d\d)/([2-9]\d|1\d\d)(?![\d/])")

_WORDS = frozenset(
    (
        *("subject", "subj", "subjid", "patient", "pat", "participant", "part", "person"),
        *("screen", "screening", "study", "trial", "site", "centre", "center", "case", "code"),
        *("test", "demo", "example", "volunteer", "candidate", "random", "cohort", "group"),
        *("arm", "number"),
    )
)
"""Words that may occur in a code."""


def check_subject(code: str, pattern: re.Pattern[str] | None = None) -> str:
    """The subject code, if it is acceptable; else raises ValueProblem.

    If a site specifies the `pattern` of its codes, a code must match it entirely instead.
    """
    if pattern is not None:
        if not code or len(code) > MAX_CODE or not code.isprintable():
            raise ValueProblem(f"{shown(code)}; expected up to {MAX_CODE} printable characters")
        if pattern.fullmatch(code) is None:
            expected = shown(pattern.pattern)
            raise ValueProblem(f"{shown(code)} is not a code of this site; expected {expected}")
        return code
    _check(code, "a subject code such as S-014", "a pseudonymous code, such as S-014")
    if not any(map(str.isdigit, code)):
        message = f"{shown(code)} has no digit, so it may be a name; expected a code such as S-014"
        raise ValueProblem(message)
    return code


def check_staff(code: str) -> str:
    """The initials or staff code, if it is acceptable; else raises ValueProblem."""
    expected = "initials such as JW, or a staff code"
    _check(code, expected, expected)
    return code


def check_remark(text: str) -> str:
    """A note or reason, if it does not seem to identify a person; else raises ValueProblem."""
    if len(text) > MAX_REMARK:
        raise ValueProblem(f"{len(text):,} characters; at most {MAX_REMARK:,} are kept")
    if not text.isprintable():
        raise ValueProblem(f"{shown(text)} holds a control character or a line break")
    without_dates = _REGISTERED.sub("", _DATE.sub("", text))
    found = {
        "a date of birth": _BIRTH.search(text),
        "a name": _TITLED.search(text),
        "an e-mail address": _E_MAIL.search(without_dates),
        "the number of a record": _RECORD.search(without_dates),
        "a telephone or record number": _TELEPHONE.search(_PRESSURE.sub("-BP-", without_dates)),
    }
    for looks, match in found.items():
        if match is not None:
            message = f"{shown(match[0])} looks like {looks}; nothing in a log may lead to a person"
            raise ValueProblem(message)
    return text


def _check(code: str, expected: str, instead: str) -> None:
    """Raises ValueProblem unless `code` has the form of a code and seems to identify nobody."""
    if not code:
        raise ValueProblem(f"an empty code; expected {expected}")
    if len(code) > MAX_CODE:
        raise ValueProblem(f"{shown(code)} is too long; at most {MAX_CODE} characters are kept")
    if "@" in code:
        raise ValueProblem(f"{shown(code)} looks like an e-mail address; expected {expected}")
    if code[0] in "+(" and any(map(str.isdigit, code)):
        raise ValueProblem(f"{shown(code)} looks like a telephone number; expected {expected}")
    if not _ALLOWED.fullmatch(code):
        looks = "looks like a name" if any(map(str.isalpha, code)) else "is not a code"
        allowed = "letters a-z, digits and - . _ /"
        raise ValueProblem(f"{shown(code)} {looks}; expected {expected}, of {allowed}")
    if looks := _looks_like(_REGISTERED.sub("", code)):
        raise ValueProblem(f"{shown(code)} looks like {looks}; expected {instead}")


def _looks_like(code: str) -> str:
    """The kind of identifier that a code looks like, such as a name; empty if none."""
    letters = _LETTERS.findall(code)
    longest = max(map(len, re.findall(r"\d+", code)), default=0)
    joined = max((sum(map(str.isdigit, run)) for run in _JOINED.findall(code)), default=0)
    if _DATE.search(code) or _states_a_day(code):
        return "a date, such as that of a birth"
    if _RECORD.search(code):
        return "the number of a record"
    if longest > _MOST_DIGITS or joined > (_MOST_JOINED if letters else _MOST_DIGITS + 2):
        return "a telephone or record number"
    return "a name" if any(map(_is_like_a_name, letters)) else ""


def _states_a_day(code: str) -> bool:
    """Whether any run of whole parts of a code can be read as a date: `S-17.4.58` as 17 April 1958.

    Six digits in one run may be a date too, but are accepted, as so many codes have six digits.
    """
    parts = _PARTS.findall(code.lower().replace("_", "-"))
    starts = range(len(parts))
    runs = (parts[start : start + many] for start in starts for many in range(3, _MOST_PARTS + 1))
    return any(
        _OF_OUR_TIME.search(text) is not None and is_like_a_day(text)
        for run in runs
        for text in _with_whole_years(run)
    )


def _with_whole_years(run: list[str]) -> Iterator[str]:
    """A run of parts, and the same with two digits at either end expanded to a year.

    Not if separated by hyphens only, like codes of site, cohort and number (12-03-07).
    """
    yield "".join(run)
    if all(part == "-" or part.isdigit() for part in run):
        return
    if len(run[-1]) == 2 and run[-1].isdigit():
        yield "".join((*run[:-1], f"19{run[-1]}"))
    if len(run[0]) == 2 and len(run) == _MOST_PARTS and run[0].isdigit():
        yield "".join((f"19{run[0]}", *run[1:]))


def _is_like_a_name(word: str) -> bool:
    """Whether a word is pronounceable, and neither an abbreviation nor a word used in codes."""
    if word.lower() in _WORDS or not re.search("[aeiouy]", word, re.IGNORECASE):
        return False
    is_abbreviation = word.isupper() or word.islower()
    return len(word) > _MOST_LETTERS or (len(word) == _MOST_LETTERS and not is_abbreviation)
