#!/usr/bin/env bash
# python-dateutil 4.0.0: a last dose in "2026-03" or "Mar 2026", some day of that month.
#
# Expected: an error, or the first day, as isodate and pendulum say.
# Seen: what is not written is taken from the day on which the program runs. Run on the 12th, the dose
# was on 12 March; run on the 29th, on 29 March: the same file gives other washouts each day.
# The first day is no better, but it stays. The script gives the two days as dateutil's default.
# trialscreen: 2026-03 is any day of March; what depends on which is unknown.
set -euo pipefail
place=$(mktemp -d) && trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv" && . "$place/venv/bin/activate"
pip install --quiet 'python-dateutil==4.0.0' 'isodate==0.7.2' 'pendulum==3.3.0'
cd "$place" && python - <<'END'
from datetime import datetime

import isodate
import pendulum
from dateutil.parser import parse

before = datetime.now().day
seen = {text: parse(text) for text in ("2026-03", "Mar 2026")}
assert datetime.now().day == before, "run it again: midnight has passed"
for text, found in seen.items():
    print(f"{text}, read today by dateutil: {found:%Y-%m-%d}")
    assert (found.year, found.month, found.day) == (2026, 3, before), "the behaviour has changed"
runs = [parse("2026-03", default=datetime(2026, 10, day)).day for day in (12, 29)]
others = [isodate.parse_date("2026-03").day, pendulum.parse("2026-03").day]
print("2026-03 on the 12th and on the 29th of a month:", *runs, "isodate and pendulum:", *others)
assert (runs, others) == ([12, 29], [1, 1]), "the behaviour has changed"
END
