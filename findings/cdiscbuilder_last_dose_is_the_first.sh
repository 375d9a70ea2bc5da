#!/usr/bin/env bash
# cdiscbuilder 2.2.0 (PyPI; with pandas 2.3.3), SDTM's days from doses: three of denosumab, the first with a time,
# 2025-11-03T08:00, and the others a day alone, 2026-05-04 and 2026-11-02, as SDTM's dates may have.
#
# Expected: the last dose is that of 2 November 2026: a comment in the code names just these two forms; or an error.
# Seen: it is the first, a year before. The form of the first row is that of all; what is written otherwise becomes no
# date, and is dropped without a word. With the rows in the other order, the last dose is that of 2026-11-02, and the
# first one is of May. The study days of the others are missing. Where all have one form, all are right.
# trialscreen reads each cell by itself: a day is a day, with or without a time.
set -euo pipefail
place=$(mktemp -d) && trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv" && . "$place/venv/bin/activate"
pip install --quiet 'cdiscbuilder==2.2.0' 'pandas==2.3.3'
cd "$place" && python - <<'END'
import pandas
from cdiscbuilder.functions.calculate_study_day import calculate_study_day
from cdiscbuilder.functions.get_dose_dates import get_first_dose_date, get_last_dose_date

subject = pandas.Series(["01"])


def doses(days: list[str]) -> dict[str, pandas.DataFrame]:
    rows = {"USUBJID": ["01"] * len(days), "EXDOSE": [60.0] * len(days), "EXSTDTC": days, "EXENDTC": days}
    return {"EX": pandas.DataFrame(rows)}


DAYS = ["2025-11-03T08:00", "2026-05-04", "2026-11-02"]
seen = []
for days in (DAYS, DAYS[::-1], [day[:10] for day in DAYS]):
    domains = doses(days)
    first, last = (get(subject, domains)[0] for get in (get_first_dose_date, get_last_dose_date))
    study = calculate_study_day(pandas.Series(days), pandas.Series(["2025-11-01"] * 3)).tolist()
    seen.append((first, last, [None if pandas.isna(day) else day for day in study]))
    print(f"{', '.join(days)}: first {first}, last {last}, study days {seen[-1][2]}")
assert seen == [
    ("2025-11-03T08:00", "2025-11-03T08:00", [3, None, None]),
    ("2026-05-04", "2026-11-02", [367, 185, None]),
    ("2025-11-03", "2026-11-02", [3, 185, 367]),
], "the behaviour has changed"
END
