#!/usr/bin/env bash
# pyreadstat 1.3.7: a SAS transport file (XPT), in which trials are submitted.
#
# Expected: version 5, which authorities ask for; a text of 250 characters is refused in it, for it
# holds at most 200.
# Seen: version 8, unless another is asked for; and asked for version 5, which does refuse a name of
# more than 8 characters, it writes the text whole.
# So: trialscreen writes version 5, and tells of texts that are longer than it holds.
set -euo pipefail
place=$(mktemp -d) && trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv" && . "$place/venv/bin/activate"
pip install --quiet 'pyreadstat==1.3.7' 'pandas==3.0.3'
cd "$place" && python - <<'END'
from pathlib import Path

import pandas as pd
import pyreadstat

table = pd.DataFrame({"IETEST": ["x" * 250]})
pyreadstat.write_xport(table, "plain.xpt")
pyreadstat.write_xport(table, "five.xpt", file_format_version=5)
heads = [Path(name).read_bytes()[20:48].decode() for name in ("plain.xpt", "five.xpt")]
print("by default:", heads[0])
print("version 5:", heads[1])
length = len(pyreadstat.read_xport("five.xpt")[0]["IETEST"][0])
print("in version 5, a text of", length, "characters")
assert heads[0].startswith("LIBV8") and heads[1].startswith("LIBRARY"), "the behaviour has changed"
assert length == 250, "the behaviour has changed"
END
