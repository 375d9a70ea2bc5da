"""Reads a site's settings file: its laboratory's limits, the pattern of its subject codes."""

import re
from collections.abc import Iterator, Set
from datetime import date
from pathlib import Path

from trialscreen.answers.answer import Answer, Answers, SiteSettings
from trialscreen.answers.values import is_unknown, read_value, value_or_none
from trialscreen.model.errors import ValueProblem, refuse
from trialscreen.model.facts import Numbers, is_exact, same
from trialscreen.model.limits import limits_by_value
from trialscreen.model.trial import Trial
from trialscreen.text.characters import nearest, printable, shown, some

KEYS = ("limits", "subject_pattern")
MOST_PATTERN = 200
"""Characters of a pattern."""


def read_site(trial: Trial, path: str | Path) -> SiteSettings:
    """A site file. Raises InputError with every mistake in it."""
    if path == "":
        refuse("--site", "'' names no file; leave it out for none")
    from trialscreen.criteria_file import yaml_nodes  # noqa: PLC0415 - slow to import
    from trialscreen.criteria_file.reader import Cursor, read_document  # noqa: PLC0415

    origin = printable(str(path))
    root = read_document(Path(path), origin)
    if not isinstance(root.node, yaml_nodes.Mapping):
        refuse(origin, f"expected the keys of a site file: {', '.join(KEYS)}")
    root.known_keys(KEYS)
    known = limit_names(trial)
    limits = {}
    for name, at in root.entries_of("limits"):
        limits[name] = Answer(at.verbatim(), "site", at.where)
        try:
            _check_limit(trial, known, name, limits[name].text)
        except ValueProblem as problem:
            at.problem(str(problem))
    pattern = None
    if written := root.optional("subject_pattern", Cursor.verbatim, ""):
        try:
            pattern = _compiled(written)
        except ValueProblem as problem:
            root.down("subject_pattern").problem(str(problem))
    root.document.raise_any()
    return SiteSettings(limits, pattern)


def limit_names(trial: Trial) -> tuple[str, ...]:
    """The elements that are a limit of another, in the file's order."""
    found = {name for roles in limits_by_value(trial).values() for name in roles}
    return tuple(one.name for one in trial.answerable() if one.name in found)


def _check_limit(trial: Trial, known: tuple[str, ...], name: str, text: str) -> None:
    if name not in known:
        expected = f"expected one that is: {some(known, 20)}.{nearest(name, known)}"
        raise ValueProblem(f"{shown(name)} is not a limit of a measured value; {expected}")
    fact = read_value(trial, trial.elements[name], text, date.max) if text else None
    if text and (fact is None or not is_exact(fact)):
        raise ValueProblem(f"{shown(text)}; expected the number that the report prints")


def _compiled(text: str) -> re.Pattern[str]:
    if len(text) > MOST_PATTERN:
        raise ValueProblem(f"{len(text):,} characters; at most {MOST_PATTERN} are read")
    try:
        return re.compile(text)
    except re.error as error:
        at = "" if error.pos is None else f" at character {error.pos + 1}"
        raise ValueProblem(f"{shown(text)} is not a regular expression: {error.msg}{at}") from None


# Together with what is known of a patient.


def with_limits(
    trial: Trial, answers: Answers, site: SiteSettings
) -> tuple[dict[str, Answer], list[str]]:
    """A patient's answers and the limits of the site, and what to say of those not used.

    The patient's own answers win. A limit is left out as well where an own answer shows
    that the report had others: another limit of the same value, or what follows from it.
    """
    notes = []
    used: dict[str, Answer] = {}
    foreign = set(_of_other_reports(trial, answers, site))
    for name, one in site.limits.items():
        if name not in answers and name not in foreign:
            used[name] = one
        elif name not in answers:
            told = f"{one.where} {shown(one.text)} is not used"
            notes.append(f"{told}: the patient's own answers are from another report")
        elif not _same(trial, name, answers[name], one):
            own = f"{answers[name].where} {shown(answers[name].text)}"
            notes.append(f"{own} is used, and not {shown(one.text)} of {one.where}")
    return {**used, **answers}, notes


def limits_for_table(
    trial: Trial, given: Set[str], site: SiteSettings
) -> tuple[dict[str, float], list[str]]:
    """The limits that hold for each row of a table, and what to say of those not used.

    `given` are the elements with a column, whose values win: also where a cell is empty.
    """
    used: dict[str, float] = {}
    notes = []
    others = {
        name: roles.keys() & given for roles in limits_by_value(trial).values() for name in roles
    }
    for name, one in site.limits.items():
        of_given = others[name] | {g for g in given if name in trial.sources_of(g)}
        fact = read_value(trial, trial.elements[name], one.text, date.max)
        if of_given:
            told = f"{one.where} {shown(one.text)} is not used"
            notes.append(f"{told}: the table has the column {some(sorted(of_given))}")
        elif isinstance(fact, Numbers):
            used[name] = fact.low
    return used, notes


def _of_other_reports(trial: Trial, answers: Answers, site: SiteSettings) -> Iterator[str]:
    """The limits of the site with which an own answer of a patient may not go together."""
    for roles in limits_by_value(trial).values():
        own = roles.keys() & answers.keys()
        if not all(n in site.limits and _same(trial, n, answers[n], site.limits[n]) for n in own):
            yield from roles
    for name, one in answers.items():
        if name in trial.elements and not is_unknown(trial, one.text):
            yield from trial.sources_of(name)


def _same(trial: Trial, name: str, one: Answer, other: Answer) -> bool:
    """Whether both state the same number."""
    facts = (value_or_none(trial, trial.elements[name], by.text, date.max) for by in (one, other))
    return same(*facts)
