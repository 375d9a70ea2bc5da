#!/usr/bin/env bash
# sqlonfhir 0.0.2 with fhirpathpy 2.1.0 (PyPI; SQL on FHIR's views in Python): a view of ALT values with two
# constants, a limit of 40 and twice the limit.
#
# Expected: `%uln2` is the constant of that name, 80; an ALT of 100 is at least that.
# Seen: a constant is put wherever its name stands, also at the beginning of a longer name. Of %uln2, the 40 of
# %uln comes first, and 402 is left: an ALT of 100 does not count. Of %uln_twice, 40 is left: an ALT of 60
# does. It depends on which constant stands first, and nothing is said.
# trialscreen has its limits in the criteria file, reads FHIR itself, and runs no views.
set -euo pipefail
place=$(mktemp -d) && trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv" && . "$place/venv/bin/activate"
pip install --quiet 'sqlonfhir==0.0.2' 'fhirpathpy==2.1.0'
cd "$place" && python - <<'END'
import sqlonfhir

RESULTS = [
    {"resourceType": "Observation", "id": f"ALT {value}", "valueQuantity": {"value": value, "unit": "U/L"}}
    for value in (30, 60, 100, 500)
]


def at_least(name: str, constants: dict[str, int]) -> list[str]:
    """The results that a view finds to be at least the constant of this name."""
    view = {
        "resourceType": "ViewDefinition",
        "resource": "Observation",
        "constant": [{"name": one, "valueDecimal": value} for one, value in constants.items()],
        "where": [{"path": f"value.ofType(Quantity).value >= %{name}"}],
        "select": [{"column": [{"name": "id", "path": "id"}]}],
    }
    return [row["id"] for row in sqlonfhir.evaluate(RESULTS, view)]


seen = [
    at_least("uln2", {"uln2": 80, "uln": 40}),
    at_least("uln2", {"uln": 40, "uln2": 80}),
    at_least("uln_twice", {"uln": 40, "uln_twice": 80}),
]
for asked, found in zip(("uln2, uln", "uln, uln2", "uln, uln_twice"), seen):
    print(f"constants {asked}: at least 80: {', '.join(found)}")
assert seen == [["ALT 100", "ALT 500"], ["ALT 500"], ["ALT 60", "ALT 100", "ALT 500"]], "the behaviour has changed"
END
