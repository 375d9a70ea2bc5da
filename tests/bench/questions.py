"""How many questions lead to a certain verdict: `--quick` against the other orders.

Run as `python -m tests.bench.questions [PATIENTS] [--picture FILE]`. Patients are
simulated with the prevalences of tests/data/prevalence.yaml; who is willing has signed.
A card is one question. The smallest proof is the fewest facts that force the verdict.
"""

from argparse import ArgumentParser
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from datetime import date
from pathlib import Path
from statistics import mean, quantiles
from typing import NamedTuple

from rich.console import Console
from rich.table import Table

from tests.tools.simulate import worlds
from trialscreen import Trial, load_trial
from trialscreen.answers.interview.ordering import next_question
from trialscreen.model.facts import Fact
from trialscreen.model.rules import AtLeastN
from trialscreen.screening.evaluate import Evaluation, Resolved, Trace
from trialscreen.screening.explain import enough
from trialscreen.screening.missing import Ways, either, every, some_of
from trialscreen.screening.screen import Screening, screening_of

ON = date(2026, 11, 23)
SEED = 20261123


class Counts(NamedTuple):
    """One patient: the verdict, and the questions that each way of asking took."""

    verdict: str
    quick: int
    section: int
    smallest: int
    proofs: tuple[frozenset[str], ...]


def screened(trial: Trial, facts: Mapping[str, Fact]) -> Screening:
    return screening_of(Evaluation(trial, facts, ON))


def certain(screening: Screening) -> bool:
    return screening.verdict != "undetermined"


def questions(trial: Trial, world: Mapping[str, Fact], *, quick: bool) -> int:
    """Questions until the verdict is certain, or nothing is left to ask."""
    facts: dict[str, Fact] = {}
    closed: set[str] = set()
    asked = 0
    while not certain(screening := screened(trial, facts)):
        question = next_question(screening, closed, quick=quick)
        if question is None:
            break
        asked += 1
        for element in question.elements:
            closed.add(element.name)
            if element.name in world:
                facts[element.name] = world[element.name]
    return asked


def proofs_of_verdict(screening: Screening) -> Ways:
    """The smallest sets of facts that force the verdict; none if it is undetermined."""
    if not certain(screening):
        return ()
    if screening.verdict == "eligible":
        return every(proofs(one.trace) for one in screening.findings)
    return either(proofs(one.trace) for one in screening.failing)


def proofs(trace: Trace) -> Ways:
    """The smallest sets of entered facts that decide a trace as it is."""
    if not trace.truth.known:
        return ()
    if trace.used:
        return every(map(_proofs_of_value, trace.used))
    parts = [proofs(part) for part in trace.parts if part.truth is trace.truth]
    match trace.rule:
        case AtLeastN():
            return some_of(enough(trace.rule, trace.truth), parts)
        case _:
            return every(map(proofs, trace.parts))


def _proofs_of_value(one: Resolved) -> Ways:
    alternatives: list[Ways] = []
    if one.entered is not None:
        alternatives.append((frozenset((one.element.name,)),))
    if one.derived is not None and one.inputs:
        alternatives.append(every(map(_proofs_of_value, one.inputs)))
    elif one.derived is not None and one.basis is not None:
        alternatives.append(proofs(one.basis))
    valid = [proofs(one.validity)] if one.validity is not None else []
    return every([either(alternatives), *valid])


def count(trial: Trial, world: Mapping[str, Fact]) -> Counts:
    full = screened(trial, world)
    smallest = proofs_of_verdict(full)
    asked = [frozenset(trial.elements[n].card or n for n in names) for names in smallest]
    return Counts(
        full.verdict if smallest else "undetermined",
        questions(trial, world, quick=True),
        questions(trial, world, quick=False),
        len(smallest[0]) if smallest else 0,
        tuple(asked),
    )


