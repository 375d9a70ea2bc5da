"""The trial, its questions and its screening log in the formats of other systems.

`relevance` says with `conditions` on the fields of a form when a question can no longer
matter; `fhir` writes them as enableWhen, `redcap` as branching logic.
"""
