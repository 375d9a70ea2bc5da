"""`Answer`: one answer as given, for files, interview and log; and its conversion to facts."""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Literal, NamedTuple

from trialscreen.answers.values import PENDING_WORD, UNKNOWN_WORD, is_unknown, read_day, read_value
from trialscreen.model.errors import Problem, ValueProblem, raise_any
from trialscreen.model.facts import Fact
from trialscreen.model.trial import SCREENING_DATE, Trial
from trialscreen.text.characters import first_control, nearest, shown

By = Literal["flag", "file", "interview", "site", "record"]


class Key:
    """The keys of an answer that is a mapping: its value, and notes; as messages list them."""

    VALUE = "value"
    SAMPLED = "date"  # the day on which the sample of a measured value was taken
    AWAITED_SINCE, AWAITED_FROM = "since", "from"  # of a value that is pending
    DESPITE = "despite"  # of a no that holds all the same: the places in a record that say yes
    RECORD = "record"  # the value in a record that an answer was taken from, and its place there
    ANSWERED = "answered"  # the day on which an answer was given
    ASKED = "asked"  # the sources that were asked, where that were not all
    CRITERIA = "criteria"  # the version that the criteria file then had
    SET_ASIDE = "set_aside"  # an answer that is kept and not used; the value is then unknown
    NOTE = "note"  # in words


ANSWER_KEYS: tuple[str, ...] = tuple(vars(Key)[name] for name in vars(Key) if name.isupper())

SUBJECT = "subject"
"""The key for the subject's code in a file of answers."""

MAX_BITS = 1000
"""The largest int that is written in decimal; larger ones exceed `MAX_LENGTH` characters anyway."""

VERSION_DIGITS = 12
"""How many digits of the criteria file's SHA-256 the note `criteria` contains."""

_VERSION = re.compile(f"[0-9a-f]{{{VERSION_DIGITS}}}")

PART_OF_A_NUMBER = " If it is part of a number, write a decimal point (5.5): a comma ends it."
"""What to look at where a key begins with a digit: `{weight: 5,5}` has two keys."""


class SiteSettings(NamedTuple):
    """A site's settings for all patients: limits of normal, by element, and its code pattern."""

    limits: Mapping[str, "Answer"] = {}
    subject_pattern: re.Pattern[str] | None = None


class Answer(NamedTuple):
    """The text written for one element, how it was entered, and its notes.

    `where` is its place for messages, and is not stored in the log.
    """

    text: str
    by: By
    where: str = ""
    notes: Mapping[str, str] = {}

    @property
    def date(self) -> str | None:
        """The sample date as written; None if there is none."""
        return self.notes.get(Key.SAMPLED)

    @property
    def is_pending(self) -> bool:
        """Whether the value is awaited, in answers that are `sampled.told_apart`."""
        return self.text == PENDING_WORD

    @property
    def is_set_aside(self) -> bool:
        """Whether it is unknown, and only keeps an unused answer in a note."""
        return self.text == UNKNOWN_WORD and Key.SET_ASIDE in self.notes

    def set_aside(self) -> "Answer":
        """The same answer, set aside: kept in a note but not used."""
        return self._replace(text=UNKNOWN_WORD, notes={**self.notes, Key.SET_ASIDE: self.text})

    @property
    def in_record(self) -> str:
        """The note for an answer taken from a record: the value as taken, and its place."""
        return f"{self.text} in {self.where}"

    @property
    def is_of_record(self) -> bool:
        """Whether it is unchanged since it was taken from a record; false if edited by hand."""
        return self.notes.get(Key.RECORD, "").startswith(f"{self.text} in ")

    def reworded(self, text: str) -> "Answer":
        """The answer in other words; one of a record stays that."""
        notes = dict(self.notes)
        if self.is_of_record:
            notes[Key.RECORD] = text + notes[Key.RECORD].removeprefix(self.text)
        return self._replace(text=text, notes=notes)


Answers = Mapping[str, Answer]


def as_text(value: object) -> str:
    """A Python or JSON value as a person would write it."""
    if value is None:
        return UNKNOWN_WORD
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return str(value).removesuffix(".0")  # a number, of which nobody wrote the digits
    if isinstance(value, int) and value.bit_length() > MAX_BITS:
        return hex(value)  # Python raises ValueError at 4,300 decimal digits; too long in any case
    return str(value)


