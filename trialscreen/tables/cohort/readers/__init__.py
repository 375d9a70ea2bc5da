"""Readers for each file format of patient tables, as lazy frames."""
