"""The page of one screening that one takes in at a glance; the full page has all there is."""

from collections.abc import Iterator, Sequence

from trialscreen.output.report.about import AID, criteria_file
from trialscreen.output.report.record_rows import recorded_blocks
from trialscreen.output.report.render import blocks
from trialscreen.output.report.screening_page import clearing_lines, notice_items
from trialscreen.output.report.statuses import SOURCE_WORDS, VERDICTS, status_of
from trialscreen.output.report.trial_page import cohorts_in_short
from trialscreen.output.report.verdict_words import (
    headline,
    verdict_line,
    why_and_until,
)
from trialscreen.output.report.waiting import fitting, waiting_rows
from trialscreen.screening.finding import Finding
from trialscreen.screening.readings import on_readings
from trialscreen.screening.screen import Screening
from trialscreen.text.characters import count_of, some

NAMED = {3: 3, 12: 1}
"""Of up to so many open criteria, so many missing elements are named beside each; of more, none."""

ROOM = 250
"""Characters for naming what is needed, shared by the sources; each has one element at least.

Where none is named beside the criteria, there is room for twice as many.
"""

_GAP = blocks.Paragraph("")


def summary_page(screening: Screening, again: str = "", *, closes: bool = True) -> blocks.Page:
    """The verdict, what decides it, what passes, what is needed next, the cohorts, the verdict.

    `again` is the command that screens anew on a later day. A page that does not close leaves
    the last line to what is said after it.
    """
    tone = VERDICTS[screening.verdict].tone
    return (
        blocks.Banner(verdict_line(screening), screening.summary, tone),
        *_failing(screening),
        *_open(screening),
        *_passing(screening),
        *_next(screening, again),
        *_notices(screening),
        *recorded_blocks(screening, full=False),
        *cohorts_in_short(screening.trial),
        _GAP,
        blocks.Paragraph(f"{criteria_file(screening.trial)}. {AID}", "muted"),
        *((_GAP, blocks.Paragraph(_last_line(screening), tone)) if closes else ()),
    )


def _last_line(screening: Screening) -> str:
    """The verdict again; where more is said with it, without the trial and the day."""
    said = headline(screening)
    return verdict_line(screening) if said == screening.verdict.upper() else said


def _failing(screening: Screening) -> Iterator[blocks.Part]:
    rows = [(*_named(one), "\n".join(why_and_until(screening, one))) for one in screening.failing]
    if rows:
        yield blocks.Heading(f"Fails ({len(rows)})")
        yield blocks.table(("", "Criterion", "Status", "Why"), rows, (0, 2, 0, 4), compact=True)


def _open(screening: Screening) -> Iterator[blocks.Part]:
    if findings := _open_findings(screening):
        most = _named_beside(findings)
        rows = [(*_named(one), "\n".join(_missing(one, most))) for one in findings]
        yield blocks.Heading(f"Open ({len(rows)}): what is missing")
        yield blocks.table(("", "Criterion", "Status", "Missing"), rows, (0, 0, 0, 1), compact=True)


def _open_findings(screening: Screening) -> list[Finding]:
    return [one for one in screening.findings if one.passes is None]


def _named_beside(findings: Sequence[Finding]) -> int:
    """How many missing elements are named beside each of these open criteria."""
    return next((named for upto, named in NAMED.items() if len(findings) <= upto), 0)


def _missing(finding: Finding, most: int) -> Iterator[str]:
    """What is known and not enough, and of what else is missing the first `most`, or how many."""
    yield from finding.reasons
    labels = [finding.trial.elements[name].label for name in finding.needed]
    others = [one for one in labels if not any(told.startswith(one) for told in finding.reasons)]
    if others:
        yield some(others, most) if most else count_of(len(others), "answer")


def _passing(screening: Screening) -> Iterator[blocks.Part]:
    """The criteria that pass, a line each."""
    rows = [_named(one) for one in screening.findings if one.passes]
    if rows:
        yield blocks.Heading(f"Passes ({len(rows)})")
        yield blocks.table(("", "Criterion", "Status"), rows, (0, 0, 1), compact=True)


def _named(finding: Finding) -> tuple[str, str, blocks.Cell]:
    cell = status_of(finding).cell
    if finding.passes:  # there is no other place to say it
        turning = on_readings(finding.unconfirmed, short=True)
        cell = cell._replace(text=", ".join((cell.text, *turning)))
    return finding.criterion.id, finding.criterion.label, cell


def _next(screening: Screening, again: str) -> Iterator[blocks.Part]:
    """When to look again, and what is needed of whom."""
    for_good = screening.verdict == "ineligible" and not screening.unconfirmed
    waits = not for_good or screening.clears_on is not None
    needed = [*_needed(screening)] if waits else []
    lines = " ".join(clearing_lines(screening, again))
    if rows := [*needed, *([("When", lines)] if lines else [])]:
        yield blocks.Heading("Still needed" if needed else "What is next")
        yield blocks.table(("From", "What"), rows, (0, 1), compact=True)


def _notices(screening: Screening) -> Iterator[blocks.Part]:
    if items := list(notice_items(screening)):
        yield from (_GAP, *items)


def _needed(screening: Screening) -> Iterator[tuple[str, str]]:
    """What is awaited or too old; and what else is needed, by who can give it."""
    elements, findings = screening.trial.elements, _open_findings(screening)
    room = ROOM * (1 if _named_beside(findings) else 2) // max(len(screening.needed), 1)
    awaited = {one.element for one in screening.awaited}
    yield from waiting_rows(screening, room)
    for source, names in screening.needed.items():
        labels = [elements[name].label for name in names if name not in awaited]
        if labels:
            yield f"{SOURCE_WORDS[source]} ({len(labels)})", fitting(labels, room)
