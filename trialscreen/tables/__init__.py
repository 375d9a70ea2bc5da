"""Whole tables of patients: a trial compiled, run by engines, counted."""
