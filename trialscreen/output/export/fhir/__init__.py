"""Exports questions and answers as FHIR R4 resources, as plain dicts for JSON."""
