"""Files that hold a table of patients, each format as a lazy frame."""
