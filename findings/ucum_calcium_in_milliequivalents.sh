#!/usr/bin/env bash
# ucumvert 0.3.2 (UCUM for pint 0.25.3) and @atomic-ehr/ucum 0.2.5 (npm): a calcium of 5 mEq/L in mmol/L.
#
# Expected: 2.5, as a calcium ion has two charges; or a refusal, for without the substance nobody
# knows. @lhncbc/ucum-lhc 7.1.10 refuses, and asks for the charge.
# Seen: 5 mmol/L. To UCUM an equivalent is a mole, so both units are valid and one is the other; that
# holds for ions of one charge, such as sodium. A normal calcium becomes one that nobody survives, and
# lies above any limit in mmol/L beside it.
# trialscreen converts only between the units that an element lists, by the factor that stands there:
# 0.5 for calcium.
set -euo pipefail
place=$(mktemp -d) && trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv" && . "$place/venv/bin/activate"
pip install --quiet 'ucumvert==0.3.2' 'pint==0.25.3'
cd "$place" && python - <<'END'
from ucumvert import PintUcumRegistry

units = PintUcumRegistry()
found = (5 * units.from_ucum("meq/L")).to(units.from_ucum("mmol/L"))
print("ucumvert:", found)
assert abs(found.magnitude - 5) < 1e-9, "the behaviour has changed"
END
npm install --silent --no-audit --no-fund '@atomic-ehr/ucum@0.2.5' '@lhncbc/ucum-lhc@7.1.10' >/dev/null
node - <<'END'
const lhc = require("@lhncbc/ucum-lhc").UcumLhcUtils.getInstance();
import("@atomic-ehr/ucum").then(({ ucum }) => {
  const found = ucum.convert(5, "meq/L", "mmol/L");
  const asked = lhc.convertUnitTo("meq/L", 5, "mmol/L");
  console.log("@atomic-ehr/ucum:", found);
  console.log("@lhncbc/ucum-lhc:", asked.status, asked.toVal);
  process.exit(Math.abs(found - 5) < 1e-9 && asked.toVal === null ? 0 : 1);
});
END
