"""A trial's questions and a patient's answers as FHIR R4 resources: plain dicts for JSON.

`enable_when` writes when a question matters in FHIR's two forms, `datatypes` its data
types; `questionnaire` and `response` put the resources together, and `lost_in_fhir` says what
they leave out.
"""
