"""SQL for the newest rows of each patient, and the distinct statements in them."""

from datetime import date

from trialscreen.answers.records.omop.by_person import MIDNIGHT, NO_NUMBER, TIME
from trialscreen.answers.records.omop.events import DomainRows, Staged, cleaned
from trialscreen.answers.records.omop.source import Relation, quoted

_ROW_BITS = 40
_LAST_ROW = f"((1::BIGINT << {_ROW_BITS}) - 1)"
_FIRST = "DATE '1800-01-01'"
_MOMENT = r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?"

SAID = (
    *("concept", "source_concept", "number", "operator", "value_concept", "value_text"),
    *("value_source", "unit_concept", "unit_source", "low", "high", "route", "status", "type"),
)
"""The columns that make what a row says, but for when; `has_end` and `is_stopped` do, too."""


def find_newest(staged: Staged, on: date) -> None:
    """Makes the tables patient, rows_of, said and newest, of all who are alive.

    `newest` has a row of each patient for each concept, and more where several are of its last
    day, or medicines that were taken until then or longer; `said` what they say. Of patients in
    `odd` some row has no day that can be compared, or is mapped to no concept.
    """
    here = staged.source.here
    here.execute(
        "CREATE TABLE patient AS SELECT row_number() OVER"
        " (ORDER BY TRY_CAST(person_id AS BIGINT), person_id) AS place, person_id, times > 1 AS"
        " is_twice FROM (SELECT person_id, count(*) AS times FROM (SELECT DISTINCT * FROM person)"
        " WHERE person_id IS NOT NULL GROUP BY person_id) ANTI JOIN death USING (person_id)"
    )
    parts: list[tuple[str, str, str]] = []
    for number, rows in enumerate(staged.rows):
        rows_of = _pick(staged, rows, on)
        _keep(staged, rows, on)
        parts.append((rows_of, _said(staged, rows, number), _newest(rows)))
    for name, of in zip(("rows_of", "said", "newest"), zip(*parts, strict=True), strict=True):
        here.execute(f"CREATE TABLE {name} AS {' UNION ALL '.join(of)}")


def _pick(staged: Staged, rows: DomainRows, on: date) -> str:
    """For each patient and concept the row of the last day, counted from either end.

    Where the two differ, there are several of that day. SQL: how many rows each patient has.
    """
    table, here = rows.domain.table, staged.source.here
    day = f"(({_day(rows)} - {_FIRST})::BIGINT << {_ROW_BITS})"
    counts = f"CASE WHEN {_day(rows)} <= DATE '{on}' THEN {day}"
    is_odd = f"{_until(rows)} IS NULL"
    if rows.ids and rows.domain.kind != "medication":
        # What is mapped to no concept: concepts tell apart what rows say of all else.
        concept, source = (cleaned(rows, name) for name in ("concept", "source_concept"))
        is_odd += f" OR ({concept} = 0 AND NOT {source} IN {rows.ids})"
    here.execute(
        f"CREATE TABLE pick_{table} AS SELECT person_id AS person,"
        f" {cleaned(rows, 'concept')} AS concept{_kinds(rows)},"
        f" max({counts} | rowid END) AS up, max({counts} | ({_LAST_ROW} - rowid) END) AS down,"
        f" bool_or({is_odd}) AS is_odd, count(*) AS times"
        f" FROM {rows.sql} WHERE {rows.where} GROUP BY ALL"
    )
    person = "regexp_replace(trim(CAST(person AS VARCHAR)), '\\.0+$', '')"
    each = f"SELECT person, sum(times) AS times, bool_or(is_odd) AS is_odd FROM pick_{table}"
    told = f"'{table}' AS \"table\", {person} AS person_id, times, is_odd"
    return f"SELECT {told} FROM ({each} GROUP BY person)"


def _keep(staged: Staged, rows: DomainRows, on: date) -> None:
    """Keeps the rows that were picked; all of the last day where there are several."""
    table, here = rows.domain.table, staged.source.here
    is_one = f"(up & {_LAST_ROW}) = {_LAST_ROW} - (down & {_LAST_ROW})"
    listed = ", ".join(map(quoted, rows.kinds))
    select = f"SELECT {listed} FROM {rows.sql} WHERE"
    at = f"{_FIRST} + (up >> {_ROW_BITS})::INTEGER"
    if rows.domain.kind == "medication":
        here.execute(
            f"CREATE TABLE kept_{table} AS SELECT {listed} FROM {rows.sql} JOIN"
            f" (SELECT person, concept AS of, called, max({at}) AS newest FROM pick_{table}"
            " GROUP BY ALL) ON person_id = person"
            f" AND {cleaned(rows, 'concept')} = of AND {_called(rows)} = called"
            f" WHERE {rows.where} AND {_day(rows)} <= DATE '{on}' AND {_until(rows)} >= newest"
        )
        return
    here.execute(
        f"CREATE TABLE kept_{table} AS {select} rowid IN"
        f" (SELECT up & {_LAST_ROW} FROM pick_{table} WHERE {is_one})"
    )
    several = f"SELECT person, concept, {at} FROM pick_{table} WHERE NOT ({is_one})"
    if here.execute(f"{several} LIMIT 1").fetchone() is not None:
        key = f"(person_id, {cleaned(rows, 'concept')}, {_day(rows)})"
        here.execute(f"INSERT INTO kept_{table} {select} {rows.where} AND {key} IN ({several})")


