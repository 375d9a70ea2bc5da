"""Evaluates distinct statements once for all patients, and decides which newest rows count."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from itertools import chain
from typing import Any, Literal

import polars as pl

from trialscreen.answers.beside_record import FromRecord
from trialscreen.answers.records.answered import hits_of
from trialscreen.answers.records.codes import BESIDE, RESULTS, Binding, Codes
from trialscreen.answers.records.entries import Entry, Record
from trialscreen.answers.records.gathered import Gathered, Hit, Selection
from trialscreen.answers.records.omop.by_person import entry_of
from trialscreen.answers.records.omop.cdm import EVENT
from trialscreen.answers.records.omop.vocabulary import Vocabulary
from trialscreen.answers.records.select import select
from trialscreen.model.evidence import Evidence
from trialscreen.model.trial import Trial

Part = Literal["result", "unusable", "proposed", "beside", "coded", "apart"]
"""How it stands beside other rows of the patient about the same elements.

Of results the newest counts; where that is `unusable`, others have to be looked at. What is
proposed, shown beside or coded has a newest of its own. What is `apart` is for `select` alone.
"""

_VALUES = ("number", "value_concept", "value_text", "value_source")

_ROW = ("place", "group", "said", "source")
_SUBJECT = "subject"
"""A number for what is said of one element by one code."""

DAY = "\0day"
"""Stands for the day of the row."""

STATEMENT = pl.Schema(
    {
        "said": pl.Int64(),
        **dict.fromkeys(("part", "group", "element", "kind", "value", "unit"), pl.String()),
        **dict.fromkeys(("code", "system", "note", "standing", "answer"), pl.String()),
        "is_dated": pl.Boolean(),
    }
)
"""Rows of evidence, and the answers that go with them, but for when and for whom.

