#!/usr/bin/env bash
# A last dose in spring 2026: 2026-21 in EDTF, which is part of ISO 8601-2. Two libraries called edtf: 4.11.1 (npm)
# and 5.0.2 (PyPI).
#
# Expected: spring, March to May, as both count months; or an error, as EDTF says of no season when it is.
# Seen: in Python 1 March to 31 May; in JavaScript 1 January to 31 March, as of the first quarter, which has a code of
# its own, 2026-33. Winter 2026 is December alone in the one, October to December in the other: in neither is it
# January. By the one a dose in spring may be of 30 April, by the other it is over a month sooner.
# trialscreen takes years, months and days, and refuses 2026-21: there is no 21st month.
set -euo pipefail
place=$(mktemp -d) && trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv" && . "$place/venv/bin/activate"
pip install --quiet 'edtf==5.0.2'
cd "$place" && npm install --silent --no-audit --no-fund 'edtf@4.11.1' >/dev/null
cat > seasons.mjs <<'END'
import edtf from "edtf";
const day = (moment) => new Date(moment).toISOString().slice(0, 10);
for (const text of ["2026-21", "2026-22", "2026-23", "2026-24", "2026-33"]) {
  const season = edtf(text);
  console.log(`${text} ${day(season.min)} ${day(season.max)}`);
}
END
node seasons.mjs > npm.txt
python - <<'END'
from edtf import parse_edtf


def day(when: tuple[int, ...]) -> str:
    return "{:04}-{:02}-{:02}".format(*when[:3])


seen = {}
with open("npm.txt") as lines:
    for text, *other in map(str.split, lines):
        season = parse_edtf(text)
        seen[text] = [day(season.lower_strict()), day(season.upper_strict()), *other]
        print("{}: {} to {} in Python, {} to {} in JavaScript".format(text, *seen[text]))
assert seen == {
    "2026-21": ["2026-03-01", "2026-05-31", "2026-01-01", "2026-03-31"],
    "2026-22": ["2026-06-01", "2026-08-31", "2026-04-01", "2026-06-30"],
    "2026-23": ["2026-09-01", "2026-11-30", "2026-07-01", "2026-09-30"],
    "2026-24": ["2026-12-01", "2026-12-31", "2026-10-01", "2026-12-31"],
    "2026-33": ["2026-01-01", "2026-03-31", "2026-01-01", "2026-03-31"],
}, "the behaviour has changed"
END
