"""Extracts facts from an OMOP source: for all patients by SQL, or one by one if necessary."""

from collections.abc import Callable, Collection, Iterable, Iterator
from itertools import groupby
from operator import itemgetter
from typing import Any

import polars as pl

from trialscreen.answers.beside_record import FromRecord
from trialscreen.answers.records.entries import Record
from trialscreen.answers.records.fact_tables import EVIDENCE_COLUMNS, PATIENT, FactTables
from trialscreen.answers.records.omop import by_person
from trialscreen.answers.records.omop.cdm import PERSON
from trialscreen.answers.records.omop.events import Staged, dicts, strangers
from trialscreen.answers.records.omop.vocabulary import Vocabulary
from trialscreen.answers.records.select import select
from trialscreen.model.errors import Problem
from trialscreen.model.trial import SCREENING_DATE
from trialscreen.screening.samples import day_column
from trialscreen.tables.cohort.batches import Anchor, plan_batches, prepared
from trialscreen.tables.cohort.column_map import match_columns
from trialscreen.tables.compile import compile_trial
from trialscreen.tables.compile.program import Table
from trialscreen.tables.expressions import computed, table_of
from trialscreen.tables.extract import statements
from trialscreen.tables.extract.newest import find_newest

AT_ONCE = 50_000
"""Patients whose facts are in memory at one time."""

Advance = Callable[[int], None]

# Where the newest number cannot be used, the next is shown; those before are outdone by two.
_ROWS_IN_PART = """
SELECT * EXCLUDE (counts) FROM (
    SELECT *, kind = 'measurement' AND number SIMILAR TO '[+-]?[0-9].*' IS TRUE AS counts
    FROM event SEMI JOIN wanted USING (person_id, concept, source_concept)
    WHERE kind <> 'measurement' OR left(day, 10) <= '{on}')
QUALIFY NOT counts OR dense_rank() OVER (
    PARTITION BY person_id, concept, source_concept, status, kind, counts
    ORDER BY left(day, 10) DESC) <= 2
ORDER BY person_id, "table", TRY_CAST(id AS BIGINT), id
"""

_FOUND = pl.Schema(
    {
        "place": pl.Int64(),
        **dict.fromkeys((*EVIDENCE_COLUMNS[1:], "answer", "answered"), pl.String()),
    }
)
"""Evidence of patients, by their places in the order of all; beside a fact, its answer and day."""


def extract(source: str, tables: FactTables, advance: Advance) -> tuple[str, ...]:
    """Adds every patient of a source to the tables; returns what a reader should know of it.

    It finds what `extract_one_by_one` does, in less time; evidence stands in the order of
    patients and elements. `advance` is told of patients. Raises InputError for a source that
    cannot be read.
    """
    with by_person.staged_for(tables.selection.codes, source) as staged:
        opened = staged.source
        if tables.selection.assume_absent or not staged.rows:  # or no table but person
            by_person.extract_one_by_one(staged, tables, advance)
            return staged.notices
        with opened.reading():
            find_newest(staged, tables.selection.on)
        for problem in (*opened.problems(), *strangers(staged, "rows_of")):
            tables.note(problem)
        for record in by_person.without_entries(staged, "death"):
            tables.add(record)
        extraction = _Extraction(staged, tables)
        for patients in extraction.patients.iter_slices(AT_ONCE):
            extraction.add(patients)
            advance(len(patients))
    return staged.notices


