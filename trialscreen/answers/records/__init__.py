"""Patients' records: what FHIR resources and OMOP tables say, to answers with evidence."""
