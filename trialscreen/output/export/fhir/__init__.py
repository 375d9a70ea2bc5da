"""A trial's questions and a patient's answers as FHIR R4 resources: plain dicts for JSON."""
