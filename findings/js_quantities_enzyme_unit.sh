#!/usr/bin/env bash
# js-quantities 1.8.0 (npm), which knows U, the enzyme unit, and kat: an AST in µkat, beside a limit of 80 U.
#
# Expected: 1 U is 1 µmol a minute, so 1.34 µkat is 80.4 U; 1.0 µkat, 60 U, is below the limit.
# Seen: 1 U is a ten-millionth of that, so that 1.34 µkat is 804 million U, and the least value in µkat lies above
# any limit in U. No value in U alone shows it: 80 U is 80 U, and U to mU is right. A temperature of 38 degC is
# 68.4 degF: that is a difference; the temperature is called tempC.
# trialscreen converts µkat/L to U/L by 60, the factor that stands beside the element.
set -euo pipefail
place=$(mktemp -d) && trap 'rm -rf "$place"' EXIT
cd "$place" && npm install --silent --no-audit --no-fund 'js-quantities@1.8.0' >/dev/null
node - <<'END'
const Qty = require("js-quantities");
const seen = {
  "1.34 ukat in U": Qty("1.34 ukat").to("U").scalar,
  "1 U in umol/min": Qty("1 U").to("umol/min").scalar,
  "80 U in mU": Qty("80 U").to("mU").scalar,
  "0.5 ukat above 80 U": Qty("0.5 ukat").gt(Qty("80 U")),
  "38 degC in degF": Qty("38 degC").to("degF").scalar,
  "38 tempC in tempF": Qty("38 tempC").to("tempF").scalar,
};
for (const [asked, found] of Object.entries(seen)) {
  seen[asked] = typeof found === "number" ? found.toPrecision(4) : found;
  console.log(`${asked}: ${seen[asked]}`);
}
const expected = ["8.040e+8", "1.000e-7", "8.000e+4", true, "68.40", "100.4"];
if (Object.values(seen).join() !== expected.join()) throw new Error("the behaviour has changed");
END
