#!/usr/bin/env bash
# pySFeel 1.4.2, S-FEEL (of DMN) in Python, in which pyDMNrules 1.4.5 computes: half a year after a last dose on
# 31 March 2026.
#
# Expected: 30 September, the last day of the month, as DMN's months and every calendar library have it.
# Seen: 28 September. A day that the month does not have is the 28th, in whichever month: a month after 31 May is
# 28 June, while a month after 30 May is 30 June, so that of two doses the later may be over two days sooner.
# Four months of seven are such. February alone comes out right, as it often does in an example.
# trialscreen steps back from the screening date, to the last day of the month where there is no other.
set -euo pipefail
place=$(mktemp -d) && trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv" && . "$place/venv/bin/activate"
pip install --quiet 'pySFeel==1.4.2'
cd "$place" && python - 2>/dev/null <<'END'
import pySFeel

parser = pySFeel.SFeelParser()
expected = {
    'date("2026-03-31") + duration("P6M")': "2026-09-28",
    'date("2026-05-30") + duration("P1M")': "2026-06-30",
    'date("2026-05-31") + duration("P1M")': "2026-06-28",
    'date("2026-08-31") - duration("P2M")': "2026-06-28",
    'date("2025-08-31") + duration("P6M")': "2026-02-28",
}
seen = {asked: str(parser.sFeelParse(asked)[1]) for asked in expected}
for asked, found in seen.items():
    print(asked, "=", found)
assert seen == expected, "the behaviour has changed"
END
