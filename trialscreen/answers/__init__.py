"""A patient's answers from flags, files, interviews and records, parsed into facts."""
