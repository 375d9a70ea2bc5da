"""FHIR R4 resources (JSON, Bundles, bulk exports) to patients' records.

`files` finds documents, `bundles` the resources in them, `references` the patient of each;
`store` keeps what is relevant by patient, `statements` and `observations` make entries.
"""

from trialscreen.records.fhir.reading import Read, read, records_of, take_in

__all__ = ["Read", "read", "records_of", "take_in"]
