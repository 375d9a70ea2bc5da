#!/usr/bin/env bash
# @medplum/core 5.2.13 (npm), with which the FHIR server Medplum reads HL7 v2: a woman's PID-7 says 1981+0800,
# her year of birth and the sender's zone. HL7 lets a time end after any part, and a zone may follow.
#
# Expected: 1981, or its first moment, 16:00 UTC on 31 December 1980, as hl7-date 1.0.1 (npm) says.
# Seen: 17 February 1981. Sign and digits of the zone are taken for the month, day, hour or minute that is
# not there. By another zone she is born on another day: -0500 makes 19 January. A day with a zone is
# off by more than an hour, and what is written back, 2026-05, is midnight of the first.
# trialscreen does not read HL7 v2. A FHIR birthDate of 1981 is any day of 1981; a day that a load has made
# up can no more be told from one that was known.
set -euo pipefail
place=$(mktemp -d) && trap 'rm -rf "$place"' EXIT
cd "$place" && npm install --silent --no-audit --no-fund '@medplum/core@5.2.13' 'hl7-date@1.0.1' >/dev/null
node - <<'END'
globalThis.WebSocket ??= class {}; // Node 20 has none; it is named at import, and not used here
const { parseHl7DateTime, formatHl7DateTime } = require("@medplum/core");
const hl7Date = require("hl7-date");
const seen = [];
for (const given of ["1981+0800", "1981-0500", "202605+0800", "20260504+0800", "202605041030+0800"]) {
  seen.push([parseHl7DateTime(given), hl7Date.parse(given).toISOString()].map((one) => one.slice(0, 16)));
  console.log(`${given}: ${seen.at(-1)[0]}, by hl7-date ${seen.at(-1)[1]}`);
}
seen.push(formatHl7DateTime("2026-05"));
console.log(`2026-05 to HL7: ${seen.at(-1)}`);
const expected = [
  ["1981-02-17T16:00", "1980-12-31T16:00"],
  ["1981-01-19T05:00", "1981-01-01T05:00"],
  ["2026-05-03T00:00", "2026-04-30T16:00"],
  ["2026-05-03T17:20", "2026-05-03T16:00"],
  ["2026-05-04T02:30", "2026-05-04T02:30"],
  "20260501000000",
];
if (JSON.stringify(seen) !== JSON.stringify(expected)) throw new Error("the behaviour has changed");
END
