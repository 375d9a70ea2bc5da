"""The full page of one screening: every criterion, what is needed, when, cohorts, sources."""

from collections.abc import Iterator, Mapping, Sequence

from trialscreen.model.rules import Clause, Test
from trialscreen.model.trial import Kind, Source, Trial
from trialscreen.model.wording import rule_in_words, test_in_words
from trialscreen.output.report.about import AID, criteria_file
from trialscreen.output.report.record_rows import recorded_blocks
from trialscreen.output.report.render import blocks
from trialscreen.output.report.statuses import SOURCE_WORDS, TRUTHS, VERDICTS, status_of
from trialscreen.output.report.trial_page import cohort_blocks
from trialscreen.output.report.verdict_words import (
    element_list,
    verdict_line,
    why_and_until,
)
from trialscreen.output.report.waiting import waiting_rows
from trialscreen.screening.evaluate import Trace
from trialscreen.screening.explain import reasons
from trialscreen.screening.screen import Screening

TITLES: dict[Kind, str] = {"inclusion": "Inclusion criteria", "exclusion": "Exclusion criteria"}
MOST_LISTED = 12
"""A set of elements longer than this is counted, not listed."""


def screening_page(
    screening: Screening, again: str = "", *, explain: bool = False, verbatim: bool = False
) -> blocks.Page:
    """`explain` adds the clauses inside each criterion, `verbatim` the registered texts.

    `again` is the command that screens anew on a later day.
    """
    return (
        blocks.Banner(
            verdict_line(screening),
            screening.summary,
            VERDICTS[screening.verdict].tone,
        ),
        *_criteria(screening, "inclusion", verbatim=verbatim),
        *_criteria(screening, "exclusion", verbatim=verbatim),
        *(_explanation(screening) if explain else ()),
        *_needed(screening),
        *_outlook(screening, again),
        *notice_blocks(screening),
        *recorded_blocks(screening),
        *cohort_blocks(screening.trial),
        *_footer(screening),
    )


def _criteria(screening: Screening, kind: Kind, *, verbatim: bool) -> Iterator[blocks.Block]:
    yield blocks.Heading(TITLES[kind])
    rows = []
    for finding in screening.findings:
        if finding.criterion.kind == kind:
            criterion = finding.criterion
            grounds = [criterion.text] if verbatim else []
            grounds.extend(why_and_until(screening, finding))
            status = status_of(finding).cell
            rows.append((criterion.id, criterion.label, status, "\n".join(grounds)))
    yield blocks.table(("", "Criterion", "Status", "Why"), rows, (0, 2, 0, 4))


def _needed(screening: Screening) -> Iterator[blocks.Block]:
    if screening.needed or waiting_rows(screening):
        yield blocks.Heading("Still needed")
        yield needed_table(screening, screening.needed, counted=True)


def needed_table(
    screening: Screening, needed: Mapping[Source, Sequence[str]], *, counted: bool = False
) -> blocks.Table:
    """What is awaited, what is too old, and what is needed of whom, for which criterion."""
    rows = waiting_rows(screening)
    for source, names in needed.items():
        count = f" ({len(names)})" if counted else ""
        told = "; ".join(needed_text(screening, name) for name in names)
        rows.append((SOURCE_WORDS[source] + count, told))
    return blocks.table(("From", "What, and for which criterion"), rows, (0, 1))


def needed_text(screening: Screening, name: str) -> str:
    """An element, what it could be derived from instead, and the criteria that ask for it."""
    trial = screening.trial
    ids = ", ".join(one.criterion.id for one in screening.findings if name in one.needed)
    open_names = {n for group in screening.missing.values() for n in group}
    instead = element_list(trial, open_names.intersection(trial.sources_of(name)))
    return f"{trial.elements[name].label}{f', or {instead}' if instead else ''} ({ids})"


# When, and what would change the verdict.


