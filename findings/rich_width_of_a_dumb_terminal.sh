#!/usr/bin/env bash
# Rich 15.0.0: a console that is told how wide it is, in a terminal that says it is dumb.
#
# Expected: `Console(width=50)` is 50 columns wide, and without it as wide as COLUMNS says.
# Seen: under TERM=dumb it is 80 wide, whatever is given, unless width and height are both given;
# a braille display of 40 cells gets lines of 80, each broken in the middle of a word.
# So: our console takes both from the terminal where that is dumb.
set -euo pipefail
place=$(mktemp -d) && trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv" && . "$place/venv/bin/activate"
pip install --quiet 'rich==15.0.0'
TERM=dumb COLUMNS=40 python - <<'END'
from rich.console import Console

widths = [
    Console(force_terminal=True).width,
    Console(force_terminal=True, width=50).width,
    Console(force_terminal=True, width=50, height=25).width,
]
print(widths)
assert widths == [80, 80, 50], "the behaviour has changed"
END
