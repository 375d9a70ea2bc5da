#!/usr/bin/env bash
# pandas 3.1.1: read_sas of a SAS transport file (XPT), in which trials are submitted and surveys published: the number
# of fractures of four women, 0, 1, 2 and not known.
#
# Expected: 0, 1, 2 and NaN, as pyreadstat 1.3.7, which wrote the file, reads them.
# Seen: who has none has 5.397605e-79: the zero of the mainframe's numbers, eight bytes of nothing, becomes the least
# number they could hold. Rounded it is shown as 0.0; `== 0` finds nobody, and `> 0`, "has a fracture", everybody
# whose number is known. So it is with a T-score of 0.
# trialscreen does not read XPT files; in a table, 5.397605e-79 fractures are no number of them.
set -euo pipefail
place=$(mktemp -d) && trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv" && . "$place/venv/bin/activate"
pip install --quiet 'pandas==3.1.1' 'pyreadstat==1.3.7'
cd "$place" && python - <<'END'
import pandas
import pyreadstat

women = pandas.DataFrame({"FRACT": [0.0, 1.0, 2.0, None], "TSCORE": [-2.5, 0.0, 1.1, -3.0]})
pyreadstat.write_xport(women, "women.xpt", file_format_version=5)
other, _ = pyreadstat.read_xport("women.xpt")
seen = pandas.read_sas("women.xpt")
for name in seen.columns:
    print(f"{name}: {seen[name].tolist()}; by pyreadstat {other[name].tolist()}")
none, some = (seen["FRACT"] == 0).tolist(), (seen["FRACT"] > 0).tolist()
print("no fracture:", none, "a fracture:", some)
assert (none, some) == ([False] * 4, [True, True, True, False]), "the behaviour has changed"
assert 0 < seen["FRACT"][0] == seen["TSCORE"][1] < 6e-79, "the behaviour has changed"
assert other["FRACT"][0] == other["TSCORE"][1] == 0, "the behaviour has changed"
END
