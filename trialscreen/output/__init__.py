"""What comes out: pages, records, JSON and CSV; the formats of other systems."""
