#!/usr/bin/env bash
# @lhncbc/ucum-lhc 7.1.10 (npm): 60 mL/min, converted to mL/min.
#
# Expected: 60.
# Seen: 59.99999999999999, below a threshold of 60; 7 of 10*3/uL is 6.999999999999999 of 10*9/L, though
# that is one unit. International units do not convert at all, not even to themselves.
# So: where the units are the same nothing is converted; other factors are fractions, and exact.
set -euo pipefail
place=$(mktemp -d) && trap 'rm -rf "$place"' EXIT
cd "$place" && npm install --silent --no-audit --no-fund '@lhncbc/ucum-lhc@7.1.10' >/dev/null
node - <<'END'
const ucum = require("@lhncbc/ucum-lhc").UcumLhcUtils.getInstance();
const seen = {};
for (const [value, from, to] of [
  [60, "mL/min", "mL/min"],
  [7, "10*3/uL", "10*9/L"],
  [1, "m[IU]/L", "m[IU]/L"],
  [1, "u[IU]/mL", "m[IU]/L"],
]) {
  const found = ucum.convertUnitTo(from, value, to);
  seen[`${from} ${to}`] = found.toVal;
  console.log(`${value} ${from} in ${to}:`, found.status, found.toVal);
}
process.exit(seen["mL/min mL/min"] < 60 ? 0 : 1);
END
