"""Screens whole tables of patients: compiles a trial, runs it on an engine, counts the results."""
