"""The trial, its questions and its screening log in the formats of other systems."""
