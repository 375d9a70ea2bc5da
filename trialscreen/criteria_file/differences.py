"""Compares two criteria files, in words: texts, rules, readings, ranges.

Values are rendered as text; differences that the text does not show are reported all the same.
"""

from collections.abc import Mapping
from dataclasses import fields
from datetime import date
from typing import Literal, NamedTuple, get_args

from trialscreen.model import rules
from trialscreen.model.trial import Formula, Trial
from trialscreen.model.wording import as_written, rule_in_words

Part = Literal["trial", "criterion", "element", "check"]

SAME_WORDS = "(written otherwise, with the same meaning in words)"

_NO_FACTS = frozenset(("name", "units", "id", "readings", "alternatives"))
_ASKED = frozenset(
    (
        *("section", "label", "ask", "help", "examples", "card", "expected_to_fail", "text"),
        *("valid_for", "warn_after", "window", "runs_while"),
    )
)
"""Fields that affect no finding."""


class Difference(NamedTuple):
    """One field that differs. `old` or `new` is None if that file lacks it.

    `id` is a criterion's or check's id, an element's name, or empty for the trial.
    """

    part: Part
    id: str
    field: str
    old: str | None
    new: str | None

    @property
    def decides(self) -> bool:
        """Whether it can affect a finding."""
        is_reading = self.field.startswith(("reading ", "alternative "))
        return self.part in ("criterion", "element") and not (is_reading or self.field in _ASKED)


def differences(old: Trial, new: Trial) -> tuple[Difference, ...]:
    """Every difference in the trial's facts, criteria, elements and checks, in the files' order."""
    before, after = _stated(old), _stated(new)
    found = []
    for thing in sorted({**after, **before}, key=lambda thing: get_args(Part).index(thing[0])):
        was, now = before.get(thing, {}), after.get(thing, {})
        for field in {**now, **was}:
            if was.get(field) != now.get(field):
                old_text, new_text = _words(old, was.get(field)), _words(new, now.get(field))
                new_text = f"{new_text} {SAME_WORDS}" if old_text == new_text else new_text
                found.append(Difference(*thing, field, old_text or None, new_text or None))
    return tuple(found)


def criteria_touched(old: Trial, new: Trial) -> dict[str, tuple[str, ...]]:
    """The criteria whose result can change, each with its fields and elements that differ."""
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


def _stated(trial: Trial) -> dict[tuple[Part, str], dict[str, object]]:
    """The contents of a file, by thing and field."""
    found: dict[tuple[Part, str], dict[str, object]] = {
        ("trial", ""): {
            "version": trial.version,
            **trial.registration._asdict(),
            "sections": trial.sections,
            "cards": trial.cards,
            "spellings": trial.spellings,
        }
    }
    for criterion in trial.criteria:
        stated = found["criterion", criterion.id] = criterion._asdict()
        stated |= {f"reading {one.ref}": one for one in criterion.readings}
        # What it would become under the alternatives of its own readings and of others.
        stated |= {f"alternative {one.ref}": other for one, other in criterion.alternatives}
    for name, element in trial.elements.items():
        found["element", name] = {one.name: getattr(element, one.name) for one in fields(element)}
    for check in trial.checks:
        found["check", check.id] = check._asdict()
    for thing in found.values():
        for field in _NO_FACTS.intersection(thing):
            del thing[field]
    return found


def _words(trial: Trial, value: object) -> str:
    """A value of the file as one text; empty if there is none."""
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
