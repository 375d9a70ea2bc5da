"""Small counts kept back from an attrition table: its counts by name, and how they add up."""

from collections.abc import Iterator, Mapping

from trialscreen.attrition import (
    MOST_ORDERS,
    Attrition,
    Count,
    CriterionCounts,
    Hidden,
)
from trialscreen.suppression import Identity, Mark, Table


def without_small(attrition: Attrition, below: int) -> Attrition:
    """`attrition` with counts of 1 to `below` - 1 hidden, and others that give them away.

    If fewer than `below` were assessed, nothing else is told.
    """
    texts: dict[Mark, Hidden] = {"small": Hidden(f"<{below}"), "hidden": Hidden("hidden")}
    exact = dict(counts(attrition))
    if 0 < exact["assessed"] < below:
        hidden = dict.fromkeys(exact, texts["hidden"]) | {"assessed": texts["small"]}
        return _with(hidden, attrition)._replace(orders=(), missing=())
    table = Table(exact, _never_shown(attrition), identities(attrition), below, last=_LAST)
    table.hide()
    return _with({name: texts[mark] for name, mark in table.marks.items()}, attrition)


_LAST = frozenset({"assessed"})


# The table as named cells, and what is known of them.


def cells(attrition: Attrition) -> Iterator[tuple[str, Count]]:
    """Every count, under a name of its own."""
    for name in _GROUPS:
        yield name, getattr(attrition, name)
    for n, one in enumerate(attrition.criteria, start=1):
        for name in _OF_CRITERION:
            yield f"{name} {n}", getattr(one, name)
    for n, order in enumerate(attrition.orders, start=1):
        yield f"settled {n}", order.settled
    for element in attrition.missing:
        yield f"missing {element.name}", element.patients
        yield f"missing alone {element.name}", element.alone


def counts(attrition: Attrition) -> Iterator[tuple[str, int]]:
    """As `cells`, of a table in which none is hidden."""
    for name, count in cells(attrition):
        assert isinstance(count, int)
        yield name, count


_GROUPS = ("assessed", "ineligible", "remaining", "lacking_data", "judgement_only", "eligible")
_OF_CRITERION = ("met", "not_met", "unknown", "failed_alone", "stopped", "passed_so_far", "gained")


def _with(hidden: Mapping[str, Hidden], attrition: Attrition) -> Attrition:
    """`attrition` with some of its cells hidden."""
    by_name: dict[str, Count] = {**dict(cells(attrition)), **hidden}
    criteria = tuple(
        CriterionCounts(one.criterion, *(by_name[f"{name} {n}"] for name in _OF_CRITERION))
        for n, one in enumerate(attrition.criteria, start=1)
    )
    orders = tuple(
        order._replace(settled=by_name[f"settled {n}"])
        for n, order in enumerate(attrition.orders, start=1)
    )
    missing = [
        one._replace(
            patients=by_name[f"missing {one.name}"], alone=by_name[f"missing alone {one.name}"]
        )
        for one in attrition.missing
    ]
    # In the order of their sizes, hidden counts could be read off: they come by their names.
    told = [one for one in missing if not isinstance(one.patients, Hidden)]
    kept_back = [one for one in missing if isinstance(one.patients, Hidden)]
    kept_back.sort(key=lambda one: one.name)
    return Attrition(
        by_name["assessed"],
        by_name["ineligible"],
        by_name["remaining"],
        by_name["lacking_data"],
        by_name["judgement_only"],
        by_name["eligible"],
        criteria,
        orders,
        (*told, *kept_back),
    )


# How they add up.


def identities(attrition: Attrition) -> tuple[Identity, ...]:
    """Everything that adds up. Some parts are shown nowhere: `_never_shown`."""
    numbers = range(1, len(attrition.criteria) + 1)
    settled = tuple(f"settled {n}" for n in range(1, len(attrition.orders) + 1))
    others = (_OTHERS,) if _is_open(attrition) else ()
    return (
        Identity("assessed", ("ineligible", "remaining")),
        Identity("remaining", ("lacking_data", "judgement_only", "eligible")),
        *(Identity("assessed", (f"met {n}", f"not_met {n}", f"unknown {n}")) for n in numbers),
        # Who is undetermined is unknown in some criterion.
        Identity("unknowns", tuple(f"unknown {n}" for n in numbers)),
        Identity("unknowns", ("lacking_data", "judgement_only", "unknown rest")),
        *_in_order(attrition.criteria),
        *([Identity("lacking_data", (*settled, *others))] if settled else []),
        *_of_missing(attrition),
    )


