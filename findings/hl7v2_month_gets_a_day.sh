#!/usr/bin/env bash
# hl7v2 1.8.0 with hl7v2-dictionary 1.8.0 (npm), which reads and writes HL7 v2: a woman who was born in 1958, and one
# in March 1958. HL7 lets a date end after any part: PID-7 says 1958, and 195803.
#
# Expected: what was read is written: a message that is passed on says no more than it did. Of a day in an OBX-5 it is
# so (2024), and of a time with a zone.
# Seen: PID-7 is read as 19580101, and 19580301: a first day that nobody has told. A time of an hour, 2026030423, gets
# the minutes 00. Nothing says so, and whoever gets the message takes the birthday for known: in January 2026 she is
# 68 for certain, though she may be 67.
# trialscreen does not read HL7 v2; of 1958 in FHIR or a table she is 67 or 68. A day that was made up, no
# reader can tell.
set -euo pipefail
place=$(mktemp -d) && trap 'rm -rf "$place"' EXIT
cd "$place" && npm install --silent --no-audit --no-fund 'hl7v2@1.8.0' 'hl7v2-dictionary@1.8.0' >/dev/null
TZ=UTC node - <<'END'
const { HL7Message } = require("hl7v2");
const seen = ["1958", "195803", "19580312"].map((birth) => {
  const message = HL7Message.parse(
    [
      "MSH|^~\\&|LAB|CLINIC|EHR|SITE|20260304101537.250+0800||ORU^R01|1|P|2.5.1",
      `PID|1||1^^^CLINIC^MR||Up^Made||${birth}|F`,
      "OBR|1|||1^Questions^L|||2026030423",
      "OBX|1|DT|2^Last period^L||2024||||||F",
    ].join("\r"),
  );
  const lines = message.toHL7String().split("\r").map((line) => line.split("|"));
  const found = [lines[0][6], lines[1][7], lines[2][7], lines[3][5]];
  console.log(`born in ${birth}: PID-7 ${found[1]}; MSH-7 ${found[0]}, OBR-7 ${found[2]}, OBX-5 ${found[3]}`);
  return found;
});
const others = ["20260304101537.250+0800", "202603042300", "2024"];
const expected = ["19580101", "19580301", "19580312"].map((birth) => [others[0], birth, ...others.slice(1)]);
if (JSON.stringify(seen) !== JSON.stringify(expected)) throw new Error("the behaviour has changed");
END
