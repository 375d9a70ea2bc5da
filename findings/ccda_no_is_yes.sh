#!/usr/bin/env bash
# ccda-to-fhir 0.3 (PyPI), C-CDA documents to FHIR R4B: results and a drug of which something is not so.
#
# Expected: "<20" (a high bound, inclusive="false") is below 20, ">10" above 10; a positive HIV antibody with
# negationInd="true" is none; an unknown dose stays unknown. FHIR has a word for each.
# Seen: <20 is "<=20" and >10 is ">=10", so that a T-score of <-3.0 is no more below -3.0 for certain. The
# negation of a result is dropped: she is HIV positive. (That of a diagnosis is kept, as refuted.) Of a dose
# whose nullFlavor says unknown, 1 is made: prednisolone, 1, without a unit.
# trialscreen takes comparators of FHIR as they stand; what a conversion has dropped or made up, no reader can
# bring back or tell.
set -euo pipefail
place=$(mktemp -d) && trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv" && . "$place/venv/bin/activate"
pip install --quiet 'ccda-to-fhir==0.3'
cd "$place" && python - <<'END'
import logging

from ccda_to_fhir import convert_document

logging.disable(logging.CRITICAL)
LOINC, SNOMED, RXNORM = "2.16.840.1.113883.6.1", "2.16.840.1.113883.6.96", "2.16.840.1.113883.6.88"
TEMPLATES = "2.16.840.1.113883.10.20.22"


def result(number: int, code: str, value: str, negated: bool = False) -> str:
    return f"""<component><observation classCode="OBS" moodCode="EVN" negationInd="{str(negated).lower()}">
  <templateId root="{TEMPLATES}.4.2" extension="2015-08-01"/><id root="1.2.3" extension="result {number}"/>
  <code code="{code}" codeSystem="{LOINC}"/><statusCode code="completed"/>
  <effectiveTime value="20260304"/>{value}</observation></component>"""


RESULTS = (
    result(1, "29615-2", '<value xsi:type="IVL_PQ"><high value="20" unit="[IU]/mL" inclusive="false"/></value>')
    + result(2, "3016-3", '<value xsi:type="IVL_PQ"><low value="10" unit="m[IU]/L" inclusive="false"/></value>')
    + result(3, "7917-8", f'<value xsi:type="CD" code="10828004" codeSystem="{SNOMED}"/>', negated=True)
)
DOCUMENT = f"""<ClinicalDocument xmlns="urn:hl7-org:v3" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
<realmCode code="US"/><typeId root="2.16.840.1.113883.1.3" extension="POCD_HD000040"/>
<templateId root="{TEMPLATES}.1.1" extension="2015-08-01"/>
<templateId root="{TEMPLATES}.1.2" extension="2015-08-01"/><id root="1.2.3" extension="document"/>
<code code="34133-9" codeSystem="{LOINC}"/><title>Summary</title><effectiveTime value="20260504"/>
<confidentialityCode code="N" codeSystem="2.16.840.1.113883.5.25"/><languageCode code="en-US"/>
<recordTarget><patientRole><id root="1.2.3" extension="patient"/><addr nullFlavor="UNK"/>
  <telecom nullFlavor="UNK"/><patient><name><given>Made</given><family>Up</family></name>
  <administrativeGenderCode code="F" codeSystem="2.16.840.1.113883.5.1"/><birthTime value="1958"/>
  </patient></patientRole></recordTarget>
<author><time value="20260504"/><assignedAuthor><id root="1.2.3" extension="author"/>
  <addr nullFlavor="UNK"/><telecom nullFlavor="UNK"/><assignedPerson><name><given>Made</given>
  <family>Up</family></name></assignedPerson></assignedAuthor></author>
<custodian><assignedCustodian><representedCustodianOrganization><id root="1.2.3"/><name>Clinic</name>
  <telecom nullFlavor="UNK"/><addr nullFlavor="UNK"/></representedCustodianOrganization>
  </assignedCustodian></custodian>
<component><structuredBody>
<component><section><templateId root="{TEMPLATES}.2.3.1" extension="2015-08-01"/>
  <code code="30954-2" codeSystem="{LOINC}"/><title>Results</title><text>Results</text>
  <entry><organizer classCode="BATTERY" moodCode="EVN"><templateId root="{TEMPLATES}.4.1" extension="2015-08-01"/>
  <id root="1.2.3" extension="panel"/><code code="30954-2" codeSystem="{LOINC}"/>
  <statusCode code="completed"/>{RESULTS}</organizer></entry></section></component>
<component><section><templateId root="{TEMPLATES}.2.1.1" extension="2014-06-09"/>
  <code code="10160-0" codeSystem="{LOINC}"/><title>Medications</title><text>Prednisolone</text>
  <entry><substanceAdministration classCode="SBADM" moodCode="EVN">
  <templateId root="{TEMPLATES}.4.16" extension="2014-06-09"/><id root="1.2.3" extension="drug"/>
  <statusCode code="active"/><effectiveTime xsi:type="IVL_TS"><low value="20260101"/></effectiveTime>
  <doseQuantity nullFlavor="UNK"/>
  <consumable><manufacturedProduct classCode="MANU"><templateId root="{TEMPLATES}.4.23" extension="2014-06-09"/>
  <manufacturedMaterial><code code="8638" codeSystem="{RXNORM}" displayName="prednisolone"/>
  </manufacturedMaterial></manufacturedProduct></consumable></substanceAdministration></entry>
</section></component>
</structuredBody></component></ClinicalDocument>"""

bundle = convert_document(DOCUMENT)["bundle"]
seen = []
for resource in (entry["resource"] for entry in bundle["entry"]):
    if resource["resourceType"] == "Observation":
        code = resource["code"]["coding"][0]["code"]
        if "valueQuantity" in resource:
            found = "{comparator}{value}".format(**resource["valueQuantity"])
        elif "valueCodeableConcept" in resource:
            found = "SNOMED CT " + resource["valueCodeableConcept"]["coding"][0]["code"]
        else:
            continue
        seen.append((code, found))
    elif resource["resourceType"].startswith("Medication") and "dosage" in str(resource):
        dosage = resource.get("dosage") or resource["dosageInstruction"]
        seen.append(("prednisolone", dosage[0]["doseAndRate"][0]["doseQuantity"]))
for what, found in sorted(seen, key=str):
    print(f"{what}: {found}")
assert sorted(seen, key=str) == [
    ("29615-2", "<=20"),
    ("3016-3", ">=10"),
    ("7917-8", "SNOMED CT 10828004"),
    ("prednisolone", {"value": 1}),
], "the behaviour has changed"
END