def _said(staged: Staged, rows: DomainRows, number: int) -> str:
    """Tells apart what the rows say; SQL: each once, as events."""
    table, names = rows.domain.table, _names(rows)
    ends = f"{_is_filled(rows, 'end')} AS has_end, {_is_filled(rows, 'stopped')} AS is_stopped"
    staged.source.here.execute(
        f"CREATE TABLE said_{table} AS SELECT ({number}::BIGINT << 32) + row_number() OVER () AS"
        f" said, * FROM (SELECT DISTINCT {', '.join([*map(quoted, names), ends])}"
        f" FROM kept_{table})"
    )
    kinds = {name: rows.kinds[name] for name in names}
    said = Relation(f"said_{table}", kinds)
    listed = ", ".join(f"{cleaned(said, n)} AS {quoted(n)}" for n in (*SAID, "source_code"))
    return (
        f"SELECT said, '{table}' AS \"table\", '{rows.domain.kind}' AS kind, {listed},"
        f" has_end, is_stopped FROM said_{table}"
    )


def _names(rows: DomainRows) -> list[str]:
    """The columns that make what a row of this table says."""
    names = (*SAID, "source_code") if rows.domain.kind == "medication" else SAID
    return [name for name in names if name in rows.kinds]


def _newest(rows: DomainRows) -> str:
    """SQL: which patient says which of these things, and when."""
    table, names = rows.domain.table, map(quoted, _names(rows))
    same = [f"kept.{name} IS NOT DISTINCT FROM said.{name}" for name in names]
    same += [f"{_is_filled(rows, 'end')} = has_end", f"{_is_filled(rows, 'stopped')} = is_stopped"]
    of_each = ("person_id", "id", "day", "moment", "time")
    listed = ", ".join(f"{cleaned(rows, name)} AS {quoted(name)}" for name in of_each)
    is_time = (
        "NOT ends_with(moment, ' 00:00:00') AND left(moment, 10) = left(day, 10)"
        f" AND regexp_full_match(moment, '{_MOMENT}')"
        f" AND NOT regexp_full_match(substr(moment, 11), '{MIDNIGHT}')"
    )
    return (
        "SELECT place, said, TRY_CAST(left(day, 10) AS DATE) AS day, until,"
        f" '{table}/' || id AS source, TRY_CAST(id AS BIGINT) AS id,"
        f" CASE WHEN {is_time} THEN TRY_CAST(moment AS TIMESTAMP)"
        f" WHEN regexp_full_match(time, '{TIME}')"
        " THEN TRY_CAST(left(day, 10) || ' ' || time AS TIMESTAMP) END AS at"
        f" FROM (SELECT said, {listed}, {_until(rows)} AS until"
        f" FROM kept_{table} AS kept JOIN said_{table} AS said"
        f" ON {' AND '.join(same)}) JOIN patient USING (person_id)"
    )


def _kinds(rows: DomainRows) -> str:
    """SQL: what else tells rows of one concept apart, so that none is newer than another."""
    there = rows.kinds
    named = [name for name in ("source_concept", "status") if name in there]
    named += [_is_filled(rows, name) for name in ("end", "stopped") if name in there]
    named += [f"{_called(rows)} AS called"] if rows.domain.kind == "medication" else []
    named += [_has_value(rows)] if rows.domain.kind == "measurement" else []
    return "".join(f", {one}" for one in named)


def _called(rows: DomainRows) -> str:
    """SQL: what the source calls a medicine: its concept, or a name that is mapped to none."""
    concept, source = (cleaned(rows, name) for name in ("concept", "source_concept"))
    code = rows.text("source_code")
    return f"concat_ws(' ', {source}, CASE WHEN {concept} = 0 AND {source} = 0 THEN {code} END)"


def _is_filled(rows: DomainRows, name: str) -> str:
    if (kind := rows.kinds.get(name)) is None:
        return "false"
    column = quoted(name)
    return (
        f"(coalesce(trim({column}), '') <> '')" if kind == "VARCHAR" else f"({column} IS NOT NULL)"
    )


def _has_value(rows: DomainRows) -> str:
    kind, is_one = rows.kinds.get("number"), "true"
    if kind in {"DOUBLE", "FLOAT"}:  # which hold others in place of none
        is_one = "isfinite(number)"
    elif kind == "VARCHAR":
        others = ", ".join(f"'{one}'" for one in sorted(NO_NUMBER))
        is_one = f"lower(trim(number)) NOT IN ({others})"
    filled = [f"{_is_filled(rows, 'number')} AND {is_one}"]
    filled += [f"{cleaned(rows, 'value_concept')} <> 0"]
    filled += [_is_filled(rows, name) for name in ("value_text", "value_source")]
    # Texts, which take long, are looked at only where a number does not tell.
    return f"(CASE {' '.join(f'WHEN {one} THEN true' for one in filled)} ELSE false END)"


def _day(rows: DomainRows, name: str = "day") -> str:
    """SQL: a row's day; null where it is none, or more than one."""
    column, kind = quoted(name), rows.kinds[name]
    if kind == "DATE":
        return column
    text = f"trim(CAST({column} AS VARCHAR))"
    day = f"TRY_CAST(left({text}, 10) AS DATE)"
    is_day = f"length({text}) = 10 OR regexp_full_match(substr({text}, 11), '{MIDNIGHT}')"
    return f"CASE WHEN CAST({day} AS VARCHAR) = left({text}, 10) AND ({is_day}) THEN {day} END"


def _until(rows: DomainRows) -> str:
    """SQL: the last day of a medicine, as far as it is told; of all else its day."""
    day, ends = _day(rows), [name for name in ("last", "end") if name in rows.kinds]
    if rows.domain.kind != "medication" or not ends:
        return day
    last = " ".join(f"WHEN {_is_filled(rows, name)} THEN {_day(rows, name)}" for name in ends)
    end = f"CASE {last} ELSE {day} END"
    # Of which one is no day, the other does not tell either.
    return f"CASE WHEN {end} < {day} THEN {day} WHEN {day} IS NOT NULL THEN {end} END"
