"""What a verdict means, why a criterion fails or is open, and how far off it is: in words."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator

from trialscreen.model import truth
from trialscreen.model.trial import Kind, Trial
from trialscreen.output.report.statuses import status_of
from trialscreen.screening.clearing import all_clear_on, clears_on, fails_by
from trialscreen.screening.explain import deciding_tests, distance, label_list
from trialscreen.screening.readings import UNCONFIRMED, on_readings
from trialscreen.screening.samples import Stale, StaleInWords
from trialscreen.screening.screen import Finding, Screening
from trialscreen.text.characters import count_of, some

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


def old_values(stale: Iterable[Stale | StaleInWords]) -> str:
    """How many values are stale: `7 values are older than 28 days and 1 than 12 months`."""
    counts = Counter(str(one.valid_for) for one in stale)
    (period, count), *others = counts.items() or [("", 0)]
    said = f"{count_of(count, 'value is', 'values are')} older than {period}" if count else ""
    return "".join((said, *(f" and {more} than {other}" for other, more in others)))


def verdict_detail(screening: Screening) -> str:
    """What the verdict means, in a sentence or two."""
    meaning, old = _meaning(screening), old_values(screening.stale)
    if not old:
        return meaning
    return f"{meaning} {'Old values count too' if screening.verdict == 'eligible' else old}."


def _meaning(screening: Screening) -> str:
    match screening.verdict, screening.open:
        case ("eligible" | "ineligible") as verdict, _ if screening.unconfirmed:
            return f"{_turning(screening)}: {verdict} {UNCONFIRMED}.{_re_screen(screening)}"
        case "eligible", _:
            return "Every criterion passes on the answers given."
        case "ineligible", _:
            return _why_ineligible(screening)
        case _ if screening.is_prescreening:
            return _prescreened(screening)
        case _, "consent":
            return "No data are missing; only consent is pending."
        case _, "judgement":
            return "No data are missing; only the investigator's judgement is open."
        case _:
            return _why_undetermined(screening)


def _turning(screening: Screening) -> str:
    """The criteria that the verdict rests on and that turn on a reading."""
    turning = [one for one in screening.failing or screening.findings if one.unconfirmed]
    return "; ".join(
        f"{one.criterion.id}: {status_of(one).words}, {words}"
        for one in turning
        for words in on_readings(one.unconfirmed)
    )


def _why_ineligible(screening: Screening) -> str:
    failing = screening.failing
    kinds = {kind: [one for one in failing if one.criterion.kind == kind] for kind in _FAILS}
    said = [f"{_FAILS[kind]} {_ids(some)}" for kind, some in kinds.items() if some]
    certain = f"Certain, whatever is still open: {', '.join(said)}."
    return f"{certain}{_re_screen(screening)}"


_FAILS: dict[Kind, str] = {"inclusion": "fails", "exclusion": "excluded by"}


def _ids(findings: Iterable[Finding]) -> str:
    return ", ".join(finding.criterion.id for finding in findings)


def _re_screen(screening: Screening) -> str:
    """When to look again, if time alone helps and does not harm by then."""
    failing = screening.failing
    day = all_clear_on(screening)
    if day is None:
        return ""
    if late := fails_by(screening, day):
        then = ", ".join(criterion.id for criterion in late)
        return f" {_ids(failing)} would clear on {day}, but {then} fails by then."
    return f" Re-screen on {day} or later."


def _prescreened(screening: Screening) -> str:
    """Before consent: what is open, and for how many of the criteria that is data."""
    open_, lacking = _open_and_lacking(screening)
    count = count_of(open_, "criterion", "criteria")
    data = f" Data are missing for {lacking}." if lacking else ""
    return f"Prescreen: nothing excludes so far; consent pending; {count} open.{data}"


def _why_undetermined(screening: Screening) -> str:
    open_, lacking = _open_and_lacking(screening)
    count = count_of(lacking, "criterion", "criteria")
    judged = open_ - lacking
    waiting = f"; {judged} more wait only for consent or judgement" if judged else ""
    return f"Nothing excludes so far. Data are missing for {count}{waiting}."


def _open_and_lacking(screening: Screening) -> tuple[int, int]:
    """How many criteria are open, and how many of these for want of data."""
    still_open = [one for one in screening.findings if not one.passes.known]
    elements = screening.trial.elements
    judged = sum(all(elements[name].is_judgement for name in one.missing) for one in still_open)
    return len(still_open), len(still_open) - judged


def why(finding: Finding) -> tuple[str, ...]:
    """What decided a criterion; for an open one, what is known of it and what is missing."""
    names = finding.needed
    if finding.met.known or not names:
        return (*finding.reasons, *on_readings(finding.unconfirmed))
    labels = [finding.trial.elements[name].label for name in names]
    most = MOST_NAMED + (len(names) == MOST_NAMED + 1)
    return (*finding.reasons, f"missing: {some(labels, most)}")


def until(screening: Screening, finding: Finding) -> Iterator[str]:
    """The day on which a criterion that fails clears, if one does."""
    if (day := clears_on(screening, finding)) is not None:
        yield f"clears on {day}"


def why_and_until(screening: Screening, finding: Finding) -> list[str]:
    """What decided a criterion, and the day on which one that fails clears, if one does."""
    return [*why(finding), *until(screening, finding)]


def distances(finding: Finding) -> tuple[str, ...]:
    """For a failing criterion, how far its deciding values are from their thresholds."""
    if finding.passes is not truth.FALSE:
        return ()
    tests = deciding_tests(finding.trace)
    texts = (distance(test, finding.patient.on) for test in tests)
    return tuple(text for text in texts if text is not None)


def element_list(trial: Trial, names: Collection[str]) -> str:
    return label_list(trial, (name for name in trial.elements if name in names))
