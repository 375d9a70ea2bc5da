#!/usr/bin/env bash
# cqlpy 0.3.1 (PyPI), the operators of CQL in Python, each of which "implements CQL's": ages and times in months.
#
# Expected of a woman who was born on 1 June 1981, on 1 May 2026: 44 years, or 538 months where months are asked for;
# from 31 December to 5 January 0 whole months; of a value that is null, null; 1000 mg less than 2 g.
# Seen: 44, whatever is asked for: the precision is taken and not looked at. A dose of five days ago is 1 month
# old: duration_between counts the turns of the month, which is CQL's other word, difference. A missing
# TSH is not above 10, and not at most 10 either. Of two quantities the numbers are compared.
# trialscreen: months of the calendar, whole ones; a comparison with what is not known is unknown; no unit is
# passed over.
set -euo pipefail
place=$(mktemp -d) && trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv" && . "$place/venv/bin/activate"
pip install --quiet 'cqlpy==0.3.1' 'python-dateutil==2.9.0.post0'   # which it needs, and does not ask for
cd "$place" && python - <<'END'
from cqlpy.operators import (
    DateTimePrecision,
    calculate_age_at,
    duration_between,
    greater,
    less_or_equal,
)
from cqlpy.types import DateTime, Integer, Null, Quantity

born, day = DateTime(1981, 6, 1), DateTime(2026, 5, 1)
ages = {
    precision.name: calculate_age_at(born, day, precision).value
    for precision in (DateTimePrecision.Year, DateTimePrecision.Month, DateTimePrecision.Day)
}
dose = duration_between(DateTime(2025, 12, 31), DateTime(2026, 1, 5), DateTimePrecision.Month).value
missing = [compare(Null(), Integer(10)).value for compare in (greater, less_or_equal)]
grams = greater(Quantity(1000, "mg"), Quantity(2, "g")).value
print("age", *(f"in {name}: {age};" for name, age in ages.items()))
print(f"months from 31 December to 5 January: {dose}")
print(f"null > 10: {missing[0]}; null <= 10: {missing[1]}; 1000 mg > 2 g: {grams}")
assert ages == {"Year": 44, "Month": 44, "Day": 44}, "the behaviour has changed"
assert (dose, missing, grams) == (1, [False, False], True), "the behaviour has changed"
END
