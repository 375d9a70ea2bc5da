"""What a code of a record says of a trial's elements."""

from fractions import Fraction
from typing import Literal, NamedTuple, get_args

from trialscreen.answers.records.entries import Coding

Role = Literal["sets", "proposes", "shows", "near"]
"""`sets`: it is the element's value. `proposes`: a candidate for it. `shows`: what helps a person
to judge. `near`: it is about something else that is easily taken for the element."""

ROLES: tuple[Role, ...] = get_args(Role)

VALUE, ABOVE_LIMIT, OUTSIDE_LIMITS, START = "value", "above_limit", "outside_limits", "start"
"""What a code can say beside yes, no and the names of choices: the result itself; what result
and printed limits say together; the day on which it began."""

RESULTS = (VALUE, ABOVE_LIMIT, OUTSIDE_LIMITS)
"""What only the result of a measurement can say."""


class Binding(NamedTuple):
    """What a code says of an element: yes, a choice, or one of the words above.

    `side`: the side of the body that it is about. What sets only proposes where the record does
    not say that it is in one of the `sites`, or is present, if `only_active`; nor beside a result
    of the element `gives_way_to`, unless that is older.
    """

    element: str
    role: Role
    says: str = VALUE
    note: str = ""
    side: str = ""
    sites: tuple[Coding, ...] = ()
    only_active: bool = False
    gives_way_to: str = ""


class Medicine(NamedTuple):
    """A group of medicines, and the elements that are about it.

    `ever`: whether it was used; `now`: whether it is; `last`: the day of the last dose;
    `months`: for how long in all; `course`: for how long it has been taken now; `dose`: how much a
    day. `routes`: the names of those by which it is meant.
    """

    name: str
    role: Role = "sets"
    ever: str = ""
    now: str = ""
    last: str = ""
    months: str = ""
    course: str = ""
    dose: str = ""
    routes: tuple[str, ...] = ()
    note: str = ""


class MedicineCode(NamedTuple):
    """A code of a medicine; `needs_route` if it may be given by others than the group's.

    `by_name`: the code itself is not known, only a name that is displayed beside it. `equivalent`:
    what a dose is multiplied by to be one of the medicine that the group's dose is stated in.
    """

    medicine: Medicine
    needs_route: bool = False
    by_name: bool = False
    equivalent: Fraction | None = None
