#!/usr/bin/env bash
# zen-engine 2.1.3: a TSH that nobody has measured, in an expression and in a decision table.
#
# Expected: the same of both: an error, or an answer that can be told from "no".
# Seen: the expression `tsh > 10` is an error. The same cell of a table is simply not met, and so
# are `not in [0..10]` and, of the text "12", `> 10`: each patient falls through to the last row,
# which says that she is not excluded.
# So: in trialscreen a comparison with what is not known is unknown, and so is its negation.
set -euo pipefail
place=$(mktemp -d) && trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv" && . "$place/venv/bin/activate"
pip install --quiet 'zen-engine==2.1.3'
cd "$place" && python - <<'END'
import json

import zen


def node(name: str, kind: str, **content: object) -> dict[str, object]:
    return {"id": name, "name": name, "type": kind, "position": {"x": 0, "y": 0}, **content}


def excluded(cell: str, patient: dict[str, object]) -> bool:
    """By a table of two rows: the cell for the TSH excludes; all others do not."""
    table = {
        "hitPolicy": "first",
        "inputs": [{"id": "in", "name": "TSH", "type": "expression", "field": "tsh"}],
        "outputs": [{"id": "out", "name": "Excluded", "type": "expression", "field": "excluded"}],
        "rules": [{"_id": "1", "in": cell, "out": "true"}, {"_id": "2", "in": "", "out": "false"}],
    }
    nodes = [
        node("patient", "inputNode"),
        node("table", "decisionTableNode", content=table),
        node("answer", "outputNode"),
    ]
    edges = [
        {"id": f"{one}-{other}", "type": "edge", "sourceId": one, "targetId": other}
        for one, other in (("patient", "table"), ("table", "answer"))
    ]
    decision = zen.ZenEngine().create_decision(json.dumps({"nodes": nodes, "edges": edges}))
    return decision.evaluate(patient)["result"]["excluded"]


PATIENTS = ({"tsh": 12}, {"tsh": "12"}, {"tsh": None}, {})
seen = {}
for cell in ("> 10", "not in [0..10]"):
    seen[cell] = [excluded(cell, patient) for patient in PATIENTS]
    print(f"table, {cell}:", *(f"{one} {found}" for one, found in zip(PATIENTS, seen[cell])), sep="  ")
try:
    told = zen.evaluate_expression("tsh > 10", {})
except RuntimeError as error:
    told = str(error).splitlines()[0]
print("expression, tsh > 10, of {}:", told)
assert seen == dict.fromkeys(seen, [True, False, False, False]), "the behaviour has changed"
assert "Unsupported type" in told, "the behaviour has changed"
END
