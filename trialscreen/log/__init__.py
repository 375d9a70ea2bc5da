"""The screening log: one SQLite file for a site and trial, to which entries are only added."""
