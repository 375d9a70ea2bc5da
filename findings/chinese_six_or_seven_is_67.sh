#!/usr/bin/env bash
# cn2an 0.5.24 and chinese2digits 6.0.2 (PyPI), Chinese numerals to digits, in sentences of a history.
#
# Expected: 六七年前 is six or seven years ago, 两三年前 two or three, 十五六岁 the age of fifteen or sixteen: a span, or the
# words as they stand. 2万5 is 25000.
# Seen: by cn2an 67年前 and 23年前: side by side, two numerals are two digits, as in a year (一九五六). By chinese2digits
# 67年前 too, but 两3年前, 66岁, and 200005. Half a year (半年) stays as it is, so that 绝经两年半, two and a half
# years since menopause, is 绝经2年半, of which whoever looks for a number takes 2. 万一, "in case", is 0.0001.
# trialscreen takes digits, and refuses numerals.
set -euo pipefail
place=$(mktemp -d) && trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv" && . "$place/venv/bin/activate"
pip install --quiet 'cn2an==0.5.24' 'chinese2digits==6.0.2'
cd "$place" && python -W ignore - <<'END'
import chinese2digits
import cn2an

expected = {
    "六七年前骨折": ("67年前骨折", "67年前骨折"),
    "两三年前停药": ("23年前停药", "两3年前停药"),
    "十五六岁月经初潮": ("十五六岁月经初潮", "66岁月经初潮"),
    "绝经两年半": ("绝经2年半", "绝经两年半"),
    "病毒载量2万5": ("病毒载量2万5", "病毒载量200005"),
    "万一骨折": ("万一骨折", "0.0001骨折"),
    "T值负二点五": ("T值-2.5", "T值-2.5"),
}
seen = {
    text: (cn2an.transform(text), chinese2digits.takeNumberFromString(text)["replacedText"]) for text in expected
}
for text, (one, other) in seen.items():
    print(f"{text}: {one} by cn2an, {other} by chinese2digits")
assert seen == expected, "the behaviour has changed"
END
