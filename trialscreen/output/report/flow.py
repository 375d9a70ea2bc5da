"""How all who were screened narrow to those who are eligible: for the page of a cohort and a log's.

A count that is hidden (disclosure control) is told as a text, and has no bar.
"""

from collections.abc import Iterable, Iterator

from trialscreen.output.report.render import blocks
from trialscreen.tables.attrition.counts import Attrition, Count, Hidden


def told(count: Count) -> str:
    return count.text if isinstance(count, Hidden) else f"{count:,}"


def counted(count: Count, of: Count, tone: blocks.Tone) -> blocks.Cell:
    """A count with a bar."""
    if isinstance(count, Hidden) or isinstance(of, Hidden):
        return blocks.Cell(told(count))
    return blocks.Cell(told(count), bar=(blocks.Share(count / max(of, 1), tone),))


def flow(
    name: str, excluded: str, leaving: Iterable[tuple[str, blocks.Cell]], found: Attrition
) -> Iterator[blocks.Block]:
    """From all, of whom some leave as `excluded` says, to the eligible."""
    waiting = {
        "Data are missing": found.lacking_data,
        "Consent is pending": found.consent_pending,
        "Only the investigator's judgement is open": found.judgement_only,
    }
    rows = ((why, counted(count, found.assessed, "open")) for why, count in waiting.items())
    yield blocks.Heading(f"From {name.lower()} to eligible")
    column = excluded.partition(":")[0]
    failing = blocks.counts(("Criterion", column), leaving)
    undetermined, why = blocks.counts(("Why", "Undetermined"), rows), "Undetermined, and why"
    stages = (
        blocks.Stage(
            name, told(found.assessed), "plain", excluded, failing if failing.rows else None
        ),
        blocks.Stage("Not excluded", told(found.remaining), "open", why, undetermined),
        blocks.Stage("Eligible", told(found.eligible), "good"),
    )
    yield blocks.Flow(stages)
