"""The pages of one screening: the full result, and a short summary."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from sys import maxsize

from trialscreen.model.evidence import Evidence, in_words
from trialscreen.model.rules import Clause, Test
from trialscreen.model.trial import SOURCES, Kind, Source, Trial
from trialscreen.model.truth import FALSE
from trialscreen.model.wording import rule_in_words, test_in_words
from trialscreen.output.report.render import blocks
from trialscreen.output.report.trial_page import cohort_blocks, cohorts_in_short
from trialscreen.output.report.verdict_words import (
    AID,
    SOURCE_WORDS,
    STATUSES,
    TRUTHS,
    VERDICTS,
    asked_for,
    asked_of,
    criteria_file,
    element_list,
    headline,
    verdict_line,
    why_and_until,
)
from trialscreen.screening.evaluate import Trace
from trialscreen.screening.explain import does_not_count, reasons
from trialscreen.screening.finding import Finding, on_readings
from trialscreen.screening.screen import Screening
from trialscreen.text.characters import count_of, some

TITLES: dict[Kind, str] = {"inclusion": "Inclusion criteria", "exclusion": "Exclusion criteria"}
MOST_LISTED = 12
"""A set of elements longer than this is counted, not listed."""


def screening_page(
    screening: Screening, again: str = "", *, explain: bool = False, verbatim: bool = False
) -> blocks.Page:
    """`explain` adds the clauses inside each criterion, `verbatim` the registered texts.

    `again` is the command that screens anew on a later day.
    """
    tone = VERDICTS[screening.verdict].tone
    yield blocks.Banner(verdict_line(screening), screening.summary, tone)
    for kind, title in TITLES.items():
        yield blocks.Heading(title)
        rows = []
        for one in screening.findings:
            if one.kind == kind:
                why = "\n".join([*[one.text] * verbatim, *why_and_until(screening, one)])
                rows.append((one.id, one.label, STATUSES[one.status].cell, why))
        yield blocks.table(("", "Criterion", "Status", "Why"), rows, (0, 2, 0, 4))
    if explain:
        yield from _explanation(screening)
    yield from blocks.titled(
        "Still needed", needed_table(screening, screening.needed, counted=True)
    )
    if lines := [
        *clearing_lines(screening, again),
        *(f"{one.id}: {text}." for one in screening.failing for text in one.distances),
        *_settling_lines(screening),
    ]:
        yield from (blocks.Heading("What would change this"), blocks.items(lines))
    if items := list(notice_items(screening)):
        yield from (blocks.Heading("Please check"), *items)
    yield from recorded_blocks(screening)
    yield from cohort_blocks(screening.trial)
    yield blocks.Heading("About this result")
    about = f"{criteria_file(screening.trial)}; screening date {screening.on}."
    yield from (blocks.Paragraph(about, "muted"), blocks.Paragraph(AID, "muted"))


def needed_table(
    screening: Screening, needed: Mapping[Source, Sequence[str]], *, counted: bool = False
) -> blocks.Table:
    """Awaited, stale and needed data, by who can give them, with the criteria concerned."""
    rows = waiting_rows(screening)
    for source, names in needed.items():
        count = f" ({len(names)})" if counted else ""
        told = "; ".join(needed_text(screening, name) for name in names)
        rows.append((SOURCE_WORDS[source] + count, told))
    return blocks.table(("From", "What, and for which criterion"), rows, (0, 1))


def needed_text(screening: Screening, name: str) -> str:
    """An element, what it could be derived from instead, and the criteria that ask for it."""
    trial = screening.trial
    ids = ", ".join(one.id for one in screening.findings if name in one.needed)
    open_names = {n for group in screening.missing.values() for n in group}
    instead = element_list(trial, open_names.intersection(trial.sources_of(name)))
    return f"{trial.elements[name].label}{f', or {instead}' if instead else ''} ({ids})"


def clearing_lines(screening: Screening, again: str = "") -> Iterator[str]:
    """When the failing criteria clear, and which fail by then; or that time alone does not help."""
    day = screening.clears_on
    if day is None:
        if screening.failing:
            stuck = (one for one in screening.failing if one.clears_on is None)
            yield f"Time alone does not clear {', '.join(one.id for one in stuck)}."
        return
    failing = ", ".join(finding.id for finding in screening.failing)
    yield f"On {day} {failing} will no longer fail, if nothing else changes."
    if late := screening.fails_by_then:
        yield f"By then {', '.join(late)} will fail, on the dates given."
    elif again:
        yield f"Then: {again}"


def _settling_lines(screening: Screening) -> Iterator[str]:
    if screening.verdict != "undetermined":
        return
    trial = screening.trial
    quick = [ways for ways in screening.ways_to("ineligible") if len(ways) == 1]
    if quick:
        names = frozenset().union(*quick)
        named = _named(trial, names)
        which = f"any of {len(names)} open elements" if len(names) > 1 else "the only open element"
        yield f"A single answer can exclude: {which}{named}."
    if full := screening.ways_to("eligible"):
        names = full[0]
        named = _named(trial, names)
        needed = count_of(len(names), "answer at least is", "answers at least are")
        yield f"To become eligible, {needed} needed{named}."
        yield from _invalid(screening, names)


def _invalid(screening: Screening, names: Set[str]) -> Iterator[str]:
    """Values that could replace some of these elements, and what makes them valid."""
    behind = {one for name in names for one in screening.trial.sources_of(name)}
    for name in screening.trial.elements:
        if name in behind:
            one = screening.patient.resolve(name)
            if one.validity is not None and one.validity.truth is FALSE:
                yield does_not_count(one)


def _named(trial: Trial, names: frozenset[str]) -> str:
    """The elements, unless they are too many to list."""
    return f": {element_list(trial, names)}" if len(names) <= MOST_LISTED else ""


def notice_items(screening: Screening) -> Iterator[blocks.Part]:
    """Warnings and notes on the answers; nothing if there are none."""
    if screening.notices:
        yield blocks.items(
            blocks.Cell(
                f"{one.level}: {one.message}", "open" if one.level == "warning" else "plain"
            )
            for one in screening.notices
        )


# The clauses inside each criterion.


def _explanation(screening: Screening) -> Iterator[blocks.Block]:
    for finding in screening.findings:
        criterion = finding.criterion
        yield blocks.Heading(f"{criterion.id} {criterion.label}: {STATUSES[finding.status]}", 3)
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


NAMED = {3: 3, 12: 1}
"""Maps a number of open criteria to how many missing elements are named for each; above, none."""

ROOM = 250
"""Characters for naming what is needed, shared by the sources; each has one element at least.

