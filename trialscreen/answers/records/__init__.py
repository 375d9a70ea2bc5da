"""Patients' records: turns FHIR resources and OMOP tables into answers with evidence."""
