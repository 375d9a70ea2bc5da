#!/usr/bin/env bash
# Half a year before 31 August 2026, a day that 2026 does not have in February. Of npm: survey-core 3.1.1,
# chrono-node 2.10.3, iso8601-duration 2.1.4, luxon 3.7.2, date-fns 4.4.0, dayjs 1.11.23; sqlglot 30.30.0 (PyPI)
# with duckdb 2.0.1 and Python's sqlite3.
#
# Expected: 28 February, the last day of the month, as luxon, date-fns and dayjs say.
# Seen: 3 March by SurveyJS, chrono-node, iso8601-duration and SQLite: what is beyond the end of the month goes on
# in the next. T-SQL's DATEADD, which says 28 February, is transpiled so to SQLite, and not to DuckDB. A last
# dose on 1 March is within the last six months by one, and by the other it is over.
# trialscreen: 28 February, both ends inclusive, in every engine.
set -euo pipefail
place=$(mktemp -d) && trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv" && . "$place/venv/bin/activate"
pip install --quiet 'sqlglot==30.30.0' 'duckdb==2.0.1'
cd "$place" && npm install --silent --no-audit --no-fund 'survey-core@3.1.1' 'chrono-node@2.10.3' \
  'iso8601-duration@2.1.4' 'luxon@3.7.2' 'date-fns@4.4.0' 'dayjs@1.11.23' >/dev/null
TZ=UTC node - <<'END'
const { Model } = require("survey-core");
const survey = new Model({
  elements: [{ type: "expression", name: "start", expression: "dateAdd({day}, -6, 'months')" }],
});
survey.data = { day: "2026-08-31" };
const day = new Date("2026-08-31T00:00:00Z");
const duration = require("iso8601-duration");
const seen = {
  SurveyJS: survey.getValue("start"),
  "chrono-node": require("chrono-node").parseDate("6 months ago", day),
  "iso8601-duration (6 months after 2025-08-31)": duration.end(
    duration.parse("P6M"),
    new Date("2025-08-31T00:00:00Z"),
  ),
  luxon: require("luxon").DateTime.fromISO("2026-08-31").minus({ months: 6 }).toJSDate(),
  "date-fns": require("date-fns").subMonths(day, 6),
  dayjs: require("dayjs")("2026-08-31").subtract(6, "month").toDate(),
};
for (const [library, found] of Object.entries(seen)) {
  seen[library] = new Date(found).toISOString().slice(0, 10);
  console.log(`${library}: ${seen[library]}`);
}
const expected = ["2026-03-03", "2026-03-03", "2026-03-03", "2026-02-28", "2026-02-28", "2026-02-28"];
if (Object.values(seen).join() !== expected.join()) throw new Error("the behaviour has changed");
END
python - <<'END'
import sqlite3

import duckdb
import sqlglot

QUERY = "SELECT CAST('2026-03-01' AS DATE) >= DATEADD(month, -6, CAST('2026-08-31' AS DATE))"
seen = {}
for dialect, database in (("duckdb", duckdb.connect()), ("sqlite", sqlite3.connect(":memory:"))):
    (written,) = sqlglot.transpile(QUERY, read="tsql", write=dialect)
    seen[dialect] = bool(database.execute(written).fetchone()[0])
    print(f"{dialect}: {written}: the dose of 1 March is within: {seen[dialect]}")
assert seen == {"duckdb": True, "sqlite": False}, "the behaviour has changed"
END
