"""Wording shared by all output formats: verdicts, statuses with their marks, reasons, headers."""

from collections.abc import Collection, Iterator, Sequence
from typing import Any, NamedTuple

from trialscreen.model import truth
from trialscreen.model.trial import SOURCES, Source, Trial, Verdict
from trialscreen.model.truth import Truth
from trialscreen.output.report.render.blocks import Cell, Tone
from trialscreen.screening import finding
from trialscreen.screening.explain import label_list
from trialscreen.screening.finding import UNCONFIRMED, Finding, on_readings
from trialscreen.screening.samples import old_values
from trialscreen.screening.screen import Screening
from trialscreen.text.characters import some

AID = (
    "A screening aid for trained study staff. It enrols nobody: the investigator decides,"
    " against the approved protocol."
)

SCHEMA_VERSION = "1.0"


def criteria_file(trial: Trial) -> str:
    """The criteria file, for a page."""
    return f"Criteria {trial.origin}, version {trial.version}, SHA-256 {trial.sha256[:16]}…"


def file_data(trial: Trial) -> dict[str, Any]:
    """The criteria file, for JSON."""
    return {
        "criteria_file": trial.origin,
        "criteria_version": trial.version,
        "criteria_sha256": trial.sha256,
    }


def head(trial: Trial, tool_version: str) -> dict[str, Any]:
    """The head of every JSON result: schema, program version and trial."""
    registered = {"nct_id": trial.registration.nct_id, "title": trial.registration.title}
    return {
        "schema_version": SCHEMA_VERSION,
        "tool": {"name": "trialscreen", "version": tool_version},
        "trial": registered | file_data(trial),
    }


class Status(NamedTuple):
    """A mark, with equivalent words, and a colour that adds no information."""

    mark: str
    words: str
    tone: Tone

    def __str__(self) -> str:
        return f"{self.mark} {self.words}"

    @property
    def cell(self) -> Cell:
        return Cell(str(self), self.tone)


STATUSES: dict[finding.Status, Status] = {
    "met": Status("✓", "met", "good"),
    "not met": Status("✗", "not met", "bad"),
    "excludes": Status("✗", "excludes", "bad"),
    "clear": Status("✓", "clear", "good"),
    "open": Status("?", "open", "open"),
}

VERDICTS: dict[Verdict, Status] = {
    "eligible": Status("✓", "eligible", "good"),
    "ineligible": Status("✗", "ineligible", "bad"),
    "undetermined": Status("?", "undetermined", "open"),
}

TRUTHS: dict[Truth, str] = {truth.TRUE: "true", truth.FALSE: "false", truth.UNKNOWN: "open"}
"""Words for a clause inside a criterion, which is not a verdict by itself."""

SOURCE_WORDS: dict[Source, str] = {one: one.capitalize() for one in SOURCES}
SOURCE_WORDS["derived"] = "Computed"

MOST_NAMED = 3
"""How many missing elements are named for one criterion; the list of needed data has them all."""


def verdict_line(screening: Screening) -> str:
    """The verdict, with trial and day."""
    trial = screening.trial.registration.nct_id
    verdict, said = screening.verdict.upper(), headline(screening)
    where = f"{trial} on {screening.on}"
    return f"{said} for {where}" if said == verdict else f"{said} ({where})"


def headline(screening: Screening) -> str:
    """The verdict in capitals, qualified by unconfirmed readings and, if eligible, stale values."""
    verdict, old = screening.verdict.upper(), old_values(screening.stale)
    verdict += f" {UNCONFIRMED}" if screening.unconfirmed else ""
    return f"{verdict}, but {old}" if screening.verdict == "eligible" and old else verdict


def why(screening: Screening, finding: Finding) -> tuple[str, ...]:
    """What decided a criterion; for an open one, what is known and what is missing."""
    names = finding.needed
    if finding.met is not None or not names:
        return (*finding.reasons, *on_readings(finding.unconfirmed))
    differ = {one.element for one in screening.conflicts}
    missing = _named("missing", finding.trial, [name for name in names if name not in differ])
    in_conflict = _named("in conflict", finding.trial, [name for name in names if name in differ])
    return (*finding.reasons, *missing, *in_conflict)


def _named(title: str, trial: Trial, names: Sequence[str]) -> Iterator[str]:
    most = MOST_NAMED + (len(names) == MOST_NAMED + 1)
    if names:
        yield f"{title}: {some([trial.elements[name].label for name in names], most)}"


def why_and_until(screening: Screening, finding: Finding) -> list[str]:
    """What decided a criterion, and for a failing one the day it clears, if certain."""
    until = [f"clears on {finding.clears_on}"] if finding.clears_on else []
    return [*why(screening, finding), *until]


def asked_for(screening: Screening, finding: Finding) -> tuple[str, ...]:
    """The elements to ask for to decide an open criterion, continuing a derivation once begun.

    A value that can be either entered or derived is derived if some of its inputs are known, or
    awaited from the source that could give the value itself: for a calcium without its upper
    limit, the limit is asked for, not whether the calcium is high.
    """
    trial = screening.trial
    elements = trial.elements
    there = {*screening.facts, *(one.element for one in screening.awaited)}
    names: list[str] = []
    for name in finding.needed:
        behind = trial.sources_of(name)
        givers = {elements[one].source for one in there & behind}
        lacking = [one for one in finding.missing if one in behind]
        names += lacking if lacking and elements[name].source in givers else [name]
    return tuple(dict.fromkeys(names))


def asked_of(screening: Screening) -> dict[Source, list[str]]:
    """The elements to ask for, over all criteria, by who can give them."""
    asked = {name for finding in screening.findings for name in asked_for(screening, finding)}
    of: dict[Source, list[str]] = {source: [] for source in SOURCES}
    for name, element in screening.trial.elements.items():
        if name in asked:
            of[element.source].append(name)
    return {source: names for source, names in of.items() if names}


def element_list(trial: Trial, names: Collection[str]) -> str:
    return label_list(trial, (name for name in trial.elements if name in names))
