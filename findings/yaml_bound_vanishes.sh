#!/usr/bin/env bash
# PyYAML 6.0.3: a lower bound written without quotes vanishes, and may take the next answer with it.
#
# Expected: `years_since_menopause: >2` is text, as `hbv_dna: <20` is, or an error, as `>40` is.
# Seen: `>2` begins a folded text that is indented by two. It is empty where the next line is not
# indented, holds that line where it is, and nothing is said. `<20` stays text; `>40` is an error
# only because no text can be indented by forty.
# In trialscreen: a text over several lines must begin with `>` or `|` alone, and never is a value;
# `>2` and `>40` are refused with line, column and the advice to write ">2" in quotes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" --quiet install 'PyYAML==6.0.3'
"$folder/venv/bin/python" - <<'PYTHON'
import yaml

alone = yaml.safe_load("hbv_dna: <20\nyears_since_menopause: >2\nsex: female\n")
indented = yaml.safe_load("years_since_menopause: >2\n   sex: female\nweight: 58\n")
try:
    forty = yaml.safe_load("weight: >40\n")
except yaml.YAMLError as error:
    forty = type(error).__name__
print("alone:   ", alone)
print("indented:", indented)
print(">40:     ", forty)
assert alone == {"hbv_dna": "<20", "years_since_menopause": "", "sex": "female"}
assert indented == {"years_since_menopause": " sex: female\n", "weight": 58}
assert forty == "ScannerError"
PYTHON
