"""What stands in a patient's record for an element: evidence, shown beside answers and findings."""

from typing import Literal, NamedTuple

EvidenceKind = Literal["fact", "candidate", "unmapped", "conflict", "assumed", "overruled"]


class Evidence(NamedTuple):
    """One place in a record, and what it says.

    `element`: the data element it is about. `kind`: a `fact` is the element's value; a
    `candidate` is for a person to review; `unmapped` is data near an element that no code binds
    to it; of a `conflict` each side is one; `assumed` is a no that no data give; `overruled`
    would be a fact or a side, had a person not said otherwise. `value` and `unit`: as recorded
    (`<20`, `yes`; UCUM code or printed unit). `date`: as written, cut to the day; empty if none
    is. `code` and `system`: the code that bound it. `source`: `Observation/123`,
    `measurement/77`. `note`: what a reader should know beside it.
    """

    kind: EvidenceKind
    element: str
    value: str = ""
    unit: str = ""
    date: str = ""
    code: str = ""
    system: str = ""
    source: str = ""
    note: str = ""
