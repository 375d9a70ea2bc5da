"""`--fhir` and what goes with it: a patient's record beside the answers that are given."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from typing import TYPE_CHECKING, NamedTuple

from trialscreen.answers.answer import Answers, is_of_record
from trialscreen.cli.options import option
from trialscreen.cli.output import say, say_note
from trialscreen.model.errors import MOST_TOLD, InputError, Problem, refuse
from trialscreen.model.trial import Trial
from trialscreen.text.characters import count_of, printable

if TYPE_CHECKING:
    from trialscreen.answers.beside_record import FromRecord

FHIR, CODES, ASSUME_ABSENT = "--fhir", "--codes", "--assume-absent"

FHIR_OPTION = option(
    FHIR,
    "The patient's record: a FHIR R4 file or folder; may be given again. What is given"
    " otherwise wins.",
    "PATH",
)
CODES_OPTION = option(
    CODES, "A site's codes for records, on top of those of the package; may be given again.", "FILE"
)
ASSUME_ABSENT_OPTION = option(
    ASSUME_ABSENT,
    "What nothing codes in this section is no, and is marked as assumed; may be given again.",
    "SECTION",
)


class RecordOptions(NamedTuple):
    """The options about a record, as given."""

    fhir: Sequence[str] = ()
    codes: Sequence[str] = ()
    assume_absent: Sequence[str] = ()

    @classmethod
    def of(
        cls, fhir: list[str] | None, codes: list[str] | None, assume_absent: list[str] | None
    ) -> "RecordOptions":
        """Raises InputError for what goes with a record, without one."""
        given = cls(fhir or (), codes or (), assume_absent or ())
        for name, values in ((CODES, given.codes), (ASSUME_ABSENT, given.assume_absent)):
            if values and not given.fhir:
                refuse(name, f"is for a record; name one with {FHIR}")
        return given

    @property
    def words(self) -> tuple[str, ...]:
        """The options as they were given, for a command that goes on."""
        options = zip((FHIR, CODES, ASSUME_ABSENT), self, strict=True)
        return tuple(word for name, values in options for one in values for word in (name, one))

    def beside(self, trial: Trial, given: Answers, on: date) -> "FromRecord":
        """The answers given and those of the record, with the evidence. Raises InputError.

        Says on stderr what of the record could not be used.
        """
        from trialscreen.answers.beside_record import (
            unknown_places,
            with_record,
        )
        from trialscreen.answers.records.one_patient import read_fhir

        with named_as_options():
            found = read_fhir(trial, self.fhir, on, self.codes, self.assume_absent)
        tell_unusable(found.problems, len(found.problems))
        if anew := [name for name, one in given.items() if is_of_record(one)]:
            kept = count_of(len(anew), "answer")
            say_note(f"{kept} kept from an earlier record: read anew from this one")
        for notice in unknown_places(given, found.evidence):
            say_note(notice)
        both = with_record(trial, given, found, on)
        if assumed := sum(one.kind == "assumed" for one in both.evidence):
            told = f"{count_of(assumed, 'answer')} {'is' if assumed == 1 else 'are'}"
            say_note(f"{told} assumed, as no: nothing in the record codes them")
        return both


@contextmanager
def named_as_options() -> Iterator[None]:
    """Problems with arguments of Python are told of the options that they came from."""
    options = {"paths": FHIR, "assume_absent": ASSUME_ABSENT}
    try:
        yield
    except InputError as error:
        raise InputError(
            [one._replace(where=options.get(one.where, one.where)) for one in error.problems]
        ) from None


def tell_unusable(first: Sequence[Problem], count: int, listed_in: str = "") -> None:
    """How much of a record could not be used, the first of it a line each."""
    for one in first[:MOST_TOLD]:
        say(f"not used: {printable(str(one))}")
    if (more := count - min(len(first), MOST_TOLD)) > 0:
        say(f"not used: … and {more:,} more{listed_in and f': all are in {printable(listed_in)}'}")


NO_RECORDS = RecordOptions()
"""That no record was named."""