class _Extraction:
    """One pass over the patients who are alive."""

    def __init__(self, staged: Staged, tables: FactTables) -> None:
        trial, codes, _, _ = tables.selection
        self._here = staged.source.here
        self._staged = staged
        self._tables = tables
        self._selection = tables.selection
        self._groups = statements.Groups(trial, codes)
        self._problems: list[tuple[int, Problem]] = []
        self._listen()
        self._meet()

    def _query(self, query: str) -> pl.DataFrame:
        return pl.DataFrame(self._here.sql(query))

    def _listen(self) -> None:
        """What the rows say, each thing once; and which concepts are about which elements."""
        known = Vocabulary.of(self._staged.source, "said", self._staged.bound)
        speaker = statements.Speaker(self._selection, known, self._groups)
        said = list(speaker.statements(dicts(self._here, "FROM said")))
        self._statements = pl.DataFrame(said, statements.STATEMENT)
        concepts = self._query("SELECT said, concept, source_concept FROM said")
        about = self._statements.join(concepts, on="said")
        self._about = about.select("concept", "source_concept", "group").unique()

    def _meet(self) -> None:
        """Who the patients are, and what the table person says of each."""
        self._here.execute(
            "CREATE TABLE who AS SELECT row_number() OVER () AS who, * FROM"
            " (SELECT DISTINCT * EXCLUDE (person_id) FROM person)"
        )
        rows: list[tuple[Any, ...]] = []
        unclear: list[int] = []
        for row in dicts(self._here, "FROM who"):
            row |= {"person_id": "", "is_dead": False, "death_date": ""}
            persons = tuple(by_person.persons_of(row))
            found = select(self._selection, Record("", persons))
            if len(persons) > 1 or found.problems:
                unclear.append(row["who"])
            rows += _rows(row["who"], found)
        self._of_persons = pl.DataFrame(rows, _FOUND, orient="row").rename({"place": "who"})
        names = set(PERSON) - {"person_id"}
        same = " AND ".join(f"one.{name} IS NOT DISTINCT FROM who.{name}" for name in names)
        patients = self._query(
            f"SELECT place, person_id AS {PATIENT}, min(who) AS who, bool_or(is_twice OR person_id"
            " IN (SELECT person_id FROM rows_of WHERE is_odd)) AS is_whole FROM person AS one"
            f" JOIN patient USING (person_id) JOIN who ON {same} GROUP BY ALL ORDER BY place"
        )
        is_unclear = pl.col("who").is_in(unclear)
        self.patients = patients.with_columns(is_whole=pl.col("is_whole") | is_unclear)

    def add(self, patients: pl.DataFrame) -> None:
        """Adds some patients to the tables, in their order."""
        first, last = patients["place"][0], patients["place"][-1]
        whole = set(patients.filter("is_whole")["place"])
        newest = self._query(f"FROM newest WHERE place BETWEEN {first} AND {last}")
        chosen, slow = statements.choose(newest, self._statements, self._groups)
        slow = slow.filter(~pl.col("place").is_in(list(whole)))
        chosen = chosen.join(slow, on=("place", "group"), how="anti")
        in_part = self._kept(self._in_part(patients, slow))
        persons = patients.join(self._of_persons, on="who")
        persons = persons.with_columns(source="person/" + pl.col(PATIENT))
        found = pl.concat([_spoken(chosen), in_part, persons.select(_FOUND.names())])
        whole |= set(in_part.filter(kind="conflict")["place"])
        whole |= self._contradictory(patients, found)
        if whole:
            self._problems = [one for one in self._problems if one[0] not in whole]
            others = found.filter(~pl.col("place").is_in(list(whole)))
            found = pl.concat([others, self._kept(self._in_whole(patients, whole))])
        self._write(patients, found)

    def _in_part(
        self, patients: pl.DataFrame, slow: pl.DataFrame
    ) -> Iterator[tuple[int, FromRecord]]:
        """What `select` says of some groups of elements, of those who have them here."""
        if slow.is_empty():
            return
        wanted = slow.join(patients, on="place").join(self._about, on="group")
        self._want(wanted.select(PATIENT, "concept", "source_concept").unique())
        groups: dict[int, set[str]] = {}
        for place, group in slow.iter_rows():
            groups.setdefault(place, set()).add(group)
        vocabulary = self._staged.bring("wanted", by_concept=True)
        places = dict(patients.select(PATIENT, "place").iter_rows())
        rows = dicts(self._here, _ROWS_IN_PART.format(on=self._selection.on))
        for patient, of in groupby(rows, itemgetter("person_id")):
            entries = tuple(by_person.entry_of(row, vocabulary) for row in of)
            found, place = select(self._selection, Record(patient, (), entries)), places[patient]
            of_them = {*groups[place], ""}
            evidence = [one for one in found.evidence if self._groups[one.element] in of_them]
            told = {one: one.message.partition(":")[0] for one in found.problems}
            problems = [one for one, name in told.items() if self._groups.get(name, "") in of_them]
            yield place, found._replace(evidence=tuple(evidence), problems=tuple(problems))

    def _in_whole(
        self, patients: pl.DataFrame, places: Collection[int]
    ) -> Iterator[tuple[int, FromRecord]]:
        """What `select` says of all that is recorded of these patients."""
        chosen = patients.filter(pl.col("place").is_in(list(places)))
        self._want(chosen.select(PATIENT))
        ids = dict(chosen.select(PATIENT, "place").iter_rows())
        for record in by_person.records(self._staged, "wanted"):
            yield ids[record.patient], select(self._selection, record)

    def _want(self, rows: pl.DataFrame) -> None:
        """Makes the table wanted, of persons and perhaps concepts."""
        rows = rows.rename({PATIENT: "person_id"})
        listed = ", ".join(f"unnest(?) AS {name}" for name in rows.columns)
        values = [column.to_list() for column in rows]
        self._here.execute(f"CREATE OR REPLACE TABLE wanted AS SELECT {listed}", values)

    def _kept(self, found: Iterable[tuple[int, FromRecord]]) -> pl.DataFrame:
        """As a frame; problems are kept for later."""
        rows: list[tuple[Any, ...]] = []
        for place, of in found:
            self._problems += [(place, one) for one in of.problems]
            rows += _rows(place, of)
        return pl.DataFrame(rows, _FOUND, orient="row")

    def _contradictory(self, patients: pl.DataFrame, found: pl.DataFrame) -> set[int]:
        """The patients whose answers cannot all be right."""
        trial, _, on, _ = self._selection
        answers = _answers(found)
        program = compile_trial(trial, Table(frozenset(answers["element"]), on=on))
        concerned = {name for one in program.contradictions for name in one.elements}
        if not concerned:
            return set()
        table = _facts(patients, answers).select(PATIENT, *sorted(concerned))
        matched = match_columns(trial, table.columns, PATIENT)
        batches = plan_batches(trial, matched, table.schema, PATIENT, Anchor(on, on))
        typed, _ = batches.read(prepared(batches, table.lazy(), PATIENT).collect())
        program = compile_trial(trial, table_of(typed.schema, on))
        flags = {f"flag {n}": one.holds for n, one in enumerate(program.contradictions)}
        holds = computed(typed.lazy(), program, flags).collect()
        is_one = pl.any_horizontal(pl.lit(value=False), *flags).fill_null(value=False)
        return set(patients.filter(holds.select(is_one).to_series())["place"])

    def _write(self, patients: pl.DataFrame, found: pl.DataFrame) -> None:
        answers = _answers(found)
        on = pl.lit(self._selection.on).alias(SCREENING_DATE)
        order = pl.col("element").cast(pl.Enum(list(self._selection.trial.elements)))
        shown = found.join(patients.select("place", PATIENT), on="place")
        shown = shown.sort("place", order, "kind", "date", "source", "code", "value")
        self._tables.add_many(_facts(patients, answers).with_columns(on), shown, len(answers))
        ids = dict(patients.select("place", PATIENT).iter_rows())
        for place, problem in sorted(self._problems):
            self._tables.note(problem, ids[place])
        self._problems.clear()


