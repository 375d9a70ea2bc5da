"""Reads OMOP records person by person, converting each row to an entry."""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple

from trialscreen.answers.records.codes import Codes
from trialscreen.answers.records.entries import (
    Amount,
    Coding,
    Entry,
    EntryKind,
    NormalRange,
    Person,
    Record,
    Standing,
)
from trialscreen.answers.records.fact_tables import FactTables
from trialscreen.answers.records.omop.cdm import BY_TABLE, DIAGNOSED, OPERATORS, ORDERS, SEXES
from trialscreen.answers.records.omop.events import Staged, dicts, problems, stage
from trialscreen.answers.records.omop.opening import open_source
from trialscreen.answers.records.omop.vocabulary import Vocabulary
from trialscreen.text.characters import folded

Event = Mapping[str, Any]

_NUMBER = re.compile(r"([<>]=?|[≤≥])? *([+-]?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)")
_WORDS = {
    **dict.fromkeys(("less than", "below", "under"), "<"),
    **dict.fromkeys(("greater than", "more than", "above", "over"), ">"),
    "at most": "<=",
    "at least": ">=",
}
_SAID = re.compile(
    rf"(=? ?[<>]|[≤≥]|{'|'.join(_WORDS)})?( ?(?:or )?=| or equal to)? ?"
    r"([+-]? ?[0-9]+(?:,[0-9]+)*(?:\.[0-9]+)?(?:e[+-]?[0-9]{1,3})?)?(.*)"
)
"""How a text of the source begins: a comparator, a number. Units and flags may follow."""
_SIGNS = {"≤": "<=", "≥": ">=", "=<": "<=", "=>": ">="}
_ALIKE = Decimal("1e-6")
"""By so much of itself a number may differ from that in the source, as floats of 32 bits do."""
_TAG = re.compile(r" \((?:qualifier value|finding)\)$")
MIDNIGHT = r"[T ]00:00(?::00(?:\.0+)?)?(?:Z|[+-]00(?::?00)?)?"
"""What stands behind a day in a column of moments, and tells no time. Python and DuckDB read it."""
TIME = r"(?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9])?"
"""A time of day, in a column of times."""
_CODE = re.compile(r"[A-Za-z0-9.-]+")
NO_NUMBER = frozenset({"nan", "inf", "-inf", "infinity", "-infinity"})

FROM_SOURCE = "the number stands in value_source_value only"
COMPARATOR_FROM_SOURCE = "the comparator stands in value_source_value only"

_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_BY_PERSON = "ORDER BY TRY_CAST(person_id AS BIGINT), person_id"


@contextmanager
def staged_for(codes: Codes, source: str) -> Iterator[Staged]:
    """The rows of a source that a mapping can use. Raises InputError if it cannot be read."""
    with open_source(source) as opened:
        yield stage(opened, {*codes.bound, *codes.medicines}, codes.names)


def extract_one_by_one(staged: Staged, tables: FactTables, advance: Callable[[int], None]) -> None:
    """Adds every patient to the tables; `advance` is told of each. Raises InputError."""
    for problem in problems(staged):
        tables.note(problem)
    for record in records(staged):
        tables.add(record)
        advance(1)


def records(staged: Staged, of: str = "person") -> Iterator[Record]:
    """A record for every person in the table `of`, in the order of their ids."""
    vocabulary = staged.bring(of)
    events = f'FROM event {_BY_PERSON}, "table", TRY_CAST(id AS BIGINT), id'
    entries = groupby(dicts(staged.source.here, events), itemgetter("person_id"))
    patient, rows = next(entries, ("", iter(())))
    for record in without_entries(staged, of):
        of_them: tuple[Entry, ...] = ()
        if patient == record.patient:
            of_them = tuple(entry_of(row, vocabulary) for row in rows)
            patient, rows = next(entries, ("", iter(())))
        yield record._replace(entries=of_them)


def without_entries(staged: Staged, of: str) -> Iterator[Record]:
    """The records of the persons in the table `of`, as far as the table person has them."""
    query = (
        "FROM (SELECT DISTINCT one.*, death_date, death.person_id IS NOT NULL AS is_dead"
        f" FROM person AS one SEMI JOIN {of} AS wanted USING (person_id)"
        " LEFT JOIN death USING (person_id) WHERE person_id IS NOT NULL)"
        f" {_BY_PERSON}, COLUMNS(*)"  # of a person who stands there twice, the same one first
    )
    rows = dicts(staged.source.here, query)
    for patient, of_them in groupby(rows, itemgetter("person_id")):
        yield Record(patient, tuple(person for row in of_them for person in persons_of(row)))


