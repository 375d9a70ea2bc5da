#!/usr/bin/env bash
# dayjs 1.11.23 with its plugin for durations, and luxon 3.7.2 (both npm): five weeks before 31 August 2026,
# by the duration P5W.
#
# Expected: 27 July. ISO 8601, and so FHIR and the CDISC standards, write weeks as P5W; dayjs reads it.
# Seen: 31 August. Days and months of a duration are taken off, weeks are not, though it says itself that
# P5W is 35 days. P1M2W is one month. Half a year, P0.5Y, is a whole one, and P1.5M two months. A washout of
# five weeks is over on the day of the dose. By luxon it is 27 July, and half a year ends on 1 March.
# trialscreen counts windows in months and days that are whole numbers in the criteria file.
set -euo pipefail
place=$(mktemp -d) && trap 'rm -rf "$place"' EXIT
cd "$place" && npm install --silent --no-audit --no-fund 'dayjs@1.11.23' 'luxon@3.7.2' >/dev/null
node - <<'END'
const dayjs = require("dayjs");
const { DateTime, Duration } = require("luxon");
dayjs.extend(require("dayjs/plugin/duration"));
const seen = {};
for (const text of ["P5W", "P35D", "P1M2W", "P6M", "P0.5Y", "P1.5M"]) {
  const duration = dayjs.duration(text);
  const day = dayjs("2026-08-31").subtract(duration).format("YYYY-MM-DD");
  const other = DateTime.fromISO("2026-08-31").minus(Duration.fromISO(text)).toISODate();
  seen[text] = [duration.asDays(), day, other].join(" ");
  console.log(`${text}: ${duration.asDays()} days; before 2026-08-31: ${day}, by luxon ${other}`);
}
const expected = {
  P5W: "35 2026-08-31 2026-07-27",
  P35D: "35 2026-07-27 2026-07-27",
  P1M2W: "44.416666666666664 2026-07-31 2026-07-17",
  P6M: "182.5 2026-02-28 2026-02-28",
  "P0.5Y": "182.5 2025-08-31 2026-03-01",
  "P1.5M": "45.625 2026-06-30 2026-07-16",
};
if (JSON.stringify(seen) !== JSON.stringify(expected)) throw new Error("the behaviour has changed");
END
