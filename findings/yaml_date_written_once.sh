#!/usr/bin/env bash
# PyYAML 6.0.3: a date that stands twice in a patient's answers is written once.
#
# Expected: safe_dump writes each date out, as it does with texts and numbers that are the same.
# Seen: where two answers hold the same date object (a visit, two last doses), the second is an
# alias of the first. A strict YAML reader refuses the file; one that reads line by line gets
# `*id001` for a date. Two dates that are equal but not the same object are written out.
# In trialscreen: anchors and aliases stay refused, and each place is told with the date to write.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" --quiet install 'PyYAML==6.0.3'
"$folder/venv/bin/python" - <<'PYTHON'
from datetime import date

import yaml

visit, text = date(2025, 5, 20), "2025-05"
same = yaml.safe_dump({"pth_analog_last_dose_date": visit, "rankl_inhibitor_last_dose_date": visit})
equal = yaml.safe_dump({"a": visit, "b": date(2025, 5, 20)})
texts = yaml.safe_dump({"a": text, "b": text, "c": 58.5, "d": 58.5})
print(same, equal, texts, sep="\n")
assert "pth_analog_last_dose_date: &id001 2025-05-20" in same
assert "rankl_inhibitor_last_dose_date: *id001" in same
assert "&" not in equal + texts and "*" not in equal + texts
PYTHON
