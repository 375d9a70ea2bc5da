"""Criteria files: parses strict YAML into a Trial, with file, line and column in every error."""
