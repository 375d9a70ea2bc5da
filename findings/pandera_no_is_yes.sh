#!/usr/bin/env bash
# pandera 0.35.0 with pandas 3.1.1 and with Polars 2.1.0: a column of yes and no, as a table of patients has it,
# that a schema calls bool, with coerce=True.
#
# Expected: yes is true and no is false; or an error: neither is a boolean. One answer for one schema.
# Seen: with pandas the table is valid, and all are true: "no" and "false" as well, and None is false. With
# Polars each of these texts is an error, and None stays null. A month, 2026-05, is the 1st of it with pandas, and
# 04/05/1956 is 5 April. Of an age of 45.7 both make 45, and find nothing.
# trialscreen reads yes and no as such, an empty cell as unknown, a month as any of its days, and refuses
# 04/05/1956 and an age of 45.7.
set -euo pipefail
place=$(mktemp -d) && trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv" && . "$place/venv/bin/activate"
pip install --quiet 'pandera[pandas,polars]==0.35.0' 'pandas==3.1.1' 'polars==2.1.0'
cd "$place" && python - 2>/dev/null <<'END'
import pandas
import pandera.pandas
import pandera.polars
import polars
from pandera.errors import SchemaError, SchemaErrors

KINDS = {
    "pandas": (pandera.pandas, pandas.DataFrame, "datetime64[ns]"),
    "Polars": (pandera.polars, polars.DataFrame, polars.Date),
}


def read(engine: str, cells: list[object], kind: object) -> list[str]:
    """What a column is after it was found valid."""
    module, table, day = KINDS[engine]
    schema = module.DataFrameSchema(
        {"x": module.Column(day if kind == "day" else kind, coerce=True, nullable=True)}
    )
    try:
        return [str(cell)[:10] for cell in schema.validate(table({"x": cells}))["x"].to_list()]
    except (SchemaError, SchemaErrors):
        return ["an error"]


asked = {
    "yes, no, false": (["yes", "no", "false"], bool),
    "True, None": ([True, None], bool),
    "2026-05, 2026-06": (["2026-05", "2026-06"], "day"),
    "04/05/1956": (["04/05/1956"], "day"),
    "45.7 years": ([45.7], int),
}
seen = {name: {engine: read(engine, *one) for engine in KINDS} for name, one in asked.items()}
for name, found in seen.items():
    print(f"{name}:", *(f"{engine} {', '.join(cells)};" for engine, cells in found.items()))
assert seen == {
    "yes, no, false": {"pandas": ["True", "True", "True"], "Polars": ["an error"]},
    "True, None": {"pandas": ["True", "False"], "Polars": ["True", "None"]},
    "2026-05, 2026-06": {"pandas": ["2026-05-01", "2026-06-01"], "Polars": ["an error"]},
    "04/05/1956": {"pandas": ["1956-04-05"], "Polars": ["an error"]},
    "45.7 years": {"pandas": ["45"], "Polars": ["45"]},
}, "the behaviour has changed"
END
