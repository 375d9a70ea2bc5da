"""Parses a whole criteria file into a Trial, and checks the consistency of its parts."""

import hashlib
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from typing import get_args

from trialscreen.criteria_file.reader import Cursor, Document, Reader, read_record, reader_of
from trialscreen.criteria_file.yaml_elements import (
    STAND_IN,
    inputs_of,
    read_elements,
    read_rule,
    read_rules,
)
from trialscreen.criteria_file.yaml_nodes import Mapping as MappingNode
from trialscreen.criteria_file.yaml_nodes import Scalar, Sequence, parse_yaml
from trialscreen.model import rules
from trialscreen.model.registration import Registration
from trialscreen.model.trial import (
    RESULT_COLUMNS,
    SCREENING_DATE,
    Alternative,
    Check,
    Confirmed,
    Criterion,
    Direction,
    Element,
    Kind,
    Reading,
    Section,
    Trial,
    Unit,
)
from trialscreen.text.characters import DASH, WORDS, folded, is_dash, nearest, shown
from trialscreen.text.text_files import decode

FORMAT = 1
_OF_ALTERNATIVE = ("alternative_rule", "alternative_is", "alternative_answers")
_BESIDE_READING = (*_OF_ALTERNATIVE, "elsewhere")
_KEYS = (
    *("format", "version", "trial", "units", "spellings", "sections", "cards"),
    *("elements", "inclusion", "exclusion", "checks"),
)
_ID = re.compile(r"\w[\w .()/-]*")
_NO_CRITERION = "no criterion stands here or under inclusion: every patient would be eligible"


def parse_trial(data: bytes, origin: str) -> Trial:
    """The trial in a criteria file's bytes.

    `origin` names the file in messages. Raises InputError with every problem found, each
    with file, line, column and the path in the document.
    """
    document = Document(origin)
    root = Cursor(parse_yaml(decode(data, origin), origin, document.problems), "", document)
    if not isinstance(root.node, MappingNode) or root.node.keys.keys().isdisjoint(_KEYS):
        root.problem(f"expected the keys of a criteria file: {', '.join(_KEYS)}")
        document.raise_any()
    root.known_keys(_KEYS)
    if root.required("format", Cursor.whole, FORMAT) != FORMAT:
        root.down("format").problem(f"this version reads format {FORMAT}")
    elements = root.required("elements", read_elements, dict[str, Element]())
    trial = Trial(
        version=root.required("version", Cursor.text, ""),
        sha256=hashlib.sha256(data).hexdigest(),
        origin=origin,
        registration=root.required("trial", reader_of(Registration), None),
        elements=_with_units(elements, root.optional("units", _read_units, dict[str, Unit]())),
        sections=root.required("sections", reader_of(tuple[Section, ...]), ()),
        cards=root.optional("cards", reader_of(Mapping[str, str]), {}),
        criteria=_read_criteria(root),
        checks=tuple(
            read_record(at, Check, {"id": Cursor.text, "when": read_rule})
            for at in root.items_of("checks")
        ),
        spellings=root.optional("spellings", _read_spellings, {}),
    )
    _cross_check(trial, root)
    document.raise_any()
    if not trial.criteria:
        root.down("exclusion").problem(_NO_CRITERION)
    for name in _cyclic(elements):
        root.down("elements", name).problem("its derivation needs its own value")
    document.raise_any()
    return trial


def _with_units(elements: Mapping[str, Element], units: Mapping[str, Unit]) -> dict[str, Element]:
    return {name: replace(one, units=units) for name, one in elements.items()}


def _read_units(at: Cursor) -> dict[str, Unit]:
    readers = {"show": _read_show}
    return {code: read_record(place, Unit, readers, code=code) for code, place in at.entries()}


def _read_show(at: Cursor) -> str:
    """The display form of a unit; `""` for one that is not displayed."""
    is_empty = isinstance(at.node, Scalar) and not at.node.plain and not at.node.text
    return "" if is_empty else at.verbatim()


def _read_spellings(at: Cursor) -> dict[str, str]:
    """Additional words for yes, no, unknown and pending, each mapped to one of these."""
    meanings = {word: meant for meant, words in WORDS.items() for word in words}
    found = {}
    for spelling, place in at.entries():
        found[spelling] = place.word(tuple(WORDS))
        if is_dash(word := folded(spelling)):
            place.problem(DASH)
        elif meanings.setdefault(word, found[spelling]) != found[spelling]:
            place.problem(f"{shown(spelling)} already means {meanings[word]}")
    return found


