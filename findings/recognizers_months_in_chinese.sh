#!/usr/bin/env bash
# Microsoft's Recognizers-Text, for dates in what people write, in Chinese: recognizers-text-suite 1.0.2a2 (PyPI) and
# @microsoft/recognizers-text-date-time 1.3.2 (npm), on 30 November 2026.
#
# Expected: 6个月前 (6 months ago) is 30 May 2026, as in English, and 三年前 (3 years ago) 30 November 2023; of both.
# Seen: in Python it is one month and one year, whatever the number: 18 months ago is 30 October 2026, and three years
# ago 30 November 2025. Days and weeks are right. In JavaScript the numbers count, but 半年前 (half a year ago)
# is today, and a year ago in Python; of two and a half years the half is lost. 农历二月初一, a day of the
# lunar calendar, is 1 February in both.
# trialscreen refuses words that depend on the day on which they are said, and asks for dates.
set -euo pipefail
place=$(mktemp -d) && trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv" && . "$place/venv/bin/activate"
pip install --quiet 'recognizers-text-suite==1.0.2a2' 'emoji==1.7.0'
cd "$place" && npm install --silent --no-audit --no-fund '@microsoft/recognizers-text-date-time@1.3.2' >/dev/null
cat > recognize.js <<'END'
const { recognizeDateTime } = require("@microsoft/recognizers-text-date-time");
for (const text of process.argv.slice(2)) {
  const [found] = recognizeDateTime(text, "zh-cn", 0, new Date(2026, 10, 30));
  console.log(found.resolution.values[0].value);
}
END
python -W ignore - <<'END'
import subprocess
from datetime import datetime

from recognizers_date_time import recognize_datetime
from recognizers_text import Culture

DAY = datetime(2026, 11, 30)
expected = {
    "6个月前": ["2026-10-30", "2026-05-30"],
    "18个月前": ["2026-10-30", "2025-05-30"],
    "三年前": ["2025-11-30", "2023-11-30"],
    "两年半前": ["2025-11-30", "2024-11-30"],
    "半年前": ["2025-11-30", "2026-11-30"],
    "三周前": ["2026-11-09", "2026-11-09"],
    "农历二月初一": ["2026-02-01", "2026-02-01"],
}
command = ["node", "recognize.js", *expected]
by_javascript = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
seen = {}
for text, other in zip(expected, by_javascript, strict=True):
    (found,) = recognize_datetime(text, Culture.Chinese, reference=DAY)
    seen[text] = [found.resolution["values"][0]["value"], other]
    print("{}: {} in Python, {} in JavaScript".format(text, *seen[text]))
assert seen == expected, "the behaviour has changed"
(english,) = recognize_datetime("6 months ago", Culture.English, reference=DAY)
assert english.resolution["values"][0]["value"] == "2026-05-30", "the behaviour has changed"
END
