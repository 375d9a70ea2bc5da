"""Output: pages, records, JSON and CSV, and the formats of other systems."""
