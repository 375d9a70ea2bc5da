"""Compiles a trial to expressions over typed columns that any engine can compute.

For every row the result equals that of the reference interpreter, `screening.evaluate`.
"""

from collections.abc import Mapping
from functools import partial

from trialscreen.model.expr import NULL, Constant, Scalar
from trialscreen.model.trial import Trial
from trialscreen.tables.compile import flags
from trialscreen.tables.compile.compiler import Compiler, Judged, judged_at_least, judged_not
from trialscreen.tables.compile.program import Flag, Program, Step, Table
from trialscreen.tables.compile.simplify import both, either, if_, negated, unknown

__all__ = ["Flag", "Program", "Step", "Table", "compile_trial"]


def compile_trial(trial: Trial, table: Table, *, with_needed: bool = False) -> Program:
    """`trial` over `table`. A column that is missing is unknown in every row.

    With `with_needed`, also which elements each row needs.
    """
    compiler = Compiler(trial, table)
    met: dict[str, Judged] = {}
    passes: list[Judged] = []
    for one in trial.criteria:
        truth, lacks = compiler.rule(one.rule, one.id)
        shared = compiler.share(f"{one.id}_met", f"{one.id}: {one.label}", truth)
        judged = met[one.id] = Judged(shared, lacks)
        passes.append(judged if one.kind == "inclusion" else judged_not(judged))
    share = partial(compiler.share, "eligible_part", "a part of the verdict")
    whole = judged_at_least(len(passes), passes, share)
    eligible = compiler.share("eligible", "whether every criterion passes", whole.truth)
    found = flags.contradiction_flags(compiler)
    failing = if_(negated(eligible), Constant("ineligible"), Constant("undetermined"))
    lacks_consent = _lacks_consent(compiler, met)
    without = if_(lacks_consent, Constant("consent"), Constant("judgement"))
    return Program(
        criteria={name: judged.truth for name, judged in met.items()},
        eligible=eligible,
        verdict=if_(eligible, Constant("eligible"), failing),
        open=if_(unknown(eligible), if_(whole.lacks, Constant("data"), without), NULL),
        contradictions=found,
        cleaned=flags.cleaned(table, found),
        needed=flags.needed(compiler) if with_needed else {},
        stale=flags.stale(compiler),
        warnings=flags.warning_flags(compiler),
        steps=tuple(compiler.steps.values()),
    )


def _lacks_consent(compiler: Compiler, met: Mapping[str, Judged]) -> Scalar:
    """Whether an unknown verdict waits for consent; only the criteria that can are looked at."""
    elements = compiler.trial.elements
    seeking = compiler.seeking(lambda element: element.consent)
    return either(
        *(
            both(unknown(met[one.id].truth), seeking.rule(one.rule, one.id).lacks)
            for one in compiler.trial.criteria
            if any(elements[name].consent for name in compiler.trial.elements_behind(one.rule))
        )
    )
