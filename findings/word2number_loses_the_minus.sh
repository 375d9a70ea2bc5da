#!/usr/bin/env bash
# word2number 1.1 and text2digits 0.1.2 (PyPI): values as they are dictated, or written out in a letter.
#
# Expected: "minus two point five", a T-score, is -2.5; "two and a half" is 2.5; "two to three" is no number.
# Seen: by word2number 2.5, the score of strong bones; 2, so that the half of a year or a tablet is gone; and 5, the
# sum of both ends. "nineteen fifty six" is 956. Words that it does not know are passed over, and what is left is
# put together. text2digits makes -2.5 and 1956, and leaves what it cannot read: "2 and a half", "2 to 3".
# trialscreen takes digits, and refuses a number in words.
set -euo pipefail
place=$(mktemp -d) && trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv" && . "$place/venv/bin/activate"
pip install --quiet 'word2number==1.1' 'text2digits==0.1.2'
cd "$place" && python - <<'END'
from text2digits.text2digits import Text2Digits
from word2number import w2n

expected = {
    "minus two point five": (2.5, "-2.5"),
    "two and a half": (2, "2 and a half"),
    "two to three": (5, "2 to 3"),
    "nineteen fifty six": (956, "1956"),
    "forty five point seven": (45.7, "45.7"),
}
other = Text2Digits()
seen = {words: (w2n.word_to_num(words), other.convert(words)) for words in expected}
for words, (number, text) in seen.items():
    print(f"{words}: {number} by word2number, {text} by text2digits")
assert seen == expected, "the behaviour has changed"
END
