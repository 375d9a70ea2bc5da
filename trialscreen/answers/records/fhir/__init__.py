"""FHIR R4 resources (JSON, Bundles, bulk exports) to patients' records.

`documents` finds documents, `references` the resources in them and the patient of each;
`spool` keeps what is relevant by patient, `histories` and `observations` make entries.
"""

from trialscreen.answers.records.fhir.reading import Read, extract, read, read_one

__all__ = ["Read", "extract", "read", "read_one"]
