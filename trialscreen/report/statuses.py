"""How findings and verdicts are put in words; one wording for every format."""

from typing import NamedTuple

from trialscreen import truth
from trialscreen.clearing import all_clear_on
from trialscreen.reasons import deciding_tests, distance, doubts, label_list, reasons
from trialscreen.report.blocks import Tone
from trialscreen.screening import Finding, Screening, Verdict
from trialscreen.trial import Kind, Trial
from trialscreen.truth import Truth

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


_STATUSES: dict[tuple[Kind, Truth], Status] = {
    ("inclusion", truth.TRUE): Status("✓", "met", "good"),
    ("inclusion", truth.FALSE): Status("✗", "not met", "bad"),
    ("inclusion", truth.UNKNOWN): Status("?", "open", "open"),
    ("exclusion", truth.TRUE): Status("✗", "excludes", "bad"),
    ("exclusion", truth.FALSE): Status("✓", "clear", "good"),
    ("exclusion", truth.UNKNOWN): Status("?", "open", "open"),
}

NOT_YET = Status("✗", "not yet", "bad")

_VERDICT_TONES: dict[Verdict, Tone] = {
    "eligible": "good",
    "ineligible": "bad",
    "undetermined": "open",
}


def status_of(finding: Finding) -> Status:
    return NOT_YET if is_not_yet(finding) else _STATUSES[finding.criterion.kind, finding.met]


def is_not_yet(finding: Finding) -> bool:
    """Whether a criterion fails only by an answer that means "not yet", as a missing signature."""
    if finding.passes is not truth.FALSE:
        return False
    elements = [test.used[0].element for test in deciding_tests(finding.trace)]
    return all(element.no_text != "no" for element in elements)


def clause_words(holds: Truth) -> str:
    """A clause inside a criterion is true, false or open; it is no verdict by itself."""
    return {truth.TRUE: "true", truth.FALSE: "false", truth.UNKNOWN: "open"}[holds]


def verdict_tone(screening: Screening) -> Tone:
    return _VERDICT_TONES[screening.verdict]


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
    waiting = [one.criterion.id for one in screening.failing if is_not_yet(one)]
    failing = [one.criterion.id for one in screening.failing if not is_not_yet(one)]
    if not failing:
        return f"Not yet: only {', '.join(waiting)} fails, and can still be met."
    day = all_clear_on(screening)
    ends = f" Re-screen on {day} or later." if day is not None else ""
    return f"Certain, whatever is still open: excluded today by {', '.join(failing)}.{ends}"


def _why_undetermined(screening: Screening) -> str:
    still_open = [one for one in screening.findings if not one.passes.known]
    elements = screening.trial.elements
    judged = sum(all(elements[name].is_judgement for name in one.missing) for one in still_open)
    lacking = f"Data are missing for {_criteria(len(still_open) - judged)}"
    waiting = f"; {judged} more wait only for consent or judgement" if judged else ""
    return f"Nothing excludes so far. {lacking}{waiting}."


def _criteria(count: int) -> str:
    return f"{count} criterion" if count == 1 else f"{count} criteria"


def why(screening: Screening, finding: Finding) -> tuple[str, ...]:
    """What decided a criterion; for an open one, what is known of it and what is missing."""
    trial = screening.trial
    if finding.met.known:
        return reasons(trial, finding.trace, screening.on)
    lines = list(doubts(trial, finding.trace))
    if names := finding.needed:
        more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED + 1 else ""
        named = names[:MOST_NAMED] if more else names
        lines.append(f"missing: {label_list(trial, named)}{more}")
    return tuple(lines)


def distances(screening: Screening, finding: Finding) -> tuple[str, ...]:
    """For a failing criterion, how far its deciding values are from their thresholds."""
    if finding not in screening.failing:
        return ()
    tests = deciding_tests(finding.trace)
    texts = (distance(screening.trial, test, screening.on) for test in tests)
    return tuple(text for text in texts if text is not None)


def element_list(trial: Trial, names: tuple[str, ...] | frozenset[str]) -> str:
    return label_list(trial, (name for name in trial.elements if name in names))