def _rows(place: int, found: FromRecord) -> Iterator[tuple[Any, ...]]:
    """What a record gives, as rows of `_FOUND`."""
    for one in found.evidence:
        answer = found.answers.get(one.element) if one.kind == "fact" else None
        shown = (getattr(one, name) for name in EVIDENCE_COLUMNS[1:])
        yield (place, *shown, *((answer.text, answer.date) if answer else (None, None)))


def _spoken(chosen: pl.DataFrame) -> pl.DataFrame:
    """The statements that hold, as rows of `_FOUND`."""
    day = pl.col("day").cast(pl.String())
    value = pl.when(pl.col("value") == statements.DAY).then(day).otherwise("value").alias("value")
    said = chosen.with_columns(value, date=day, answered=pl.when("is_dated").then(day))
    return said.select(_FOUND.names())


def _answers(found: pl.DataFrame) -> pl.DataFrame:
    """Each answer once: several codes may say the same; `choose` leaves those apart that do not."""
    return found.drop_nulls("answer").unique(("place", "element"), maintain_order=True)


def _facts(patients: pl.DataFrame, answers: pl.DataFrame) -> pl.DataFrame:
    """A row for each patient, a column for each element that has an answer, and for its day."""
    facts = patients.select("place", PATIENT)
    dated = answers.drop_nulls("answered")
    names = {name: day_column(name) for name in dated["element"].unique()}
    days = dated.select("place", pl.col("element").replace_strict(names, return_dtype=pl.String()),
                        answer="answered")  # fmt: skip
    every = pl.concat([answers.select("place", "element", "answer"), days])
    if every.is_empty():
        return facts.drop("place")
    wide = every.pivot("element", index="place", values="answer")
    return facts.join(wide, on="place", how="left", maintain_order="left").drop("place")
