"""Finds the OMOP concepts that a code mapping binds, and the code of each concept."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from trialscreen.answers.records.codes import BY_BEGINNING, Key
from trialscreen.answers.records.entries import Coding
from trialscreen.answers.records.omop.cdm import CONCEPTS, SYSTEMS, UNITS
from trialscreen.answers.records.omop.source import TableSource, literal

OMOP = "omop"


@dataclass(frozen=True)
class Bound:
    """What a mapping binds: systems and codes, and the concepts for them, and those below.

    `names`: a pattern of the names of medicines, empty for none; `named`: concepts with such a
    name. `ancestors`: of a descendant, the bound concepts that are above it.
    """

    keys: Collection[Key]
    names: str
    direct: frozenset[int]
    ancestors: Mapping[int, tuple[int, ...]]
    named: frozenset[int]

    @classmethod
    def of(cls, source: TableSource, keys: Collection[Key], names: str) -> "Bound":
        """What a mapping binds that has these keys, and this pattern of names, in a source."""
        direct = {int(code) for system, code in keys if system == OMOP and code.isdigit()}
        named: set[int] = set()
        if "concept" in source.tables:
            tests = [
                f"(vocabulary_id = {literal(vocabulary)} AND ({some}))"
                for vocabulary, of in SYSTEMS.items()
                if (some := is_one_of("concept_code", of, keys))
            ]
            direct |= _concepts(source, " OR ".join(tests) or "false")
            if names:
                is_medicine = f"vocabulary_id IN ({_texts(('RxNorm', 'RxNorm Extension', 'ATC'))})"
                is_named = source.matches("concept_name", names)
                named = _concepts(source, f"{is_medicine} AND {is_named}")
        above: dict[int, tuple[int, ...]] = {}
        if (ancestor := source.tables.get("concept_ancestor")) is not None and direct:
            low = source.id_in(ancestor, "descendant_concept_id")
            high = source.id_in(ancestor, "ancestor_concept_id")
            pairs = source.fetch(
                f"SELECT {low}, {high} FROM {ancestor.sql}"
                f" WHERE {high} IN {source.ids(direct)} AND {low} <> {high} ORDER BY 1, 2"
            )
            for one, up in pairs:
                above[int(one)] = (*above.get(int(one), ()), int(up))
        return cls(keys, names, frozenset(direct), above, frozenset(named))

    def __contains__(self, concept: int) -> bool:
        return concept in self.direct or concept in self.ancestors or concept in self.named


@dataclass(frozen=True)
class Vocabulary:
    """What is known of the concepts that events name: the code that each stands for."""

    bound: Bound
    concepts: Mapping[int, Coding]

    @classmethod
    def of(cls, source: TableSource, events: str, bound: Bound) -> "Vocabulary":
        """What the source's vocabulary says of the concepts that a table of events names."""
        names = " UNION ".join(f"SELECT {name} FROM {events}" for name in CONCEPTS)
        used = {int(one) for (one,) in source.here.execute(names).fetchall()}
        wanted = {*used, *(up for one in used for up in bound.ancestors.get(one, ()))} - {0}
        concepts: dict[int, Coding] = {}
        if (concept := source.tables.get("concept")) is not None and wanted:
            number = source.id_in(concept, "concept_id")
            told = ("vocabulary_id", "concept_code", "concept_name")
            listed = ", ".join(f"coalesce({concept.text(name)}, '')" for name in told)
            where = f"{number} IN {source.ids(wanted)}"
            found = source.fetch(f"SELECT {number}, {listed} FROM {concept.sql} WHERE {where}")
            for one, system, *texts in found:
                concepts[int(one)] = Coding(SYSTEMS.get(system, system), *texts)
        return cls(bound, concepts)

    def codings(self, concept: int) -> tuple[Coding, ...]:
        """The code that a concept stands for, and the concept; none for 0, which is not mapped."""
        if not concept:
            return ()
        known = self.concepts.get(concept)
        if known is None:
            return (Coding(OMOP, str(concept)),)
        return known, Coding(OMOP, str(concept), known.display)

    def all_codings(self, concept: int, source: int, *, above: bool) -> tuple[Coding, ...]:
        """The codes of an event: its concept's, its source's, and those of concepts above."""
        both = dict.fromkeys((concept, source))
        found = [coding for one in both for coding in self.codings(one)]
        if above:
            over = dict.fromkeys(up for one in both for up in self.bound.ancestors.get(one, ()))
            found += [coding for one in over for coding in self.codings(one)]
        return tuple(dict.fromkeys(found))

    def unit(self, concept: int) -> str | None:
        """The UCUM code of a unit's concept; None if it is not known."""
        known = self.concepts.get(concept)
        if known is not None:
            return known.code if known.system == "UCUM" else None
        return UNITS.get(concept)


def _concepts(source: TableSource, where: str) -> set[int]:
    """The ids of the concepts of which `where` holds."""
    concept = source.tables["concept"]
    number = source.id_in(concept, "concept_id")
    found = source.fetch(f"SELECT {number} FROM {concept.sql} WHERE {where}")
    return {int(one) for (one,) in found}


def is_one_of(code: str, system: str, keys: Iterable[Key]) -> str:
    """SQL: whether a text is one of the codes of a system; empty if there are none."""
    bound = sorted({code for key, code in keys if key == BY_BEGINNING.get(system, system)})
    if system not in BY_BEGINNING:
        return f"{code} IN ({_texts(bound)})" if bound else ""
    bare = f"upper(replace({code}, '.', ''))"
    return " OR ".join(
        f"substr({bare}, 1, {size}) IN ({_texts(one for one in bound if len(one) == size)})"
        for size in sorted(set(map(len, bound)))
    )


def _texts(texts: Iterable[str]) -> str:
    return ", ".join(map(literal, texts))
