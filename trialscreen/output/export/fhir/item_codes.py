"""The codes of the questions of a form, by which others can fill it in from their records."""

from collections.abc import Mapping

from trialscreen.answers.records.codes import VALUE, Codes
from trialscreen.output.export.fhir.datatypes import Json

_SYSTEMS = ("loinc", "snomed")
"""Of the others, a code in a mapping stands for all that begin with it."""
_SAYS = (VALUE, "yes")
"""What a question's own code says. One that stands for a choice is no code of its question."""


def item_codes(codes: Codes) -> Mapping[str, list[Json]]:
    """The codings of each element: of what sets its value, whichever side and place it is of."""
    addresses = {name: uri for uri, name in reversed(list(codes.systems.items()))}
    found: dict[str, list[Json]] = {}
    for (system, code), bindings in codes.bound.items():
        for one in bindings:
            is_whole = one.role == "sets" and one.says in _SAYS and not (one.side or one.sites)
            if is_whole and system in _SYSTEMS:
                coding = {"system": addresses[system], "code": code}
                found.setdefault(one.element, []).append(coding)
    return found
