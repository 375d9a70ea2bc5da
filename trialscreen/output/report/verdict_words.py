"""What is the same in every form: what a result says of itself; marks and words of verdicts."""

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
    """What a JSON result begins with: its schema, the program, the trial."""
    registered = {"nct_id": trial.registration.nct_id, "title": trial.registration.title}
    return {
        "schema_version": SCHEMA_VERSION,
        "tool": {"name": "trialscreen", "version": tool_version},
        "trial": registered | file_data(trial),
    }


class Status(NamedTuple):
    """A mark, words that say the same, and a colour that adds nothing."""

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
"""Missing elements named beside one criterion; the full list of what is needed names them all."""


def verdict_line(screening: Screening) -> str:
    """The verdict, of which trial and on which day."""
    trial = screening.trial.registration.nct_id
    verdict, said = screening.verdict.upper(), headline(screening)
    where = f"{trial} on {screening.on}"
    return f"{said} for {where}" if said == verdict else f"{said} ({where})"


def headline(screening: Screening) -> str:
    """The verdict in capitals, with what it rests on, and what an eligible one's values lack."""
    verdict, old = screening.verdict.upper(), old_values(screening.stale)
    verdict += f" {UNCONFIRMED}" if screening.unconfirmed else ""
    return f"{verdict}, but {old}" if screening.verdict == "eligible" and old else verdict


def why(screening: Screening, finding: Finding) -> tuple[str, ...]:
    """What decided a criterion; for an open one, what is known of it and what is not."""
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
    """What decided a criterion, and the day on which one that fails clears, if one does."""
    until = [f"clears on {finding.clears_on}"] if finding.clears_on else []
    return [*why(screening, finding), *until]


def asked_for(screening: Screening, finding: Finding) -> tuple[str, ...]:
    """The elements to ask for an open criterion: what it needs, by the way that has begun.

    A value that can be entered or worked out is worked out once some of what that takes is
    there or awaited from whoever could give the value itself: of a calcium without its upper
    limit, the limit is asked for, and not whether the calcium is high.
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
    """What is asked for, over all criteria, by who can give it."""
    asked = {name for finding in screening.findings for name in asked_for(screening, finding)}
    of: dict[Source, list[str]] = {source: [] for source in SOURCES}
    for name, element in screening.trial.elements.items():
        if name in asked:
            of[element.source].append(name)
    return {source: names for source, names in of.items() if names}


def element_list(trial: Trial, names: Collection[str]) -> str:
    return label_list(trial, (name for name in trial.elements if name in names))