def persons_of(row: dict[str, Any]) -> Iterator[Person]:
    """What a row of the table person says of the patient, who may be born on two days.

    Of the first, as much is known as its parts say; a day needs its month.
    """
    concept = row["gender_concept_id"] or "0"
    sex = SEXES.get(int(concept), "") if concept.isdigit() else ""
    if concept == "0":
        sex = row["gender_source_value"] or ""  # not mapped
    parts: list[str] = []
    for part, width in (("year_of_birth", 4), ("month_of_birth", 2), ("day_of_birth", 2)):
        text = (row[part] or "").removesuffix(".0")
        if not text.isdigit() or not int(text):
            break
        parts.append(text.zfill(width))
    deceased = (row["death_date"] or "yes")[:10] if row["is_dead"] else ""
    born = "-".join(parts)
    yield (person := Person(sex, born, deceased, f"person/{row['person_id']}"))
    day = (row["birth_datetime"] or born)[:10]
    known = len(born) if _DAY.fullmatch(day) else 4
    if day[:known] != born[:known] or not known:
        yield person._replace(birth_date=day)


# What a row says.


def entry_of(event: Event, vocabulary: Vocabulary) -> Entry:
    """The entry that a row of the table `event` makes."""
    value, notes = _value(event, vocabulary) if event["kind"] == "measurement" else (None, ())
    is_finding = event["table"] == "observation" and value is None
    kind: EntryKind = "condition" if is_finding else event["kind"]
    standing, why = _standing(event, kind, vocabulary)
    unit = _unit(event, vocabulary)
    route, named = vocabulary.codings(event["route"]), event["route_source"]
    entry = Entry(
        kind=kind,
        codes=_codes(event, vocabulary),
        source=f"{event['table']}/{event['id']}",
        value=value,
        also=_also(event, vocabulary) if event["kind"] == "measurement" else (),
        limits=NormalRange(_limit(event["low"], unit), _limit(event["high"], unit)),
        start=_start(event),
        end=_end(event, kind),
        days=_days(event["days"]),
        standing=standing,
        route=route if route or named is None else (Coding("", named, named),),
        notes=(*notes, *why),
        is_mapped=_is_mapped(event, vocabulary),
    )
    if event["type"] in ORDERS:  # when it was written is not when the medicine was taken
        return entry._replace(start="", end="", days=None, recorded=entry.start)
    return entry


def _is_mapped(event: Event, vocabulary: Vocabulary) -> bool:
    return bool(event["concept"]) or event["source_concept"] in vocabulary.bound


def _codes(event: Event, vocabulary: Vocabulary) -> tuple[Coding, ...]:
    domain, both = BY_TABLE[event["table"]], (event["concept"], event["source_concept"])
    found = vocabulary.all_codings(*both, above=domain.has_wider)
    if _is_mapped(event, vocabulary):
        return found
    text = event["source_code"] or ""  # of which system, if of any, nobody says
    systems = domain.systems if _CODE.fullmatch(text) else ()
    return (Coding("", text, text), *(Coding(system, text) for system in systems), *found)


def _value(
    event: Event, vocabulary: Vocabulary
) -> tuple[Amount | str | tuple[Coding, ...] | None, tuple[str, ...]]:
    number, source = _text(event["number"]), _text(event["value_source"])
    if number is not None:
        return _number(event, number, source, vocabulary)
    if event["value_concept"]:
        return vocabulary.codings(event["value_concept"]), ()
    if event["value_text"] is not None:
        return _TAG.sub("", event["value_text"]), ()
    if source is None:
        return None, ()
    if (read := _NUMBER.fullmatch(source)) is None:
        return _TAG.sub("", source), ()
    return Amount(read[2], _sign(read[1]), event["unit_source"] or ""), (FROM_SOURCE,)


def _also(event: Event, vocabulary: Vocabulary) -> tuple[Coding, ...]:
    """What else a row says of its result: a concept beside a number, a text beside a concept."""
    found: tuple[Coding, ...] = ()
    texts = [event["value_text"], event["value_source"]]
    if _text(event["number"]) is not None:
        found = vocabulary.codings(event["value_concept"])[:1]
        texts.pop()  # a number that is another, or of which this is half, is told of
    elif event["value_concept"]:
        said = {folded(one.display) for one in vocabulary.codings(event["value_concept"])}
        texts = [one for one in texts if one is None or folded(_TAG.sub("", one)) not in said]
    elif event["value_text"] is not None:
        texts = [one for one in texts[1:] if one != event["value_text"]]
    else:
        return ()
    return (*found, *(Coding("", "", _TAG.sub("", one)) for one in texts if one is not None))


