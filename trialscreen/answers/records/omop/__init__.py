"""Reads records from tables of the OMOP common data model, version 5.3 or 5.4."""
