#!/usr/bin/env bash
# lunardate 0.3.0, LunarCalendar 0.0.9 and lunar_python 1.4.8 (PyPI): birthdays by the Chinese calendar, as many women who
# were born between 1941 and 1981 tell theirs, in days of the common one.
#
# Expected: one day. The calendar is computed, and these years are past.
# Seen: the 15th day of the eighth month of 1978 is 16 September by lunardate, and 17 by the other two; so is all of that
# month, and in 1954 the eleventh is a day late: the new moons were at 0:09 on 3 September, and at 20:30 on 25
# November, in Beijing. Of 14,975 days in these years, 60 differ. None of the libraries says which table it has.
# trialscreen takes days of the common calendar; whether one was converted, nobody can see.
set -euo pipefail
place=$(mktemp -d) && trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv" && . "$place/venv/bin/activate"
pip install --quiet 'lunardate==0.3.0' 'LunarCalendar==0.0.9' 'lunar_python==1.4.8' 'ephem==4.2.1'
cd "$place" && python -W ignore - <<'END'
from datetime import date, timedelta

import ephem
import lunar_python
import lunarcalendar
from lunardate import LunarDate

Found = tuple[int, int, int, bool]


def three(day: date) -> tuple[Found, Found, Found]:
    one = LunarDate.from_solar_date(day.year, day.month, day.day)
    two = lunarcalendar.Converter.Solar2Lunar(lunarcalendar.Solar(day.year, day.month, day.day))
    three = lunar_python.Solar.fromYmd(day.year, day.month, day.day).getLunar()
    return (
        (one.year, one.month, one.day, bool(one.isLeapMonth)),
        (two.year, two.month, two.day, bool(two.isleap)),
        (three.getYear(), abs(three.getMonth()), three.getDay(), three.getMonth() < 0),
    )


first, last = date(1941, 1, 1), date(1981, 12, 31)
days = [first + timedelta(days=count) for count in range((last - first).days + 1)]
found = {day: three(day) for day in days}
differ = [day for day in days if len(set(found[day])) > 1]
moons = [str(ephem.Date(ephem.next_new_moon(day) + 8 * ephem.hour)) for day in ("1954/11/20", "1978/8/30")]
print(f"{len(differ)} of {len(days)} days differ, from {differ[0]} to {differ[-1]}; new moons in Beijing: {moons}")
festival = [[day for day in days if found[day][which] == (1978, 8, 15, False)] for which in range(3)]
print("8th month, 15th day of 1978:", ", ".join(str(day) for (day,) in festival))
assert (len(differ), {day.year for day in differ}) == (60, {1954, 1978}), "the behaviour has changed"
assert all(found[day][1] == found[day][2] for day in days), "the behaviour has changed"
assert [day.day for (day,) in festival] == [16, 17, 17], "the behaviour has changed"
END