Where none is named beside the criteria, there is room for twice as many. As many for naming
what a site assumes a no.
"""

_GAP = blocks.Paragraph("")


def summary_page(screening: Screening, again: str = "", *, closes: bool = True) -> blocks.Page:
    """The verdict, what decides it, what passes, what is needed next, the cohorts, the verdict.

    `again` is the command that screens anew on a later day. A page that does not close leaves
    the last line to what is said after it.
    """
    tone = VERDICTS[screening.verdict].tone
    yield blocks.Banner(verdict_line(screening), screening.summary, tone)
    yield from _in_short(screening)
    yield from _next(screening, again)
    if items := list(notice_items(screening)):
        yield from (_GAP, *items)
    yield from recorded_blocks(screening, full=False)
    yield from cohorts_in_short(screening.trial)
    yield _GAP
    yield blocks.Paragraph(f"{criteria_file(screening.trial)}. {AID}", "muted")
    if closes:  # with the verdict again; where more is said with it, without the trial and the day
        said = headline(screening)
        last = verdict_line(screening) if said == screening.verdict.upper() else said
        yield from (_GAP, blocks.Paragraph(last, tone))


def _in_short(screening: Screening) -> Iterator[blocks.Part]:
    """The criteria that fail, are open and pass, a line each, with what decides them or would."""

    def table(
        last: str, rows: Iterable[Iterable[str | blocks.Cell]], shares: tuple[int, ...]
    ) -> blocks.Table:
        columns = ("", "Criterion", "Status", last)[: len(shares)]
        return blocks.table(columns, rows, shares, compact=True)

    rows = [(*_cells(one), "\n".join(why_and_until(screening, one))) for one in screening.failing]
    yield from blocks.titled(f"Fails ({len(rows)})", table("Why", rows, (0, 2, 0, 4)))
    findings = _open_findings(screening)
    most = _named_beside(findings)
    rows = [(*_cells(one), "\n".join(_missing(screening, one, most))) for one in findings]
    title = f"Open ({len(rows)}): what is missing"
    yield from blocks.titled(title, table("Missing", rows, (0, 0, 0, 1)))
    passing = [_cells(one) for one in screening.findings if one.passes]
    yield from blocks.titled(f"Passes ({len(passing)})", table("", passing, (0, 0, 1)))


def _open_findings(screening: Screening) -> list[Finding]:
    return [one for one in screening.findings if one.passes is None]


def _named_beside(findings: Sequence[Finding]) -> int:
    """How many missing elements are named beside each of these open criteria."""
    return next((named for upto, named in NAMED.items() if len(findings) <= upto), 0)


def _missing(screening: Screening, finding: Finding, most: int) -> Iterator[str]:
    """What is known but not sufficient; and the first `most` missing elements, or how many."""
    yield from finding.reasons
    elements = screening.trial.elements
    labels = [elements[name].label for name in asked_for(screening, finding)]
    others = [one for one in labels if not any(told.startswith(one) for told in finding.reasons)]
    if others:
        yield some(others, most) if most else count_of(len(others), "answer")


def _cells(finding: Finding) -> tuple[str, str, blocks.Cell]:
    cell = STATUSES[finding.status].cell
    if finding.passes:  # there is no other place to say it
        turning = on_readings(finding.unconfirmed, short=True)
        cell = cell._replace(text=", ".join((cell.text, *turning)))
    return finding.id, finding.label, cell


def _next(screening: Screening, again: str) -> Iterator[blocks.Part]:
    """When to screen again, and what is needed from whom."""
    for_good = screening.verdict == "ineligible" and not screening.unconfirmed
    waits = not for_good or screening.clears_on is not None
    needed = [*_still_needed(screening)] if waits else []
    lines = " ".join(clearing_lines(screening, again))
    if rows := [*needed, *([("When", lines)] if lines else [])]:
        yield blocks.Heading("Still needed" if needed else "What is next")
        yield blocks.table(("From", "What"), rows, (0, 1), compact=True)


def _still_needed(screening: Screening) -> Iterator[tuple[str, str]]:
    """Awaited and stale data, and what else is needed, by who can give it."""
    elements, findings = screening.trial.elements, _open_findings(screening)
    asked = asked_of(screening)
    room = ROOM * (1 if _named_beside(findings) else 2) // max(len(asked), 1)
    awaited = {one.element for one in screening.awaited}
    yield from waiting_rows(screening, room)
    for source, names in asked.items():
        labels = [elements[name].label for name in names if name not in awaited]
        if labels:
            yield f"{SOURCE_WORDS[source]} ({len(labels)})", fitting(labels, room)


# What is awaited or too old, and what stands in a patient's record.

_WITH_ARTICLE = {*SOURCES} - {"imaging"}


def waiting_rows(screening: Screening, room: int = maxsize) -> list[tuple[str, str]]:
    """A row of awaited data that can still decide, and one of stale data, if there are any.

    `room`: characters available for the names of the elements.
    """
    elements = screening.trial.elements
    awaited, old = defaultdict[str, list[str]](list), defaultdict[str, list[str]](list)
    for one in screening.waited_for:
        source = f"the {one.source}" if one.source in _WITH_ARTICLE else one.source
        awaited[f"awaited since {one.since} from {source}"].append(elements[one.element].label)
    for value in screening.stale:
        dated = f"{elements[value.element].label} of {value.day}"
        old[f"older than {value.valid_for}"].append(dated)
    rows = []
    if awaited:
        told = "; ".join(f"{fitting(labels, room)} {since}" for since, labels in awaited.items())
        rows.append((f"Awaited ({len(screening.waited_for)})", told))
    if old:
        told = "; ".join(f"{older}: {fitting(dated, room)}" for older, dated in old.items())
        rows.append((f"Too old ({len(screening.stale)})", told))
    return rows


def fitting(texts: Sequence[str], room: int) -> str:
    """As many texts as fit in `room` characters, at least one, and how many more there are."""
    count = len(texts)
    while count > 1 and len(", ".join(texts[:count])) > room:
        count -= 1
    return some(texts, count)


MOST_PLACES = 2
"""How many places in the record the short page names for one element."""

UNTIL = "What is in conflict is unknown until somebody decides, by an answer"
NO_DESPITE = "; a no must name what says yes: no despite Condition/12"
ASSUMED = "nothing in the record codes these, and the site assumes a no"


def recorded_blocks(
    screening: Screening, *, full: bool = True, to_sign: bool = False
) -> Iterator[blocks.Part]:
    """Evidence from the record; nothing if none was read. `full`: every place, with its code.

    `to_sign`: only data that are not used as recorded.
    """
    used = [] if to_sign else _by_element(screening, screening.recorded, full=full, coded=full)
    rows = [*((blocks.Cell("Used"), one) for one in used), *_open_rows(screening, full=full)]
    if not rows:
        return
    counts = Counter(title.text.casefold() for title, _ in rows)
    told = ", ".join(f"{count} {title}" for title, count in counts.items())
    yield blocks.Heading(f"In the record: {told}")
    shares = (1, 7) if to_sign else (0, 1)
    yield blocks.table(("As", "What, and where it stands"), rows, shares, compact=not to_sign)
    if screening.conflicts:
        denied = any(one.is_given for one in screening.conflicts)
        yield blocks.Paragraph(f"{UNTIL}{NO_DESPITE if denied else ''}.", "open")


def _open_rows(screening: Screening, *, full: bool) -> Iterator[tuple[blocks.Cell, str]]:
    """A row for each element, by the reason why its data are not used as recorded."""
    for one in _by_element(screening, screening.conflicts, full=True):
        yield blocks.Cell("In conflict", "open"), one
    for title, before, evidence in (
        ("To review", "", screening.candidates),
        ("Not used", "", screening.overruled),
        ("Not mapped", "near ", screening.unmapped),
    ):
        for one in _by_element(screening, evidence, full=full):
            yield blocks.Cell(title), before + one
    elements = screening.trial.elements
    if assumed := [elements[one.element].label for one in screening.assumed]:
        named = fitting(assumed, maxsize if full else ROOM)
        yield blocks.Cell("Assumed no"), f"{ASSUMED} ({len(assumed)}): {named}"


def _by_element(
    screening: Screening, evidence: Iterable[Evidence], *, full: bool, coded: bool = True
) -> list[str]:
    """A line for each element: `TSH 3.1 µIU/mL, 2026-03-02, Observation/123; …`."""
    elements = screening.trial.elements
    found: dict[str, list[str]] = {}
    for one in evidence:
        evident = one if full else one._replace(value=_LONG.sub(r"\1…", one.value))
        found.setdefault(one.element, []).append(in_words(elements, evident, coded=coded))
    lines = []
    for name, places in found.items():
        label = elements[name].label if name in elements else name
        shown = places if full else places[:MOST_PLACES]
        more = len(places) - len(shown)
        told = "; ".join([*shown, f"{more:,} more"] if more else shown)
        lines.append(f"{label} {told}")
    return lines


_LONG = re.compile(r"(\.[0-9]{4})[0-9]{2,}")
"""More decimals than anyone measures; they come from programs."""
