"""Measures: each prints its figures, and none is a test."""