`group`: the elements that have to be seen together, by the name of one of them. `answer`: the
text for the table of facts, if any; `is_dated`: whether the day of the sample stands beside it.
"""

Statement = Mapping[str, object]
"""A row of `STATEMENT`: of what is `unusable` or `apart`, no more than that."""


class Speaker:
    """Asks `select` what single rows say."""

    def __init__(self, selection: Selection, vocabulary: Vocabulary, groups: "Groups") -> None:
        self._selection, self._vocabulary, self._groups = selection, vocabulary, groups
        self._day = str(selection.on - timedelta(1))

    def statements(self, said: Iterable[Mapping[str, Any]]) -> Iterator[Statement]:
        """What each row of the table `said` says."""
        for row in said:
            event = {**dict.fromkeys(EVENT), **row, "id": "0", "day": self._day}
            event |= {"end": self._day if row["has_end"] else None}
            event |= {"stopped": "yes" if row["is_stopped"] else None}
            entry = entry_of(event, self._vocabulary)
            is_filled = any(row[name] for name in _VALUES)
            for one in self._statements(entry, is_filled=is_filled):
                yield {"said": row["said"], "standing": entry.standing, **one}

    def _statements(self, entry: Entry, *, is_filled: bool) -> Iterator[Statement]:
        codes, found = self._selection.codes, select(self._selection, Record("", (), (entry,)))
        hits = {hit.binding.element: hit for hit in hits_of(Gathered(self._selection), entry)}
        for _, code in codes.medicine_codes(entry.codes) if entry.kind == "medication" else ():
            for name in code.medicine.elements:
                yield {"part": "apart", "group": self._groups[name]}
        kinds = defaultdict[str, set[str]](set)
        for one in found.evidence:
            kinds[one.element].add(one.kind)
        unusable = {
            self._groups[name]
            for name, hit in hits.items()
            if is_filled and _makes_result(hit.binding)
            if found.problems
            or hit.is_provisional
            or kinds[name] != {"candidate" if hit.only_proposes else "fact"}
        }
        for group in unusable:
            yield {"part": "unusable", "group": group}
        for one in found.evidence:
            if (group := self._groups[one.element]) in unusable:
                continue
            answer = found.answers.get(one.element) if one.kind == "fact" else None
            yield {
                **one._asdict(),
                "part": self._part(one, hits.get(one.element), found),
                "group": group,
                "value": DAY if one.value == self._day else one.value,
                "answer": None if answer is None else answer.text,
                "is_dated": answer is not None and answer.date is not None,
            }

    def _part(self, one: Evidence, hit: Hit | None, found: FromRecord) -> Part:
        if hit is None:
            return "result"  # a printed limit, or what a rule makes of the result
        if hit.binding.role in BESIDE:
            return "beside"
        if hit.binding.says in RESULTS:
            return "proposed" if hit.only_proposes else "result"
        is_day = one.value.endswith(self._day) and one.kind != "candidate"  # also >= the day
        return "apart" if is_day or found.problems or one.kind == "conflict" else "coded"


def _makes_result(binding: Binding) -> bool:
    return binding.role not in BESIDE and binding.says in RESULTS


class Groups(dict[str, str]):
    """Elements to be seen together, by the first: results, limits, medicines, what rules make.

    `complex`: the groups in which more than the newest result can count: of several elements, of
    sides.
    """

    def __init__(self, trial: Trial, codes: Codes) -> None:
        super().__init__({name: name for name in trial.elements})
        for name, limits in codes.limits.items():
            self._join(name, *limits)
        for name, rule in codes.yes_if.items():
            self._join(name, *trial.elements_behind(rule))
        for binding in chain.from_iterable(codes.bound.values()):
            if binding.gives_way_to:
                self._join(binding.element, binding.gives_way_to)
        for medicine in {one.medicine for of in codes.medicines.values() for one in of}:
            self._join(*medicine.elements)
        bound = chain.from_iterable(codes.bound.values())
        fed = Counter(self[name] for name in {one.element for one in bound if _makes_result(one)})
        several = {group for group, count in fed.items() if count > 1}
        self.complex = several | {self[name] for name in codes.lowest}

    def _join(self, *names: str) -> None:
        joined = {self[name] for name in names}
        first = min(joined, default="")
        for name, group in self.items():
            if group in joined:
                self[name] = first


# Which of them count.


Chosen = tuple[pl.DataFrame, pl.DataFrame]
"""The rows that count; and pairs of place and group where `select` has to look at all rows."""


def choose(newest: pl.DataFrame, statements: pl.DataFrame, groups: Groups) -> Chosen:
    """The statements that hold of each patient, with the rows that say them.

    `newest`: place, said, day, until, source, id, at.
    """
    subject = pl.struct("element", "system", "code").rank("dense").alias(_SUBJECT)
    rows = newest.join(statements.with_columns(subject), on="said")
    results, not_simple = _results(rows, groups)
    proposed, several = _latest(rows.filter(part="proposed"), ("element",))
    beside, more = _latest(rows.filter(part="beside"), (_SUBJECT,))
    # In the order in which `select` is given the rows of a patient.
    beside = beside.sort(pl.col("source").str.split("/").list.first(), "id", maintain_order=True)
    beside = beside.unique(("place", _SUBJECT, "value", "unit"), keep="last")
    coded, differing = _coded(rows.filter(part="coded"), results)
    apart = rows.filter(part="apart").select("place", "group")
    slow = pl.concat([not_simple, several, more, differing, apart]).unique()
    chosen = pl.concat([results, proposed, beside, coded])
    return chosen.join(slow, on=("place", "group"), how="anti"), slow


def _results(rows: pl.DataFrame, groups: Groups) -> Chosen:
    """The newest result of each group, unless it cannot be used or does not stand alone."""
    rows = rows.filter(pl.col("part").is_in(["result", "unusable"]))
    each = rows.group_by(*_ROW, "day", "at").agg(usable=(pl.col("part") == "result").all())
    of = ("place", "group")
    count = pl.len().over(of)
    last = each.with_columns(
        alone=(count == 1) | ~pl.col("group").is_in(list(groups.complex)),
    ).filter(pl.col("day") == pl.col("day").max().over(of))
    # Of several on the last day, the last moment counts, if all of them have one.
    timed = pl.col("at").is_not_null().all().over(of)
    last = last.filter(~timed | (pl.col("at") == pl.col("at").max().over(of)))
    good = (count == 1) & pl.col("usable") & pl.col("alone")
    chosen = last.filter(good).select(_ROW)
    return rows.join(chosen, on=_ROW, how="semi"), last.filter(~good).select(of)


def _latest(rows: pl.DataFrame, of: tuple[str, ...]) -> Chosen:
    """All that may be the newest of each patient and `of`; groups in which that is not so clear."""
    of = ("place", *of)
    last = rows.filter(pl.col("until") >= pl.col("day").max().over(of))
    if last["at"].null_count() == len(last):
        return last, last.clear().select("place", "group")
    timed = pl.col("at").is_not_null()
    unclear = timed.any().over(of) & (pl.len().over(of) > 1)
    return last.filter(~unclear), last.filter(unclear).select("place", "group")


def _coded(rows: pl.DataFrame, results: pl.DataFrame) -> Chosen:
    """The last row of each code; groups of which the codes say this and that, or results too."""
    of = ("place", _SUBJECT, "kind", "standing")
    last = rows.sort("day", "source").unique(of, keep="last")
    facts = last.filter(kind="fact")
    differing = facts.filter(pl.col("value").n_unique().over("place", "element") > 1)
    beside_results = facts.join(results, on=("place", "group"), how="semi")
    groups = pl.concat([differing, beside_results]).select("place", "group")
    return last, groups
