"""Blocks of a page in each format."""
