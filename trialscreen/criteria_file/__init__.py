"""Criteria files: strict YAML to a Trial, with file, line and column in every error."""
