"""Whose facts contradict each other, in a table of texts."""

from collections.abc import Collection
from datetime import date

import polars as pl

from trialscreen.answers.records.fact_tables import PATIENT
from trialscreen.model.trial import Trial
from trialscreen.tables.cohort.batches import Anchor, plan_batches, prepared
from trialscreen.tables.cohort.column_map import match_columns
from trialscreen.tables.compile import compile_trial
from trialscreen.tables.compile.program import Table
from trialscreen.tables.engines.polars import computed, table_of


def in_contradiction(
    trial: Trial, facts: pl.DataFrame, names: Collection[str], on: date
) -> list[str]:
    """The patients of whom the texts of the elements `names` cannot all be right."""
    program = compile_trial(trial, Table(frozenset(names), on=on))
    concerned = {name for one in program.contradictions for name in one.elements}
    if not concerned:
        return []
    table = facts.select(PATIENT, *sorted(concerned))
    matched = match_columns(trial, table.columns, PATIENT)
    batches = plan_batches(trial, matched, table.schema, PATIENT, Anchor(on, on))
    typed, _ = batches.read(prepared(batches, table.lazy(), PATIENT).collect())
    program = compile_trial(trial, table_of(typed.schema, on))
    flags = {f"flag {n}": one.holds for n, one in enumerate(program.contradictions)}
    found = computed(typed.lazy(), program, flags).collect()
    holds = found.select(pl.any_horizontal(pl.lit(value=False), *flags).fill_null(value=False))
    return facts[PATIENT].filter(holds.to_series()).to_list()
