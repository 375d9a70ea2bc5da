"""What new criteria do to a log: which of them changed, whom they flip, which of the enrolled."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from trialscreen.criteria_file.differences import criteria_touched
from trialscreen.log.follow_up import Again
from trialscreen.model.trial import Trial
from trialscreen.output.report.listing import Columns, Listing, listed
from trialscreen.output.report.log_lists import rescreen_listing, rescreen_page
from trialscreen.output.report.render import blocks
from trialscreen.output.report.verdict_words import criteria_file, file_data
from trialscreen.text.characters import count_of


class Amendment(NamedTuple):
    """Two criteria files, and a log's subjects screened anew by the newer one.

    `enrolled` has the dose cohort of each subject who is enrolled. `everyone`: those whose
    verdict stays are listed, too.
    """

    old: Trial
    new: Trial
    found: Sequence[Again]
    enrolled: Mapping[str, str]
    everyone: bool

    @property
    def shown(self) -> list[Again]:
        """Who comes out otherwise, or of whom nothing can be told; the enrolled for any flip."""
        touched = self.touched
        return [one for one in self.found if self.everyone or one.to_be_told or one in touched]

    @property
    def listing(self) -> Listing:
        """Those who are shown."""
        return rescreen_listing(self.shown, self.enrolled)

    @property
    def touched(self) -> list[Again]:
        """The enrolled of whom a criterion comes out otherwise by the new file, or is not told."""
        return [
            one
            for one in self.found
            if one.entry.subject in self.enrolled
            and (one.now is None or any(flip.cause != "date" for flip in one.flips))
        ]

    @property
    def by_others(self) -> int:
        """How many subjects were screened by neither of the two files."""
        known = (self.old.sha256, self.new.sha256)
        return sum(one.entry.criteria.sha256 not in known for one in self.found)


def amendment_page(amendment: Amendment) -> blocks.Page:
    yield blocks.Paragraph(f"Old: {criteria_file(amendment.old)}")
    yield blocks.Paragraph(f"New: {criteria_file(amendment.new)}")
    yield blocks.Heading("Criteria that can come out otherwise")
    yield from _criteria(amendment).page("None: no rule, and nothing behind one, is another.")
    yield blocks.Heading("Subjects who do")
    yield from rescreen_page(amendment.shown, amendment.enrolled, "Nobody: every verdict stays.")
    yield blocks.items(_sums(amendment))


def _sums(amendment: Amendment) -> Iterator[str]:
    changed = sum(one.is_changed for one in amendment.found)
    untold = sum(one.now is None for one in amendment.found)
    comes = "comes" if changed == 1 else "come"
    yield f"{changed} of {count_of(len(amendment.found), 'subject')} {comes} out otherwise."
    if untold:
        yield f"Of {untold} nothing can be told; the reasons are listed."
    touched = ", ".join(
        f"{one.entry.subject} ({amendment.enrolled[one.entry.subject]})"
        for one in amendment.touched
    )
    yield f"Enrolled, and touched: {touched or 'nobody'}."
    if amendment.by_others:
        yield (
            f"{count_of(amendment.by_others, 'subject')} last screened by another criteria file"
            " than the old one; what changed since then is not among the criteria above."
        )


def _criteria(amendment: Amendment) -> Listing:
    labels = {one.id: one.label for one in (*amendment.old.criteria, *amendment.new.criteria)}
    columns: Columns[tuple[str, tuple[str, ...]]] = {
        "criterion": lambda one: one[0],
        "label": lambda one: labels[one[0]],
        "changed": lambda one: list(one[1]),
    }
    touched = criteria_touched(amendment.old, amendment.new)
    return listed(columns, touched.items(), wide=("label", "changed"))


def amendment_data(amendment: Amendment) -> dict[str, Any]:
    """`enrolled` are the codes of the enrolled who are touched."""
    return {
        "old": file_data(amendment.old),
        "new": file_data(amendment.new),
        "criteria": _criteria(amendment).data(),
        "subjects": amendment.listing.data(),
        "enrolled": [one.entry.subject for one in amendment.touched],
        "screened_by_others": amendment.by_others,
    }
