"""What is found of one criterion for one patient, and why; each thing when it is asked for."""

from dataclasses import dataclass
from datetime import date
from typing import Literal

from trialscreen.model import truth
from trialscreen.model.kept import kept
from trialscreen.model.trial import Criterion, Kind, Trial
from trialscreen.model.truth import Truth
from trialscreen.screening.clearing import first_clear_day
from trialscreen.screening.evaluate import Evaluation, Trace
from trialscreen.screening.explain import distance, grounds, reasons
from trialscreen.screening.missing import missing, needed
from trialscreen.screening.readings import Turn, turned_on, turns, turns_together
from trialscreen.screening.rests_on import minimal_support

Status = Literal["met", "not met", "excludes", "clear", "open"]

STATUSES: dict[tuple[Kind, bool | None], Status] = {
    ("inclusion", True): "met",
    ("inclusion", False): "not met",
    ("inclusion", None): "open",
    ("exclusion", True): "excludes",
    ("exclusion", False): "clear",
    ("exclusion", None): "open",
}
"""What a criterion's statement being true, false or open is called, by the criterion's kind."""


@dataclass(frozen=True, init=False, repr=False)
class Finding:
    """What is found of one criterion.

    While it is open, `met` and `passes` are None. So ask `finding.passes is False`: what
    `not finding.passes` finds need not have failed.

    `criterion`: as the criteria file states it.
    """

    criterion: Criterion
    patient: Evaluation

    def __init__(self, criterion: Criterion, patient: Evaluation) -> None:
        own = self.__dict__  # a frozen class sets them one by one, in three times the time
        own["criterion"], own["patient"] = criterion, patient

    def __repr__(self) -> str:
        """Of which criterion; nothing of the patient, for tracebacks and logs."""
        return f"<Finding of {self.id}>"

    @property
    def trial(self) -> Trial:
        """The trial that it belongs to."""
        return self.patient.trial

    @property
    def id(self) -> str:
        """The criterion's number in the protocol: `I1`, `E17`."""
        return self.criterion.id

    @property
    def kind(self) -> Kind:
        """`inclusion` or `exclusion`."""
        return self.criterion.kind

    @property
    def label(self) -> str:
        """The criterion in a few words."""
        return self.criterion.label

    @property
    def text(self) -> str:
        """The criterion, word for word as registered."""
        return self.criterion.text

    @property
    def status(self) -> Status:
        """`met` or `not met`, `excludes` or `clear`; `open` while nothing is certain."""
        return STATUSES[self.kind, self.met]

    @property
    def met(self) -> bool | None:
        """Whether its own statement is true of the patient; an exclusion that is met excludes."""
        return self.truth.to_optional()

    @kept
    def truth(self) -> Truth:
        return self.patient.truth(self.criterion.rule)

    @kept
    def trace(self) -> Trace:
        return self.patient.trace(self.criterion.rule)

    @property
    def passes(self) -> bool | None:
        """What that means for eligibility."""
        if (known := self.truth) is truth.UNKNOWN:
            return None
        return (known is truth.TRUE) is (self.criterion.kind == "inclusion")

    @kept
    def reasons(self) -> tuple[str, ...]:
        """What decided it, a text each; while it is open, what is known and not enough."""
        return reasons(self.trace, self.patient.on)

    @kept
    def missing(self) -> tuple[str, ...]:
        """The elements that can still decide it."""
        return missing(self.trace)

    @kept
    def needed(self) -> tuple[str, ...]:
        """Of these, the ones to ask for: what another could be derived from is left out."""
        return needed(self.trace)

    @kept
    def clears_on(self) -> date | None:
        """The first later day on which it no longer fails; None if it does not, or none is sure."""
        if self.passes is not False:
            return None
        return first_clear_day(self.patient, (self.criterion,))

    @kept
    def readings(self) -> tuple[Turn, ...]:
        """The readings of unclear texts that it may turn on, and whether it does."""
        return turns(self.patient, self.criterion, self.trace)

    @kept
    def unconfirmed(self) -> tuple[str, ...]:
        """The unconfirmed readings that it turns on: if it fails, also what cannot be computed."""
        if self.passes is None:
            return ()
        if self.passes:
            return turned_on(self.patient, self.criterion, self.truth)
        open_ = [one.id for one in self.readings if not one.confirmed and one.decides is not False]
        return tuple(open_) or turns_together(self.patient, self.criterion, self.trace)

    @kept
    def rests_on(self) -> tuple[str, ...]:
        """The fewest elements that decide it as it is; none while it is open."""
        return minimal_support(self.patient, self.trace)

    @kept
    def distances(self) -> tuple[str, ...]:
        """If it fails: how far each deciding value is from its threshold."""
        if self.passes is not False:
            return ()
        on = self.patient.on
        texts = [distance(one.test, on) for one in grounds(self.trace, on)]
        return tuple(text for text in texts if text is not None)
