"""One cell of a table, and what it states."""

from datetime import date

from trialscreen.answers.values import read_value
from trialscreen.model.errors import ValueProblem
from trialscreen.model.facts import Fact
from trialscreen.model.trial import Element, Trial
from trialscreen.tables.cohort.readers.cell_forms import JOINT, Form, Sayings, told

NO_VALUE = "\uffff"
"""How a text begins that stands for a cell without a value, such as an error of a spreadsheet.

What follows is the reason. Such a cell is unknown and listed, and not counted as unreadable.
"""


class Parser:
    """Reads the cells of one element, which are written in this `form`."""

    def __init__(self, trial: Trial, element: Element, form: Form | None = None) -> None:
        self.trial, self.element = trial, element
        self.form = Form() if form is None else form
        self._sayings = Sayings(trial, element, self.form)

    def read(self, text: str, latest: date) -> Fact | None:
        """What a cell states; blank is unknown. Raises ValueProblem."""
        if NO_VALUE in text:
            reason = text.partition(NO_VALUE)[2].partition(JOINT)[0]
            raise ValueProblem(f"{NO_VALUE}{reason}")
        try:
            said = self._sayings.said(text)
            return None if said is None else read_value(self.trial, self.element, said, latest)
        except ValueProblem as problem:
            raise ValueProblem(told(text, str(problem))) from None

    def why_not(self, text: str | None, latest: date) -> str:
        """Why a cell that cannot be used cannot; None is a day that Python has not."""
        if text is None:
            return "is no day of the years 1 to 9999"
        try:
            self.read(text, latest)
        except ValueProblem as problem:
            return str(problem)
        return "cannot be used"