def _number(
    event: Event, number: str, source: str | None, vocabulary: Vocabulary
) -> tuple[Amount | str, tuple[str, ...]]:
    """The number with its comparator, wherever that stands; a text if it is no number."""
    operator = event["operator"]
    read = _NUMBER.fullmatch(number)
    if read is None:
        return number, ()
    if operator not in OPERATORS and operator:
        return f"value_as_number {number} with the operator concept {operator}", ()
    comparator = _sign(read[1]) or OPERATORS.get(operator, "")
    notes: tuple[str, ...] = ()
    said, value = _said(source or ""), Decimal(read[2])
    # Many databases map every number to `=`.
    takes_sign = bool(said.comparator) and not comparator
    # Its comparator is that of the number beside it: half of a limit may stand there.
    is_of = said.is_number(value) if said.number else not said.rest
    if (value and said.is_number(-value)) or (takes_sign and not is_of):
        return f"value_as_number {number} and value_source_value {source}", ()
    if takes_sign:
        comparator, notes = said.comparator, (COMPARATOR_FROM_SOURCE,)
    unit, ucum = _unit(event, vocabulary)
    return Amount(_plain(read[2]), comparator, unit, ucum), notes


class _Said(NamedTuple):
    """How a text of the source begins, and what follows."""

    comparator: str
    number: str
    rest: str

    def is_number(self, value: Decimal) -> bool:
        """Whether it says just this number, a comma in it being of thousands or of decimals."""
        number = self.number.replace(" ", "")
        both = {number.replace(",", ""), number.replace(",", ".")} if number else set()
        read = (Decimal(one) for one in both if one.count(".") < 2)
        return any(abs(one - value) <= abs(value) * _ALIKE for one in read)


def _said(source: str) -> _Said:
    found = _SAID.fullmatch(folded(source))
    assert found is not None
    sign, equal, number, rest = found.groups("")
    if sign in _WORDS and not number:
        return _Said("", "", source)
    sign = _sign(_WORDS.get(sign, sign.replace(" ", "")))
    return _Said(f"{sign}=" if equal and sign in ("<", ">") else sign, number, rest)


def _unit(event: Event, vocabulary: Vocabulary) -> tuple[str, str]:
    """The unit as printed, and its code. Concept 0 is not mapped: the source's own counts."""
    concept, printed = event["unit_concept"], event["unit_source"] or ""
    if not concept:
        return printed, ""
    code = vocabulary.unit(concept)
    if code is not None:
        return printed or code, code
    source = _NUMBER.fullmatch(event["value_source"] or "")
    if printed and source is not None and _plain(source[2]) == event["number"]:
        return printed, ""  # the number is the source's: so is its unit
    return f"unit concept {concept}", ""


def _limit(number: str | None, unit: tuple[str, str]) -> Amount | None:
    if number is None or _NUMBER.fullmatch(number) is None:
        return None
    return Amount(_plain(number), "", *unit)


def _text(number: str | None) -> str | None:
    """The text of a number; None for what a column of floats holds in place of none."""
    return None if number is None or number.lower() in NO_NUMBER else number


def _plain(number: str) -> str:
    """Without an exponent."""
    return format(Decimal(number), "f") if "e" in number.lower() else number


def _sign(sign: str | None) -> str:
    return _SIGNS.get(sign or "", sign or "")


def _start(event: Event) -> str:
    """The day; the moment, where a time of that day is known. Midnight only fills a column."""
    moment, time, day = event["moment"] or "", event["time"] or "", _day(event["day"] or "")
    if moment and not day:
        return _day(moment)
    if moment[:10] == day and len(moment) > 10 and _day(moment) != day:
        return f"{day}T{moment[11:]}"
    if re.fullmatch(TIME, time) and len(day) == 10:
        return f"{day}T{time}"
    return day


def _day(text: str) -> str:
    """A date column's text, without the midnight of a column of moments."""
    return text[:10] if re.fullmatch(MIDNIGHT, text[10:]) else text


def _end(event: Event, kind: EntryKind) -> str:
    """When it was over. Of a medicine: the last day, if it is more than the first one again."""
    end = _day(event["end"] or "")
    if kind != "medication":
        return end
    if event["last"]:
        return _day(event["last"])
    return end if _days(event["days"]) is not None or end != _day(event["day"] or "") else ""


def _days(text: str | None) -> int | None:
    """How many days were supplied; 0 is not known."""
    number = _NUMBER.fullmatch(text or "")
    days = int(Decimal(number[2])) if number is not None else 0
    return days if days > 0 else None


def _standing(
    event: Event, kind: EntryKind, vocabulary: Vocabulary
) -> tuple[Standing, tuple[str, ...]]:
    if kind == "medication":
        return ("past" if event["stopped"] else "counts"), ()
    status = event["status"]
    if kind != "condition" and not status:
        return "counts", ()
    if status and status not in DIAGNOSED:
        name = next((one.display for one in vocabulary.codings(status) if one.display), "")
        return "provisional", (f"status {name or status}",)
    return ("resolved" if event["end"] or event["stopped"] else "counts"), ()
