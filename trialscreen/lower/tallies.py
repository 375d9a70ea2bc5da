"""What attrition counts, as expressions: a patient counts where one is true."""

from collections.abc import Mapping

from trialscreen.attrition import tally
from trialscreen.lower.folding import both, coalesce, compare, constant, either, negated, unknown
from trialscreen.scalar import FALSE, Scalar
from trialscreen.trial import Trial


def tallies(
    trial: Trial, criteria: Mapping[str, Scalar], eligible: Scalar, is_open: Scalar
) -> dict[str, Scalar]:
    """By the names that `attrition` reads; `assessed` is left to who counts the rows."""
    found: dict[str, Scalar] = {
        "eligible": eligible,
        "ineligible": negated(eligible),
        "lacking_data": compare("==", is_open, constant("data")),
        "judgement_only": compare("==", is_open, constant("judgement")),
    }
    met = [criteria[one.id] for one in trial.criteria]
    passes = [
        truth if one.kind == "inclusion" else negated(truth)
        for one, truth in zip(trial.criteria, met, strict=True)
    ]
    fails = [_certainly(negated(truth)) for truth in passes]
    lacks = [negated(_certainly(truth)) for truth in passes]
    two_fail, two_lack = _two_of(fails), _two_of(lacks)
    for n, criterion in enumerate(trial.criteria):
        values = {
            "met": met[n],
            "unknown": unknown(met[n]),
            "failed_alone": both(fails[n], negated(two_fail)),
            "stopped": both(fails[n], negated(either(*fails[:n]))),
            "passed_so_far": both(*passes[: n + 1]),
            "gained": both(lacks[n], negated(two_lack)),
        }
        found.update({tally(what, criterion): value for what, value in values.items()})
    return found


def _certainly(truth: Scalar) -> Scalar:
    """False where it is unknown."""
    return coalesce(truth, FALSE)


def _two_of(parts: list[Scalar]) -> Scalar:
    """Whether two of the parts, none of which is ever null, are true."""
    return either(*(both(part, either(*parts[:n])) for n, part in enumerate(parts)))