def _outlook(screening: Screening, again: str) -> Iterator[blocks.Block]:
    lines = [
        *clearing_lines(screening, again),
        *_distance_lines(screening),
        *_settling_lines(screening),
    ]
    if lines:
        yield blocks.Heading("What would change this")
        yield blocks.items(lines)


def clearing_lines(screening: Screening, again: str = "") -> Iterator[str]:
    """When what fails no longer will, and what will by then; or that time alone does not help."""
    day = screening.clears_on
    if day is None:
        if screening.failing:
            stuck = (one for one in screening.failing if one.clears_on is None)
            yield f"Time alone does not clear {', '.join(one.criterion.id for one in stuck)}."
        return
    failing = ", ".join(finding.criterion.id for finding in screening.failing)
    yield f"On {day} {failing} will no longer fail, if nothing else changes."
    if late := screening.fails_by_then:
        yield f"By then {', '.join(late)} will fail, on the dates given."
    elif again:
        yield f"Then: {again}"


def _distance_lines(screening: Screening) -> Iterator[str]:
    for finding in screening.failing:
        for text in finding.distances:
            yield f"{finding.criterion.id}: {text}."


def _settling_lines(screening: Screening) -> Iterator[str]:
    if screening.verdict != "undetermined":
        return
    trial = screening.trial
    quick = [ways for ways in screening.ways_to("ineligible") if len(ways) == 1]
    if quick:
        names = frozenset().union(*quick)
        named = _named(trial, names)
        yield f"A single answer can exclude: any of {len(names)} open elements{named}."
    if full := screening.ways_to("eligible"):
        names = full[0]
        named = _named(trial, names)
        yield f"To become eligible, {len(names)} answers at least are needed{named}."


def _named(trial: Trial, names: frozenset[str]) -> str:
    """The elements, unless they are too many to list."""
    return f": {element_list(trial, names)}" if len(names) <= MOST_LISTED else ""


def notice_blocks(screening: Screening) -> Iterator[blocks.Part]:
    """What should be looked at twice; nothing if there is nothing."""
    if screening.notices:
        yield blocks.Heading("Please check")
        yield from notice_items(screening)


def notice_items(screening: Screening) -> Iterator[blocks.Part]:
    """The same without a title."""
    if screening.notices:
        yield blocks.items(
            blocks.Cell(
                f"{one.level}: {one.message}", "open" if one.level == "warning" else "plain"
            )
            for one in screening.notices
        )


def _footer(screening: Screening) -> Iterator[blocks.Block]:
    about = f"{criteria_file(screening.trial)}; screening date {screening.on}."
    yield blocks.Heading("About this result")
    yield blocks.Paragraph(about, "muted")
    yield blocks.Paragraph(AID, "muted")


# The clauses inside each criterion.


def _explanation(screening: Screening) -> Iterator[blocks.Block]:
    for finding in screening.findings:
        criterion = finding.criterion
        yield blocks.Heading(f"{criterion.id} {criterion.label}: {status_of(finding)}", 3)
        yield blocks.Paragraph(f"Rule: {rule_in_words(screening.trial, criterion.rule)}")
        yield blocks.items(_clauses(screening, finding.trace, 0))
        if finding.met is not None:
            named = element_list(screening.trial, finding.rests_on)
            yield blocks.Paragraph(f"Rests on: {named}.", "muted")


def _clauses(screening: Screening, trace: Trace, depth: int) -> Iterator[blocks.Cell]:
    """An item per clause and test, with the truth of each."""
    trial, rule, status = screening.trial, trace.rule, TRUTHS[trace.truth]
    if isinstance(rule, Clause):
        yield blocks.Cell(f"{status}: {rule.id} {rule.text}", depth=depth)
        depth += 1
    elif isinstance(rule, Test):
        said = reasons(trace, screening.on)
        note = f" [{'; '.join(said)}]" if said else ""
        yield blocks.Cell(f"{status}: {test_in_words(trial, rule)}{note}", depth=depth)
    for part in trace.parts:
        yield from _clauses(screening, part, depth)
