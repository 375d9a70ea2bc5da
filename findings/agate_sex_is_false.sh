#!/usr/bin/env bash
# agate 1.14.2 (PyPI), by which csvkit's tools tell the types of columns: a table of women as a European export has it,
# with decimal commas in quotes.
#
# Expected: a weight of 45,7 is 45.7, or a text. The sex F, a number of fractures and "6 months" stay what they are.
# Seen: 457, and a T-score of -2,5 is -25: a comma groups thousands, wherever it stands. A column of F alone is a
# boolean, and all are False; as soon as one man is among them it is text. So are 0 and 1 fractures False and True, until
# somebody has 2. The time since a dose, "6 months", is a date, 1 July of the year 1; HbA1c loses its %.
# csvstat and csvsql tell these types; csvcut and csvgrep leave the text.
# trialscreen refuses 45,7 and -2,5 with their place, and reads each cell as the text that it is.
set -euo pipefail
place=$(mktemp -d) && trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv" && . "$place/venv/bin/activate"
pip install --quiet 'agate==1.14.2' 'parsedatetime==2.6' 'Babel==2.19.0'
cd "$place" && python - <<'END'
import io

import agate

HEAD = "t_score,weight,fractures,sex,hba1c,since_dose"
ROWS = ['"-2,5","45,7",0,F,7.1%,6 months', '"-3,1","60,2",1,F,6.5%,2 years']
MORE = ['"-2,8","70,1",2,M,6.0%,unknown']


def types(rows: list[str]) -> dict[str, tuple[str, list[str]]]:
    table = agate.Table.from_csv(io.StringIO("\n".join([HEAD, *rows])))
    return {
        column.name: (type(column.data_type).__name__, [str(value) for value in column.values()])
        for column in table.columns
    }


seen, later = types(ROWS), types(ROWS + MORE)
for name, (kind, values) in seen.items():
    print(f"{name}: {kind}, {', '.join(values)}; with a third patient {later[name][0]}")
assert seen == {
    "t_score": ("Number", ["-25", "-31"]),
    "weight": ("Number", ["457", "602"]),
    "fractures": ("Boolean", ["False", "True"]),
    "sex": ("Boolean", ["False", "False"]),
    "hba1c": ("Number", ["7.1", "6.5"]),
    "since_dose": ("Date", ["0001-07-01", "0003-01-01"]),
}, "the behaviour has changed"
kinds = [later[name][0] for name in ("t_score", "fractures", "sex", "since_dose")]
assert kinds == ["Number", "Number", "Text", "Text"], f"the behaviour has changed: {kinds}"
END
