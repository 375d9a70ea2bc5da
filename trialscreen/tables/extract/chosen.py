"""Which of the newest rows count, and where that is not so simple."""

from collections.abc import Collection

import polars as pl

_ROW = ("place", "group", "said", "source")
_SUBJECT = "subject"
"""A number for what is said of one element by one code."""


def choose(
    newest: pl.DataFrame, statements: pl.DataFrame, complex_groups: Collection[str]
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The statements that hold of each patient, with the rows that say them; and the others.

    `newest`: place, said, day, until, source, id, at. The others are pairs of place and group:
    there `select` has to look at all that the patient's rows say.
    """
    subject = pl.struct("element", "system", "code").rank("dense").alias(_SUBJECT)
    rows = newest.join(statements.with_columns(subject), on="said")
    results, not_simple = _results(rows, complex_groups)
    proposed, several = _latest(rows.filter(part="proposed"), ("element",))
    beside, more = _latest(rows.filter(part="beside"), (_SUBJECT,))
    beside = _in_order(beside).unique(("place", _SUBJECT, "value", "unit"), keep="last")
    coded, differing = _coded(rows.filter(part="coded"), results)
    apart = rows.filter(part="apart").select("place", "group")
    slow = pl.concat([not_simple, several, more, differing, apart]).unique()
    chosen = pl.concat([results, proposed, beside, coded])
    return chosen.join(slow, on=("place", "group"), how="anti"), slow


def _results(
    rows: pl.DataFrame, complex_groups: Collection[str]
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The newest result of each group, unless it cannot be used or does not stand alone."""
    rows = rows.filter(pl.col("part").is_in(["result", "unusable"]))
    each = rows.group_by(*_ROW, "day", "at").agg(usable=(pl.col("part") == "result").all())
    of = ("place", "group")
    count = pl.len().over(of)
    last = each.with_columns(
        alone=(count == 1) | ~pl.col("group").is_in(list(complex_groups)),
    ).filter(pl.col("day") == pl.col("day").max().over(of))
    # Of several on the last day, the last moment counts, if all of them have one.
    timed = pl.col("at").is_not_null().all().over(of)
    last = last.filter(~timed | (pl.col("at") == pl.col("at").max().over(of)))
    good = (count == 1) & pl.col("usable") & pl.col("alone")
    chosen = last.filter(good).select(_ROW)
    return rows.join(chosen, on=_ROW, how="semi"), last.filter(~good).select(of)


def _latest(rows: pl.DataFrame, of: tuple[str, ...]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """All that may be the newest of each patient and `of`; groups in which that is not so clear."""
    of = ("place", *of)
    last = rows.filter(pl.col("until") >= pl.col("day").max().over(of))
    if last["at"].null_count() == len(last):
        return last, last.clear().select("place", "group")
    timed = pl.col("at").is_not_null()
    unclear = timed.any().over(of) & (pl.len().over(of) > 1)
    return last.filter(~unclear), last.filter(unclear).select("place", "group")


def _in_order(rows: pl.DataFrame) -> pl.DataFrame:
    """As `select` is given the rows of a patient."""
    return rows.sort(pl.col("source").str.split("/").list.first(), "id", maintain_order=True)


def _coded(rows: pl.DataFrame, results: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The last row of each code; groups of which the codes say this and that, or results too."""
    of = ("place", _SUBJECT, "kind", "standing")
    last = rows.sort("day", "source").unique(of, keep="last")
    facts = last.filter(kind="fact")
    differing = facts.filter(pl.col("value").n_unique().over("place", "element") > 1)
    beside_results = facts.join(results, on=("place", "group"), how="semi")
    groups = pl.concat([differing, beside_results]).select("place", "group")
    return last, groups
