#!/usr/bin/env bash
# @medplum/core 5.2.13 (npm), with FHIRPath in TypeScript: quantities in different units, and a bound.
#
# Expected: 1000 mg is 1 g and not more than 2 g; 5 mg and 5 kg differ, or cannot be compared. A result
# of "<20 mg" is not 20 mg.
# Seen: the numbers are compared and nothing else: 1000 mg is more than 2 g and is not 1 g, 5 mg is 5 kg,
# and "<20 mg" is 20 mg and at least 20 mg. A creatinine of 1.0 mg/dL is below 60 umol/L, as one of 10
# would be. No warning says that the units were not looked at.
# trialscreen converts by the factors of the element, refuses other units, and reads number and
# comparator as a span; no path reads the number alone.
set -euo pipefail
place=$(mktemp -d) && trap 'rm -rf "$place"' EXIT
cd "$place"
npm install --silent --no-audit --no-fund '@medplum/core@5.2.13' >/dev/null 2>&1
cat > seen.mjs <<'END'
globalThis.WebSocket ??= class {}; // Node 20 has none; it is named at import, and not used here
const { evalFhirPath } = await import("@medplum/core");

const system = "http://unitsofmeasure.org";
const observation = {
  resourceType: "Observation",
  status: "final",
  code: { text: "a result" },
  valueQuantity: { value: 20, comparator: "<", unit: "mg", system, code: "mg" },
};
const expected = {
  "1000 'mg' > 2 'g'": true,
  "1000 'mg' = 1 'g'": false,
  "5 'mg' = 5 'kg'": true,
  "10.0 'mg/dL' < 60 'umol/L'": true,
  "Observation.value = 20 'mg'": true,
  "Observation.value >= 20 'mg'": true,
};
let same = true;
for (const [asked, answer] of Object.entries(expected)) {
  const found = evalFhirPath(asked, observation);
  console.log(asked, "=", found);
  same &&= found.length === 1 && found[0] === answer;
}
process.exit(same ? 0 : 1);
END
node seen.mjs