def _read_criteria(root: Cursor) -> tuple[Criterion, ...]:
    """All criteria, each with the readings that its result may depend on."""
    ids: dict[str, Cursor] = {}
    read: list[tuple[Cursor, Criterion]] = []
    clauses: dict[str, rules.Rule] = {}
    for kind in get_args(Kind):
        for at in root.required(kind, Cursor.items, list[Cursor]()):
            criterion = _read_criterion(kind, at)
            # Ids become column names, in which case matters to some databases only.
            first = ids.setdefault(criterion.id.casefold(), at)
            if criterion.id and first is not at:
                message = f"another criterion has this id, on line {first.node.line}"
                at.down("id").problem(f"{shown(criterion.id)}: {message}")
            read.append((at, criterion))
            clauses[criterion.id] = criterion.rule
            inside = rules.rules_in(criterion.rule)
            clauses.update((one.id, one) for one in inside if isinstance(one, rules.Clause))
    root.document.clauses = clauses
    alternatives = _read_alternatives(read)
    root.document.clauses = {}
    return tuple(one._replace(alternatives=tuple(alternatives[one.id])) for _, one in read)


def _read_alternatives(
    read: list[tuple[Cursor, Criterion]],
) -> dict[str, list[tuple[Reading, Alternative]]]:
    """The alternatives of the readings, by the criteria whose result may depend on them.

    Called once all criteria are read: an alternative's rule may refer to the chosen rule of a
    criterion or clause by name.
    """
    found: dict[str, list[tuple[Reading, Alternative]]] = {one.id: [] for _, one in read}
    for at, criterion in read:
        for place, reading in zip(at.items_of("readings"), criterion.readings, strict=False):
            found[criterion.id].append((reading, _read_alternative(place)))
            for name, other in place.entries_of("elsewhere"):
                if name not in found:
                    other.problem(f"no criterion has the id {shown(name)}.{nearest(name, found)}")
                other.known_keys(_OF_ALTERNATIVE)
                found.setdefault(name, []).append((reading, _read_alternative(other)))
    return found


def _read_criterion(kind: Kind, at: Cursor) -> Criterion:
    readers: dict[str, Reader] = {
        "id": _criterion_id,
        "readings": lambda at: tuple(
            read_record(one, Reading, {"confirmed": _read_confirmed}, _BESIDE_READING)
            for one in at.items()
        ),
        "expected_to_fail": _read_share,
    }
    rule = at.required("rule", read_rule, STAND_IN)
    given = {"kind": kind, "alternatives": (), "rule": rule}
    return read_record(at, Criterion, readers, ("rule",), **given)


def _read_confirmed(at: Cursor) -> Confirmed:
    found = read_record(at, Confirmed)
    if found.on is not None and found.on > date.today():  # noqa: DTZ011 - the user's own
        at.down("on").problem(f"{found.on} lies in the future; leave it out until it is confirmed")
    return found


def _read_alternative(at: Cursor) -> Alternative:
    def read(place: Cursor) -> tuple[rules.Rule, ...]:
        """A rule, or a list with one for each meaning the alternative may have."""
        return read_rules(place) if isinstance(place.node, Sequence) else (read_rule(place),)

    return Alternative(
        at.optional("alternative_rule", read, ()),
        at.optional("alternative_is", reader_of(Direction), None),
        tuple(map(Cursor.element_name, at.items_of("alternative_answers"))),
    )


ENDS = ("", "_low", "_high", "_date")
"""Suffixes of an element's name in the columns of a table."""


def _criterion_id(at: Cursor) -> str:
    """A criterion's id, which must be distinct from every other column of a screened table."""
    name = at.verbatim()
    taken = {f"{one}{end}" for one in at.document.elements for end in ENDS}
    if name.casefold() in taken.union(RESULT_COLUMNS):
        at.problem(f"{shown(name)}: a column of screened tables is called so")
    elif name and not _ID.fullmatch(name):
        at.problem(
            f"{shown(name)}: expected letters and digits first, then also . _ - ( ) / and space"
        )
    return name


def _read_share(at: Cursor) -> float:
    share = float(at.number())
    if not 0 < share < 1:
        at.problem(f"{share:g}; expected a share above 0 and below 1, such as 0.05")
    return share


def _cross_check(trial: Trial, root: Cursor) -> None:
    if SCREENING_DATE in trial.elements and trial.elements[SCREENING_DATE].type != "date":
        root.down("elements", SCREENING_DATE, "type").problem(f"{SCREENING_DATE} must be a date")
    sections = [section.id for section in trial.sections if section.id]
    checks = [check.id for check in trial.checks if check.id]
    for key, ids in (("sections", sections), ("checks", checks)):
        for repeated, count in Counter(ids).items():
            if count > 1:
                root.down(key).problem(f"the id {shown(repeated)} stands twice")
    for element in trial.elements.values():
        named = (("section", element.section, sections), ("card", element.card, trial.cards))
        for key, name, known in named:
            if name and name not in known:
                message = f"{shown(name)} is not defined.{nearest(name, known)}"
                root.down("elements", element.name, key).problem(message)


def _cyclic(elements: Mapping[str, Element]) -> Iterator[str]:
    """The elements whose derivation is circular."""
    needs = {name: inputs_of(element) for name, element in elements.items()}
    for start, first in needs.items():
        behind = list(first)
        for name in behind:
            behind.extend(one for one in needs[name] if one not in behind)
        if start in behind:
            yield start
