#!/usr/bin/env bash
# How long ago was a last dose on 14 January 2026, seen on 30 November? And one on 20 December 2024? dayjs 1.11.23,
# moment 2.31.0, luxon 3.7.2 (npm), humanize 4.17.0, Babel 2.18.0, pendulum 3.3.0 (PyPI), as pages and reports show it.
#
# Expected: 10 months, and 1 year, or "nearly two years": whoever reads it decides whether a washout is over.
# Seen: "a year ago" by dayjs and moment, and "1 year" by Babel, from 320 days on, six weeks before it is one; "10
# months" by the others. The second, 23 months old, is "2 years ago" by these three and by pendulum, and 1 year by
# luxon. A washout of 12 months looks over, and one of 24.
# trialscreen shows the day itself, and counts months of the calendar.
set -euo pipefail
place=$(mktemp -d) && trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv" && . "$place/venv/bin/activate"
pip install --quiet 'humanize==4.17.0' 'Babel==2.18.0' 'pendulum==3.3.0'
cd "$place" && npm install --silent --no-audit --no-fund 'dayjs@1.11.23' 'moment@2.31.0' 'luxon@3.7.2' >/dev/null
TZ=UTC node - <<'END'
const dayjs = require("dayjs");
const moment = require("moment");
const { DateTime } = require("luxon");
dayjs.extend(require("dayjs/plugin/relativeTime"));
const today = "2026-11-30";
const seen = ["2026-01-14", "2024-12-20"].map((day) => [
  dayjs(day).from(today),
  moment(day).from(today),
  DateTime.fromISO(day).toRelative({ base: DateTime.fromISO(today) }),
]);
for (const found of seen) console.log(`dayjs: ${found[0]}; moment: ${found[1]}; luxon: ${found[2]}`);
const expected = [
  ["a year ago", "a year ago", "10 months ago"],
  ["2 years ago", "2 years ago", "1 year ago"],
];
if (JSON.stringify(seen) !== JSON.stringify(expected)) throw new Error("the behaviour has changed");
END
python - <<'END'
from datetime import date

import humanize
import pendulum
from babel.dates import format_timedelta

today, seen = date(2026, 11, 30), []
for day in (date(2026, 1, 14), date(2024, 12, 20)):
    known = pendulum.date(day.year, day.month, day.day)
    seen.append(
        [
            format_timedelta(today - day, locale="en"),
            humanize.naturaldelta(today - day),
            known.diff_for_humans(pendulum.date(2026, 11, 30), absolute=True),
        ]
    )
    print("Babel: {}; humanize: {}; pendulum: {}".format(*seen[-1]))
assert seen == [
    ["1 year", "10 months", "10 months"],
    ["2 years", "1 year, 11 months", "2 years"],
], "the behaviour has changed"
END
