#!/usr/bin/env bash
# fhirpathpy 2.2.4 and fhirpath 5.2.2 (npm): 28 days after a sample or dose of some day in March 2026.
#
# Expected: a day from 29 March to 28 April: unknown (an empty collection) where one asks for more, or
# April, which most of these days are in.
# Seen: March 2026. Days that are added to a month are first turned into whole months, of 30 days, so
# that 28 days are none; FHIRPath is defined so. `@2026-04-15 > @2026-03 + 28 days` is true and no more
# unknown, though after a dose on 31 March there are 13 days to go; and 11 months after 2026 is 2026.
# trialscreen: March is any of its days, a window is counted from each, and what depends on which is
# unknown.
set -euo pipefail
place=$(mktemp -d) && trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv" && . "$place/venv/bin/activate"
pip install --quiet 'fhirpathpy==2.2.4'
cd "$place" && python - <<'END'
from fhirpathpy import evaluate

seen = []
for asked in ("@2026-03 + 28 days", "@2026 + 11 months", "@2026-04-15 > @2026-03 + 28 days"):
    seen += [str(one) for one in evaluate({}, asked)]
    print("fhirpathpy,", asked, "=", seen[-1])
assert seen == ["2026-03", "2026", "True"], "the behaviour has changed"
END
npm install --silent --no-audit --no-fund 'fhirpath@5.2.2' >/dev/null
node - <<'END'
const fhirpath = require("fhirpath");
const model = require("fhirpath/fhir-context/r4");
const seen = [];
for (const asked of ["@2026-03 + 28 days", "@2026 + 11 months", "@2026-04-15 > @2026-03 + 28 days"]) {
  seen.push(String(fhirpath.evaluate({}, asked, {}, model)[0]));
  console.log("fhirpath.js,", asked, "=", seen.at(-1));
}
process.exit(seen.join() === "2026-03,2026,true" ? 0 : 1);
END
