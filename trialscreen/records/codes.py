"""The codes that bind a trial's elements to records: the file beside the criteria, and a site's."""

from collections.abc import Sequence
from dataclasses import dataclass

from trialscreen.model.trial import Trial
from trialscreen.records.entries import Coding


@dataclass(frozen=True)
class Codes:
    """A mapping of codes, read and checked against a trial."""

    def is_relevant(self, codes: Sequence[Coding]) -> bool:
        """Whether an entry with these codes can say anything; readers drop the others early."""
        raise NotImplementedError


def load_codes(trial: Trial, files: Sequence[str] = ()) -> Codes:
    """The packaged mapping for the packaged trial, with `files` on top, the last one winning.

    Raises InputError with every problem: file, line, column.
    """
    raise NotImplementedError
