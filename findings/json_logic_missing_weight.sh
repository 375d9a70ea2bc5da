#!/usr/bin/env bash
# json-logic-qubit 0.9.1 and panzi-json-logic 1.0.1, both JsonLogic in Python, both imported as
# `json_logic`: rules about values that a patient does not have.
#
# Expected: without a weight and a TSH, nothing can be said; or an error; the same of both.
# Seen: by the one, a weight that is missing is neither below 40 nor at least 40. By the other it is
# below 40, as a missing value is 0. By both, a missing TSH is not above 10, so that `not tsh > 10`
# says that her thyroid is fine. Which one answers depends on which was installed last.
# So: in trialscreen a comparison with what is not known is unknown, and so is its negation.
set -euo pipefail
place=$(mktemp -d) && trap 'rm -rf "$place"' EXIT
for package in json-logic-qubit==0.9.1 panzi-json-logic==1.0.1; do
  python3 -m venv "$place/$package" && . "$place/$package/bin/activate"
  pip install --quiet "$package"
  (cd "$place" && python - "$package") <<'END'
import sys

from json_logic import jsonLogic

RULES = {
    "weight < 40": {"<": [{"var": "weight"}, 40]},
    "weight >= 40": {">=": [{"var": "weight"}, 40]},
    "tsh > 10": {">": [{"var": "tsh"}, 10]},
    "not tsh > 10": {"!": [{">": [{"var": "tsh"}, 10]}]},
}
EXPECTED = {
    "json-logic-qubit==0.9.1": [False, False, False, True],
    "panzi-json-logic==1.0.1": [True, False, False, True],
}
seen = {told: jsonLogic(rule, {}) for told, rule in RULES.items()}
print(sys.argv[1], *(f"{told}: {found}" for told, found in seen.items()), sep="  ")
assert [*seen.values()] == EXPECTED[sys.argv[1]], "the behaviour has changed"
END
  deactivate
done
