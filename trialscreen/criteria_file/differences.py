"""What differs between two criteria files, as a person reads it: texts, rules, readings, ranges.

Every value is put into words; a difference that the words do not show is told all the same.
"""

from collections.abc import Iterator, Mapping
from dataclasses import fields
from datetime import date
from typing import Literal, NamedTuple

from trialscreen.model import rules
from trialscreen.model.trial import Check, Criterion, Formula, Trial
from trialscreen.model.wording import as_written, rule_in_words

Part = Literal["trial", "criterion", "element", "check"]
Values = Mapping[str, tuple[object, str]]
"""What stands in each field: its value, and that in words."""

SAME_WORDS = "(written otherwise, with the same meaning in words)"

_NO_FACTS = frozenset(("name", "units", "id", "readings", "alternatives"))
_ASKED = frozenset(
    ("section", "label", "ask", "help", "examples", "card", "expected_to_fail", "text", "valid_for")
)
"""Fields that no finding rests on."""


class Difference(NamedTuple):
    """One field that differs. `old` or `new` is None where there is none.

    `id` is that of a criterion or check, the name of an element, or empty.
    """

    part: Part
    id: str
    field: str
    old: str | None
    new: str | None

    @property
    def decides(self) -> bool:
        """Whether a finding can rest on it."""
        told = self.field.startswith(("reading ", "alternative "))
        return self.part in ("criterion", "element") and not (told or self.field in _ASKED)


def differences(old: Trial, new: Trial) -> tuple[Difference, ...]:
    """Every difference: of the trial's facts, criteria, elements, checks; in the files' order."""
    return (
        *_of_fields("trial", "", _facts(old), _facts(new)),
        *_of_things("criterion", _criteria(old), _criteria(new)),
        *_of_things("element", _elements(old), _elements(new)),
        *_of_things("check", _checks(old), _checks(new)),
    )


def criteria_touched(old: Trial, new: Trial) -> dict[str, tuple[str, ...]]:
    """The criteria that can come out otherwise, each with what of it, or behind it, differs."""
    found = [one for one in differences(old, new) if one.decides]
    own: dict[str, list[str]] = {}
    for one in found:
        own.setdefault(one.id, []).append(one.field)
    touched = {}
    for criterion in (*new.criteria, *old.criteria):
        trial = new if criterion in new.criteria else old
        behind = [name for name in trial.elements_behind(criterion.rule) if name in own]
        why = (*own.get(criterion.id, ()), *behind)
        if why and criterion.id not in touched:
            touched[criterion.id] = why
    return touched


def _of_things(
    part: Part, old: Mapping[str, Values], new: Mapping[str, Values]
) -> Iterator[Difference]:
    for name in dict.fromkeys((*new, *old)):
        yield from _of_fields(part, name, old.get(name, {}), new.get(name, {}))


def _of_fields(part: Part, name: str, old: Values, new: Values) -> Iterator[Difference]:
    for field in dict.fromkeys((*new, *old)):
        (was, before), (is_, after) = old.get(field, (None, "")), new.get(field, (None, ""))
        if was != is_:
            after = f"{after} {SAME_WORDS}" if before == after else after
            yield Difference(part, name, field, before or None, after or None)


# What stands in a file, by thing and field.


def _facts(trial: Trial) -> Values:
    facts = {"version": trial.version, **trial.registration._asdict()}
    words = {name: (value, _words(trial, value)) for name, value in facts.items()}
    others = {"sections": trial.sections, "cards": trial.cards, "spellings": trial.spellings}
    return words | {name: (value, _words(trial, value)) for name, value in others.items()}


def _criteria(trial: Trial) -> dict[str, Values]:
    return {one.id: {**_fields(trial, one), **_readings(trial, one)} for one in trial.criteria}


def _readings(trial: Trial, criterion: Criterion) -> Values:
    """Its readings, and the rules that the alternatives of these and of others would make of it."""
    return {
        f"{what} {reading.ref}": (value, _words(trial, value))
        for what, found in (
            ("reading", ((one, one) for one in criterion.readings)),
            ("alternative", criterion.alternatives),
        )
        for reading, value in found
    }


def _elements(trial: Trial) -> dict[str, Values]:
    return {
        one.name: {
            field.name: (value, _words(trial, value))
            for field in fields(one)
            if field.name not in _NO_FACTS
            for value in [getattr(one, field.name)]
        }
        for one in trial.elements.values()
    }


def _checks(trial: Trial) -> dict[str, Values]:
    return {one.id: _fields(trial, one) for one in trial.checks}


def _fields(trial: Trial, thing: Criterion | Check) -> Values:
    return {
        name: (value, _words(trial, value))
        for name, value in thing._asdict().items()
        if name not in _NO_FACTS
    }


def _words(trial: Trial, value: object) -> str:
    """A value of the file as one text; empty for none."""
    if value is None or value is False:
        return ""
    if isinstance(value, Formula):
        return f"{value.name}({', '.join(value.inputs)})"
    if isinstance(value, rules.Rule):
        return rule_in_words(trial, value)
    if isinstance(value, Mapping):
        return "; ".join(f"{key}: {_words(trial, one)}" for key, one in value.items())
    if hasattr(value, "_asdict"):
        named = ((name, _words(trial, one)) for name, one in value._asdict().items())
        return "; ".join(f"{name}: {one}" for name, one in named if one)
    if isinstance(value, tuple):
        between = "; " if any(isinstance(one, str | tuple) for one in value) else " to "
        return between.join(_words(trial, one) for one in value)
    if isinstance(value, int | float | date):
        return "yes" if value is True else as_written(value)
    return str(value)