_OTHERS = "settled by others"
_WITHOUT = "lacking no element"


def _is_open(attrition: Attrition) -> bool:
    """Whether some who lack data may stand in no order, as those do who lack no element."""
    return len(attrition.orders) >= MOST_ORDERS or _never_shown(attrition)[_OTHERS] > 0


def _of_missing(attrition: Attrition) -> Iterator[Identity]:
    """Who lacks data but not one element lacks another one alone, or several others."""
    names = [one.name for one in attrition.missing]
    without = (_WITHOUT,) if _is_open(attrition) else ()
    few = len(names) < 3  # then nobody lacks several others, and who lacks several lacks both
    for name in names:
        others = [f"missing alone {one}" for one in names if one != name]
        rest = () if few else (f"several but {name}",)
        yield Identity("lacking_data", (f"missing {name}", *others, *rest, *without))
        several = ["several"] if few else [f"several with {name}"]
        beside = several if others else []
        yield Identity(f"missing {name}", (f"missing alone {name}", *beside))
    if not few:
        yield Identity("missing in all", (*(f"missing {name}" for name in names), *without))
        yield Identity("missing in all", ("lacking_data", "missing rest"))
    yield from _of_orders(attrition)


def _of_orders(attrition: Attrition) -> Iterator[Identity]:
    """Who lacks one element alone is settled by the first order of its section."""
    for n, order in enumerate(attrition.orders, start=1):
        inside = [one.name for one in attrition.missing if one.section in order.sections]
        rest = () if n == 1 and len(inside) == 1 else (f"settled rest {n}",)
        yield Identity(f"settled {n}", (*(f"missing alone {name}" for name in inside), *rest))


def _in_order(criteria: tuple[CriterionCounts, ...]) -> Iterator[Identity]:
    """What adds up along the protocol order."""
    last = len(criteria)
    passed, failed = zip(*(_outcomes(n, one) for n, one in enumerate(criteria, 1)), strict=True)
    yield Identity("ineligible", tuple(f"stopped {n}" for n in range(1, last + 1)))
    yield Identity("stopped 1", (failed[0],))
    yield Identity(f"stopped {last}", (f"failed_alone {last}",))
    yield Identity("passed_so_far 1", (passed[0],))
    yield Identity(f"passed_so_far {last}", ("eligible",))
    for n in range(1, last + 1):
        before = f"passed_so_far {n - 1}" if n > 1 else "assessed"
        step = f"step {n}" if n < last else f"gained {n}"
        yield Identity(before, (f"passed_so_far {n}", step))
        yield Identity(step, (f"gained {n}", f"step rest {n}"))
        yield Identity(passed[n - 1], (f"passed_so_far {n}", f"passed rest {n}"))
        yield Identity(failed[n - 1], (f"stopped {n}", f"failed rest {n}"))
        yield Identity(f"stopped {n}", (f"failed_alone {n}", f"stopped rest {n}"))
    if last == 2:  # each of two is the last in one of the two orders
        yield Identity("ineligible", (failed[1], "failed_alone 1"))
        yield Identity(passed[1], ("eligible", "gained 1"))


def _outcomes(n: int, one: CriterionCounts) -> tuple[str, str]:
    """The names of the counts that pass and that fail the n-th criterion."""
    met, not_met = f"met {n}", f"not_met {n}"
    return (met, not_met) if one.criterion.kind == "inclusion" else (not_met, met)


def _never_shown(attrition: Attrition) -> dict[str, int]:
    """By name, the parts of `identities` that stand in no cell; 0 if they are no secret.

    The rests only say that one count is not above another.
    """
    exact = dict(counts(attrition))
    settled = sum(n for name, n in exact.items() if name.startswith("settled "))
    found = {_OTHERS: exact["lacking_data"] - settled, _WITHOUT: 0}
    found |= dict.fromkeys(("unknowns", "unknown rest"), 0)
    found |= dict.fromkeys(("missing in all", "missing rest", "several"), 0)
    found |= {f"settled rest {n}": 0 for n in range(1, len(attrition.orders) + 1)}
    for element in attrition.missing:
        found |= {f"several {which} {element.name}": 0 for which in ("with", "but")}
    before = exact["assessed"]
    for n in range(1, len(attrition.criteria) + 1):
        found[f"step {n}"] = before - exact[f"passed_so_far {n}"]
        found |= {f"{what} rest {n}": 0 for what in ("step", "passed", "failed", "stopped")}
        before = exact[f"passed_so_far {n}"]
    return found
