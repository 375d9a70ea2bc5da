#!/usr/bin/env bash
# brightohir 2.1.2 (PyPI), FHIR R5 to HL7 v2 and back: an HBV DNA of <20 [IU]/mL, and a count of two fractures.
#
# Expected: OBX with SN and <^20, which HL7 has for it; and of such an OBX a Quantity of 20 with comparator <, for
# the package itself maps SN to Quantity, Range and Ratio. What it cannot write, it tells.
# Seen: NM and 20: the viral load is 20, no more below it. Back from <^20 comes the text "<^20", without the unit,
# which FHIR has a place for only in a Quantity; LOINC's system is "LN", no address, so that no code is
# recognized. Of an Observation of a valueInteger (2 fractures) an OBX is written that is final and has no value.
# trialscreen takes a comparator with its number, and lists a value that is no number; a code of a system "LN" is not
# taken for one of LOINC, and what it stands for stays unknown.
set -euo pipefail
place=$(mktemp -d) && trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv" && . "$place/venv/bin/activate"
pip install --quiet 'brightohir==2.1.2' 'hl7apy==1.3.5' 'fhir.resources==8.3.0'
cd "$place" && python - <<'END'
from brightohir import r5_to_v2, v2_to_r5

LOINC = "http://loinc.org"


def observation(number: str, code: str, **value: object) -> dict[str, object]:
    coding = [{"system": LOINC, "code": code}]
    body = {"resourceType": "Observation", "id": number, "status": "final", "code": {"coding": coding}}
    return {"resource": body | value}


BUNDLE = {
    "resourceType": "Bundle",
    "type": "collection",
    "entry": [
        {"resource": {"resourceType": "Patient", "id": "p", "birthDate": "1958", "gender": "female"}},
        observation("1", "29615-2", valueQuantity={"value": 20, "comparator": "<", "unit": "[IU]/mL"}),
        observation("2", "80387-4", valueInteger=2),
    ],
}
written = [line.split("|") for line in r5_to_v2(BUNDLE, message_type="ORU_R01").splitlines()]
seen = [(line[2], line[5], line[6], line[11]) for line in written if line[0] == "OBX"]
print("to HL7 v2:", seen)
assert seen == [("NM", "20", "[IU]/mL", "F"), ("", "", "", "F")], "the behaviour has changed"

MESSAGE = "\r".join(
    [
        r"MSH|^~\&|LAB|CLINIC|EHR|SITE|20260304101500||ORU^R01^ORU_R01|1|P|2.5.1",
        "PID|1||1^^^CLINIC^MR||Up^Made||1958|F",
        "OBR|1|||29615-2^HBV DNA^LN",
        "OBX|1|SN|29615-2^HBV DNA^LN||<^20|[IU]/mL^^UCUM|||||F|||20260304",
        "",
    ]
)
resources = [entry["resource"] for entry in v2_to_r5(MESSAGE)["entry"]]
(found,) = (resource for resource in resources if resource["resourceType"] == "Observation")
back = {key: value for key, value in found.items() if key.startswith("value")}
system = found["code"]["coding"][0]["system"]
print("to FHIR:", back, system)
assert (back, system) == ({"valueString": "<^20"}, "LN"), "the behaviour has changed"
END