def hindsight(counts: list[Counts]) -> float:
    """Mean questions of one fixed order for the ineligible, chosen knowing all their answers.

    Greedy: next comes what settles the most of the patients who are left, per question.
    """
    left = [one.proofs for one in counts if one.verdict == "ineligible"]
    patients, asked, total = len(left), set[str](), 0
    while left:
        settled: Counter[frozenset[str]] = Counter()
        for ways in left:
            settled.update({way - asked for way in ways})
        best = max(sorted(settled, key=sorted), key=lambda names: settled[names] / len(names))
        asked |= best
        still = [ways for ways in left if not any(way <= asked for way in ways)]
        total += len(asked) * (len(left) - len(still))
        left = still
    return total / patients


def asking_everything(trial: Trial) -> int:
    """The questions of a form without any skipping: each card once, each other element."""
    asked = [one for one in trial.answerable() if one.source != "derived"]
    return len({one.card or one.name for one in asked})


def patients(trial: Trial, n: int) -> Iterator[dict[str, Fact]]:
    for world in worlds(trial, n, SEED, ON):
        signed = world["willing_to_participate"]
        yield {**world, "informed_consent_signed": signed}


def measure(n: int, trial: Trial) -> list[Counts]:
    with ProcessPoolExecutor() as pool:
        some = list(patients(trial, n))
        return list(pool.map(count, [trial] * n, some, chunksize=50))


def report(counts: list[Counts], everything: int) -> Table:
    """Means per verdict, with the median and 95th percentile of `--quick`."""
    table = Table(title=f"Questions to a certain verdict, {len(counts)} simulated patients")
    table.add_column("verdict")
    for heading in (
        *("patients", "smallest proof", "--quick", "(median, p95)", "section order", "everything"),
        *("quick / smallest", "quick / section"),
    ):
        table.add_column(heading, justify="right")
    for verdict in ("ineligible", "eligible", "undetermined", "all"):
        some = [one for one in counts if verdict in (one.verdict, "all")]
        if some:
            table.add_row(verdict, *_row(some, everything))
    return table


def _row(some: list[Counts], everything: int) -> list[str]:
    quick, section = (mean(getattr(one, name) for one in some) for name in ("quick", "section"))
    smallest = mean(one.smallest for one in some)
    cuts = quantiles([one.quick for one in some], n=20) if len(some) > 1 else [quick] * 19
    return [
        str(len(some)),
        f"{smallest:.2f}" if smallest else "",
        f"{quick:.2f}",
        f"({cuts[9]:.0f}, {cuts[18]:.0f})",
        f"{section:.2f}",
        str(everything),
        f"{quick / smallest:.2f}" if smallest else "",
        f"{quick / section:.2f}",
    ]


def draw(counts: list[Counts], path: Path) -> None:
    """The share of ineligible patients who are settled within so many questions."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    mpl.rcParams.update({"svg.hashsalt": "trialscreen", "font.size": 11})
    some = [one for one in counts if one.verdict == "ineligible"]
    figure = Figure(figsize=(8, 4.2), layout="constrained")
    axes = figure.add_subplot()
    for name, label, style in (
        ("smallest", "smallest proof (facts)", ":"),
        ("quick", "--quick", "-"),
        ("section", "section order", "--"),
    ):
        asked = sorted(getattr(one, name) for one in some)
        shares = [100 * bisect_right(asked, n) / len(asked) for n in range(61)]
        axes.step(range(61), shares, style, where="post", label=label, linewidth=2)
    axes.set(xlabel="questions asked", ylabel="% of ineligible patients settled")
    axes.set(xlim=(0, 60), ylim=(0, 101))
    axes.grid(alpha=0.3)
    axes.legend(loc="lower right")
    figure.savefig(path, metadata={"Date": None})


def main() -> None:
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("patients", nargs="?", type=int, default=10_000)
    parser.add_argument("--picture", type=Path, help="draw the distribution to this SVG file")
    wanted = parser.parse_args()
    trial = load_trial()
    print(f"seed {SEED}, screening date {ON}")
    counts = measure(wanted.patients, trial)
    Console(width=130).print(report(counts, asking_everything(trial)))
    print(f"one fixed order, chosen in hindsight, for the ineligible: {hindsight(counts):.2f}")
    if wanted.picture:
        draw(counts, wanted.picture)


if __name__ == "__main__":
    main()
