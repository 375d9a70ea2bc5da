"""Records from tables of the OMOP common data model, 5.3 or 5.4."""