def answer_of(
    given: object, where: str, problems: list[Problem], places: Mapping[str, str] = {}
) -> Answer | None:
    """The answer in a value, or in a mapping with the value and its notes.

    Anything invalid is added to `problems`; that of a key at its place in `places`, if given.
    """
    values = given if isinstance(given, Mapping) else {Key.VALUE: given}
    for key in values:
        if key not in ANSWER_KEYS:
            message = f"{shown(key)} is not a key of an answer; expected {', '.join(ANSWER_KEYS)}"
            hint = _hint(key, ANSWER_KEYS)
            problems.append(
                Problem(places.get(key, where), f"{message}{'.' if hint else ''}{hint}")
            )
    notes = {k: as_text(one) for k, one in values.items() if not isinstance(one, list | dict)}
    for key in ANSWER_KEYS:
        if key not in notes and (key == Key.VALUE or key in values):
            part = f" for {key!r}" if key != Key.VALUE or key not in values else ""
            problems.append(Problem(where, f"expected a single value{part}"))
    return Answer(notes.pop(Key.VALUE), "file", where, notes) if Key.VALUE in notes else None


def _hint(key: str, known: Iterable[str]) -> str:
    return PART_OF_A_NUMBER if key[:1].isdigit() else nearest(key, known)


def merge(
    trial: Trial, winning: Answers, other: Answers, problems: list[Problem]
) -> dict[str, Answer]:
    """Merges two sets of answers; `winning` takes precedence unless both say the same.

    In that case `other` is kept, with its notes. Different screening dates are a problem.
    """
    both = {**other, **{name: winning[name] for name in differing(winning, other)}}
    given = (other.get(SCREENING_DATE), winning.get(SCREENING_DATE))
    dated = [one for one in given if one is not None and not is_unknown(trial, one.text)]
    if dated:
        both[SCREENING_DATE] = dated[0]
    if len({day_or_text(one.text) for one in dated}) > 1:
        two, one = dated
        message = (
            f"{shown(one.text)}, and {shown(two.text)} in {two.where}; give one screening date"
            " (--rescreen takes the answers of a file to another day)"
        )
        problems.append(Problem(one.where, message))
    return both


def day_or_text(text: str) -> date | str:
    """The day that `text` states; `text`, if it states none."""
    try:
        return read_day(text)
    except ValueProblem:
        return text.strip()


def differing(winning: Answers, other: Answers) -> Iterator[str]:
    """The elements for which `winning` differs from `other`."""
    return (
        name
        for name, one in winning.items()
        if name not in other
        or one.text.strip() != other[name].text.strip()
        or any(other[name].notes.get(key) != told for key, told in one.notes.items())
    )


def screening_date(
    trial: Trial, answers: Answers, today: date, problems: list[Problem]
) -> date | None:
    """The screening date that was given; else today. None, and a problem, for a wrong one."""
    given = answers.get(SCREENING_DATE)
    if given is None or is_unknown(trial, given.text):
        return today
    try:
        day = read_day(given.text)
    except ValueProblem as problem:
        problems.append(Problem(given.where, str(problem)))
        return None
    if day > today:
        message = f"{day} lies in the future; the latest screening date is today, {today}"
        problems.append(Problem(given.where, message))
        return None
    return day


def read_facts(
    trial: Trial, answers: Answers, on: date, problems: list[Problem] | None = None
) -> dict[str, Fact]:
    """Parses the answers into facts; unreadable ones are added to `problems`.

    Without that list, raises InputError with every answer that is invalid.
    """
    wrong = [] if problems is None else problems
    facts: dict[str, Fact] = {}
    known = trial.answerable_by_name
    for name, answer in answers.items():
        if name == SCREENING_DATE:
            continue
        if name not in known:
            message = f"no data element is named {shown(name)}.{_hint(name, known)}"
            wrong.append(Problem(answer.where, message))
            continue
        try:
            fact = read_value(trial, known[name], answer.text, on)
            if answer.notes and answer.is_set_aside:
                read_value(trial, known[name], answer.notes[Key.SET_ASIDE], on)
        except ValueProblem as problem:
            wrong.append(Problem(answer.where, str(problem)))
        else:
            if fact is not None:
                facts[name] = fact
        if answer.notes:
            wrong.extend(wrong_notes(answer.where, answer.notes))
    if problems is None:
        raise_any(wrong)
    return {name: facts[name] for name in known if name in facts}


def criteria_version(trial: Trial) -> str:
    """The version of a criteria file, as written in the notes of answers."""
    return trial.sha256[:VERSION_DIGITS]


def of_another_version(trial: Trial, notes: Mapping[str, str]) -> bool:
    """Whether an answer was taken under another version of the criteria file."""
    now = criteria_version(trial)
    return notes.get(Key.CRITERIA, now) != now


def wrong_notes(where: str, notes: Mapping[str, str]) -> Iterator[Problem]:
    """Notes that cannot be shown, and a version that no criteria file can have."""
    for key, text in notes.items():
        if (control := first_control(text)) is not None:
            yield Problem(f"{where} {key}", f"control character {control}")
    version = notes.get(Key.CRITERIA)
    if version is not None and _VERSION.fullmatch(version) is None:
        message = f"{shown(version)}; expected {VERSION_DIGITS} digits 0-9 and a-f, or no note"
        yield Problem(f"{where} {Key.CRITERIA}", message)
