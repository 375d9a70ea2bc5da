#!/usr/bin/env bash
# jionlp 1.5.31 (PyPI), Chinese texts, its parse_time on 30 November 2026: times and ages as criteria and histories have
# them.
#
# Expected: 六个月内, "within six months", of a past fracture or dose, is the half year up to today, or nothing is found, as
# of 65岁 (65 years old). 45-85岁, an age from 45 to 85, is no time.
# Seen: the half year to come, up to 30 June 2027: with 内 alone all of them lie ahead, 两年内 and 半年内 too; with 近 or
# 过去 ("last") before it they lie behind. 45-85岁 is 8 May 2026, and 5-10年 10 May, for a month and a day are
# found in the digits; 3-6个月 is 3 to 6 months. A count of six months ends with its month, one of 24 on the day.
# trialscreen reads no sentences: its criteria are written with months, back from the screening date.
set -euo pipefail
place=$(mktemp -d) && trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv" && . "$place/venv/bin/activate"
pip install --quiet 'jionlp==1.5.31'
cd "$place" && python -W ignore - <<'END'
import logging
import time

logging.disable(logging.CRITICAL)
import jionlp

NOW = time.mktime((2026, 11, 30, 12, 0, 0, 0, 0, -1))
expected = {
    "六个月内": ("2026-11-30", "2027-06-30"),
    "半年内": ("2026-11-30", "2027-06-30"),
    "两年内": ("2026-11-30", "2028-12-31"),
    "24个月内": ("2026-11-30", "2028-11-30"),
    "最近两年内": ("2024-11-30", "2026-11-30"),
    "45-85岁": ("2026-05-08", "2026-05-08"),
    "5-10年": ("2026-05-10", "2026-05-10"),
    "65岁": None,
}
seen = {}
for text in expected:
    try:
        seen[text] = tuple(moment[:10] for moment in jionlp.parse_time(text, time_base=NOW)["time"])
    except ValueError:
        seen[text] = None
    print(f"{text}: {' to '.join(seen[text] or ['nothing'])}")
assert seen == expected, "the behaviour has changed"
END
