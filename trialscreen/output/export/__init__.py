"""Exports a trial, its questions and its screening log to the formats of other systems."""
