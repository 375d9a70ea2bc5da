#!/usr/bin/env bash
# chrono-node 2.10.3 (npm), which finds dates in what people write, on 30 November 2026.
#
# Expected: `two and a half years ago` is May 2024, as `2.5 years ago` is; or nothing is found, as of
# `a year and a half ago`. Who says `last March` speaks of the past.
# Seen: half a year ago: the piece that could be read was taken. `2 yrs 3 months ago` is 3 months, though
# `2 yr 3 mo ago` and both words in full are 2 years and 3 months. `last March` is March 2027, the March
# that is nearest. A fracture of two and a half years ago is one of the last two years.
# trialscreen takes a date, or a number with its unit, and refuses other words.
set -euo pipefail
place=$(mktemp -d) && trap 'rm -rf "$place"' EXIT
cd "$place" && npm install --silent --no-audit --no-fund 'chrono-node@2.10.3' >/dev/null
TZ=UTC node - <<'END'
const chrono = require("chrono-node");
const today = new Date("2026-11-30T12:00:00Z");
const expected = {
  "2.5 years ago": "2024-05-30",
  "two and a half years ago": "2026-05-30",
  "a year and a half ago": "nothing",
  "2 years 3 months ago": "2024-08-30",
  "2 yr 3 mo ago": "2024-08-30",
  "2 yrs 3 months ago": "2026-08-30",
  "last March": "2027-03-01",
  "the last dose was in March": "2027-03-01",
};
const seen = {};
for (const text of Object.keys(expected)) {
  const [found] = chrono.parse(text, today);
  seen[text] = found ? found.date().toISOString().slice(0, 10) : "nothing";
  console.log(`${text}: ${seen[text]}${found ? ` (from '${found.text}')` : ""}`);
}
if (JSON.stringify(seen) !== JSON.stringify(expected)) throw new Error("the behaviour has changed");
END
