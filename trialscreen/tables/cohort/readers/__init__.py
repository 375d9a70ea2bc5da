"""Readers for each file format of patient tables, as pieces of rows or a lazy frame."""
