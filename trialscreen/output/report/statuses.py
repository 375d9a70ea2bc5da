"""How findings and verdicts are put in words; one wording for every format."""

from collections.abc import Iterable
from typing import NamedTuple

from trialscreen.model import truth
from trialscreen.model.trial import Kind, Trial
from trialscreen.model.truth import Truth
from trialscreen.output.report.render.blocks import Tone
from trialscreen.screening.explain import deciding_tests, distance, doubts, label_list, reasons
from trialscreen.screening.outlook import fails_by, first_clear_day
from trialscreen.screening.screen import Finding, Screening, Verdict
from trialscreen.text.characters import count_of

AID = (
    "A screening aid for trained study staff. It enrols nobody: the investigator decides,"
    " against the approved protocol."
)


MOST_NAMED = 3
"""Missing elements named beside one criterion; the list of what is needed names them all."""


class Status(NamedTuple):
    """A mark, words that say the same, and a colour that adds nothing."""

    mark: str
    words: str
    tone: Tone

    def __str__(self) -> str:
        return f"{self.mark} {self.words}"


STATUSES: dict[tuple[Kind, Truth], Status] = {
    ("inclusion", truth.TRUE): Status("✓", "met", "good"),
    ("inclusion", truth.FALSE): Status("✗", "not met", "bad"),
    ("inclusion", truth.UNKNOWN): Status("?", "open", "open"),
    ("exclusion", truth.TRUE): Status("✗", "excludes", "bad"),
    ("exclusion", truth.FALSE): Status("✓", "clear", "good"),
    ("exclusion", truth.UNKNOWN): Status("?", "open", "open"),
}

NOT_YET = Status("✗", "not yet", "bad")

VERDICT_TONES: dict[Verdict, Tone] = {
    "eligible": "good",
    "ineligible": "bad",
    "undetermined": "open",
}


def status_of(finding: Finding) -> Status:
    return NOT_YET if finding.is_not_yet else STATUSES[finding.criterion.kind, finding.met]


def clause_words(holds: Truth) -> str:
    """A clause inside a criterion is true, false or open; it is no verdict by itself."""
    return {truth.TRUE: "true", truth.FALSE: "false", truth.UNKNOWN: "open"}[holds]


def verdict_tone(screening: Screening) -> Tone:
    return VERDICT_TONES[screening.verdict]


_VERDICT_MARKS: dict[Verdict, str] = {"eligible": "✓", "ineligible": "✗", "undetermined": "?"}


def verdict_status(verdict: Verdict) -> Status:
    return Status(_VERDICT_MARKS[verdict], verdict, VERDICT_TONES[verdict])


def verdict_detail(screening: Screening) -> str:
    """What the verdict means, in a sentence or two."""
    match screening.verdict, screening.open:
        case "eligible", _:
            return "Every criterion passes on the answers given."
        case "ineligible", _:
            return _why_ineligible(screening)
        case _, "judgement":
            return "No data are missing; only consent and the investigator's judgement are open."
        case _:
            return _why_undetermined(screening)


def _why_ineligible(screening: Screening) -> str:
    waiting = [one for one in screening.failing if one.is_not_yet]
    failing = tuple(one for one in screening.failing if not one.is_not_yet)
    not_yet = f"{_ids(waiting)} not yet met" if waiting else ""
    if not failing:
        return f"{not_yet}: it can still come, and nothing else fails."
    kinds = {kind: [one for one in failing if one.criterion.kind == kind] for kind in _FAILS}
    said = [f"{_FAILS[kind]} {_ids(some)}" for kind, some in kinds.items() if some]
    certain = f"Certain, whatever is still open: {', '.join([*said, *filter(None, [not_yet])])}."
    return f"{certain}{_re_screen(screening, failing)}"


_FAILS: dict[Kind, str] = {"inclusion": "fails", "exclusion": "excluded by"}


def _ids(findings: Iterable[Finding]) -> str:
    return ", ".join(finding.criterion.id for finding in findings)


def _re_screen(screening: Screening, failing: tuple[Finding, ...]) -> str:
    """When to look again, if time alone helps and does not harm by then."""
    day = first_clear_day(screening, failing)
    if day is None:
        return ""
    if late := fails_by(screening, day):
        then = ", ".join(criterion.id for criterion in late)
        return f" {_ids(failing)} would clear on {day}, but {then} fails by then."
    return f" Re-screen on {day} or later."


def _why_undetermined(screening: Screening) -> str:
    still_open = [one for one in screening.findings if not one.passes.known]
    elements = screening.trial.elements
    judged = sum(all(elements[name].is_judgement for name in one.missing) for one in still_open)
    lacking = f"Data are missing for {count_of(len(still_open) - judged, 'criterion', 'criteria')}"
    waiting = f"; {judged} more wait only for consent or judgement" if judged else ""
    return f"Nothing excludes so far. {lacking}{waiting}."


def why(screening: Screening, finding: Finding) -> tuple[str, ...]:
    """What decided a criterion; for an open one, what is known of it and what is missing."""
    trial = screening.trial
    if finding.met.known:
        return reasons(trial, finding.trace, screening.on)
    lines = list(doubts(trial, finding.trace, screening.on))
    if names := finding.needed:
        more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED + 1 else ""
        named = names[:MOST_NAMED] if more else names
        lines.append(f"missing: {label_list(trial, named)}{more}")
    return tuple(lines)


def distances(screening: Screening, finding: Finding) -> tuple[str, ...]:
    """For a failing criterion, how far its deciding values are from their thresholds."""
    if finding.passes is not truth.FALSE:
        return ()
    tests = deciding_tests(finding.trace)
    texts = (distance(screening.trial, test, screening.on) for test in tests)
    return tuple(text for text in texts if text is not None)


def element_list(trial: Trial, names: tuple[str, ...] | frozenset[str]) -> str:
    return label_list(trial, (name for name in trial.elements if name in names))
