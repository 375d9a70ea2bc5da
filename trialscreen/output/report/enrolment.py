"""Of a log, on its page: who was enrolled, who was turned away or left, and the dose cohorts.

ICH E6(R2) Good Clinical Practice, 8.3.22: the subject enrolment log, in order of time.
"""

from collections.abc import Iterator, Sequence

from trialscreen.log.board import board
from trialscreen.log.entry import CohortState, Decision, Kept, standing
from trialscreen.model.trial import Trial
from trialscreen.output.report.board_page import cohorts_table
from trialscreen.output.report.decision_page import NOT_REGISTERED
from trialscreen.output.report.render import blocks


def decisions(trial: Trial, entries: Sequence[Kept]) -> Iterator[blocks.Block]:
    """Who was enrolled, in order of time; who was turned away or left; the dose cohorts."""
    made = sorted(standing(entries), key=lambda one: (one.on, one.number))
    if enrolled := [one for one in made if one.decision == "enrolled"]:
        yield blocks.Heading("Enrolled")
        columns = ("Subject", "On", "Dose cohort", "By", "Entry", "Remarks")
        rows = ((*_start(one), one.dose_cohort or "", *_end(one)) for one in enrolled)
        yield blocks.table(columns, rows, (0, 0, 1, 0, 0, 2), (1, 4))
    if others := [one for one in made if one.decision != "enrolled"]:
        yield blocks.Heading("Declined, withdrawn, screen failures decided")
        columns = ("Subject", "On", "Decision", "By", "Entry", "Remarks")
        rows = ((*_start(one), one.decision, *_end(one)) for one in others)
        yield blocks.table(columns, rows, (0, 0, 1, 0, 0, 2), (1, 4))
    if any(isinstance(one, CohortState) for one in entries):
        last = max(one.on for one in entries)
        yield blocks.Heading(f"Dose cohorts on {last}")
        yield from cohorts_table(board(trial, entries, last))
        yield blocks.Paragraph(NOT_REGISTERED, "muted")


def _start(one: Decision) -> tuple[str, str]:
    return one.subject, str(one.on)


def _end(one: Decision) -> tuple[str, str, str]:
    return one.by, str(one.number), "\n".join(_remarks(one))


def _remarks(one: Decision) -> Iterator[str]:
    if one.not_dosed:
        yield "not dosed"
    if one.reason:
        yield one.reason
    yield from (f"although {against}" for against in one.despite)
