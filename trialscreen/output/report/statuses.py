"""The marks, words and tones of findings and verdicts; the same in every form."""

from typing import NamedTuple

from trialscreen.model import truth
from trialscreen.model.trial import SOURCES, Source, Verdict
from trialscreen.model.truth import Truth
from trialscreen.output.report.render.blocks import Cell, Tone
from trialscreen.screening import finding


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
