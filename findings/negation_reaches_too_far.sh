#!/usr/bin/env bash
# negspacy 1.1.0 (NegEx) and medspacy 1.3.1 (ConText), in spaCy: what of a history in English is denied?
#
# Expected: an HIV that is negative is; a stroke in 2020 is not, whatever the half of the sentence before it denied; who
# cannot exclude a fracture, or still has to rule out a malignancy, denies nothing.
# Seen: neither takes "HIV: negative" for a denial: it is HIV, as "HIV positive" is. "No evidence of ulcer or cancer;
# stroke in 2020" is no stroke, "cannot exclude fracture" no fracture, and "not without fracture" none. To "rule out
# malignancy" is to have none, by negspacy; "ulcer: yes, stroke: no" is no ulcer, by medspacy, and by negspacy a stroke.
# trialscreen reads codes and values, no sentences.
set -euo pipefail
place=$(mktemp -d) && trap 'rm -rf "$place"' EXIT
# Two environments: on Python 3.11 they ask for different versions of spaCy.
python3 -m venv "$place/one" && "$place/one/bin/pip" install --quiet 'negspacy==1.1.0' 'spacy==3.8.18'
python3 -m venv "$place/other" && "$place/other/bin/pip" install --quiet 'medspacy==1.3.1'
cat >"$place/texts.py" <<'END'
WORDS = ("HIV", "ulcer", "stroke", "cancer", "fracture", "malignancy")
DENIED = {
    "No history of fracture.": ("fracture", "fracture"),
    "HIV: negative.": ("", ""),
    "HIV negative.": ("", ""),
    "No evidence of ulcer or cancer; stroke in 2020.": ("ulcer cancer stroke", "ulcer cancer stroke"),
    "Cannot exclude fracture.": ("fracture", "fracture"),
    "She is not without fracture.": ("fracture", "fracture"),
    "Rule out malignancy.": ("malignancy", ""),
    "ulcer: yes, stroke: no.": ("", "ulcer stroke"),
}


def check(name, which, denied):
    for text, expected in DENIED.items():
        found = " ".join(denied(text))
        print(f"{name}: {text} Denied: {found or '-'}")
        assert found == expected[which], "the behaviour has changed"
END
cd "$place" && one/bin/python -W ignore - <<'END'
import negspacy.negation  # noqa: F401 (makes the part "negex" known)
import spacy
from texts import WORDS, check

negex = spacy.blank("en")
negex.add_pipe("sentencizer")
negex.add_pipe("entity_ruler").add_patterns([{"label": "FOUND", "pattern": word} for word in WORDS])
negex.add_pipe("negex")
check("negspacy", 0, lambda text: [found.text for found in negex(text).ents if found._.negex])
END
other/bin/python -W ignore - <<'END'
import medspacy
from loguru import logger
from medspacy.ner import TargetRule
from texts import WORDS, check

context = medspacy.load(enable=["medspacy_pyrush", "medspacy_target_matcher", "medspacy_context"])
context.get_pipe("medspacy_target_matcher").add([TargetRule(word, "FOUND") for word in WORDS])
logger.remove()
check("medspacy", 1, lambda text: [found.text for found in context(text).ents if found._.is_negated])
END
