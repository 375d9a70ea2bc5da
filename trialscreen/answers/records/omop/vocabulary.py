"""Concepts: which of them a mapping of codes binds, and what code each stands for."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from trialscreen.answers.records.codes import BY_BEGINNING
from trialscreen.answers.records.entries import Coding
from trialscreen.answers.records.omop.cdm import SYSTEMS, UNITS
from trialscreen.answers.records.omop.source import TableSource, literal, quoted

OMOP = "omop"

Key = tuple[str, str]
"""System and code, as a mapping has them."""

Ancestors = Mapping[int, tuple[int, ...]]


@dataclass(frozen=True)
class Concept:
    """A row of the vocabulary."""

    name: str
    vocabulary: str
    code: str


@dataclass(frozen=True)
class Bound:
    """The concepts that a mapping binds by themselves, and those below them.

    `ancestors`: of a descendant, the bound concepts that are above it. `named`: concepts of
    medicines with a name of the mapping.
    """

    direct: frozenset[int]
    ancestors: Ancestors
    named: frozenset[int] = frozenset()

    def all(self) -> frozenset[int]:
        """Every concept that can say something."""
        return self.direct | self.ancestors.keys() | self.named


@dataclass(frozen=True)
class Vocabulary:
    """What is known of the concepts that events name. `bound`: those that a mapping binds."""

    concepts: Mapping[int, Concept]
    ancestors: Ancestors
    bound: frozenset[int] = frozenset()

    def codings(self, concept: int) -> tuple[Coding, ...]:
        """The code that a concept stands for, and the concept; none for 0, which is not mapped."""
        if not concept:
            return ()
        known = self.concepts.get(concept)
        if known is None:
            return (Coding(OMOP, str(concept)),)
        system = SYSTEMS.get(known.vocabulary, known.vocabulary)
        return (
            Coding(system, known.code, known.name),
            Coding(OMOP, str(concept), known.name),
        )

    def all_codings(self, concept: int, source: int, *, above: bool) -> tuple[Coding, ...]:
        """The codes of an event: its concept's, its source's, and those of concepts above."""
        both = dict.fromkeys((concept, source))
        found = [coding for one in both for coding in self.codings(one)]
        if above:
            over = dict.fromkeys(up for one in both for up in self.ancestors.get(one, ()))
            found += [coding for one in over for coding in self.codings(one)]
        return tuple(dict.fromkeys(found))

    def unit(self, concept: int) -> str | None:
        """The UCUM code of a unit's concept; None if it is not known."""
        known = self.concepts.get(concept)
        if known is not None:
            return known.code if known.vocabulary == "UCUM" else None
        return UNITS.get(concept)


def bound_concepts(source: TableSource, keys: Collection[Key], names: str) -> Bound:
    """The concepts of the source's vocabulary that a mapping binds, and those below them.

    `names`: a pattern of the names of medicines; empty for none.
    """
    direct = {int(code) for system, code in keys if system == OMOP and code.isdigit()}
    if "concept" in source.tables:
        direct |= {int(one) for (one,) in source.fetch(_concepts_by_code(source, keys))}
    above: dict[int, tuple[int, ...]] = {}
    if "concept_ancestor" in source.tables and direct:
        for low, high in source.fetch(_descendants(source, direct)):
            above[int(low)] = (*above.get(int(low), ()), int(high))
    named: set[int] = set()
    if "concept" in source.tables and names:
        named = {int(one) for (one,) in source.fetch(_named(source, names))}
    return Bound(frozenset(direct), above, frozenset(named))


def vocabulary(source: TableSource, used: Collection[int], bound: Bound) -> Vocabulary:
    """What the source's vocabulary says of the concepts that are used."""
    above = {one: bound.ancestors[one] for one in used if one in bound.ancestors}
    wanted = {*used, *(up for ups in above.values() for up in ups)} - {0}
    concepts: dict[int, Concept] = {}
    if "concept" in source.tables and wanted:
        number = source.id_in("concept", "concept_id")
        relation, columns = source.tables["concept"]
        listed = ", ".join(
            f"CAST({quoted(columns[name][0])} AS text)"
            for name in ("concept_name", "vocabulary_id", "concept_code")
        )
        query = f"SELECT {number}, {listed} FROM {relation} WHERE {number} IN {source.ids(wanted)}"
        for one, name, system, code in source.fetch(query):
            concepts[int(one)] = Concept(name or "", system or "", code or "")
    return Vocabulary(concepts, above, frozenset(used) & bound.all())


def lacks_descendants(source: TableSource) -> str:
    """Why descendants of concepts are not found; empty if they are."""
    if "concept_ancestor" not in source.tables:
        return "there is no table concept_ancestor"
    if not source.fetch(f"SELECT 1 FROM {source.tables['concept_ancestor'][0]} LIMIT 1"):
        return "the table concept_ancestor is empty"
    return ""


def _concepts_by_code(source: TableSource, keys: Iterable[Key]) -> str:
    """The ids of the concepts that stand for these codes."""
    relation, columns = source.tables["concept"]
    vocabulary_id, code = (quoted(columns[name][0]) for name in ("vocabulary_id", "concept_code"))
    tests = ["false"]
    for name, system in SYSTEMS.items():
        if some := is_one_of(code, system, keys):
            tests.append(f"{vocabulary_id} = {literal(name)} AND ({some})")
    number = source.id_in("concept", "concept_id")
    return f"SELECT {number} FROM {relation} WHERE {' OR '.join(f'({one})' for one in tests)}"


def is_one_of(code: str, system: str, keys: Iterable[Key]) -> str:
    """SQL: whether a text is one of the codes of a system; empty if there are none."""
    bound = sorted({code for key, code in keys if key == BY_BEGINNING.get(system, system)})
    if system not in BY_BEGINNING:
        return f"{code} IN ({_texts(bound)})" if bound else ""
    bare = f"upper(replace({code}, '.', ''))"
    return " OR ".join(
        f"substr({bare}, 1, {size}) IN ({_texts(of_size)})"
        for size in sorted({len(one) for one in bound})
        if (of_size := [one for one in bound if len(one) == size])
    )


def _named(source: TableSource, names: str) -> str:
    """The ids of the concepts of medicines with one of these names."""
    relation, columns = source.tables["concept"]
    name, system = (quoted(columns[one][0]) for one in ("concept_name", "vocabulary_id"))
    listed = _texts(("RxNorm", "RxNorm Extension", "ATC"))
    number = source.id_in("concept", "concept_id")
    is_named = source.matches(name, names)
    return f"SELECT {number} FROM {relation} WHERE {system} IN ({listed}) AND {is_named}"


def _descendants(source: TableSource, direct: Collection[int]) -> str:
    """The pairs of a concept and a bound one above it."""
    relation, _ = source.tables["concept_ancestor"]
    low = source.id_in("concept_ancestor", "descendant_concept_id")
    high = source.id_in("concept_ancestor", "ancestor_concept_id")
    return (
        f"SELECT {low}, {high} FROM {relation}"
        f" WHERE {high} IN {source.ids(direct)} AND {low} <> {high} ORDER BY 1, 2"
    )


def _texts(texts: Sequence[str]) -> str:
    return ", ".join(map(literal, texts))
